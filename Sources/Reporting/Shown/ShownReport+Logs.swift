import Diagnosing
import Tracking

/// What is said of other logs.
extension ShownReport {
    /// Entries so near an instant are shown with it, in nanoseconds.
    private static let nearness: Int64 = 60_000_000_000
    /// As many are shown before and after it.
    private static let shown = (before: 8, after: 2)

    /// The logs by their files' names, or by their paths where two files have one name.
    var logNames: [String] {
        let paths = report.logs?.logs.summaries.map(\.name) ?? []
        let names = paths.map(baseName)
        return Set(names).count == names.count ? names : paths.map { ShownText(foreign: $0).text }
    }

    /// What is said of each log: how much of it is beside the packets.
    var logHeads: [(name: String, text: String)] {
        guard let merge = report.logs else { return [] }
        return zip(logNames, merge.logs.summaries).enumerated().map { log, pair in
            let parts = describe(pair.1, shown: merge.shown(ofLog: log))
            return (pair.0, parts.joined(separator: "; "))
        }
    }

    private func describe(_ summary: LogSummary, shown: Int) -> [String] {
        var parts = [Wording.count(summary.lines, "line")]
        if summary.lines > 0, summary.headless == summary.lines {
            return parts + ["none of them has a readable time"]
        }
        if summary.kept > 0 {
            parts[0] += ", \(summary.kept) near the capture in time, \(shown) beside incidents"
            if shown == 0, report.lastPackets == nil {
                parts[0] += " (--at TIME shows those around an instant)"
            }
        } else if let times = summary.times {
            let (first, last) = (times.lowerBound, times.upperBound)
            let range = "from \(clock.dateAndTime(first)) to \(clock.dateAndTime(last))"
            parts[0] +=
                ", none near the capture in time: they are \(range) (--log-offset moves them)"
        } else {
            parts[0] += ", none near the capture in time"
        }
        if let day = summary.assumedDay, summary.kept > 0 {
            parts.append("its times of day begin on \(day)")
        }
        if summary.offset != 0 {
            parts.append("its times moved by \(clock.delta(summary.offset)) s")
        }
        if summary.headless > 0 {
            parts.append("\(summary.headless) before the first time left out")
        }
        if summary.refused > 0 { parts.append("\(summary.refused) were dropped (limit reached)") }
        return parts
    }

    /// The entries beside an incident that shows no flow.
    func logEntries(besideIncident index: Int) -> [LogEntry] {
        report.logs?.entries(ofIncident: index, history: nil) ?? []
    }

    /// How many more entries belong beside an incident; `nil` for none.
    func omittedLogEntries(besideIncident index: Int) -> String? {
        report.logs?.omitted[index].map {
            "\(Wording.count($0, "more line")) of logs in its time not shown"
        }
    }

    /// The last entries before an instant and the first ones after it.
    func logEntries(around instant: Int64) -> [LogEntry] {
        let entries = report.logs?.logs.entries ?? []
        let before = entries.filter { $0.time <= instant && $0.time >= instant &- Self.nearness }
        let after = entries.filter { $0.time > instant && $0.time <= instant &+ Self.nearness }
        return Array(before.suffix(Self.shown.before) + after.prefix(Self.shown.after))
    }
}
