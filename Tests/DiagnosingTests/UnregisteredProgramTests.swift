import Diagnosing
import Testing
import Tracking

/// What a client is told that asks for a program's port in vain.
@Suite struct `A program that is not registered` {
    private func mapper(@ExchangeBuilder _ steps: () -> [ScriptStep]) -> Exchange {
        Exchange(from: "192.0.2.10:1022", to: "198.51.100.20:111", steps: steps())
    }

    private func unregistered(in exchange: Exchange) throws -> Finding {
        try finding(by: UnregisteredProgram.self, in: exchange)
    }

    @Test func `is a warning with the ends of the question`() throws {
        let found = try unregistered(
            in: mapper {
                client.getPort(of: 100_021, version: 4, call: 71)
                server.port(0, call: 71)
            }
        )

        #expect(found.severity == .warning)
        #expect(found.status == .confirmed)
        #expect(found.reason == "never-registered")
        #expect(found.subject.initiatorPort == 1022)
        #expect(found.subject.responderPort == 111)
        #expect(found.subject.transport == .udp)
        #expect(found[metric: "program"] == .integer(100_021))
        #expect(found[metric: "transport"] == .text("tcp"))
        #expect(
            found.summary == """
                192.0.2.10 asked the port mapper of 198.51.100.20 once for NLM v4 over TCP (program 100021), which \
                is not registered there.
                """
        )
    }

    @Test func `is asked for over TCP, too`() throws {
        let call = [UInt8].getPort(of: 100_005, version: 3, over: .udp, call: 9).marked
        let found = try unregistered(
            in: mapper {
                client.syn(seq: 1000)
                server.synAck(seq: 5000, ack: 1001)
                client.ack(seq: 1001, ack: 5001)
                client.data(seq: 1001, ack: 5001, call)
                server.data(seq: 5001, ack: 1061, .portmapReply(to: 9, [0]).marked)
            }
        )

        #expect(found.packets == [4, 5])
        #expect(found.subject.transport == .tcp)
        #expect(found.summary.contains("mountd v3 over UDP"))
    }

    @Test func `has an empty universal address`() throws {
        let call =
            [UInt8].portmapCall(5, version: 4, procedure: 3, [100_003, 4])
            + .text("udp") + .text("") + .text("")
        let found = try unregistered(
            in: mapper {
                client.datagram(call)
                server.datagram(.portmapReply(to: 5, []) + .text(""))
            }
        )

        #expect(found.explanation.contains("answers GETADDR with an empty address"))
        #expect(found[metric: "portmap_version"] == .integer(4))
    }

    @Test func `may be one of several`() throws {
        let exchange = mapper {
            for program: UInt32 in [100_021, 100_024, 200_001] {
                client.getPort(of: program, version: 1, over: .udp, call: program)
                server.port(0, call: program)
            }
        }

        let found = try findings(in: exchange, by: [UnregisteredProgram.self])

        #expect(found.count == 1)
        #expect(found[0].packets == [1, 2, 3, 4, 5, 6])
        #expect(found[0].summary.contains("RPC program 200001 v1 over UDP"))
        #expect(found[0].summary.hasSuffix("none of which is registered there."))
    }

    @Test func `is a note where the client falls back to another version`() throws {
        let found = try unregistered(
            in: mapper {
                client.getPort(of: 100_003, version: 4, call: 1)
                server.port(0, call: 1)
                client.getPort(of: 100_003, version: 3, call: 2)
                server.port(2049, call: 2)
            }
        )

        #expect(found.severity == .note)
        #expect(found.reason == "other-version")
        #expect(found.packets == [1, 2])
    }

    @Test func `is registered later`() throws {
        let found = try unregistered(
            in: mapper {
                client.getPort(of: 100_021, version: 4, call: 1)
                server.port(0, call: 1)
                pause(.seconds(30))
                client.getPort(of: 100_021, version: 4, call: 2)
                server.port(304, call: 2)
            }
        )

        #expect(found.severity == .warning)
        #expect(found.reason == "registered-later")
        #expect(found.summary.contains("only 30 s later (packet 4)"))
    }

    @Test func `was registered before`() throws {
        let found = try unregistered(
            in: mapper {
                client.getPort(of: 100_021, version: 4, call: 1)
                server.port(304, call: 1)
                client.getPort(of: 100_021, version: 4, call: 2)
                server.port(0, call: 2)
            }
        )

        #expect(found.reason == "no-longer-registered")
        #expect(found.packets == [3, 4])
    }

    @Test func `cannot be asked for where no port mapper runs`() throws {
        let found = try unregistered(
            in: mapper {
                client.getPort(of: 100_021, version: 4, call: 1)
                server.datagram(.words([1, 1, 0, 0, 0, 1]))
            }
        )

        #expect(found.reason == "program-unavailable")
        #expect(found.severity == .warning)
    }

    @Test func `is not meant where an older protocol answers after all`() throws {
        let newer =
            [UInt8].portmapCall(5, version: 4, procedure: 3, [100_003, 3])
            + .text("udp") + .text("") + .text("")
        let exchange = mapper {
            client.datagram(newer)
            server.datagram(.words([5, 1, 0, 0, 0, 2, 2, 2]))
            client.getPort(of: 100_003, version: 3, call: 6)
            server.port(2049, call: 6)
        }

        #expect(try findings(in: exchange, by: [UnregisteredProgram.self]).isEmpty)
    }

    @Test func `is not meant by what is no message of a port mapper`() throws {
        let exchange = mapper {
            client.datagram([UInt8](repeating: 0, count: 56))
            server.datagram([UInt8](repeating: 0, count: 28))
            client.datagram(.words([7, 0, 2, 100_003, 2, 3, 0, 0, 0, 0, 1, 1, 6, 0]))
            server.port(0, call: 7)
        }

        #expect(try findings(in: exchange, by: [UnregisteredProgram.self]).isEmpty)
    }

    @Test func `is told once, however often it is asked for`() throws {
        let exchange = mapper {
            for call: UInt32 in 1...40 {
                client.getPort(of: 100_021, version: 4, call: call)
                server.port(0, call: call)
            }
        }

        let found = try incidents(in: exchange)

        #expect(found.count == 1)
        #expect(found[0].headline == "192.0.2.10 finds no NLM v4 at 198.51.100.20")
        #expect(found[0].root.count == 40)
        #expect(found[0].root.evidence.count == 32)
        #expect(found[0].root.evidenceOmitted == 48)
    }
}
