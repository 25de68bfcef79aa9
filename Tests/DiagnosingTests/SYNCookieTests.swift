import Diagnosing
import Testing
import Tracking

@Suite struct `A SYN cookie` {
    private let offered: [ScriptOption] = [
        .maximumSegmentSize(1460), .selectiveAcknowledgment, .windowScale(7),
    ]
    private let bare: [ScriptOption] = [.maximumSegmentSize(1460)]

    private func found(in exchange: Exchange) throws -> Finding? {
        try findings(in: exchange, by: [SYNCookie.self]).first
    }

    /// Two SYN-ACKs to one SYN, of different ISNs.
    private func answers(_ first: [ScriptOption], _ second: [ScriptOption]) -> Exchange {
        Exchange {
            client.syn(seq: 1000).options(offered)
            server.synAck(seq: 5000, ack: 1001).options(first)
            pause(.seconds(1))
            client.syn(seq: 1000).options(offered)
            server.synAck(seq: 905_000, ack: 1001).options(second)
            client.ack(seq: 1001, ack: 905_001)
        }
    }

    @Test func `is a possible note`() throws {
        let cookie = try #require(try found(in: answers(bare, bare)))

        #expect(cookie.reason == "server-isn-changes")
        #expect(cookie.severity == .note)
        #expect(cookie.confidence == .low)
        #expect(cookie.status == .possible)
        #expect(cookie[metric: "server_isns"] == .integer(2))
    }

    @Test func `lacks the options that the responder gave before`() throws {
        let cookie = try #require(try found(in: answers(offered, bare)))

        #expect(cookie.reason == "options-missing")
        #expect(cookie.packets == [4])
        #expect(cookie.summary.contains("1 SYN-ACK that looks like a SYN cookie"))
    }

    @Test func `is none where all options are there`() throws {
        #expect(try found(in: answers(offered, offered)) == nil)
    }

    @Test func `is none where timestamps can hold the options`() throws {
        #expect(
            try found(in: answers(bare + [.timestamps], bare + [.timestamps])) == nil
        )
    }

    @Test func `is none where the SYN offers nothing`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000).options(bare)
            server.synAck(seq: 5000, ack: 1001).options(bare)
            pause(.seconds(1))
            client.syn(seq: 1000).options(bare)
            server.synAck(seq: 905_000, ack: 1001).options(bare)
        }

        #expect(try found(in: exchange) == nil)
    }

    @Test func `is none where each SYN has an ISN of its own`() throws {
        let exchange = Exchange {
            for attempt: UInt32 in 0..<2 {
                client.syn(seq: 1000 + attempt * 70_000).options(offered)
                server.synAck(seq: 5000 + attempt, ack: 1001 + attempt * 70_000).options(bare)
                client.rst(seq: 1001 + attempt * 70_000)
                pause(.seconds(1))
            }
        }

        #expect(try found(in: exchange) == nil)
    }
}
