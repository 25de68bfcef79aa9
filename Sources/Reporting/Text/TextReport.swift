import Diagnosing
import Tracking

/// The report for a person: an overview, then the worst incidents, each with its verdict, chain,
/// checks and timeline.
package struct TextReport {
    private static let margin = 4

    let shown: ShownReport
    let style: Style

    var report: Report { shown.report }

    /// The text of `report`, of which `extent` is shown.
    package init(_ report: Report, style: Style = Style(), extent: Extent = Extent()) {
        shown = ShownReport(report, extent: extent)
        self.style = style
    }

    /// How many lines the overview has: what `Extent.line` may be.
    package var lineCount: Int { shown.lines.count }

    package var text: String {
        style.plain(unicodeText)
    }

    private var unicodeText: String {
        var text = head
        if report.incidents.isEmpty {
            text += "\n" + style.hung(report.nothingFound, behind: "")
        }
        if report.incidents.count > 1, shown.extent.line == nil {
            text += "\n" + Overview(shown: shown, style: style).text
        }
        text += details
        if let lastPackets = report.lastPackets {
            let section = InstantSection(report: lastPackets, clock: shown.clock)
            text += "\n" + section.text(in: style)
            let entries = shown.logEntries(around: lastPackets.time)
            if !entries.isEmpty { text += "\n  Lines of logs around it\n" + rows(entries) }
        }
        if let handshakes = report.handshakes { text += "\n" + flows(handshakes) }
        return text
    }

    /// The incidents that are described.
    private var details: String {
        let described = shown.described
        let count = described.reduce(0) { $0 + $1.members.count }
        var text = ""
        for line in described {
            for index in line.members {
                let label = report.incidents.count > 1 ? "\(line.number)  " : ""
                text += "\n" + IncidentSection(of: index, in: self, describing: count).text(label)
            }
            if line.left > 0 {
                let more =
                    "\(line.left.grouped) more of this kind: --incident \(line.number) --all describes them."
                text += "\n" + style.hung(more, behind: "  ")
            }
        }
        return text + omission
    }

    /// How much the overview has that is not described.
    private var omission: String {
        guard shown.omitted > 0 else { return "" }
        let incidents = Wording.count(shown.omitted, "more incident")
        return "\n"
            + style.hung(
                "\(incidents) not described here: --incident N describes one line of the table, --all all of them.",
                behind: ""
            )
    }

    var head: String {
        let parts = [shown.name, shown.volume, shown.vantage].compactMap(\.self)
        var text = inputs + set(parts) + counts
        for remainder in shown.remainders { text += style.hung(remainder, behind: "") }
        for warning in report.warnings {
            let note = style.hung(warning.message, behind: "note: ")
            text += note.replacing("note:", with: style.ink("note:", .note), maxReplacements: 1)
        }
        return text + logHeads
    }

    /// Parts beside one another as far as the page goes.
    private func set(_ parts: [String]) -> String {
        var lines: [String] = []
        for part in parts {
            if let last = lines.last, last.count + 3 + part.count <= style.width {
                lines[lines.count - 1] = last + "   " + part
            } else {
                lines.append(part)
            }
        }
        return lines.map { line in
            line.count <= style.width ? line + "\n" : style.hung(line, behind: "", continuation: 2)
        }.joined()
    }

    /// Each of several inputs, with the numbers that its packets have here.
    private var inputs: String {
        let width = shown.inputs.map(\.name.count).max() ?? 0
        return shown.inputs.map { "\($0.name.padded(to: width))   \($0.numbers)\n" }.joined()
    }

    private var counts: String {
        let (left, right) = (shown.connections, shown.severities)
        let gap = min(style.width, Style.usualWidth) - left.count - right.count
        return left + (gap < 3 ? "\n" : .blank(gap)) + right + "\n"
    }

    /// A line on each log: how much of it is beside the packets.
    private var logHeads: String {
        let heads = shown.logHeads
        let width = heads.map(\.name.count).max() ?? 0
        return heads.map { name, text in
            style.hung(text, behind: "\(name.padded(to: width))   ", continuation: 3)
        }.joined()
    }

    /// The lines of logs beside an incident that shows no flow, and how many were not kept.
    func logLines(besideIncident index: Int) -> String {
        let entries = shown.logEntries(besideIncident: index)
        let rows = entries.isEmpty ? "" : "\n  Lines of logs in its time\n" + rows(entries)
        return rows
            + (shown.omittedLogEntries(besideIncident: index).map { "  \($0)\n" } ?? "")
    }

    private func rows(_ entries: [LogEntry]) -> String {
        let rows = LogRows(
            names: shown.logNames,
            columns: Columns(timesOnly: shown.clock, margin: Self.margin, style: style),
            clock: shown.clock,
            style: style,
            showsAll: shown.extent.showsAll
        )
        return rows.rows(entries[...])
    }

    private func flows(_ handshakes: [Handshake]) -> String {
        let rows = handshakes.map { ConnectionRow($0, clock: shown.clock).fields }
        let widths = ConnectionRow.heads.indices.map { column in
            rows.map { $0[column].count }.max() ?? 0
        }
        let lines = rows.map { row -> String in
            let cells = row.enumerated().map { $1.padded(to: widths[$0]) }
            let line = ("    " + cells.joined(separator: "  ")).trimmedEnd
            if line.count <= style.width { return line + "\n" }
            return style.hung(
                row.dropFirst().joined(separator: " "),
                behind: "    \(row[0])  ",
                continuation: 6
            )
        }
        return "  Flows\n" + lines.joined() + style.hung(ConnectionRow.legend, behind: "  ")
    }
}
