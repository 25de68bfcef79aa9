import Testing

@testable import Tracking

/// How attempts to connect are counted while a capture goes on.
@Suite struct `An attempt to connect` {
    private static let second: Int64 = 1_000_000_000

    /// A tracker that somebody watches.
    private struct Scene: ~Copyable {
        var tracker = Tracker()

        init() { tracker.watchChanges() }

        mutating func take(_ exchanges: [Exchange]) throws {
            let frames = exchanges.flatMap(\.frames).sorted { $0.time < $1.time }
            var source = MemoryFrames(frames, linkType: .ethernet)
            while try tracker.consume(next: 100, from: &source) {}
        }

        mutating func take(@ExchangeBuilder _ steps: () -> [ScriptStep]) throws {
            try take([Exchange(steps)])
        }

        /// The outcomes that were counted, without those that were not.
        var outcomes: [HandshakeOutcome: UInt64] {
            let counts = tracker.totals.attempts
            let all = HandshakeOutcome.allCases.map { ($0, counts[$0]) }
            return Dictionary(uniqueKeysWithValues: all.filter { $0.1 > 0 })
        }

        var attempts: UInt64 { tracker.totals.attempts.attempts }
    }

    private let begin = Exchange { client.syn(seq: 1) }.begin

    @Test func `is counted as established with its ACK`() throws {
        var scene = Scene()
        try scene.take {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            pause(.milliseconds(2))
            client.ack(seq: 1001, ack: 5001)
        }

        #expect(scene.outcomes == [.completed: 1])
        #expect(scene.attempts == 1)
        #expect(scene.tracker.totals.attempts.synackToACK.sum == 2000)
    }

    @Test func `is counted as refused with its RST, once`() throws {
        var scene = Scene()
        try scene.take {
            client.syn(seq: 1000)
            server.rstAck(ack: 1001)
            pause(.milliseconds(500))
            client.syn(seq: 1000)
            server.rstAck(ack: 1001)
        }

        #expect(scene.outcomes == [.refused: 1])
        #expect(scene.attempts == 1)
    }

    @Test func `is another one with another initial sequence number`() throws {
        var scene = Scene()
        try scene.take {
            client.syn(seq: 1000)
            server.rstAck(ack: 1001)
            pause(.seconds(1))
            client.syn(seq: 2000)
            server.rstAck(ack: 2001)
            pause(.seconds(1))
            client.syn(seq: 3000)
            server.synAck(seq: 5000, ack: 3001)
            client.ack(seq: 3001, ack: 5001)
        }

        #expect(scene.outcomes == [.refused: 2, .completed: 1])
        #expect(scene.attempts == 3)
    }

    @Test func `is unanswered when its next SYN is overdue, and not before`() throws {
        var scene = Scene()
        try scene.take { client.syn(seq: 1000) }

        scene.tracker.countUnanswered(at: begin + 3 * Self.second)
        #expect(scene.outcomes.isEmpty)
        for _ in 0..<3 { scene.tracker.countUnanswered(at: begin + 4 * Self.second) }
        #expect(scene.outcomes == [.noAnswer: 1])
        scene.tracker.countUnanswered(at: begin + 400 * Self.second)
        #expect(scene.outcomes == [.noAnswer: 1])
    }

    @Test func `waits longer after each retransmission`() throws {
        var scene = Scene()
        try scene.take {
            client.syn(seq: 1000)
            pause(.seconds(1))
            client.syn(seq: 1000)
            pause(.seconds(2))
            client.syn(seq: 1000)
        }

        scene.tracker.countUnanswered(at: begin + 7 * Self.second)
        #expect(scene.outcomes.isEmpty)
        for _ in 0..<3 { scene.tracker.countUnanswered(at: begin + 11 * Self.second) }
        #expect(scene.outcomes == [.noAnswer: 1])
    }

    @Test func `that was counted as unanswered is not counted so again when it goes on`() throws {
        var scene = Scene()
        let exchange = Exchange {
            client.syn(seq: 1000)
            pause(.seconds(7))
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
        }
        var source = MemoryFrames(Array(exchange.frames.prefix(1)), linkType: .ethernet)
        while try scene.tracker.consume(next: 100, from: &source) {}
        scene.tracker.countUnanswered(at: begin + 5 * Self.second)

        source = MemoryFrames(Array(exchange.frames.dropFirst()), linkType: .ethernet)
        while try scene.tracker.consume(next: 100, from: &source) {}
        scene.tracker.countUnanswered(at: begin + 400 * Self.second)

        #expect(scene.outcomes == [.noAnswer: 1, .completed: 1])
        #expect(scene.tracker.totals.attempts.wholeHandshake.counts[11] == 1)
    }

    @Test func `is counted at a service of its own once that has served, or failed often`() throws {
        var scene = Scene()
        let connections = (1...3000).map { port in
            Exchange(from: "192.0.2.1:50000", to: "198.51.100.2:\(port)") {
                client.syn(seq: 1000)
                server.rstAck(ack: 1001)
            }
        }
        let failures = (1...20).map { number in
            Exchange(from: "192.0.2.1:\(40_000 + number)", to: "198.51.100.2:8080") {
                client.syn(seq: 1000)
                server.rstAck(ack: 1001)
            }
        }
        try scene.take(connections + failures)

        let services = scene.tracker.totals.attempts.services
        #expect(services.map { $0.responder?.port } == [nil, 8080])
        #expect(services[0][.refused] == 3007)
        #expect(services[1][.refused] == 13)
    }

    @Test func `is not counted where a capture is read whole`() throws {
        let capture = try TrackedCapture(of: healthyConnection.frames)

        #expect(capture.totals.attempts.attempts == 0)
        #expect(capture.tally.outcome(.completed) == 1)
    }
}
