import Testing

@testable import Tracking

@Suite struct `A look at flows` {
    private func tracker(after exchanges: [Exchange]) throws -> Tracker {
        var tracker = Tracker()
        tracker.watchChanges()
        let frames = exchanges.flatMap(\.frames).sorted { $0.time < $1.time }
        var source = MemoryFrames(frames, linkType: .ethernet)
        while try tracker.consume(next: 100, from: &source) {}
        return tracker
    }

    private let refused = Exchange {
        client.syn(seq: 1000)
        server.rstAck(ack: 1001)
    }

    private let healthy = Exchange(from: "192.0.2.11:1025") {
        client.syn(seq: 1000)
        server.synAck(seq: 5000, ack: 1001)
        client.ack(seq: 1001, ack: 5001)
        client.data(seq: 1001, ack: 5001, length: 200)
        server.data(seq: 5001, ack: 1201, length: 300)
    }

    @Test func `is wanted of flows that have a story, once`() throws {
        var tracker = try tracker(after: [refused, healthy])

        let changed = tracker.takeChangedFlows()
        let again = tracker.takeChangedFlows()

        #expect(changed.count == 1)
        #expect(again.isEmpty)
    }

    @Test func `is not kept where nobody asked for it`() throws {
        var tracker = Tracker()
        var source = MemoryFrames(refused.frames, linkType: .ethernet)
        while try tracker.consume(next: 100, from: &source) {}

        #expect(tracker.takeChangedFlows().isEmpty)
    }

    @Test func `leaves the flow as it was`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
            client.data(seq: 1001, ack: 5001, length: 200)
            server.ack(seq: 5001, ack: 1201)
        }
        var polled = try tracker(after: [exchange])
        var plain = try tracker(after: [exchange])
        let late = exchange.begin + 60_000_000_000

        let copies = (0..<3).compactMap { _ in polled.snapshot(of: 0, at: late) }
        polled.lastUntil(late)
        plain.lastUntil(late)
        var first: [FlowEvents] = []
        polled.finish().forEachSuspicious { first.append($0) }
        var second: [FlowEvents] = []
        plain.finish().forEachSuspicious { second.append($0) }

        #expect(copies.map(\.streams.count) == [1, 1, 1])
        #expect(first.map(\.events) == second.map(\.events))
        #expect(first.map(\.streams) == second.map(\.streams))
        #expect(first.map(\.events) == [copies[0].events])
    }

    @Test func `counts many flows as their end would`() throws {
        let scan = (1...60).map { port in
            var exchange = Exchange(from: "192.0.2.9:4000", to: "198.51.100.20:\(port)") {
                client.syn(seq: 1000)
                server.rstAck(ack: 1001)
            }
            exchange.begin += Int64(port) * 1_000_000
            return exchange
        }
        let tracker = try tracker(after: scan + [healthy])
        let end = tracker.tally.window?.last ?? 0

        let before = tracker.surveySoFar(at: end).aggregates.scanCounters.map(\.portCount)
        let tally = tracker.tallySoFar()
        let capture = tracker.finish()

        #expect(before == [60])
        #expect(before == capture.survey.aggregates.scanCounters.map(\.portCount))
        let outcomes = capture.tally.outcomes
        #expect(tally.outcomes == outcomes)
    }

    @Test func `forgets what was counted of hosts that were quiet since`() throws {
        let attempts = (1...3).map { number in
            var exchange = Exchange(from: "192.0.2.9:400\(number)", to: "198.51.100.\(number):80") {
                client.syn(seq: 1000)
                server.rstAck(ack: 1001)
                client.syn(seq: 2000)
            }
            exchange.begin += Int64(number) * 1_000_000_000
            return exchange
        }
        var tracker = try tracker(after: attempts)

        tracker.close()
        tracker.forgetCounts(quietSince: attempts[1].begin)

        let services = tracker.survey().aggregates.serviceCounters.map(\.service.description)
        #expect(services == ["198.51.100.2:80", "198.51.100.3:80"])
    }
}
