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
}
