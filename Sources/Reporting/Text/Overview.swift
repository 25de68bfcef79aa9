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

    let shown: ShownReport
    let style: Style

    private var report: Report { shown.report }

    var text: String {
        strip + table
    }

    /// A line of bars, one for each span of time.
    private var strip: String {
        let room = max(8, min(Self.barLimit, style.width - Self.barMargin))
        guard let strip = FailureStrip(shown, atMost: room) else { return "" }
        let levels = Array(style.isASCII ? "_.:-=+*#" : "▁▂▃▄▅▆▇█")
        let bars = strip.counts.map { count in
            levels[count == 0 ? 0 : 1 + (count - 1) * (levels.count - 1) / strip.most]
        }
        return style.hung(strip.legend, behind: "  failed \(String(bars))  ") + "\n"
    }

    private var table: String {
        let rows = shown.overviewRows(atMost: Self.shownLines)
        let cells = rows.map { row in
            [
                String(row.number), row.failed.grouped, row.connections.grouped, row.clients,
                isNarrow ? row.first : style.plain(row.times),
            ]
        }
        let heads = [
            "#", "failed", "total", "clients", isNarrow ? "first" : style.plain("first – last"),
        ]
        let widths = heads.indices.map { column in
            ([heads] + cells).map { $0[column].count }.max() ?? 0
        }
        func set(_ row: [String]) -> String {
            "  "
                + row.enumerated().map { column, cell in
                    column == 4 ? cell.padded(to: widths[4]) : cell.leading(to: widths[column])
                }.joined(separator: "  ") + "  "
        }
        var text = set(heads) + "what\n"
        for (row, cells) in zip(rows, cells) {
            let severity = row.severity.name.uppercased()
            let entry = style.hung(row.title, behind: set(cells) + severity + "  ")
            let inked = style.ink(severity, row.severity.ink)
            text += entry.replacing(severity, with: inked, maxReplacements: 1)
        }
        if rows.count < shown.lines.count {
            let left = shown.lines.dropFirst(rows.count)
            let incidents = Wording.count(left.reduce(0) { $0 + $1.members.count }, "incident")
            text += "  \(Wording.count(left.count, "more line")), \(incidents) (--all)\n"
        }
        return text
    }

    private var isNarrow: Bool { style.width < 100 }
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
