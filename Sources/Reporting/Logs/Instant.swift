/// A point in time that a user knows from elsewhere, as exactly as it was said.
package struct Instant: Sendable {
    private let stamp: LogStamp

    /// Reads RFC 3339 with or without a zone, a time of day, or seconds since 1970; `17:06` is the
    /// begin of that minute.
    package init?(_ text: String) {
        guard let stamp = LogStamp(text) ?? LogStamp(text + ":00") else { return nil }
        self.stamp = stamp
    }

    /// In nanoseconds since 1970, for a capture that begins at `first`.
    ///
    /// A time of day is the first one from there on, so that a capture may run past midnight.
    package func time(from first: Int64) -> Int64 {
        guard case .timeOfDay(let clock) = stamp else { return stamp.time() ?? first }
        let day = CivilTime(first)
        let times = (0...1).compactMap { Self.time(clock, $0, after: day) }
        return times.first { $0 >= first } ?? times.last ?? first
    }

    /// The same for a capture of which it is also known when it ends.
    ///
    /// A time of day that it does not reach any more was before it, on the day of its begin.
    package func time(in window: ClosedRange<Int64>) -> Int64 {
        let next = time(from: window.lowerBound)
        guard case .timeOfDay(let clock) = stamp, next > window.upperBound else { return next }
        return Self.time(clock, 0, after: CivilTime(window.lowerBound)) ?? next
    }

    private static func time(_ clock: Int64, _ days: Int, after day: CivilTime) -> Int64? {
        CivilTime.nanoseconds(
            year: Int(day.year),
            month: Int(day.month),
            day: Int(day.day) + days,
            clock: clock
        )
    }
}
