import Diagnosing
import Testing
import Tracking

@Suite struct `A refusal` {
    private func refusal(in exchange: Exchange) throws -> Finding {
        try finding(by: ConnectionRefused.self, in: exchange)
    }

    /// A connection that ran `delay` away and was reset, then a SYN on the same ports that is
    /// refused.
    private func reconnect(
        after delay: Duration,
        refusedAfter refusal: Duration,
        ttl: UInt8 = 64
    ) -> Exchange {
        Exchange {
            client.syn(seq: 1000)
            pause(delay)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
            server.rst(seq: 5001)
            pause(.seconds(1))
            client.syn(seq: 700_000)
            pause(refusal)
            server.rstAck(ack: 700_001).ttl(ttl)
        }
    }

    @Test func `is a closed port where nothing speaks against it`() throws {
        let found = try refusal(in: ConnectionRefused.manual.example)

        #expect(found.reason == "closed-port")
        #expect(found.severity == .error)
        #expect(found[metric: "destination_port"] == .integer(6379))
    }

    @Test func `after an established connection means that the service has gone`() throws {
        let exchange = reconnect(after: .microseconds(200), refusedAfter: .microseconds(150))

        let found = try refusal(in: exchange)

        #expect(found.reason == "after-established")
        #expect(found.causes == ["service-stopped", "host-restarted"])
        #expect(
            found.explanation.contains("An earlier connection on the same ports was established")
        )
    }

    /// A connection of which the server's packets come from 13 and 14 routers away, and a RST to
    /// another SYN.
    private func refusal(seq: UInt32, ttl: UInt8) throws -> Finding {
        try refusal(
            in: Exchange {
                client.syn(seq: 1000).between(clientPort: 4000)
                server.synAck(seq: 5000, ack: 1001).ttl(51).between(clientPort: 4000)
                client.ack(seq: 1001, ack: 5001).between(clientPort: 4000)
                client.data(seq: 1001, ack: 5001, length: 9).between(clientPort: 4000)
                server.data(seq: 5001, ack: 1010, length: 9).ttl(50).between(clientPort: 4000)
                client.reset(seq: 1010, ack: 5010).between(clientPort: 4000)
                client.syn(seq: 7000)
                server.reset(seq: seq, ack: 7001).ttl(ttl)
            }
        )
    }

    @Test func `with a number of its own from nearer than all else is a device's`() throws {
        #expect(try refusal(seq: 777, ttl: 244).reason == "middlebox")
        #expect(try refusal(seq: 0, ttl: 244).reason != "middlebox")
        #expect(try refusal(seq: 777, ttl: 240).reason != "middlebox")
    }

    @Test func `with another time to live is a device's`() throws {
        let exchange = reconnect(
            after: .milliseconds(2),
            refusedAfter: .milliseconds(2),
            ttl: 63
        )

        let found = try refusal(in: exchange)

        #expect(found.reason == "middlebox")
        #expect(found.summary.hasPrefix("A device on the path to 198.51.100.20:443 refused"))
        #expect(found[metric: "ttl"] == .integer(63))
        #expect(found[metric: "ttl_of_responder"] == .integer(64))
    }

    @Test func `in less than half the usual time comes from nearer`() throws {
        let exchange = reconnect(after: .milliseconds(40), refusedAfter: .milliseconds(3))

        let found = try refusal(in: exchange)

        #expect(found.reason == "fast")
        #expect(found.confidence == .medium)
    }

    @Test func `a second late speaks of a proxy`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000)
            pause(.milliseconds(1500))
            server.rstAck(ack: 1001)
        }

        #expect(try refusal(in: exchange).reason == "late")
    }

    @Test(arguments: [1000, 0xFFFF_FFFF] as [UInt32])
    func `that acknowledges the ISN itself counts for nothing`(_ sequence: UInt32) throws {
        let exchange = Exchange {
            for second: Int64 in 0..<3 {
                client.syn(seq: sequence)
                server.rstAck(ack: sequence)
                pause(.seconds(1 << second))
            }
        }

        let found = try refusal(in: exchange)
        let others = try findings(in: exchange).filter { $0.pathology != "connection-refused" }

        #expect(found.reason == "malformed-refusal")
        #expect(found.severity == .note)
        #expect(found.count == 3)
        #expect(others.map(\.pathology) == ["syn-unanswered"])
        #expect(others.first?.severity == .error)
        #expect(
            others.first?.explanation.contains("acknowledge the ISN instead of the SYN") == true
        )
    }

    @Test func `is not meant by a RST of a running connection`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
            server.rstAck(ack: 1000)
        }

        #expect(try findings(in: exchange, by: [ConnectionRefused.self]).isEmpty)
    }

    @Test func `of a port scanner's SYN is no failure`() throws {
        let zmap = Exchange(from: "203.0.113.9:40000", to: "198.51.100.20:8080") {
            client.syn(seq: 1000, win: 65535).options([]).ttl(243)
            server.rstAck(ack: 1001)
        }
        let kernel = Exchange(from: "203.0.113.9:40000", to: "198.51.100.20:8080") {
            client.syn(seq: 1000, win: 65535).ttl(243)
            server.rstAck(ack: 1001)
        }

        #expect(try refusal(in: zmap).severity == .note)
        #expect(try refusal(in: zmap).explanation.contains("a port scanner's"))
        #expect(try refusal(in: kernel).severity == .error)
    }

    @Test func `of an ident query troubles nobody`() throws {
        let exchange = Exchange(to: "198.51.100.20:113") {
            client.syn(seq: 1000)
            server.rstAck(ack: 1001)
        }

        #expect(try refusal(in: exchange).severity == .note)
    }

    @Test(arguments: [("198.51.100.20", Severity.note), ("203.0.113.20", .error)])
    func `of strangers who knock at several ports is background noise`(
        _ server: String,
        _ severity: Severity
    ) throws {
        let frames = (UInt16(1)...3).flatMap { number in
            Exchange(from: "203.0.113.\(number):40000", to: "\(server):\(5000 + number)") {
                client.syn(seq: 1000)
                Party.server.rstAck(ack: 1001)
            }.frames
        }

        let found = try findings(in: frames, by: [ConnectionRefused.self])

        #expect(found.map(\.severity) == [severity, severity, severity])
    }

    @Test func `before the service was started says so`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000)
            server.rstAck(ack: 1001)
            pause(.seconds(2))
            client.syn(seq: 7000).between(clientPort: 50_001)
            server.synAck(seq: 9000, ack: 7001).between(clientPort: 50_001)
            client.ack(seq: 7001, ack: 9001).between(clientPort: 50_001)
            client.data(seq: 7001, ack: 9001, length: 80).between(clientPort: 50_001)
            server.data(seq: 9001, ack: 7081, length: 80).between(clientPort: 50_001)
        }

        let found = try refusal(in: exchange)

        #expect(found.explanation.contains("the service was probably not started yet"))
    }

    @Test func `between BGP speakers matters less where the other one connects`() throws {
        let exchange = Exchange(to: "198.51.100.20:179") {
            client.syn(seq: 1000)
            server.rstAck(ack: 1001)
        }
        let answer = Exchange(from: "198.51.100.20:50000", to: "192.0.2.10:179") {
            client.syn(seq: 7000)
            server.synAck(seq: 9000, ack: 7001)
            client.ack(seq: 7001, ack: 9001)
            client.data(seq: 7001, ack: 9001, length: 80)
            server.data(seq: 9001, ack: 7081, length: 80)
        }
        let later = answer.frames.map {
            MemoryFrames.Record(time: $0.time + 2_000_000_000, octets: $0.octets)
        }

        let found = try findings(in: exchange.frames + later, by: [ConnectionRefused.self])

        #expect(found.map(\.severity) == [.note])
        #expect(found.first?.explanation.contains("198.51.100.20 itself connected") == true)
    }
}
