import Diagnosing
import Testing
import Tracking

@Suite struct `A fallback of Fast Open` {
    private let cookie: [ScriptOption] = [.maximumSegmentSize(1460), .timestamps, .fastOpen(8)]
    private let request: [ScriptOption] = [.maximumSegmentSize(1460), .timestamps, .fastOpen(0)]
    private let plain: [ScriptOption] = [.maximumSegmentSize(1460), .timestamps]

    private func found(in exchange: Exchange) throws -> Finding? {
        try findings(in: exchange, by: [FastOpenFallback.self]).first
    }

    /// A SYN with data that is answered when it is sent the second time.
    private func answered(by options: [ScriptOption], acknowledging octets: UInt32) -> Exchange {
        Exchange {
            client.syn(seq: 1000, length: 48).options(cookie)
            pause(.seconds(1))
            client.syn(seq: 1000, length: 48).options(cookie)
            server.synAck(seq: 5000, ack: 1001 + octets).options(options)
            client.data(seq: 1001 + octets, ack: 5001, length: 48)
            server.ack(seq: 5001, ack: 1049 + octets)
        }
    }

    @Test func `is a note where the responder did not take the data`() throws {
        let fallback = try #require(try found(in: answered(by: plain, acknowledging: 0)))

        #expect(fallback.reason == "refused")
        #expect(fallback.severity == .note)
        #expect(fallback.confidence == .high)
        #expect(fallback.packets == [2, 3])
        #expect(fallback[metric: "syn_data"] == .integer(48))
        #expect(fallback.summary.contains("did not accept the 48 bytes in the SYN"))
    }

    @Test func `tells a stale cookie by the new one`() throws {
        let fallback = try #require(try found(in: answered(by: cookie, acknowledging: 0)))

        #expect(fallback.reason == "stale-cookie")
        #expect(fallback[metric: "new_cookie"] == .flag(true))
        #expect(fallback.summary.contains("cookie in it was no longer valid"))
    }

    @Test(arguments: [1, 48] as [UInt32])
    func `is none where any of the data was taken`(_ octets: UInt32) throws {
        #expect(try found(in: answered(by: plain, acknowledging: octets)) == nil)
    }

    @Test func `is but likely where only a plain SYN is answered`() throws {
        let fallback = try #require(try found(in: FastOpenFallback.manual.example))

        #expect(fallback.reason == "blackhole")
        #expect(fallback.severity == .note)
        #expect(fallback.confidence == .low)
        #expect(fallback.status == .likely)
    }

    @Test func `happens to a SYN that asks for a cookie too`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000).options(request)
            pause(.seconds(1))
            client.syn(seq: 1000).options(plain)
            server.synAck(seq: 5000, ack: 1001).options(plain)
            client.ack(seq: 1001, ack: 5001)
        }

        #expect(try found(in: exchange)?.reason == "blackhole")
    }

    @Test func `is none where no cookie is given`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000).options(request)
            pause(.seconds(1))
            client.syn(seq: 1000).options(request)
            server.synAck(seq: 5000, ack: 1001).options(plain)
            client.ack(seq: 1001, ack: 5001)
        }

        #expect(try found(in: exchange) == nil)
    }

    @Test func `is not claimed where the answer may be a late one to the first SYN`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000, length: 48).options(cookie)
            pause(.seconds(1))
            client.syn(seq: 1000).options(plain)
            pause(.milliseconds(700))
            server.synAck(seq: 5000, ack: 1001).options(plain)
            client.ack(seq: 1001, ack: 5001)
        }

        #expect(try found(in: exchange) == nil)
    }

    @Test func `is not claimed where nothing was answered at all`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000, length: 48).options(cookie)
            pause(.seconds(1))
            client.syn(seq: 1000).options(plain)
            pause(.seconds(3))
        }

        #expect(try found(in: exchange) == nil)
    }
}
