import Diagnosing
import Testing
import Tracking

/// What looks like a failure at first, and cost its users little or nothing.
@Suite struct `A failure that cost little` {
    private func severities(
        of detector: any Detector.Type,
        in exchange: Exchange
    ) throws -> [Severity] {
        try findings(in: exchange, by: [detector]).map(\.severity)
    }

    /// A connection that was used, to a port.
    private func used(
        to port: UInt16,
        @ExchangeBuilder _ rest: () -> [ScriptStep]
    ) -> Exchange {
        Exchange(to: "198.51.100.20:\(port)") {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
            client.data(seq: 1001, ack: 5001, length: 200)
            server.data(seq: 5001, ack: 1201, length: 200)
            client.ack(seq: 1201, ack: 5201)
            rest()
        }
    }

    @Test func `is a reset of what its client had left`() throws {
        func exchange(leaves: Bool) -> Exchange {
            used(to: 8000) {
                client.data(seq: 1201, ack: 5201, length: 200)
                if leaves { client.fin(seq: 1401, ack: 5201).after(.milliseconds(300)) }
                server.reset(seq: 5201, ack: leaves ? 1402 : 1401).after(.milliseconds(1))
            }
        }

        #expect(try severities(of: AbortiveClose.self, in: exchange(leaves: true)) == [.note])
        #expect(try severities(of: AbortiveClose.self, in: exchange(leaves: false)) == [.warning])
    }

    @Test(arguments: [(UInt16(445), 0), (8000, 1)])
    func `is a reset in answer to a log-off`(_ port: UInt16, _ warnings: Int) throws {
        let exchange = used(to: port) {
            client.data(seq: 1201, ack: 5201, length: 124)
            server.reset(seq: 5201, ack: 1325)
        }

        #expect(try severities(of: AbortiveClose.self, in: exchange).count == warnings)
    }

    @Test func `is a FIN that is lost where no data was sent`() throws {
        func exchange(_ length: Int) -> Exchange {
            let next = 1001 + UInt32(length)
            return Exchange(to: "198.51.100.20:80") {
                client.syn(seq: 1000)
                server.synAck(seq: 5000, ack: 1001)
                client.ack(seq: 1001, ack: 5001)
                if length > 0 {
                    client.data(seq: 1001, ack: 5001, length: length)
                    server.ack(seq: 5001, ack: next)
                }
                pause(.seconds(11))
                for wait in [0, 300, 600, 1200, 2400, 4800, 9600] {
                    client.fin(seq: next, ack: 5001).after(.milliseconds(wait))
                }
            }
        }

        #expect(try severities(of: RetransmissionTimeout.self, in: exchange(0)) == [.note])
        #expect(try severities(of: RetransmissionTimeout.self, in: exchange(9)) == [.warning])
    }

    @Test(arguments: [(UInt32(1601), Severity.note), (1201, .warning)])
    func `is an ICMP error about data that arrived`(
        _ acknowledged: UInt32,
        _ expected: Severity
    ) throws {
        let exchange = used(to: 8000) {
            client.data(seq: 1201, ack: 5201, length: 400)
            router.refuses(.prohibited, about: .client)
            server.data(seq: 5201, ack: acknowledged, length: 100)
            client.reset(seq: 1601, ack: 5301)
        }

        let found = try severities(of: AdministrativelyProhibited.self, in: exchange)

        #expect(found == [expected])
    }

    @Test func `is a RST by which a host ends its own wait`() throws {
        func exchange(after wait: Duration) -> Exchange {
            Exchange {
                client.syn(seq: 1000)
                server.synAck(seq: 5000, ack: 1001).ttl(54)
                client.ack(seq: 1001, ack: 5001)
                client.data(seq: 1001, ack: 5001, length: 90)
                server.data(seq: 5001, ack: 1091, length: 90).ttl(54)
                server.fin(seq: 5091, ack: 1091).ttl(54)
                client.ack(seq: 1091, ack: 5092)
                server.reset(seq: 5092, ack: 1091).ttl(56).after(wait)
            }
        }

        #expect(try severities(of: InjectedReset.self, in: exchange(after: .seconds(3))).isEmpty)
        #expect(
            try severities(of: InjectedReset.self, in: exchange(after: .milliseconds(3)))
                == [.warning]
        )
    }

    @Test func `is a last word of an end that only answers`() throws {
        func exchange(to port: UInt16) -> Exchange {
            Exchange(to: "198.51.100.20:\(port)") {
                client.syn(seq: 1000)
                server.synAck(seq: 5000, ack: 1001)
                client.ack(seq: 1001, ack: 5001)
                server.data(seq: 5001, ack: 1001, length: 129)
                client.data(seq: 1001, ack: 5130, length: 165)
                server.ack(seq: 5130, ack: 1166)
                client.fin(seq: 1166, ack: 5130).after(.seconds(32))
                server.fin(seq: 5130, ack: 1167)
                client.ack(seq: 1167, ack: 5131)
            }
        }

        #expect(try severities(of: UnansweredRequest.self, in: exchange(to: 49_493)) == [.note])
        #expect(try severities(of: UnansweredRequest.self, in: exchange(to: 25)) == [.warning])
    }

    @Test(arguments: [(UInt16(5060), 0), (8080, 1)])
    func `is a message of SIP, which may be an answer`(
        _ port: UInt16,
        _ warnings: Int
    ) throws {
        let exchange = used(to: port) {
            client.data(seq: 1201, ack: 5201, length: 300)
            server.ack(seq: 5201, ack: 1501)
            client.fin(seq: 1501, ack: 5201).after(.seconds(32))
            server.fin(seq: 5201, ack: 1502)
            client.ack(seq: 1502, ack: 5202)
        }

        #expect(try severities(of: UnansweredRequest.self, in: exchange).count == warnings)
    }

    @Test(arguments: [("125.212.217.215", Severity.note), ("10.0.0.9", .error)])
    func `is the refusal of a stranger's SYN that no stack makes`(
        _ stranger: String,
        _ expected: Severity
    ) throws {
        let exchange = Exchange(from: "\(stranger):40000", to: "139.129.13.125:26") {
            client.syn(seq: 1000).options([]).ttl(48)
            server.rstAck(ack: 1001)
        }

        #expect(try severities(of: ConnectionRefused.self, in: exchange) == [expected])
    }

    @Test(arguments: [(Duration.seconds(6), Severity.warning), (.seconds(90), .error)])
    func `is an attempt after which the next is served`(
        _ wait: Duration,
        _ expected: Severity
    ) throws {
        let exchange = Exchange(to: "198.51.100.20:8443") {
            client.syn(seq: 1000).between(clientPort: 4000)
            client.syn(seq: 1000).between(clientPort: 4000).after(.seconds(4))
            client.syn(seq: 1000).between(clientPort: 4000).after(.seconds(8))
            client.syn(seq: 9000).after(wait)
            server.synAck(seq: 5000, ack: 9001)
            client.ack(seq: 9001, ack: 5001)
            client.data(seq: 9001, ack: 5001, length: 9)
            server.data(seq: 5001, ack: 9010, length: 9)
        }

        #expect(try severities(of: UnansweredSYN.self, in: exchange) == [expected])
    }

    @Test(arguments: [(UInt32(1), Severity.note), (0, .warning)])
    func `is a SYN-ACK again that shows that the ACK had arrived`(
        _ later: UInt32,
        _ expected: Severity
    ) throws {
        let exchange = Exchange(to: "198.51.100.20:8080") {
            client.syn(seq: 1000, tsval: 70)
            server.synAck(seq: 5000, ack: 1001, tsecr: 70)
            client.ack(seq: 1001, ack: 5001).timestamps(71)
            client.data(seq: 1001, ack: 5001, length: 9).timestamps(72)
            client.data(seq: 1001, ack: 5001, length: 9).timestamps(372)
                .after(.milliseconds(300))
            server.synAck(seq: 5000, ack: 1001, tsecr: 70 + later).after(.milliseconds(700))
            client.ack(seq: 1001, ack: 5001).timestamps(1075)
            server.ack(seq: 5001, ack: 1010)
        }

        #expect(try severities(of: AcceptQueueOverflow.self, in: exchange) == [expected])
    }

    @Test func `joins no incidents of other services`() throws {
        func notes(_ count: Int) throws -> [MemoryFrames.Record] {
            try (0..<count).flatMap { index in
                var exchange = Exchange {
                    client.syn(seq: 1000)
                    server.synAck(seq: 5000, ack: 1001).after(.milliseconds(900))
                    client.ack(seq: 1001, ack: 5001)
                }
                exchange.server = try #require(Endpoint("198.51.100.\(index + 1):8080"))
                exchange.begin += Int64(index) * 2_000_000_000
                return exchange.frames
            }
        }

        let found = try incidents(in: notes(20))

        #expect(found.map(\.flows).reduce(0, +) == 20)
        #expect(found.allSatisfy { $0.severity == .note })
    }
}
