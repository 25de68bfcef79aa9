import Diagnosing
import Testing
import Tracking

@Suite struct `A raw-socket client` {
    private func found(@ExchangeBuilder in steps: () -> [ScriptStep]) throws -> [Finding] {
        try findings(in: Exchange(steps), by: [RawSocketClient.self])
    }

    @Test func `may be a scanner whose SYN has no options`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000, win: 1024).options(.maximumSegmentSize(1460)).ttl(48)
            server.synAck(seq: 5000, ack: 1001).options(.maximumSegmentSize(1460))
            client.rst(seq: 1001).ttl(57)
        }

        let found = try findings(in: exchange)

        #expect(found.map(\.pathology) == ["raw-socket-client"])
        #expect(found.map(\.reason) == ["bare-syn"])
        #expect(found.map(\.severity) == [.note])
        #expect(found.first?[metric: "syn_window"] == .integer(1024))
        #expect(found.first?.explanation.contains("two programs made them") == true)
    }

    @Test func `may be a user-space stack beside its kernel`() throws {
        let found = try found {
            for _ in 0..<2 {
                client.syn(seq: 1000)
                server.synAck(seq: 5000, ack: 1001)
                client.rst(seq: 1001)
                pause(.seconds(1))
            }
        }

        #expect(found.map(\.reason) == ["goes-on"])
        #expect(found.map(\.confidence) == [.low])
        #expect(found.map(\.status) == [.possible])
        #expect(found.map(\.count) == [2])
    }

    @Test func `is none when a usual client refuses one answer`() throws {
        let found = try found {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.rst(seq: 1001)
        }

        #expect(found.isEmpty)
    }

    @Test func `is none when each RST ends its attempt`() throws {
        let found = try found {
            for retry: UInt32 in 0..<3 {
                client.syn(seq: 1000 + retry * 70_000)
                server.synAck(seq: 5000, ack: 1001 + retry * 70_000)
                client.rst(seq: 1001 + retry * 70_000)
                pause(.seconds(1))
            }
        }

        #expect(found.isEmpty)
    }

    @Test func `is none when the answer echoes a foreign timestamp`() throws {
        let found = try found {
            for _ in 0..<2 {
                client.syn(seq: 1000)
                server.synAck(seq: 5000, ack: 1001, tsecr: 4_000_000_000)
                client.rst(seq: 1001)
                pause(.seconds(1))
            }
        }

        #expect(found.isEmpty)
    }

    @Test func `is none when somebody else on the way may have sent the RSTs`() throws {
        let found = try found {
            for _ in 0..<2 {
                client.syn(seq: 1000)
                server.synAck(seq: 5000, ack: 1001)
                client.rst(seq: 1001).ttl(61)
                pause(.seconds(1))
            }
        }

        #expect(found.isEmpty)
    }

    @Test func `is none when the connection comes up in the end`() throws {
        let found = try found {
            client.syn(seq: 1000).options(.maximumSegmentSize(536))
            server.synAck(seq: 5000, ack: 1001)
            client.rst(seq: 1001)
            client.syn(seq: 80_000).options(.maximumSegmentSize(536)).after(.seconds(1))
            server.synAck(seq: 90_000, ack: 80_001)
            client.ack(seq: 80_001, ack: 90_001)
        }

        #expect(found.isEmpty)
    }
}
