import Diagnosing
import Testing
import Tracking

/// One trouble is one story: the root first, what follows from it marked as such.
@Suite struct `A chain` {
    private func chain(of exchange: Exchange) throws -> [String] {
        let found = try incidents(in: exchange)
        #expect(found.count == 1)
        return found.flatMap(\.chain).map { "\($0.finding.pathology): \($0.role.rawValue)" }
    }

    @Test func `begins with the race of connects, not with the firewall`() throws {
        #expect(
            try chain(of: Article.burst) == [
                "syn-burst: root", "syn-ack-stale: consequence",
                "icmp-admin-prohibited: consequence",
            ]
        )
    }

    @Test func `begins with the entry older than the capture`() throws {
        let found = try chain(of: Article.halfOpen)

        #expect(found.first == "syn-ack-unseen: root")
        #expect(found.contains("icmp-admin-prohibited: consequence"))
    }

    @Test func `of a race without a firewall ends in the loop`() throws {
        #expect(
            try chain(of: Article.resetLoop) == [
                "syn-burst: root", "syn-ack-stale: consequence", "rst-loop: consequence",
            ]
        )
    }

    @Test func `of stale state on the peer begins with TIME-WAIT`() throws {
        let found = try chain(of: TimeWaitCollision.manual.example)

        #expect(found.prefix(2) == ["time-wait-collision: root", "challenge-ack: consequence"])
    }

    @Test func `of an overloaded server begins with its queue`() throws {
        let exchange = Exchange(to: "198.51.100.20:8080") {
            client.syn(seq: 1000, tsval: 70)
            server.synAck(seq: 5000, ack: 1001, tsecr: 70)
            client.ack(seq: 1001, ack: 5001)
            client.data(seq: 1001, ack: 5001, length: 9)
            for wait in [1, 2] {
                client.syn(seq: 9000).between(clientPort: 4000).after(.seconds(wait))
                server.synAck(seq: 5000, ack: 1001, tsecr: 70)
                client.ack(seq: 1010, ack: 5001)
            }
            client.syn(seq: 9000).between(clientPort: 4000).after(.seconds(4))
        }

        let found = try chain(of: exchange)

        #expect(found.first == "accept-queue-overflow: root")
        #expect(found.contains("syn-unanswered: consequence"))
        #expect(found.contains("syn-ack-retransmission: consequence"))
    }

    @Test func `of a damaged SYN begins with its checksum`() throws {
        #expect(
            try chain(of: BadChecksum.manual.example) == [
                "bad-checksum: root", "syn-unanswered: consequence",
            ]
        )
    }

    @Test func `of a scan is the scan alone`() throws {
        #expect(try chain(of: PortScan.manual.example) == ["port-scan: single"])
    }
}

@Suite struct `An incident of many connections` {
    /// Connections of as many hosts to one service: those at the end come up, the others are reset
    /// at birth.
    private func rush(of hosts: Int, comingUp last: Int) -> Exchange {
        Exchange(to: "10.0.0.5:443") {
            for host in 0..<hosts {
                let address = "192.0.2.\(host + 1)"
                client.syn(seq: 1000).between(client: address)
                server.synAck(seq: 5000, ack: 1001).between(client: address)
                client.ack(seq: 1001, ack: 5001).between(client: address)
                if host < hosts - last {
                    server.rst(seq: 5001).between(client: address)
                } else {
                    client.data(seq: 1001, ack: 5001, length: 9).between(client: address)
                    server.data(seq: 5001, ack: 1010, length: 9).between(client: address)
                }
            }
        }
    }

    @Test func `is one for a service that resets most of its clients`() throws {
        let found = try incidents(in: rush(of: 120, comingUp: 6))

        #expect(found.count == 1)
        #expect(found.first?.root.pathology == "rst-after-handshake")
        #expect(found.first?.root.flows == 114)
        #expect(found.first?.root.subject.initiatorAddress == nil)
        #expect(found.first?.root.destination == "10.0.0.5:443")
    }

    @Test func `counts those that came up beside those that failed`() throws {
        let exchange = Exchange(to: "10.0.0.5:443") {
            for port: UInt16 in 4000..<4010 {
                client.syn(seq: 1000).between(clientPort: port)
                if port < 4007 {
                    server.rstAck(ack: 1001).between(clientPort: port)
                } else {
                    server.synAck(seq: 5000, ack: 1001).between(clientPort: port)
                    client.ack(seq: 1001, ack: 5001).between(clientPort: port)
                }
            }
        }

        let found = try incidents(in: exchange)

        #expect(
            found.map(\.headline) == [
                "Connection refused: 192.0.2.10 to 10.0.0.5:443 (https), 7 of 10 connections failed"
            ]
        )
    }

    @Test func `does not count an ignored connection among those that came up`() throws {
        let exchange = Exchange(to: "198.51.100.20:8080") {
            client.syn(seq: 1000, tsval: 70)
            server.synAck(seq: 5000, ack: 1001, tsecr: 70)
            client.ack(seq: 1001, ack: 5001)
            client.data(seq: 1001, ack: 5001, length: 9)
            server.synAck(seq: 5000, ack: 1001, tsecr: 70).after(.seconds(1))
        }

        #expect(
            try incidents(in: exchange).map(\.headline) == [
                "Accept queue overflow (likely): 192.0.2.10 to 198.51.100.20:8080 (http-alt)"
            ]
        )
    }
}
