import Diagnosing
import Glibc
import Testing
import Tracking

/// What a flow may cost follows from what it is, not from how long it goes on.
@Suite(.serialized, .tags(.slow)) struct `The cost of an examination` {
    /// How the next round of an example follows the one before.
    enum Rounds: CaseIterable {
        /// The same numbers again, at once.
        case same
        /// Other sequence numbers.
        case shifted
        /// Each in an incarnation of its own.
        case later
    }

    /// The frames of an example, repeated to a number of events.
    private func frames(of example: Exchange, _ count: Int, _ rounds: Rounds)
        -> [MemoryFrames.Record]
    {
        var frames: [MemoryFrames.Record] = []
        var number: UInt32 = 0
        while frames.count < count {
            var round = rounds == .same ? example : example.shifted(by: number &* 7_654_321)
            if let last = frames.last {
                round.begin = last.time + (rounds == .later ? 400_000_000_000 : 1_000_000)
            }
            frames += round.frames
            number += 1
        }
        return Array(frames.prefix(count))
    }

    /// What following and examining frames takes on this thread, in nanoseconds.
    private func cost(of frames: [MemoryFrames.Record]) throws -> Double {
        var (start, end) = (timespec(), timespec())
        unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start)
        _ = try incidents(in: frames)
        unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end)
        return Double((end.tv_sec - start.tv_sec) * 1_000_000_000 + end.tv_nsec - start.tv_nsec)
    }

    /// Whether twice the events cost more than 2.3 times as much, over two doublings and beyond
    /// what is the machine's.
    private func growsTooFast(_ costs: [Double]) -> Bool {
        costs[1] > 2.3 * 2.3 * costs[0] + 100_000_000
    }

    @Test(arguments: Catalog.manuals.map(\.id), Rounds.allCases)
    func `grows no faster than the events`(_ id: String, _ rounds: Rounds) throws {
        let example = try #require(Catalog.detector(named: id)?.manual.example)

        let counts = [512, 2048]

        var costs = try counts.map { try cost(of: frames(of: example, $0, rounds)) }
        // What a busy machine adds is not there again.
        if growsTooFast(costs) {
            let again = try counts.map { try cost(of: frames(of: example, $0, rounds)) }
            costs = zip(costs, again).map(min)
        }

        #expect(!growsTooFast(costs), "\(costs)")
    }
}
