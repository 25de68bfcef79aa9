import Diagnosing
import Reporting
import Testing
import Tracking

@Suite struct `A watch` {
    private static let second: Int64 = 1_000_000_000

    /// A tracker that is looked at while frames come.
    private struct Scene: ~Copyable {
        var tracker = Tracker()
        var incremental = IncrementalDiagnosis(knownIssues: KnownIssueLibrary.all)

        init() { tracker.watchChanges() }

        /// Follows the frames, and looks.
        mutating func take(_ frames: [MemoryFrames.Record], snapshotOf time: Int64) throws
            -> [Incident]
        {
            var source = MemoryFrames(frames, linkType: .ethernet)
            while try tracker.consume(next: 100, from: &source) {}
            return poll(at: time)
        }

        mutating func poll(at time: Int64) -> [Incident] {
            incremental.poll(at: &tracker, time: time, share: 1)
        }
    }

    private let begin = Exchange { client.syn(seq: 1) }.begin

    private let request = Exchange {
        client.syn(seq: 1000)
        server.synAck(seq: 5000, ack: 1001)
        client.ack(seq: 1001, ack: 5001)
        client.data(seq: 1001, ack: 5001, length: 200)
        server.ack(seq: 5001, ack: 1201)
        pause(.seconds(30))
        server.data(seq: 5001, ack: 1201, length: 300)
        client.ack(seq: 1201, ack: 5301)
    }

    private func refusal(_ number: Int, at time: Int64 = 0) -> [MemoryFrames.Record] {
        var exchange = Exchange(from: "192.0.2.1:\(10_000 + number)", to: "198.51.100.2:80") {
            client.syn(seq: 1000)
            server.rstAck(ack: 1001)
        }
        exchange.begin += time
        return exchange.frames
    }

    @Test func `finds a request without an answer when its time has come, without any packet`()
        throws
    {
        var scene = Scene()

        let early = try scene.take(Array(request.frames.prefix(5)), snapshotOf: begin + Self.second)
        let soon = scene.poll(at: begin + 9 * Self.second)
        let late = scene.poll(at: begin + 11 * Self.second)

        #expect(early.isEmpty)
        #expect(soon.isEmpty)
        #expect(late.flatMap(\.chain).map(\.finding.pathology) == ["unanswered-request"])
        #expect(late.first?.root.status == .pending)
    }

    @Test func `takes that back when the answer comes after all`() throws {
        var scene = Scene()

        _ = try scene.take(Array(request.frames.prefix(5)), snapshotOf: begin + 11 * Self.second)
        let found = scene.poll(at: begin + 12 * Self.second)
        let answered = try scene.take(
            Array(request.frames.dropFirst(5)),
            snapshotOf: begin + 31 * Self.second
        )

        #expect(found.count == 1)
        #expect(answered.isEmpty)
    }

    @Test func `settles an unanswered SYN by the clock alone`() throws {
        var scene = Scene()
        let exchange = Exchange {
            client.syn(seq: 1000)
            pause(.seconds(1))
            client.syn(seq: 1000)
        }

        let first = try scene.take(exchange.frames, snapshotOf: begin + Self.second * 12 / 10)
        let later = scene.poll(at: begin + Self.second * 35 / 10)

        #expect(first.map(\.root.status) == [.pending])
        #expect(later.map(\.root.status) == [.confirmed])
        #expect(later.map(\.id) == first.map(\.id))
    }

    @Test func `keeps the ids while an incident grows`() throws {
        var scene = Scene()

        let one = try scene.take(refusal(0), snapshotOf: begin + Self.second)
        let many = try scene.take(
            (1..<10).flatMap { refusal($0, at: Self.second) },
            snapshotOf: begin + 2 * Self.second
        )

        #expect(one.map(\.id) == many.map(\.id))
        #expect(many.first?.chain.map(\.id) == one.first?.chain.map(\.id))
        #expect(many.first?.root.count == 10)
    }

    @Test func `forgets an incident that was quiet for long, and counts anew when it comes back`()
        throws
    {
        var scene = Scene()
        let minutes = 60 * Self.second

        _ = try scene.take(
            (0..<5).flatMap { refusal($0, at: Int64($0)) },
            snapshotOf: begin + Self.second
        )
        let closed = scene.incremental.forget(quietSince: begin + 10 * minutes)
        let quiet = scene.poll(at: begin + 21 * minutes)
        let anew = try scene.take(refusal(9, at: 22 * minutes), snapshotOf: begin + 22 * minutes)

        #expect(closed.map(\.root.count) == [5])
        #expect(quiet.isEmpty)
        #expect(anew.map(\.root.count) == [1])
        #expect(anew.map(\.id) != closed.map(\.id))
    }

    @Test func `keeps an incident that is quiet in one flow and loud in another`() throws {
        var scene = Scene()
        let minutes = 60 * Self.second

        _ = try scene.take(refusal(0), snapshotOf: begin + Self.second)
        let both = try scene.take(refusal(1, at: 15 * minutes), snapshotOf: begin + 15 * minutes)
        let closed = scene.incremental.forget(quietSince: begin + 10 * minutes)
        let after = scene.poll(at: begin + 16 * minutes)

        #expect(closed.isEmpty)
        #expect(both.map(\.root.count) == [2])
        #expect(after.map(\.root.count) == [2])
    }

    @Test func `counts every flow of a service that refuses thousands, in a bounded memory`()
        throws
    {
        var scene = Scene()
        let count = 9_000

        var frames: [MemoryFrames.Record] = []
        for number in 0..<count { frames += refusal(number, at: Int64(number) * 1000) }
        var incidents = try scene.take(frames, snapshotOf: begin + Self.second)
        for tenth in 1...4 {
            incidents = scene.poll(at: begin + Self.second + Int64(tenth) * 200_000_000)
        }

        let finding = incidents.flatMap(\.chain).first {
            $0.finding.pathology == "connection-refused"
        }
        #expect(finding?.finding.count == count)
    }

    @Test
    func `lays drops beside what was found while packets were dropped, and not beside the rest`()
        throws
    {
        var scene = Scene()

        scene.tracker.noteDrops(during: begin + 5 * Self.second...begin + 6 * Self.second)
        var other = Exchange(from: "192.0.2.7:4000", to: "198.51.100.9:81") {
            client.syn(seq: 1000)
            pause(.seconds(1))
            server.rstAck(ack: 1001)
        }
        other.begin += 5 * Self.second + Self.second / 2
        let incidents = try scene.take(
            refusal(0) + other.frames,
            snapshotOf: begin + 10 * Self.second
        )

        let guarded = incidents.map { $0.root.guards.contains(.captureLoss) }
        #expect(guarded == [false, true])
    }

    @Test func `finds nothing on a healthy connection, whenever it looks`() throws {
        var scene = Scene()
        let exchange = Exchange {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
            client.data(seq: 1001, ack: 5001, length: 200)
            server.data(seq: 5001, ack: 1201, length: 300)
            client.ack(seq: 1201, ack: 5301)
            pause(.seconds(2))
            client.fin(seq: 1201, ack: 5301)
            server.fin(seq: 5301, ack: 1202)
            client.ack(seq: 1202, ack: 5302)
        }

        for frame in exchange.frames {
            let found = try scene.take([frame], snapshotOf: frame.time + 1_000)
            #expect(found.isEmpty)
        }
        let late = scene.poll(at: begin + 1000 * Self.second)
        let end = scene.incremental.finish(scene.tracker.finishAndReset()).diagnosis.incidents

        #expect(late.isEmpty)
        #expect(end.isEmpty)
    }
}
