/// Makes entries of the lines of one log, and gives each its time by the capture's clock.
///
/// Only what is near the capture is kept, so a log of days takes no more memory than the part that
/// matters.
package struct LogReader {
    /// Keep at most this many entries of one log.
    private static let entryLimit = 100_000

    private let window: CaptureWindow
    private let years: [Int]
    private var summary: LogSummary
    private var entries: [LogEntry] = []
    /// Bytes that entries may still take.
    private var room: Int
    /// Those that bear a time of day and no date.
    private var clocks: ClockEntries
    private var newest = Newest.none

    /// Where a line without a time goes.
    private enum Newest {
        /// No line before it has a time.
        case none
        case entry
        case clock
        /// The line before it was not kept either.
        case dropped
    }

    /// - Parameters:
    ///   - name: the log's name, as the user gave it.
    ///   - window: the first and the last time of the capture.
    ///   - offset: what to add to the log's times, in nanoseconds.
    ///   - room: bytes that its entries may take.
    package init(
        name: String,
        window: ClosedRange<Int64>,
        offset: Int64 = 0,
        room: Int = Logs.byteLimit
    ) {
        self.room = room
        self.window = CaptureWindow(times: window, offset: offset)
        summary = LogSummary(name: name, offset: offset)
        clocks = ClockEntries(self.window)
        let first = Int(CivilTime(window.lowerBound).year)
        let last = Int(CivilTime(window.upperBound).year)
        years = Array(first - 1...last + 1)
    }

    /// Takes the next line, without its end.
    package mutating func read(_ octets: some Collection<UInt8>) {
        summary.lines += 1
        guard let stamp = LogStamp(line: octets) else {
            follow(octets)
            return
        }
        if case .timeOfDay(let clock) = stamp {
            let isKept = clocks.advance(to: clock) && hasRoom
            if isKept { clocks.append(entry(octets, at: 0)) }
            newest = isKept ? .clock : .dropped
        } else if let time = nearest(stamp) {
            summary.note(time)
            let isKept = window.isNear(time) && hasRoom
            if isKept { entries.append(entry(octets, at: time)) }
            newest = isKept ? .entry : .dropped
        } else {
            newest = .dropped
        }
    }

    private var hasRoom: Bool {
        mutating get {
            if room > 0, entries.count + clocks.count < Self.entryLimit { return true }
            summary.refused += 1
            return false
        }
    }

    private mutating func entry(_ line: some Collection<UInt8>, at time: Int64) -> LogEntry {
        let entry = LogEntry(time: time, log: 0, number: summary.lines, line: line)
        room -= entry.size
        return entry
    }

    private mutating func follow(_ octets: some Collection<UInt8>) {
        switch newest {
        case .none: summary.headless += 1
        case .entry: entries[entries.count - 1].join(octets, room: &room)
        case .clock: clocks.join(octets, room: &room)
        case .dropped: break
        }
    }

    /// By the capture's clock, in the year that is nearest to the capture if the stamp says none.
    private func nearest(_ stamp: LogStamp) -> Int64? {
        var years: [Int?] = [nil]
        if case .dated(nil, _, _, _) = stamp { years = self.years }
        return years.compactMap { stamp.time(inYear: $0) }.compactMap(window.shifted)
            .min { window.distance(to: $0) < window.distance(to: $1) }
    }

    /// What was read, once the log has come to its end.
    package consuming func finish() -> (summary: LogSummary, entries: [LogEntry]) {
        let (dated, day) = clocks.dated()
        summary.assumedDay = day
        let all = entries + dated
        summary.kept = all.count
        return (summary, all)
    }
}

/// When the capture was made, and how a log's clock differs from that of the capture.
struct CaptureWindow {
    /// As far from the capture an entry may be, in nanoseconds: as clocks differ, or zones by one
    /// hour.
    static let reach: Int64 = 3_600_000_000_000

    /// In nanoseconds since 1970, by the capture's clock.
    let times: ClosedRange<Int64>
    /// What to add to the log's times, in nanoseconds.
    let offset: Int64

    /// By the capture's clock what is `time` by the log's; `nil` beyond all bounds.
    func shifted(_ time: Int64) -> Int64? {
        let sum = time.addingReportingOverflow(offset)
        return sum.overflow ? nil : sum.partialValue
    }

    /// From the capture to a time before or after it, in nanoseconds.
    func distance(to time: Int64) -> Int64 {
        if times.contains(time) { return 0 }
        let gap =
            time < times.lowerBound
            ? times.lowerBound.subtractingReportingOverflow(time)
            : time.subtractingReportingOverflow(times.upperBound)
        return gap.overflow ? .max : gap.partialValue
    }

    /// From the first packet to the last, in nanoseconds.
    var length: Int64 {
        let length = times.upperBound.subtractingReportingOverflow(times.lowerBound)
        return length.overflow ? .max : length.partialValue
    }

    func isNear(_ time: Int64) -> Bool { distance(to: time) <= Self.reach }
}
