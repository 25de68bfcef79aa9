import Testing
import Tracking

/// The fine points of coming up: data in the SYN, reordering, both ends at once, one direction
/// only.
@Suite struct `A handshake` {
    @Test func `has the delays of its two legs, from the newest SYN`() throws {
        let tracked = try track {
            client.syn(seq: 1000)
            pause(.seconds(1))
            client.syn(seq: 1000)
            pause(.milliseconds(3))
            server.synAck(seq: 5000, ack: 1001)
            pause(.microseconds(40))
            client.ack(seq: 1001, ack: 5001)
        }

        let handshake = try #require(tracked.handshakes.first)
        #expect(handshake.answerDelay == 3000)
        #expect(handshake.completionDelay == 40)
        #expect(handshake.initiator == Endpoint("192.0.2.10:50000"))
        #expect(handshake.responder == Endpoint("198.51.100.20:443"))
    }

    @Test(arguments: [1001, 1050, 1101] as [UInt32])
    func `with data in the SYN is answered by any part of it`(_ acknowledged: UInt32) throws {
        let tracked = try track {
            client.syn(seq: 1000, length: 100)
            server.synAck(seq: 5000, ack: acknowledged)
            client.ack(seq: 1101, ack: 5001)
            client.data(seq: 1101, ack: 5001, length: 10)
            server.ack(seq: 5001, ack: 1111)
        }

        #expect(tracked.outcomes(.completed) == 1)
        #expect(tracked.flows.isEmpty)
    }

    @Test(arguments: [1000, 1102, 999] as [UInt32])
    func `is not answered by an acknowledgment beside the SYN`(_ acknowledged: UInt32) throws {
        let tracked = try track {
            client.syn(seq: 1000, length: 100)
            server.synAck(seq: 5000, ack: acknowledged)
        }

        #expect(tracked.outcomes(.staleReply) == 1)
        #expect(tracked.flows.count == 1)
    }

    @Test func `from both ends at once completes`() throws {
        let tracked = try track {
            client.syn(seq: 1000)
            server.syn(seq: 5000)
            client.synAck(seq: 1000, ack: 5001)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
        }

        #expect(tracked.outcomes(.completed) == 1)
    }

    @Test func `beyond the limit of the list is counted`() throws {
        let frames = (0..<5).flatMap { number in
            Exchange(from: "192.0.2.10:\(50_000 + number)", to: "198.51.100.20:443") {
                client.syn(seq: 1000)
                server.rstAck(ack: 1001)
            }.frames
        }
        var source = MemoryFrames(frames, linkType: .ethernet)
        var tracker = Tracker(collectsHandshakes: true, handshakeLimit: 3)

        while try tracker.consume(next: 64, from: &source) {}
        let capture = tracker.finish()

        let (kept, omitted) = (capture.handshakes.count, capture.tally.handshakesOmitted)
        #expect(kept == 3)
        #expect(omitted == 2)
    }

    @Test func `that the capture shows in the wrong order completes`() throws {
        var frames = healthyConnection.frames
        frames.swapAt(0, 1)

        let tracked = try track(frames)

        #expect(tracked.outcomes(.completed) == 1)
        #expect(tracked.tally.timeReversals == 1)
    }

    @Test func `of which only the initiator is captured makes it a one-way initiator`() throws {
        let tracked = try track {
            client.syn(seq: 1000)
            client.ack(seq: 1001, ack: 5001)
            client.data(seq: 1001, ack: 5001, length: 200)
            client.data(seq: 1201, ack: 6401, length: 200)
        }

        #expect(tracked.oneWayInitiators == [try #require(Address("192.0.2.10"))])
        #expect(tracked.outcomes(.incomplete) == 1)
        #expect(tracked.flows.isEmpty)
    }

    @Test func `of which only the responder is captured is no pathology`() throws {
        let tracked = try track {
            server.synAck(seq: 5000, ack: 1001)
            server.ack(seq: 5001, ack: 1201)
            server.data(seq: 5001, ack: 1201, length: 1400)
            server.data(seq: 6401, ack: 1201, length: 1400)
        }

        #expect(tracked.oneWayInitiators.isEmpty)
        #expect(tracked.outcomes(.midstream) == 1)
        #expect(tracked.flows.isEmpty)
    }
}
