import Diagnosing
import Tracking

/// What failed when, and a table of the incidents: the begin of a report with more than one.
struct Overview {
    /// Show at most this many lines of the table.
    private static let shownLines = 40
    /// Draw at most this many bars.
    private static let barLimit = 60
    /// Draw fewer bars where the page is narrow: this many columns stand beside them.
    private static let barMargin = 40
    /// Times are shown with their day in a capture that is longer, in nanoseconds.
    private static let longCapture: Int64 = 72_000_000_000_000

    let lines: [IncidentLine]
    let report: Report
    let clock: LocalTime
    let style: Style
    let showsAll: Bool

    var text: String {
        strip + table
    }

    /// A line of bars, one for each span of time.
    private var strip: String {
        let room = max(8, min(Self.barLimit, style.width - Self.barMargin))
        guard let window = report.window, window.lowerBound < window.upperBound,
            !report.failureTimes.isEmpty,
            let (length, counts) = report.failureTimes.bars(in: window, atMost: room),
            let most = counts.max(), most > 0
        else { return "" }
        let levels = Array(style.isASCII ? "_.:-=+*#" : "▁▂▃▄▅▆▇█")
        let bars = counts.map { count in
            levels[count == 0 ? 0 : 1 + (count - 1) * (levels.count - 1) / most]
        }
        let undrawn = failuresInTotal - counts.reduce(0, +)
        let others = undrawn > 0 ? "; \(undrawn.grouped) more not drawn" : ""
        let legend = "one bar per \(Wording.duration(length)), at most \(most.grouped)\(others)"
        return style.hung(legend, behind: "  failed \(String(bars))  ") + "\n"
    }

    private var failuresInTotal: Int { lines.reduce(0) { $0 + $1.failed } }

    private var table: String {
        let shown = showsAll ? lines[...] : lines.prefix(Self.shownLines)
        let rows = shown.enumerated().map { index, line in
            [
                String(index + 1), line.failed.grouped, line.connections.grouped,
                line.clients > 0 ? line.clients.grouped : "many", times(of: line),
            ]
        }
        let heads = [
            "#", "failed", "total", "clients", isNarrow ? "first" : style.plain("first – last"),
        ]
        let widths = heads.indices.map { column in
            ([heads] + rows).map { $0[column].count }.max() ?? 0
        }
        func cells(_ row: [String]) -> String {
            "  "
                + row.enumerated().map { column, cell in
                    column == 4 ? cell.padded(to: widths[4]) : cell.leading(to: widths[column])
                }.joined(separator: "  ") + "  "
        }
        var text = cells(heads) + "what\n"
        for (row, line) in zip(rows, shown) {
            let severity = line.severity.name.uppercased()
            let addresses = line.members.prefix(1).flatMap { report.incidents[$0].addresses }
            let title = report.hostNames.introduced(addresses, in: line.title)
            let entry = style.hung(title, behind: cells(row) + severity + "  ")
            let inked = style.ink(severity, line.severity.ink)
            text += entry.replacing(severity, with: inked, maxReplacements: 1)
        }
        if shown.count < lines.count {
            let left = lines.dropFirst(shown.count)
            let incidents = Wording.count(left.reduce(0) { $0 + $1.members.count }, "incident")
            text += "  \(Wording.count(left.count, "more line")), \(incidents) (--all)\n"
        }
        return text
    }

    private var isNarrow: Bool { style.width < 100 }

    private func times(of line: IncidentLine) -> String {
        let first = shortTime(line.firstSeen)
        let last = shortTime(line.lastSeen)
        return isNarrow || first == last ? first : style.plain("\(first) – \(last)")
    }

    /// To the second, and with the day where the capture is long.
    private func shortTime(_ time: Int64) -> String {
        let window = report.window ?? time...time
        let isLong = window.upperBound &- window.lowerBound > Self.longCapture
        return isLong ? clock.dayAndSecond(time) : clock.second(time)
    }
}

extension Int {
    /// With a comma between groups of three digits.
    var grouped: String {
        let digits = Array(String(magnitude).utf8)
        var text = self < 0 ? "-" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text += "," }
            text.unicodeScalars.append(Unicode.Scalar(digit))
        }
        return text
    }
}
