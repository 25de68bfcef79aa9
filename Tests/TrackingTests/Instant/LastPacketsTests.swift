import Testing
@testable import Tracking

/// What each flow sent last before an instant.
@Suite struct `The last packets before an instant` {
    private static let begin: Int64 = 1_495_000_000_000_000_000
    private static let millisecond: Int64 = 1_000_000

    private func watch(
        _ frames: [MemoryFrames.Record],
        at time: Int64,
        packets: Int = 8,
        flows: Int = 1024
    ) throws -> LastPackets {
        var watch = LastPackets(packetLimit: packets, flowLimit: flows) { _ in time }
        var source = MemoryFrames(frames, linkType: .ethernet)
        while try source.advance() { watch.note(source.frame) }
        return watch
    }

    /// One SYN a millisecond, each from a port of its own.
    private func syns(_ count: Int) -> [MemoryFrames.Record] {
        (0..<count).flatMap { index in
            var exchange = Exchange(from: "192.0.2.10:\(50_000 + index)", to: "198.51.100.20:443") {
                client.syn(seq: 1000)
            }
            exchange.begin = Self.begin + Int64(index) * Self.millisecond
            return exchange.frames
        }
    }

    private let streamState = Exchange {
        client.syn(seq: 1000)
        pause(.milliseconds(10))
        server.synAck(seq: 5000, ack: 1001)
        pause(.milliseconds(10))
        client.ack(seq: 1001, ack: 5001)
        pause(.milliseconds(10))
        client.data(seq: 1001, ack: 5001, length: 100)
        pause(.milliseconds(10))
        server.reset(seq: 5001, ack: 1101)
    }

    @Test func `are those up to it, and one more`() throws {
        let watch = try watch(streamState.frames, at: Self.begin + 25 * Self.millisecond)

        let flow = try #require(watch.nearest(4).first)
        #expect(flow.packets.map(\.packet) == [1, 2, 3])
        #expect(flow.next?.packet == 4)
        #expect(flow.count == 3)
    }

    @Test func `count a packet of the very instant among those before`() throws {
        let watch = try watch(streamState.frames, at: Self.begin + 20 * Self.millisecond)

        let flow = try #require(watch.nearest(4).first)
        #expect(flow.packets.last?.packet == 3)
        #expect(flow.next?.packet == 4)
    }

    @Test func `are no more than asked for`() throws {
        let watch = try watch(streamState.frames, at: .max, packets: 2)

        let flow = try #require(watch.nearest(4).first)
        #expect(flow.packets.map(\.packet) == [4, 5])
        #expect(flow.count == 5)
        #expect(flow.next == nil)
    }

    @Test func `leave out a flow that begins later`() throws {
        let watch = try watch(streamState.frames, at: Self.begin - 1)

        #expect(watch.nearest(4).isEmpty)
        #expect(watch.flows == 0)
    }

    @Test func `begin with the flow that is nearest`() throws {
        let watch = try watch(syns(10), at: Self.begin + 5 * Self.millisecond)

        let ports = watch.nearest(3).map { $0.key[.low].port }
        #expect(ports == [50_005, 50_004, 50_003])
        #expect(watch.flows == 6)
    }

    @Test func `lose the flows that are furthest where memory ends`() throws {
        let watch = try watch(syns(1000), at: .max, flows: 16)

        #expect(
            watch.nearest(16).map { $0.key[.low].port }
                == (984..<1000).reversed().map { 50_000 + $0 }
        )
        #expect(watch.flows == 1000)
        #expect(watch.flowsEvicted >= 1000 - 32)
    }

    @Test func `hold an ICMP error beside the flow that it quotes`() throws {
        let refused = Exchange {
            client.syn(seq: 1000)
            router.refuses(.hostProhibited, about: .client)
        }
        let watch = try watch(refused.frames, at: .max)

        let flow = try #require(watch.nearest(4).first)
        #expect(flow.packets.map(\.kind) == [.syn, .icmp])
        #expect(watch.flows == 1)
    }

    @Test func `wait for the first packet to know a time of day`() throws {
        var asked: [Int64] = []
        var watch = LastPackets { first in
            asked.append(first)
            return first
        }
        #expect(watch.instant == nil)
        var source = MemoryFrames(streamState.frames, linkType: .ethernet)
        while try source.advance() { watch.note(source.frame) }

        #expect(asked == [Self.begin])
        #expect(watch.nearest(1).first?.packets.count == 1)
    }
}
