/// How many connections failed when: a count for each span of time, whose length grows with the
/// capture.
package struct FailureTimes: Sendable {
    /// Keep at most this many spans in which anything failed.
    private static let spanLimit = 8192
    /// The lengths of spans, in nanoseconds: 1 ms to a day, each a multiple of the one before.
    private static let lengths: [Int64] = [
        1, 10, 100, 1000, 10_000, 60_000, 600_000, 3_600_000, 86_400_000,
    ].map { $0 * 1_000_000 }
    /// The lengths of bars, in nanoseconds: what a person reads, each a multiple of some span.
    private static let barLengths: [Int64] = [
        1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 30_000, 60_000,
        120_000, 300_000, 600_000, 1_800_000, 3_600_000, 7_200_000, 21_600_000, 43_200_000,
        86_400_000,
    ].map { $0 * 1_000_000 }

    private var level = 0
    /// By the number of the span since 1970.
    private var counts: [Int64: Int] = [:]

    package init() {}

    /// Whether no failure was noted.
    package var isEmpty: Bool { counts.isEmpty }

    /// Counts a failure at `time`, in nanoseconds since 1970.
    mutating func note(_ time: Int64) {
        counts[Self.span(of: time, Self.lengths[level]), default: 0] += 1
        while counts.count > Self.spanLimit, level + 1 < Self.lengths.count { coarsen() }
    }

    private mutating func coarsen() {
        let length = Self.lengths[level]
        level += 1
        var merged: [Int64: Int] = [:]
        for (span, count) in counts {
            merged[Self.span(of: span * length, Self.lengths[level]), default: 0] += count
        }
        counts = merged
    }

    /// The failures within a window as bars of equal length.
    ///
    /// - Parameters:
    ///   - window: first and last time, in nanoseconds since 1970.
    ///   - limit: the most bars, from 1.
    /// - Returns: the length of a bar in nanoseconds, and the count of each; `nil` where even a day
    ///   a bar would make more of them.
    package func bars(
        in window: ClosedRange<Int64>,
        atMost limit: Int
    ) -> (length: Int64, counts: [Int])? {
        let fitting = Self.barLengths.first { length in
            length >= Self.lengths[level] && length % Self.lengths[level] == 0
                && Self.span(of: window.upperBound, length)
                    - Self.span(of: window.lowerBound, length) < limit
        }
        guard let length = fitting else { return nil }
        let first = Self.span(of: window.lowerBound, length)
        let last = Self.span(of: window.upperBound, length)
        var bars = [Int](repeating: 0, count: Int(last - first) + 1)
        for (span, count) in counts {
            let bar = Self.span(of: span * Self.lengths[level], length) - first
            bars[Int(min(max(bar, 0), last - first))] += count
        }
        return (length, bars)
    }

    /// The number of the span that holds a time, also before 1970.
    private static func span(of time: Int64, _ length: Int64) -> Int64 {
        time >= 0 ? time / length : (time - length + 1) / length
    }
}
