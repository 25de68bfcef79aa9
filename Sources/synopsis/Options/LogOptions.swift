import ArgumentParser
import Tracking
import Reporting

/// What is known from elsewhere: an instant, and lines of other logs.
struct LogOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Show the last packets of each flow before this instant.",
            discussion:
                "RFC 3339, HH:MM:SS[.ffffff] on the day of the capture, or seconds since 1970.",
            valueName: "time"
        )
    )
    var at: String?

    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp(
            "Show the lines of this log beside the packets (repeatable).",
            valueName: "file"
        )
    )
    var log: [String] = []

    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp(
            "Seconds to add to the times of all logs, or of one (repeatable).",
            discussion:
                "A number such as -0.25 for all of them, or FILE:SECONDS as in db.log:+3600.",
            valueName: "seconds"
        )
    )
    var logOffset: [String] = []

    func validate() throws {
        if let at, Instant(at) == nil {
            throw ValidationError(
                "'\(ShownText(foreign: at))' is not a time. Examples: 2014-01-29T22:01:24.818Z, 22:01:24.818, 1391032884.818."
            )
        }
        for text in logOffset {
            guard let offset = LogOffset(text) else {
                throw ValidationError(
                    "'\(ShownText(foreign: text))' is not an offset. Examples: -0.25, +3600, db.log:+3600."
                )
            }
            if let file = offset.file, !log.contains(file) {
                throw ValidationError(
                    "--log-offset names '\(ShownText(foreign: file))', and --log does not."
                )
            }
        }
        if !logOffset.isEmpty, log.isEmpty {
            throw ValidationError("--log-offset moves the times of a log: name one with --log.")
        }
        if log.count(where: { $0 == "-" }) > 1 {
            throw ValidationError("Standard input can be read only once.")
        }
    }

    var instant: Instant? { at.flatMap { Instant($0) } }

    /// What to add to the times of a log, in nanoseconds: what is said of that one goes before what
    /// is said of all.
    private func offset(of file: String) -> Int64 {
        let offsets = logOffset.compactMap { LogOffset($0) }
        return offsets.last { $0.file == file }?.nanoseconds
            ?? offsets.last { $0.file == nil }?.nanoseconds ?? 0
    }

    /// Reads the logs beside a capture that spans `window`.
    ///
    /// - Returns: whether all of them could be read, and what was read.
    func read(beside window: ClosedRange<Int64>?) -> (isHealthy: Bool, logs: Logs?) {
        guard !log.isEmpty else { return (true, nil) }
        var isHealthy = true
        var logs = Logs()
        for file in log {
            var reader = LogReader(
                name: file,
                window: window ?? 0...0,
                offset: offset(of: file),
                room: logs.room
            )
            do throws(LogError) {
                try LogFile.read(file, into: &reader)
            } catch {
                Output.error("synopsis: \(error.shown)\n")
                isHealthy = false
            }
            // What could be read of a log that breaks off is of use too.
            let (summary, entries) = reader.finish()
            if summary.lines > 0 || isHealthy { logs.add(summary, entries) }
        }
        return (isHealthy, logs)
    }
}

/// What `--log-offset` says: seconds, and for which log.
struct LogOffset {
    /// `nil` for all of them.
    let file: String?
    let nanoseconds: Int64

    /// As far as clocks may differ, in seconds.
    private static let limit = 1e9

    init?(_ text: String) {
        if let nanoseconds = Self.nanoseconds(text[...]) {
            self.nanoseconds = nanoseconds
            file = nil
            return
        }
        guard let colon = text.lastIndex(of: ":"), colon > text.startIndex,
            let nanoseconds = Self.nanoseconds(text[text.index(after: colon)...])
        else { return nil }
        self.nanoseconds = nanoseconds
        file = String(text[..<colon])
    }

    private static func nanoseconds(_ text: Substring) -> Int64? {
        guard text.wholeMatch(of: #/[+-]?\d+(\.\d+)?/#) != nil,
            let seconds = Double(text), abs(seconds) <= limit
        else { return nil }
        return Int64((seconds * 1_000_000).rounded()) * 1000
    }
}
