import Diagnosing
import Testing
import Tracking

@Suite struct `A timestamp that no SYN carried` {
    private func found(in exchange: Exchange) throws -> Finding? {
        try findings(in: exchange, by: [TimestampMismatch.self]).first
    }

    @Test func `keeps a connection from coming up`() throws {
        let mismatch = try #require(try found(in: TimestampMismatch.manual.example))

        #expect(mismatch.reason == "rejected")
        #expect(mismatch.severity == .error)
        #expect(mismatch.confidence == .high)
        #expect(mismatch.status == .confirmed)
        #expect(mismatch[metric: "echo_minus_tsval"] == .integer(895_000))
        #expect(mismatch.summary.contains("192.0.2.10 rejected it with a RST"))
    }

    @Test func `is a warning when a right echo followed`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000, tsval: 5000)
            server.synAck(seq: 70_000, ack: 1001, tsecr: 900_000)
            client.rst(seq: 1001)
            pause(.seconds(1))
            client.syn(seq: 1000, tsval: 6000)
            server.synAck(seq: 90_000, ack: 1001, tsecr: 6000)
            client.ack(seq: 1001, ack: 90_001)
        }

        let mismatch = try #require(try found(in: exchange))

        #expect(mismatch.severity == .warning)
        #expect(mismatch.packets == [2])
    }

    @Test func `is a note when the initiator does not mind`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000, tsval: 5000)
            pause(.seconds(1))
            client.syn(seq: 1000, tsval: 6000)
            server.synAck(seq: 70_000, ack: 1001, tsval: 33, tsecr: 900_000)
            client.ack(seq: 1001, ack: 70_001)
        }

        let mismatch = try #require(try found(in: exchange))

        #expect(mismatch.severity == .note)
        #expect(mismatch.reason == "accepted")
        #expect(mismatch.confidence == .medium)
    }

    @Test func `may have been carried by a SYN from before the capture`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000, tsval: 20_000)
            server.synAck(seq: 70_000, ack: 1001, tsecr: 5000)
            pause(.seconds(1))
            server.synAck(seq: 70_000, ack: 1001, tsecr: 5000)
        }

        let mismatch = try #require(try found(in: exchange))

        #expect(mismatch.status == .likely)
        #expect(mismatch.confidence == .low)
        #expect(mismatch.explanation.contains("that the capture missed may have carried it"))
    }

    @Test func `is none where the capture missed a sending and all went well`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000, tsval: 5000)
            pause(.seconds(3))
            client.syn(seq: 1000, tsval: 8000)
            server.synAck(seq: 70_000, ack: 1001, tsecr: 6000)
            client.ack(seq: 1001, ack: 70_001)
        }

        #expect(try found(in: exchange) == nil)
    }

    @Test func `is another pathology where it is that of an older SYN`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000, tsval: 5000)
            client.syn(seq: 71_000, tsval: 5001)
            server.synAck(seq: 70_000, ack: 1001, tsecr: 5000)
            client.rst(seq: 1001)
        }

        #expect(try found(in: exchange) == nil)
    }

    @Test func `is another pathology where the acknowledgment fits no SYN either`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000, tsval: 5000)
            server.synAck(seq: 70_000, ack: 800_000, tsecr: 900_000)
            client.rst(seq: 800_000)
        }

        #expect(try found(in: exchange) == nil)
    }

    @Test func `is none where the answer stands before its SYN`() throws {
        let exchange = Exchange {
            server.synAck(seq: 5000, ack: 1001, tsecr: 5000)
            client.syn(seq: 1000, tsval: 5000)
            client.rst(seq: 1001)
        }

        #expect(try found(in: exchange) == nil)
    }
}
