import Diagnosing
import Testing
import Tracking

@Suite struct `A simultaneous open` {
    private func found(
        from first: String = "192.0.2.10:7001",
        to second: String = "198.51.100.20:7002",
        @ExchangeBuilder in steps: () -> [ScriptStep]
    ) throws -> [Finding] {
        let exchange = Exchange(from: first, to: second, steps)
        return try findings(in: exchange, by: [SimultaneousOpen.self])
    }

    @Test func `that comes up is a note`() throws {
        let found = try findings(in: Healthy.simultaneousOpen)

        #expect(found.map(\.pathology) == ["simultaneous-open"])
        #expect(found.map(\.reason) == ["crossed"])
        #expect(found.map(\.severity) == [.note])
        #expect(found.map(\.isEstablished) == [true])
    }

    @Test func `is stuck after three seconds without a connection`() throws {
        let found = try found {
            client.syn(seq: 1000)
            server.syn(seq: 5000)
            client.synAck(seq: 1000, ack: 5001)
            client.synAck(seq: 1000, ack: 5001).after(.seconds(1))
            client.synAck(seq: 1000, ack: 5001).after(.seconds(3))
        }

        #expect(found.map(\.reason) == ["stuck"])
        #expect(found.map(\.severity) == [.error])
        #expect(found.first?.explanation.contains("Only one end") == true)
    }

    @Test func `is pending while it may still come up`() throws {
        let found = try found {
            client.syn(seq: 1000)
            server.syn(seq: 5000)
            client.synAck(seq: 1000, ack: 5001).after(.seconds(1))
        }

        #expect(found.map(\.status) == [.pending])
        #expect(found.map(\.severity) == [.note])
    }

    @Test func `that took three seconds is a warning`() throws {
        let found = try found {
            client.syn(seq: 1000)
            server.syn(seq: 5000)
            client.synAck(seq: 1000, ack: 5001)
            server.synAck(seq: 5000, ack: 1001).after(.seconds(3))
            client.ack(seq: 1001, ack: 5001)
        }

        #expect(found.map(\.reason) == ["late"])
        #expect(found.map(\.severity) == [.warning])
    }

    @Test func `that is reset did not come up`() throws {
        let found = try found {
            client.syn(seq: 1000)
            server.syn(seq: 5000)
            client.synAck(seq: 1000, ack: 5001)
            server.rst(seq: 5001)
        }

        #expect(found.map(\.reason) == ["reset"])
        #expect(found.map(\.severity) == [.error])
    }

    @Test func `is none when one end refuses and never accepts`() throws {
        let found = try found {
            client.syn(seq: 1000)
            server.syn(seq: 5000)
            client.rstAck(ack: 5001)
            server.rstAck(ack: 1001)
        }

        #expect(found.isEmpty)
    }

    @Test func `is none when a listener answers beside the SYN`() throws {
        let found = try found {
            client.syn(seq: 1000)
            server.syn(seq: 5000)
            server.synAck(seq: 80_000, ack: 1001)
            client.ack(seq: 1001, ack: 80_001)
        }

        #expect(found.isEmpty)
    }

    @Test func `with itself is a warning`() throws {
        let exchange = Exchange(from: "127.0.0.1:40000", to: "127.0.0.1:40000") {
            client.syn(seq: 1000)
            client.synAck(seq: 1000, ack: 1001)
            client.ack(seq: 1001, ack: 1001)
            client.data(seq: 1001, ack: 1001, length: 20)
            client.ack(seq: 1021, ack: 1021)
        }

        let found = try findings(in: exchange)

        #expect(found.map(\.pathology) == ["simultaneous-open"])
        #expect(found.map(\.reason) == ["self-connect"])
        #expect(found.map(\.severity) == [.warning])
        #expect(found.first?.packets == [1, 2])
    }

    @Test func `with itself needs an answer`() throws {
        let found = try found(from: "192.0.2.10:139", to: "192.0.2.10:139") {
            client.syn(seq: 1000)
            client.syn(seq: 1000).after(.seconds(1))
        }

        #expect(found.isEmpty)
    }
}

@Suite struct `A split handshake` {
    private func found(@ExchangeBuilder in steps: () -> [ScriptStep]) throws -> [Finding] {
        try findings(in: Exchange(steps))
    }

    @Test func `may take four segments`() throws {
        let found = try found {
            client.syn(seq: 1000)
            server.syn(seq: 5000).after(.milliseconds(30))
            client.synAck(seq: 1000, ack: 5001)
            server.ack(seq: 5001, ack: 1001).after(.milliseconds(30))
        }

        #expect(found.map(\.pathology) == ["split-handshake"])
        #expect(found.map(\.reason) == ["four-way"])
        #expect(found.map(\.severity) == [.warning])
        #expect(found.map(\.confidence) == [.high])
        #expect(found.map(\.isEstablished) == [true])
    }

    @Test func `may take five segments`() throws {
        let found = try found {
            client.syn(seq: 1000)
            server.ack(seq: 0, ack: 1001).after(.milliseconds(30))
            server.syn(seq: 5000)
            client.synAck(seq: 1000, ack: 5001)
            server.ack(seq: 5001, ack: 1001).after(.milliseconds(30))
        }

        #expect(found.map(\.pathology) == ["split-handshake"])
        #expect(found.map(\.reason) == ["five-way"])
        #expect(found.first?.packets == [2, 3, 4, 5])
    }

    @Test func `is but possible when the SYN came sooner than a round trip`() throws {
        let found = try found {
            client.syn(seq: 1000)
            server.syn(seq: 5000).after(.milliseconds(40))
            client.synAck(seq: 1000, ack: 5001)
            server.ack(seq: 5001, ack: 1001).after(.milliseconds(60))
        }

        #expect(found.map(\.reason) == ["four-way"])
        #expect(found.map(\.confidence) == [.low])
        #expect(found.map(\.status) == [.possible])
        #expect(found.first?.explanation.contains("may also have crossed") == true)
    }

    @Test(arguments: [5, 400])
    func `is none when the SYN came too soon, or too late, for an answer`(_ wait: Int) throws {
        let found = try found {
            client.syn(seq: 1000)
            server.syn(seq: 5000).after(.milliseconds(wait))
            client.synAck(seq: 1000, ack: 5001)
            server.ack(seq: 5001, ack: 1001).after(.milliseconds(20))
        }

        #expect(!found.map(\.pathology).contains("split-handshake"))
    }

    @Test func `may be confirmed by data`() throws {
        let found = try found {
            client.syn(seq: 1000)
            server.syn(seq: 5000).after(.milliseconds(30))
            client.synAck(seq: 1000, ack: 5001)
            server.data(seq: 5001, ack: 1001, length: 10).after(.milliseconds(30))
        }

        #expect(found.map(\.pathology) == ["split-handshake"])
    }

    @Test func `is none when the initiator takes another ISN`() throws {
        let found = try found {
            client.syn(seq: 1000)
            server.syn(seq: 5000).after(.milliseconds(30))
            client.synAck(seq: 77_000, ack: 5001)
            server.ack(seq: 5001, ack: 77_001).after(.milliseconds(30))
        }

        #expect(!found.map(\.pathology).contains("split-handshake"))
    }
}
