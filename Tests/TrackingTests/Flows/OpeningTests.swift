import Testing

@testable import Tracking

/// A flow of one SYN is kept in 40 octets, and nobody must notice.
@Suite struct `A flow of one SYN` {
    private func syn(from port: Int, at time: Int64) -> [MemoryFrames.Record] {
        var exchange = Exchange(from: "10.0.0.1:\(port)") { client.syn(seq: 1000) }
        exchange.begin = time
        return exchange.frames
    }

    @Test func `takes 40 octets`() {
        #expect(MemoryLayout<HalfOpenFlow>.stride == 40)
    }

    @Test func `is counted as one that nobody answered`() throws {
        let frames = (0..<50).flatMap { syn(from: 1000 + $0, at: Int64($0) * 1_000_000) }

        let tracked = try track(frames, collectsHandshakes: false)

        #expect(tracked.tally.flows == 50)
        #expect(tracked.tally.attempts == 50)
        #expect(tracked.outcomes(.noAnswer) == 50)
        #expect(tracked.flows.isEmpty)
    }

    @Test func `becomes a whole flow with the second packet`() throws {
        let scripts = [
            Exchange {
                client.syn(seq: 1000)
                server.rstAck(ack: 1001)
            },
            Exchange {
                client.syn(seq: 1000)
                client.syn(seq: 5000)
                server.synAck(seq: 9000, ack: 1001)
                client.rst(seq: 1001)
            },
            healthyConnection,
        ]
        for script in scripts {
            let compact = try track(script.frames, collectsHandshakes: false)
            let whole = try track(script.frames, collectsHandshakes: true)

            #expect(compact.flows.map(\.events) == whole.flows.map(\.events))
            #expect(compact.tally == whole.tally)
        }
    }

    @Test func `goes first where there is no room for more`() throws {
        let frames = (0..<10).flatMap { syn(from: 1000 + $0, at: Int64($0) * 1_000_000) }

        let tracked = try track(frames, flowLimit: 4, collectsHandshakes: false)

        #expect(tracked.tally.flowsEvicted == 6)
        #expect(tracked.outcomes(.noAnswer) == 10)
    }
}

/// Flows that are over by TCP's timers make room, in the time of the packets.
@Suite struct `A flow that is over` {
    private static let minute: Int64 = 60_000_000_000

    /// Healthy connections, and as many packets of one more that nothing else is in the way of the
    /// rounds.
    private func traffic(pause: Int64) -> [MemoryFrames.Record] {
        let old = (0..<100).flatMap { number in
            var exchange = healthyConnection
            exchange.client = Endpoint(exchange.client.address, port: UInt16(1000 + number))
            return exchange.frames
        }
        let end = (old.map(\.time).max() ?? 0) + pause
        var later = Exchange(from: "10.0.0.9:9") {
            client.syn(seq: 1)
            client.syn(seq: 1)
        }
        later.begin = end
        let new = later.frames
        return old + (0..<3000).map { new[$0 % 2] }
    }

    @Test func `makes room for others`() throws {
        let tracked = try track(traffic(pause: 3 * Self.minute), fewFlows: 10)

        #expect(tracked.tally.flowsAged > 80)
        #expect(tracked.tally.flowsEvicted == 0)
        #expect(tracked.outcomes(.completed) == 100)
    }

    @Test func `stays for two minutes`() throws {
        #expect(try track(traffic(pause: Self.minute), fewFlows: 10).tally.flowsAged == 0)
    }

    /// A connection on which a second SYN is answered by a challenge ACK, and 3000 packets of
    /// another one after a pause.
    private func troubledTraffic(pause: Int64) -> [MemoryFrames.Record] {
        var troubled = Exchange(from: "10.0.0.8:8") {
            client.syn(seq: 1000)
            server.ack(seq: 9000, ack: 77)
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
            client.data(seq: 1001, ack: 5001, length: 200)
            server.ack(seq: 5001, ack: 1201)
        }
        troubled.begin = 0
        let old = troubled.frames
        let later = (old.map(\.time).max() ?? 0) + pause
        return old
            + traffic(pause: 0).suffix(3000).map { .init(time: later, octets: $0.octets) }
    }

    @Test(arguments: [(130, true, 0), (132, true, 1), (132, false, 0)])
    func `goes when no probe kept it alive, once somebody has looked at its trouble`(
        _ minutes: Int64,
        _ isWatched: Bool,
        _ departed: Int
    ) throws {
        var tracker = Tracker(flowLimit: 1000, fewFlows: 0)
        if isWatched { tracker.watchChanges() }
        var source = MemoryFrames(
            troubledTraffic(pause: minutes * Self.minute),
            linkType: .ethernet
        )

        while try tracker.consume(next: 64, from: &source) {}

        #expect(tracker.takeDeparted().count == departed)
    }

    @Test func `stays where there are few`() throws {
        #expect(try track(traffic(pause: 3 * Self.minute)).tally.flowsAged == 0)
    }
}
