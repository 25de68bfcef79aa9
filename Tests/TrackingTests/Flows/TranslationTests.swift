import Testing

@testable import Tracking

/// One connection, captured before and behind a device that translates addresses.
@Suite struct `A translated connection` {
    /// Both copies of each segment, of a healthy connection to a translated server.
    private func forwarded(by change: Int) -> Exchange {
        Exchange(to: "198.51.100.20:80") {
            for (number, step) in [
                client.syn(seq: 1000, tsval: 70), server.synAck(seq: 5000, ack: 1001),
                client.ack(seq: 1001, ack: 5001), client.data(seq: 1001, ack: 5001, length: 80),
                server.data(seq: 5001, ack: 1081, length: 80),
                client.fin(seq: 1081, ack: 5081), server.fin(seq: 5081, ack: 1082),
                client.ack(seq: 1082, ack: 5082),
            ].enumerated() {
                let step = step.identification(UInt16(700 + number))
                step
                step.between(server: "10.1.2.3").ttl(UInt8(64 - change))
            }
        }
    }

    @Test func `counts once`() throws {
        let tally = try TrackedCapture(of: forwarded(by: 1).frames).tally

        #expect(tally.attempted == 1)
        #expect(tally.completed == 1)
        #expect(tally.translations.map(\.translatedResponder.description) == ["10.1.2.3:80"])
        #expect(tally.translations.first?.card != nil)
    }

    @Test func `that nobody answers counts once`() throws {
        let exchange = Exchange {
            for _ in 0..<3 {
                client.syn(seq: 1000, tsval: 70).identification(7).after(.seconds(1))
                client.syn(seq: 1000, tsval: 70).identification(7).ttl(63)
                    .between(client: "203.0.113.9")
            }
        }

        let tally = try TrackedCapture(of: exchange.frames).tally

        #expect(tally.attempted == 1)
        #expect(tally.completed == 0)
    }

    @Test func `is not one of two that a scanner tries with the same numbers`() throws {
        let scan = Exchange {
            client.syn(seq: 1000, tsval: 0).identification(7)
            client.syn(seq: 1000, tsval: 0).identification(8).between(server: "10.1.2.3").ttl(63)
            client.syn(seq: 1000, tsval: 0).identification(8).between(server: "10.1.2.4").ttl(63)
        }

        #expect(try TrackedCapture(of: scan.frames).tally.attempted == 3)
        #expect(try TrackedCapture(of: forwarded(by: 0).frames).tally.attempted == 2)
    }
}
