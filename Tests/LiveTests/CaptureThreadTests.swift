import Glibc
import Synchronization
import Testing

@testable import Live
@testable import Tracking

/// Who reads packets, and that none is lost between the two that may.
@Suite(.serialized) struct `A capture thread` {
    /// An interface on which a frame comes every so often, and which notes who reads it.
    private final class Source: LiveSource {
        let pause: Int64
        private(set) var count: UInt64 = 0
        private let begin = Clocks.monotonic
        /// The frames that each thread has read.
        let readers = Mutex<[UInt: UInt64]>([:])

        init(pause: Int64) { self.pause = pause }

        var names: [String] { ["fake"] }
        var hasNanoseconds: Bool { true }
        var isMixed: Bool { false }
        var isBlocking: Bool { false }
        var links: [LiveLink] { [] }

        func summary() -> InputSummary {
            InputSummary(
                name: "fake",
                format: "live",
                linkTypes: [.ethernet],
                snapshotLength: 96,
                packets: 0,
                lastNumber: 0,
                octets: 0,
                window: nil,
                hasNanoseconds: true
            )
        }

        private var due: UInt64 { UInt64((Clocks.monotonic - begin) / pause) }

        func wait(upTo milliseconds: Int32) {
            let end = Clocks.monotonic + Int64(milliseconds) * 1_000_000
            while due == count, Clocks.monotonic < end { usleep(200) }
        }

        func read(into frames: inout LiveFrames, at now: Int64) -> LiveReading {
            let due = due
            var reading = LiveReading()
            while count < due {
                let octets: [UInt8] = [0, 1, 2, 3]
                let isTaken = unsafe octets.withUnsafeBytes {
                    unsafe frames.append(
                        $0,
                        time: Int64(count),
                        originalLength: 4,
                        linkType: .ethernet
                    )
                }
                guard isTaken else {
                    reading.hasMore = true
                    break
                }
                count += 1
                readers.withLock { $0[UInt(pthread_self()), default: 0] += 1 }
            }
            return reading
        }

        func readCounters() -> UInt64 { 0 }
    }

    /// Follows what comes, and says which times the frames had.
    private func follow(_ thread: CaptureThread, until end: Int64, _ times: inout [Int64]) {
        while Clocks.monotonic < end {
            guard let round = thread.take(until: end) else { continue }
            // They are numbered by their times.
            if let window = round.frames.window { times.append(contentsOf: window) }
            thread.giveBack(round)
        }
    }

    @Test func `leaves reading to a follower that comes back soon`() throws {
        let source = Source(pause: 500_000)
        let thread = CaptureThread(source)
        try thread.start()
        var times: [Int64] = []

        follow(thread, until: Clocks.monotonic + 1_000_000_000, &times)
        thread.stop()
        while !thread.isAtEnd { follow(thread, until: Clocks.monotonic + 20_000_000, &times) }

        #expect(times == (0..<Int64(source.count)).map { $0 })
        let own = source.readers.withLock { $0[UInt(pthread_self())] ?? 0 }
        #expect(own > source.count / 4)
    }

    @Test func `reads while the follower is away`() throws {
        let source = Source(pause: 100_000)
        let thread = CaptureThread(source)
        try thread.start()
        var times: [Int64] = []

        follow(thread, until: Clocks.monotonic + 300_000_000, &times)
        let before = source.readers.withLock { $0.values.reduce(0, +) }
        usleep(400_000)
        let after = source.readers.withLock { $0.values.reduce(0, +) }
        follow(thread, until: Clocks.monotonic + 300_000_000, &times)
        thread.stop()
        while !thread.isAtEnd { follow(thread, until: Clocks.monotonic + 20_000_000, &times) }

        #expect(after > before + 1000)
        #expect(times == (0..<Int64(source.count)).map { $0 })
    }
}
