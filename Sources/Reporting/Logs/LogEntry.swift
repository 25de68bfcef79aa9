import Tracking

/// A line of a log that has a time, with the lines without one that follow it.
package struct LogEntry: Hashable, Sendable {
    /// In nanoseconds since 1970, by the capture's clock: the offset is in it.
    package internal(set) var time: Int64
    /// Which of the logs it is from.
    package internal(set) var log: Int
    /// The line's number in its log, from 1.
    package let number: Int
    package let text: String
    /// Lines that have no time of their own, up to a limit.
    package internal(set) var continuation: [String] = []
    /// How many more of them there are.
    package internal(set) var continuationOmitted = 0
    package internal(set) var ends: LineEnds

    /// Keep at most this many characters of a line.
    private static let lineLimit = 1000
    /// Keep at most this many lines without a time with the line before them.
    private static let continuationLimit = 32
    /// What a kept line takes beside its text, in bytes.
    private static let overhead = 64

    init(time: Int64, log: Int, number: Int, line: some Collection<UInt8>) {
        self.time = time
        self.log = log
        self.number = number
        text = ShownText(foreign: line, limit: Self.lineLimit).text
        ends = LineEnds(line: text)
    }

    /// What it takes in memory without its continuation, in bytes.
    var size: Int { text.utf8.count + Self.overhead }

    /// What it takes in memory with its continuation, in bytes.
    var wholeSize: Int { continuation.reduce(size) { $0 + $1.utf8.count + Self.overhead } }

    /// Takes a line without a time of its own, if there is room for it.
    ///
    /// - Parameters:
    ///   - line: its bytes, without its end.
    ///   - room: bytes that all entries together may still take.
    mutating func join(_ line: some Collection<UInt8>, room: inout Int) {
        guard continuation.count < Self.continuationLimit, room > 0 else {
            continuationOmitted += 1
            return
        }
        let line = ShownText(foreign: line, limit: Self.lineLimit).text
        room -= line.utf8.count + Self.overhead
        continuation.append(line)
        ends.formUnion(LineEnds(line: line))
    }
}

/// A day by the calendar.
package struct LogDay: Hashable, Sendable, CustomStringConvertible {
    let year: Int64
    let month: Int64
    let day: Int64

    package var description: String {
        "\(year)-\(UTCTime.padded(month, to: 2))-\(UTCTime.padded(day, to: 2))"
    }
}

/// What is to be said of one log once it was read.
package struct LogSummary: Hashable, Sendable {
    /// As the user gave it.
    package let name: String
    /// What was added to its times, in nanoseconds.
    package let offset: Int64
    package internal(set) var lines = 0
    /// Lines before the first one with a time: they belong nowhere.
    package internal(set) var headless = 0
    /// Entries that found no room in memory.
    package internal(set) var refused = 0
    /// Entries that are near enough to the capture in time.
    package internal(set) var kept = 0
    /// The earliest and the latest time of lines that bear a date, in nanoseconds since 1970.
    package internal(set) var times: ClosedRange<Int64>?
    /// What day the begin of a log was taken for that says only times of day.
    package internal(set) var assumedDay: LogDay?

    /// Widens `times` by one more.
    mutating func note(_ time: Int64) {
        times = min(times?.lowerBound ?? time, time)...max(times?.upperBound ?? time, time)
    }
}

/// All logs of a report.
package struct Logs: Sendable {
    package private(set) var summaries: [LogSummary] = []
    /// In order of time; those of one time in the order of their logs.
    package private(set) var entries: [LogEntry] = []

    /// Bytes that the entries of all logs may take, so that neither they nor the report of them
    /// grow with a log.
    package static let byteLimit = 32 << 20
    /// Bytes that further entries may take.
    package private(set) var room = byteLimit

    package init() {}

    /// Takes what was read of one log.
    package mutating func add(_ summary: LogSummary, _ read: [LogEntry]) {
        let log = summaries.count
        summaries.append(summary)
        room -= read.reduce(0) { $0 + $1.wholeSize }
        entries += read.map { entry in
            var entry = entry
            entry.log = log
            return entry
        }
        entries.sort { ($0.time, $0.log, $0.number) < ($1.time, $1.log, $1.number) }
    }
}
