import Diagnosing
import Testing
import Tracking

@Suite struct `An overflowing accept queue` {
    private func ignored(@ExchangeBuilder then steps: () -> [ScriptStep]) -> Exchange {
        Exchange {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
            for step in steps() { step }
        }
    }

    @Test func `is a warning when the connection is taken in the end`() throws {
        let exchange = ignored {
            client.data(seq: 1001, ack: 5001, length: 9)
            server.synAck(seq: 5000, ack: 1001).after(.seconds(1))
            client.data(seq: 1001, ack: 5001, length: 9).after(.milliseconds(300))
            server.ack(seq: 5001, ack: 1010)
            server.data(seq: 5001, ack: 1010, length: 90)
        }

        let found = try finding(by: AcceptQueueOverflow.self, in: exchange)

        #expect(found.severity == .warning)
        #expect(found[metric: "ending"] == .text("recovered"))
        #expect(found[metric: "ignored_data_segments"] == .integer(1))
    }

    @Test func `is an error when the connection is reset`() throws {
        let exchange = ignored {
            client.data(seq: 1001, ack: 5001, length: 9)
            server.synAck(seq: 5000, ack: 1001).after(.seconds(1))
            server.rst(seq: 5001).after(.seconds(2))
        }

        let found = try finding(by: AcceptQueueOverflow.self, in: exchange)

        #expect(found.severity == .error)
        #expect(found[metric: "ending"] == .text("reset"))
    }

    @Test func `is but a possibility when only the ACK was ignored`() throws {
        let exchange = ignored {
            server.synAck(seq: 5000, ack: 1001).after(.seconds(1))
            client.ack(seq: 1001, ack: 5001)
            server.data(seq: 5001, ack: 1001, length: 20).after(.milliseconds(5))
        }

        let found = try finding(by: AcceptQueueOverflow.self, in: exchange)

        #expect(found.reason == "ack-ignored")
        #expect(found.severity == .note)
        #expect(found.confidence == .low)
        #expect(found.status == .possible)
    }

    @Test func `is but a note where data that was sent once is acknowledged`() throws {
        let exchange = ignored {
            client.data(seq: 1001, ack: 5001, length: 9)
            server.synAck(seq: 5000, ack: 1001).after(.seconds(1))
            server.ack(seq: 5001, ack: 1010).after(.milliseconds(300))
            server.data(seq: 5001, ack: 1010, length: 90)
        }

        #expect(try finding(by: AcceptQueueOverflow.self, in: exchange).severity == .note)
    }

    @Test func `is but a note where the repeated SYN-ACK echoes the ACK`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000, tsval: 70)
            server.synAck(seq: 5000, ack: 1001, tsval: 900, tsecr: 70)
            client.ack(seq: 1001, ack: 5001).timestamps(80).after(.milliseconds(10))
            client.data(seq: 1001, ack: 5001, length: 9).timestamps(780).after(.milliseconds(700))
            server.synAck(seq: 5000, ack: 1001, tsval: 1900, tsecr: 80).after(.milliseconds(290))
        }

        #expect(try finding(by: AcceptQueueOverflow.self, in: exchange).severity == .note)
    }

    @Test func `is none where the way takes longer than both timers`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000, tsval: 70)
            client.syn(seq: 1000, tsval: 1070).after(.milliseconds(1030))
            server.synAck(seq: 5000, ack: 1001, tsval: 900, tsecr: 70).after(.milliseconds(770))
            client.ack(seq: 1001, ack: 5001).timestamps(1870)
            client.data(seq: 1001, ack: 5001, length: 9).timestamps(1870)
            server.synAck(seq: 5000, ack: 1001, tsval: 1930, tsecr: 70).after(.milliseconds(1027))
            server.ack(seq: 5001, ack: 1010).after(.milliseconds(770))
        }

        #expect(try findings(in: exchange, by: [AcceptQueueOverflow.self]).isEmpty)
    }

    @Test func `is none when the first ACK was lost and the server had the data`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            server.synAck(seq: 5000, ack: 1001).after(.seconds(1))
            client.ack(seq: 1001, ack: 5001)
            client.data(seq: 1001, ack: 5001, length: 9)
            server.ack(seq: 5001, ack: 1010)
        }

        #expect(try findings(in: exchange, by: [AcceptQueueOverflow.self]).isEmpty)
    }

    @Test func `of many connections is one incident of their service`() throws {
        let exchange = Exchange(to: "198.51.100.20:8080") {
            for port: UInt16 in 0..<4 {
                client.syn(seq: 1000).between(clientPort: 4000 + port)
                server.synAck(seq: 5000, ack: 1001).between(clientPort: 4000 + port)
                client.ack(seq: 1001, ack: 5001).between(clientPort: 4000 + port)
                client.data(seq: 1001, ack: 5001, length: 9).between(clientPort: 4000 + port)
            }
            for port: UInt16 in 0..<4 {
                server.synAck(seq: 5000, ack: 1001).between(clientPort: 4000 + port)
                    .after(.seconds(1))
            }
        }

        let found = try incidents(in: exchange)

        #expect(found.count == 1)
        #expect(found.first?.root.pathology == "accept-queue-overflow")
        #expect(found.first?.root.flows == 4)
    }
}

@Suite struct `A RST after the handshake` {
    private func reset(@ExchangeBuilder by steps: () -> [ScriptStep]) throws -> [Finding] {
        let exchange = Exchange {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
            for step in steps() { step }
        }
        return try findings(in: exchange, by: [ResetAfterHandshake.self])
    }

    @Test func `of the client without a word is a note`() throws {
        let found = try reset { client.reset(seq: 1001, ack: 5001) }

        #expect(found.map(\.severity) == [.note])
        #expect(found.first?[metric: "form"] == .text("active"))
    }

    @Test func `of a live server tells that the application turned it away`() throws {
        let found = try reset { server.reset(seq: 5001, ack: 1001) }

        #expect(found.map(\.reason) == ["post-ack"])
        #expect(found.map(\.severity) == [.warning])
        #expect(found.first?.explanation.contains("a live socket") == true)
    }

    @Test func `of a server without a socket tells that it lost the entry`() throws {
        let found = try reset { server.rst(seq: 5001) }

        #expect(found.first?[metric: "form"] == .text("passive"))
        #expect(found.first?.causes.contains("accept-queue-full") == true)
    }

    @Test func `may come after the first request`() throws {
        let found = try reset {
            client.data(seq: 1001, ack: 5001, length: 40)
            server.reset(seq: 5001, ack: 1041)
        }

        #expect(found.map(\.reason) == ["post-psh"])
    }

    @Test func `is none a second later, or after a FIN`() throws {
        let late = try reset { server.reset(seq: 5001, ack: 1001).after(.seconds(2)) }
        let closing = try reset {
            client.fin(seq: 1001, ack: 5001)
            server.reset(seq: 5001, ack: 1002)
        }

        #expect(late.isEmpty)
        #expect(closing.isEmpty)
    }

    @Test func `may show a client that had given up`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000)
            client.syn(seq: 1000).after(.seconds(1))
            server.synAck(seq: 5000, ack: 1001).after(.seconds(4))
            client.rst(seq: 1001)
        }

        let found = try finding(by: ResetAfterHandshake.self, in: exchange)

        #expect(found.reason == "client-gone")
        #expect(found.severity == .error)
    }
}
