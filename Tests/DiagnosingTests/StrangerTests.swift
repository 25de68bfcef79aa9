import Diagnosing
import Testing
import Tracking

/// What captures of strangers show that only looks like a fault.
@Suite struct `A stranger's capture` {
    private func pathologies(of frames: [MemoryFrames.Record]) throws -> [String] {
        try findings(in: frames).filter { $0.severity > .note }.map(\.pathology)
    }

    @Test func `without a clock tells nothing that depends on time`() throws {
        let exchange = Exchange {
            for port: UInt16 in 40_001...40_004 {
                client.syn(seq: 1000).between(clientPort: port)
                client.syn(seq: 1000).between(clientPort: port)
                server.rstAck(ack: 1001).between(clientPort: port)
            }
            for isn: UInt32 in [1000, 71_000, 142_000, 213_000] { client.syn(seq: isn) }
        }
        let frames = exchange.frames.map { MemoryFrames.Record(time: 0, octets: $0.octets) }

        let found = try Diagnosis(of: TrackedCapture(of: frames)).incidents
            .flatMap { $0.chain.map(\.finding.pathology) }

        #expect(Set(found) == ["connection-refused"])
        #expect(try pathologies(of: exchange.frames).contains("syn-burst"))
    }

    @Test func `sweeps one port of many hosts, though another one is open`() throws {
        var frames: [MemoryFrames.Record] = []
        for host in 1...120 {
            let probe = Exchange(to: "203.0.\(host).7:139") {
                for wait in [0, 3, 6] { client.syn(seq: 1000).after(.seconds(wait)) }
                client.syn(seq: 9000).between(clientPort: 50_001, serverPort: 445)
                server.synAck(seq: 5000, ack: 9001).between(clientPort: 50_001, serverPort: 445)
                client.ack(seq: 9001, ack: 5001).between(clientPort: 50_001, serverPort: 445)
                client.data(seq: 9001, ack: 5001, length: 80)
                    .between(clientPort: 50_001, serverPort: 445)
                server.data(seq: 5001, ack: 9081, length: 80)
                    .between(clientPort: 50_001, serverPort: 445)
                client.fin(seq: 9081, ack: 5081).between(clientPort: 50_001, serverPort: 445)
                server.fin(seq: 5081, ack: 9082).between(clientPort: 50_001, serverPort: 445)
                client.ack(seq: 9082, ack: 5082).between(clientPort: 50_001, serverPort: 445)
            }
            frames += probe.frames
        }
        frames.sort { $0.time < $1.time }

        let found = try #require(
            try findings(in: frames, by: [PortScan.self]).first
        )

        #expect(found.reason == "sweep")
        #expect(found.headline?.contains("port 139") == true)
    }

    @Test func `in which each packet was written twice has no full accept queue`() throws {
        func exchange(repeatsSYN: Bool) -> Exchange {
            Exchange {
                client.syn(seq: 1000)
                server.synAck(seq: 5000, ack: 1001)
                client.ack(seq: 1001, ack: 5001)
                client.data(seq: 1001, ack: 5001, length: 400)
                if repeatsSYN { client.syn(seq: 1000).after(.milliseconds(900)) }
                server.synAck(seq: 5000, ack: 1001).after(.seconds(1))
                client.data(seq: 1001, ack: 5001, length: 400)
                server.synAck(seq: 5000, ack: 1001).after(.seconds(2))
                client.data(seq: 1001, ack: 5001, length: 400)
            }
        }

        let doubled = try findings(in: exchange(repeatsSYN: true), by: [AcceptQueueOverflow.self])
        let full = try findings(in: exchange(repeatsSYN: false), by: [AcceptQueueOverflow.self])

        #expect(doubled.isEmpty)
        #expect(full.count == 1)
    }

    @Test func `has RSTs that end nothing`() throws {
        func exchange(goesOn: Bool) -> Exchange {
            Exchange(to: "198.51.100.20:7000") {
                client.syn(seq: 1000)
                server.synAck(seq: 5000, ack: 1001)
                client.ack(seq: 1001, ack: 5001)
                server.reset(seq: 5001, ack: 1001)
                if goesOn {
                    client.data(seq: 1001, ack: 5001, length: 80)
                    server.data(seq: 5001, ack: 1081, length: 80)
                }
            }
        }

        #expect(
            try findings(in: exchange(goesOn: true), by: [ResetAfterHandshake.self]).isEmpty
        )
        #expect(
            try findings(in: exchange(goesOn: false), by: [ResetAfterHandshake.self]).count == 1
        )
    }

    @Test func `served a client over IPv4 whom IPv6 failed`() throws {
        func exchange(card: UInt8) -> [MemoryFrames.Record] {
            let six = Exchange(to: "198.51.100.20:443") {
                client.syn(seq: 1000)
                router.refuses(.networkUnreachable, about: .client)
            }.overIPv6
            let four = Exchange(from: "192.0.2.99:50001", to: "203.0.113.7:443") {
                pause(.milliseconds(20))
                client.syn(seq: 9000).mac(card)
                server.synAck(seq: 5000, ack: 9001)
                client.ack(seq: 9001, ack: 5001).mac(card)
                client.data(seq: 9001, ack: 5001, length: 80).mac(card)
                server.data(seq: 5001, ack: 9081, length: 80)
            }
            return six.frames + four.frames
        }

        let same = try findings(in: exchange(card: 1), by: [Unreachable.self])
        let other = try findings(in: exchange(card: 9), by: [Unreachable.self])

        #expect(same.map(\.severity) == [.warning])
        #expect(other.map(\.severity) == [.error])
    }

    @Test func `has a spare connection beside one that is served`() throws {
        func exchange(isServed: Bool) -> Exchange {
            Exchange {
                client.syn(seq: 1000)
                server.synAck(seq: 5000, ack: 1001)
                client.ack(seq: 1001, ack: 5001)
                client.data(seq: 1001, ack: 5001, length: 80)
                server.data(seq: 5001, ack: 1081, length: 80)
                for wait in [1, 1, 2, 4] {
                    client.syn(seq: 9000).between(clientPort: 40_001).after(.seconds(wait))
                }
                if isServed {
                    client.data(seq: 1081, ack: 5081, length: 80)
                    server.data(seq: 5081, ack: 1161, length: 80)
                }
                pause(.seconds(20))
                client.syn(seq: 70_000).between(clientPort: 40_009, client: "192.0.2.77")
                server.rstAck(ack: 70_001).between(clientPort: 40_009, client: "192.0.2.77")
            }
        }

        let beside = try findings(in: exchange(isServed: true), by: [UnansweredSYN.self])
        let alone = try findings(in: exchange(isServed: false), by: [UnansweredSYN.self])

        #expect(beside.map(\.severity) == [.warning])
        #expect(alone.map(\.severity) == [.error])
    }
}
