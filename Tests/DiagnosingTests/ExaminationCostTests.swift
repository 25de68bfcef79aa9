import Diagnosing
import Glibc
import Testing
import Tracking

/// What a flow may cost follows from what it is, not from how long it goes on.
@Suite(.serialized) struct `The cost of an examination` {
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

    /// What examining all histories takes on this thread, in nanoseconds: the least of a few tries.
    private func cost(of frames: [MemoryFrames.Record]) throws -> Int {
        var best = Int.max
        for _ in 0..<3 {
            var (start, end) = (timespec(), timespec())
            unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start)
            _ = try incidents(in: frames)
            unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end)
            let seconds = end.tv_sec - start.tv_sec
            best = min(best, seconds * 1_000_000_000 + end.tv_nsec - start.tv_nsec)
        }
        return best
    }

    @Test(arguments: Catalog.manuals.map(\.id), Rounds.allCases)
    func `grows no faster than the events`(_ id: String, _ rounds: Rounds) throws {
        let example = try #require(Catalog.detector(named: id)?.manual.example)

        let costs = try [1024, 2048, 4096].map { try cost(of: frames(of: example, $0, rounds)) }

        // A few milliseconds more or less are the machine's.
        let noise = 10_000_000
        for (short, long) in zip(costs, costs.dropFirst()) {
            #expect(Double(long) <= 2.3 * Double(short) + Double(noise), "\(costs)")
        }
    }
}
