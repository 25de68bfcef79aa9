/// The entries of a log that says the time of day and no date.
///
/// Where its times fall back by hours, a midnight has passed. The day of its begin is the one on
/// which most of its lines fall into the capture.
struct ClockEntries {
    /// Lines of one log are out of order by less than this, in nanoseconds: summer time ends,
    /// threads race.
    private static let disorder: Int64 = 7_200_000_000_000
    /// Within so much of the capture a line speaks for a day, in nanoseconds.
    private static let nearness: Int64 = 60_000_000_000
    private static let dayLength: Int64 = 86_400_000_000_000
    /// Of a longer capture only so many days are tried.
    private static let dayLimit = 400

    private let window: CaptureWindow
    /// The first day of the capture, by the log's clock.
    private let firstDay: CivilTime
    private let days: Int
    /// The times of day that may be near the capture: from when, and for how long, in nanoseconds.
    private let span: (start: Int64, length: Int64)
    private var entries: [(entry: LogEntry, clock: Int64, midnights: Int)] = []
    private var current: (clock: Int64, midnights: Int)?

    init(_ window: CaptureWindow) {
        self.window = window
        let first = window.times.lowerBound &- window.offset
        let length = window.length
        firstDay = CivilTime(first)
        days = Int(min(length / Self.dayLength + 2, Int64(Self.dayLimit)))
        // An hour more on either side, for the days on which the clock is changed.
        let margin = 2 * CaptureWindow.reach
        span = (CivilTime(first &- margin).clock, min(length, Self.dayLength) + 2 * margin)
    }

    var count: Int { entries.count }

    /// Goes on to the next line of the log, which bears this time.
    ///
    /// - Returns: whether it may be near the capture.
    mutating func advance(to clock: Int64) -> Bool {
        var midnights = current?.midnights ?? 0
        let change = clock - (current?.clock ?? clock)
        if change < -Self.disorder {
            midnights += 1
        } else if change > Self.dayLength - Self.disorder {
            midnights -= 1
        }
        current = (clock, midnights)
        let later = (clock - span.start + Self.dayLength) % Self.dayLength
        return later <= span.length || span.length >= Self.dayLength
    }

    /// Keeps the line that it went on to.
    mutating func append(_ entry: LogEntry) {
        guard let current else { return }
        entries.append((entry, current.clock, current.midnights))
    }

    mutating func join(_ line: some Collection<UInt8>, room: inout Int) {
        entries[entries.count - 1].entry.join(line, room: &room)
    }

    /// The entries with their times, and what day that of the log's begin was taken for.
    func dated() -> (entries: [LogEntry], day: LogDay?) {
        guard !entries.isEmpty else { return ([], nil) }
        let begin = mostLikelyBegin
        let dated = entries.compactMap { item -> LogEntry? in
            guard let time = time(of: item.clock, onDay: begin + item.midnights),
                window.isNear(time)
            else { return nil }
            var entry = item.entry
            entry.time = time
            return entry
        }
        let noon = time(of: Self.dayLength / 2, onDay: begin).map { CivilTime($0 &- window.offset) }
        return (dated, noon.map { LogDay(year: $0.year, month: $0.month, day: $0.day) })
    }

    /// The day of the log's begin, counted from the first one of the capture.
    private var mostLikelyBegin: Int {
        let most = entries.map { abs($0.midnights) }.max() ?? 0
        let begins = (-most - 1...days).sorted { abs($0) < abs($1) }
        var midnights: [Int: Int64] = [:]
        for day in -most - 2...days + most + 1 { midnights[day] = time(of: 0, onDay: day) }
        var best = (begin: 0, votes: 0)
        for begin in begins {
            let votes = entries.count { item in
                guard let midnight = midnights[begin + item.midnights] else { return false }
                return window.distance(to: midnight &+ item.clock) <= Self.nearness
            }
            if votes > best.votes { best = (begin, votes) }
        }
        return best.begin
    }

    private func time(of clock: Int64, onDay day: Int) -> Int64? {
        CivilTime.nanoseconds(
            year: Int(firstDay.year),
            month: Int(firstDay.month),
            day: Int(firstDay.day) + day,
            clock: clock
        ).flatMap(window.shifted)
    }
}
