import Testing
import Tracking

/// Handshakes without the usual SYN-ACK.
@Suite struct `A handshake from both ends` {
    @Test func `is completed`() throws {
        let tracked = try track {
            client.syn(seq: 1000)
            server.syn(seq: 5000)
            client.synAck(seq: 1000, ack: 5001)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
            client.data(seq: 1001, ack: 5001, length: 10)
            server.ack(seq: 5001, ack: 1011)
        }

        #expect(tracked.handshakes.map(\.outcome) == [.completed])
        #expect(tracked.flows.count == 1)
    }

    @Test func `is completed by the ACK of a responder that sent a SYN`() throws {
        let tracked = try track {
            client.syn(seq: 1000)
            server.syn(seq: 5000)
            client.synAck(seq: 1000, ack: 5001)
            server.ack(seq: 5001, ack: 1001)
        }

        #expect(tracked.handshakes.map(\.outcome) == [.completed])
    }

    @Test func `is not completed by an ACK that answers another SYN`() throws {
        let tracked = try track {
            client.syn(seq: 1000)
            server.syn(seq: 5000)
            client.synAck(seq: 1000, ack: 5001)
            server.ack(seq: 5001, ack: 77_001)
        }

        #expect(tracked.handshakes.map(\.outcome) == [.staleReply])
    }

    @Test func `has its completion in the history`() throws {
        let read = try interpretations {
            client.syn(seq: 1000)
            server.ack(seq: 0, ack: 1001)
            server.syn(seq: 5000)
            client.synAck(seq: 1000, ack: 5001)
            server.ack(seq: 5001, ack: 1001)
            client.data(seq: 1001, ack: 5001, length: 10)
        }

        #expect(
            read == [
                .syn(attempt: 1, sending: 1), .plain, .responderSyn, .plain,
                .completion(attempt: 1), .plain,
            ]
        )
    }
}

@Suite struct `A socket that connects to itself` {
    private func own(@ExchangeBuilder _ steps: () -> [ScriptStep]) -> Exchange {
        Exchange(from: "127.0.0.1:40000", to: "127.0.0.1:40000", steps)
    }

    @Test func `comes up, and misses no direction`() throws {
        let tracked = try track(
            own {
                client.syn(seq: 1000)
                client.synAck(seq: 1000, ack: 1001)
                client.ack(seq: 1001, ack: 1001)
                client.data(seq: 1001, ack: 1001, length: 10)
                client.ack(seq: 1011, ack: 1011)
                client.fin(seq: 1011, ack: 1011)
            }.frames
        )

        #expect(tracked.handshakes.map(\.outcome) == [.completed])
        #expect(tracked.handshakes.map(\.history.text) == ["ShA"])
        #expect(tracked.oneWayInitiators.isEmpty)
    }

    @Test func `keeps few events however long it runs`() throws {
        let tracked = try track(
            own {
                client.syn(seq: 1000)
                client.synAck(seq: 1000, ack: 1001)
                for number: UInt32 in 0..<100 {
                    client.data(seq: 1001 + number * 10, ack: 1001 + number * 10, length: 10)
                }
            }.frames
        )

        #expect(tracked.flows.map(\.events.count) == [3])
    }

    @Test func `may do so again`() throws {
        let tracked = try track(
            own {
                for round: UInt32 in 0..<2 {
                    client.syn(seq: 1000 + round * 70_000)
                    client.synAck(seq: 1000 + round * 70_000, ack: 1001 + round * 70_000)
                    client.reset(seq: 1001 + round * 70_000, ack: 1001 + round * 70_000)
                    pause(.seconds(1))
                }
            }.frames
        )

        #expect(tracked.handshakes.map(\.outcome) == [.completed, .completed])
    }

    @Test func `has no answer when nothing comes back`() throws {
        let tracked = try track(own { client.syn(seq: 1000) }.frames)

        #expect(tracked.handshakes.map(\.outcome) == [.noAnswer])
    }
}
