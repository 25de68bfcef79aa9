import Testing
import Tracking

/// How a connection ended, as the tally counts it and the list of flows names it.
@Suite struct `A flow` {
    @Test func `that was healthy leaves counts and nothing else`() throws {
        let tracked = try track(healthyConnection.frames)

        #expect(tracked.flows.isEmpty)
        #expect(tracked.outcomes(.completed) == 1)
        #expect(tracked.tally.attempted == 1)
        #expect(tracked.tally.packets == 10)
        #expect(tracked.tally.segments == 10)
        #expect(tracked.tally.flows == 1)
        #expect(tracked.tally.answerDelays == [1, 0, 0, 0, 0, 0])
        #expect(tracked.handshakes.map(\.history.text) == ["ShADadFf"])
    }

    @Test func `is refused by a RST`() throws {
        let tracked = try track {
            client.syn(seq: 1000)
            server.rstAck(ack: 1001)
        }

        #expect(tracked.handshakes.map(\.outcome) == [.refused])
        #expect(tracked.handshakes.map(\.history.text) == ["Sr"])
        #expect(tracked.flows.count == 1)
    }

    @Test func `is probed by a RST in place of the third ACK, and was established`() throws {
        let tracked = try track {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.reset(seq: 1001, ack: 5001)
        }

        #expect(tracked.handshakes.map(\.outcome) == [.probed])
        #expect(tracked.tally.completed == 1)
        #expect(tracked.flows.isEmpty)
    }

    @Test func `is reset, and not probed, by the RST of a SYN scan`() throws {
        let tracked = try track {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.rst(seq: 1001)
        }

        #expect(tracked.handshakes.map(\.outcome) == [.reset])
    }

    @Test func `is rejected by an ICMP error`() throws {
        let tracked = try track {
            client.syn(seq: 1000)
            router.refuses(.prohibited, about: .client)
        }

        #expect(tracked.handshakes.map(\.outcome) == [.rejected])
        #expect(tracked.handshakes.map(\.history.text) == ["Si"])
        #expect(tracked.handshakes.map(\.icmpErrors) == [1])
        #expect(tracked.tally.icmpErrors == 1)
    }

    @Test func `has no answer`() throws {
        let tracked = try track {
            client.syn(seq: 1000)
            pause(.seconds(1))
            client.syn(seq: 1000)
            pause(.seconds(2))
            client.syn(seq: 1000)
        }

        #expect(tracked.handshakes.map(\.outcome) == [.noAnswer])
        #expect(tracked.handshakes.map(\.syns) == [3])
        #expect(tracked.handshakes.map(\.attempts) == [1])
        #expect(tracked.flows.map(\.events.count) == [3])
    }

    @Test func `is reset between SYN-ACK and ACK`() throws {
        let tracked = try track {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.rst(seq: 1001)
        }

        #expect(tracked.handshakes.map(\.outcome) == [.reset])
        #expect(tracked.handshakes.map(\.history.text) == ["ShR"])
        #expect(tracked.flows.count == 1)
    }

    @Test func `has a stale reply`() throws {
        let tracked = try track {
            client.syn(seq: 1000)
            client.syn(seq: 2000)
            server.synAck(seq: 5000, ack: 1001)
            client.rst(seq: 1001)
        }

        #expect(tracked.handshakes.map(\.outcome) == [.staleReply])
        #expect(tracked.handshakes.map(\.attempts) == [2])
        #expect(tracked.flows.map(\.events.count) == [4])
    }

    @Test func `is incomplete when the ACK is missing`() throws {
        let tracked = try track {
            client.syn(seq: 1000)
            pause(.milliseconds(20))
            server.synAck(seq: 5000, ack: 1001)
        }

        let handshake = try #require(tracked.handshakes.first)
        #expect(handshake.outcome == .incomplete)
        #expect(handshake.answerDelay == 20_000)
        #expect(handshake.completionDelay == nil)
        #expect(tracked.tally.answerDelays == [0, 0, 0, 1, 0, 0])
    }

    @Test func `is met in mid-flow`() throws {
        let tracked = try track {
            server.data(seq: 5001, ack: 1001, length: 1400)
            client.ack(seq: 1001, ack: 6401)
            server.data(seq: 6401, ack: 1001, length: 1400)
        }

        let handshake = try #require(tracked.handshakes.first)
        #expect(handshake.outcome == .midstream)
        #expect(handshake.initiator == Endpoint("192.0.2.10:50000"))
        #expect(handshake.history.text.hasPrefix("^"))
        #expect(tracked.tally.attempted == 0)
        #expect(tracked.flows.isEmpty)
    }

    @Test func `that comes up after trouble is completed, and told of`() throws {
        let tracked = try track {
            client.syn(seq: 1000)
            server.rstAck(ack: 1001)
            pause(.seconds(1))
            client.syn(seq: 2000)
            server.synAck(seq: 5000, ack: 2001)
            client.ack(seq: 2001, ack: 5001)
        }

        #expect(tracked.handshakes.map(\.outcome) == [.completed])
        #expect(tracked.handshakes.map(\.history.text) == ["SrhA"])
        #expect(tracked.flows.map(\.events.count) == [5])
    }
}
