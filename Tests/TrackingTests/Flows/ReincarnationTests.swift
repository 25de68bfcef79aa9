import Testing
import Tracking

/// The lives of one four-tuple, one after the other.
@Suite struct `A four-tuple` {
    private let shortIncarnation: [ScriptStep] = healthyConnection.steps

    @Test func `begins another life with a SYN after a live connection`() throws {
        let tracked = try track(
            Exchange(
                from: "10.0.0.1:700",
                to: "10.0.0.2:2049",
                steps: shortIncarnation + [
                    pause(.seconds(1)), client.syn(seq: 9000), server.synAck(seq: 7000, ack: 9001),
                    client.ack(seq: 9001, ack: 7001),
                ]
            ).frames
        )

        let events = try #require(tracked.flows.first?.events)
        #expect(tracked.outcomes(.completed) == 2)
        #expect(tracked.tally.flows == 1)
        #expect(tracked.handshakes.map(\.firstPacket) == [1, 11])
        #expect(events.map(\.kind) == [.formerConnection, .syn, .synAck, .ack])
        #expect(events.map(\.incarnation) == [1, 1, 1, 1])
    }

    @Test func `remembers where the former connection stood`() throws {
        let tracked = try track {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
            client.data(seq: 1001, ack: 5001, length: 100)
            server.data(seq: 5001, ack: 1101, length: 50)
            client.syn(seq: 9000)
        }

        let former = try #require(tracked.flows.first?.events.first)
        #expect(former.kind == .formerConnection)
        #expect(former.sequence == SequenceNumber(1101))
        #expect(former.acknowledgment == SequenceNumber(5051))
        #expect(former.packet == 5)
    }

    @Test(arguments: [(300, 1), (301, 2)])
    func `begins another episode after 300 s of silence`(_ seconds: Int, episodes: Int) throws {
        let tracked = try track {
            client.syn(seq: 1000)
            pause(.seconds(seconds))
            client.syn(seq: 2000)
        }

        #expect(tracked.outcomes(.noAnswer) == UInt64(episodes))
        #expect(tracked.handshakes.map(\.attempts) == (episodes == 1 ? [2] : [1, 1]))
    }

    @Test func `keeps one life through many attempts`() throws {
        let tracked = try track {
            for attempt in 1...300 as ClosedRange<UInt32> {
                client.syn(seq: attempt * 1000)
                server.rstAck(ack: attempt * 1000 + 1)
            }
        }

        #expect(tracked.handshakes.map(\.outcome) == [.refused])
        #expect(tracked.handshakes.map(\.attempts) == [255])
        #expect(tracked.flows.map(\.events.count) == [600])
    }

    @Test func `does not begin again with a SYN that comes twice`() throws {
        let tracked = try track {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
            client.syn(seq: 1000)
            client.data(seq: 1001, ack: 5001, length: 100)
            server.ack(seq: 5001, ack: 1101)
        }

        #expect(tracked.outcomes(.completed) == 1)
        #expect(tracked.tally.attempted == 1)
    }
}
