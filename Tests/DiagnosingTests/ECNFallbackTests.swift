import Diagnosing
import Testing
import Tracking

@Suite struct `A fallback from ECN` {
    private func found(in exchange: Exchange) throws -> Finding? {
        try findings(in: exchange, by: [ECNFallback.self]).first
    }

    @Test func `is a possible note on one connection`() throws {
        let fallback = try #require(try found(in: ECNFallback.manual.example))

        #expect(fallback.reason == "unanswered")
        #expect(fallback.severity == .note)
        #expect(fallback.confidence == .low)
        #expect(fallback.status == .possible)
        #expect(fallback[metric: "lost_us"] == .integer(1_000_000))
    }

    @Test func `is a warning on two connections to one responder`() throws {
        var other = ECNFallback.manual.example
        other.client = Endpoint(other.client.address, port: 51_000)
        let frames = (ECNFallback.manual.example.frames + other.frames).sorted { $0.time < $1.time }

        let incident = try #require(try incidents(in: frames).first)

        #expect(incident.severity == .warning)
        #expect(
            incident.root.summary.contains("2 connections from 192.0.2.10 only after their SYNs")
        )
    }

    @Test func `may follow a RST, with a new SYN`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000).flags([.ece, .cwr, .ae])
            server.rstAck(ack: 1001)
            pause(.milliseconds(5))
            client.syn(seq: 71_000)
            server.synAck(seq: 5000, ack: 71_001)
            client.ack(seq: 71_001, ack: 5001)
        }

        let fallback = try #require(try found(in: exchange))

        #expect(fallback.reason == "refused")
        #expect(fallback[metric: "accurate_ecn"] == .flag(true))
        #expect(fallback.packets == [1, 2, 3, 4])
        #expect(
            Set(try findings(in: exchange).map(\.pathology)) == [
                "connection-refused", "ecn-fallback",
            ]
        )
    }

    @Test func `is none where a plain SYN was lost too`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000).flags([.ece, .cwr])
            pause(.seconds(1))
            client.syn(seq: 1000)
            pause(.seconds(2))
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
        }

        #expect(try found(in: exchange) == nil)
    }

    @Test func `is none where the answer may be a late one`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000).flags([.ece, .cwr])
            pause(.seconds(1))
            client.syn(seq: 1000)
            pause(.milliseconds(600))
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
        }

        #expect(try found(in: exchange) == nil)
    }

    @Test func `is none where a filter refused the SYN`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000).flags([.ece, .cwr])
            router.refuses(.prohibited, about: .client)
            pause(.seconds(1))
            client.syn(seq: 71_000)
            server.synAck(seq: 5000, ack: 71_001)
            client.ack(seq: 71_001, ack: 5001)
        }

        #expect(try found(in: exchange) == nil)
    }

    @Test func `is none where another SYN with ECN was answered`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000).flags([.ece, .cwr])
            pause(.seconds(1))
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
            client.syn(seq: 2000).flags([.ece, .cwr]).between(clientPort: 40_001)
            server.synAck(seq: 6000, ack: 2001).flags(.ece).between(clientPort: 40_001)
            client.ack(seq: 2001, ack: 6001).between(clientPort: 40_001)
        }

        #expect(try found(in: exchange) == nil)
    }

    @Test func `is none where nothing asked for ECN`() throws {
        #expect(try found(in: Healthy.lateAnswer) == nil)
    }
}
