import Diagnosing
import Tracking

/// The report for a person: an overview, then the worst incidents, each with its verdict, chain, checks and timeline.
package struct TextReport {
    /// What of a report is shown.
    package struct Extent: Sendable {
        /// Describe at most this many lines of the overview.
        package var top: Int
        /// Describe everything, and fold nothing.
        package var showsAll: Bool
        /// Show what is pasted into a ticket, without packets.
        package var isShort: Bool
        /// Describe only what this line of the overview stands for, from 1.
        package var line: Int?

        package init(
            top: Int = 10,
            showsAll: Bool = false,
            isShort: Bool = false,
            line: Int? = nil
        ) {
            self.top = top
            self.showsAll = showsAll
            self.isShort = isShort
            self.line = line
        }
    }

    /// Rows of packets in all incidents together, where they are more than one.
    private static let rowBudget = 60
    private static let leastRows = 6

    let report: Report
    let style: Style
    let extent: Extent
    let clock: LocalTime
    let lines: [IncidentLine]

    /// The text of `report`, of which `extent` is shown.
    package init(_ report: Report, style: Style = Style(), extent: Extent = Extent()) {
        self.report = report
        self.style = style
        self.extent = extent
        clock = LocalTime(hasNanoseconds: report.hasNanoseconds)
        lines = IncidentLine.lines(for: report.incidents)
    }

    /// How many lines the overview has: what `Extent.line` may be.
    package var lineCount: Int { lines.count }

    package var text: String {
        style.plain(unicodeText)
    }

    private var unicodeText: String {
        var text = head
        if report.incidents.isEmpty {
            text += "\n" + style.hung(report.nothingFound, behind: "")
        }
        if report.incidents.count > 1, extent.line == nil {
            let overview = Overview(
                lines: lines,
                report: report,
                clock: clock,
                style: style,
                showsAll: extent.showsAll
            )
            text += "\n" + overview.text
        }
        text += details
        if let lastPackets = report.lastPackets {
            text += "\n" + InstantSection(report: lastPackets, clock: clock, style: style).text
            text += logLines(around: lastPackets.time)
        }
        if let handshakes = report.handshakes { text += "\n" + flows(handshakes) }
        return text
    }

    /// The incidents that are described.
    private var details: String {
        let chosen: [(number: Int, members: ArraySlice<Int>)]
        if let line = extent.line, lines.indices.contains(line - 1) {
            let members = lines[line - 1].members
            chosen = [(line, extent.showsAll ? members[...] : members.prefix(extent.top))]
        } else {
            let shown = extent.showsAll ? lines[...] : lines.prefix(extent.top)
            chosen = shown.enumerated().map { index, line in
                (index + 1, extent.showsAll ? line.members[...] : line.members.prefix(1))
            }
        }
        let count = chosen.reduce(0) { $0 + $1.members.count }
        let rows =
            report.incidents.count == 1 || count == 1
            ? Folding.usualLimit : max(Self.leastRows, Self.rowBudget / max(1, count))
        var text = ""
        for (number, members) in chosen {
            for index in members {
                let label = report.incidents.count > 1 ? "\(number)  " : ""
                text += "\n" + IncidentSection(of: index, in: self, rowLimit: rows).text(label)
            }
            let left = lines[number - 1].members.count - members.count
            if left > 0 {
                let more =
                    "\(left.grouped) more of this kind: --incident \(number) --all describes them."
                text += "\n" + style.hung(more, behind: "  ")
            }
        }
        return text + omission
    }

    /// How much the overview has that is not described.
    private var omission: String {
        let left = lines.dropFirst(extent.top)
        guard extent.line == nil, !extent.showsAll, !left.isEmpty else { return "" }
        let count = left.reduce(0) { $0 + $1.members.count }
        let incidents = Wording.count(count, "more incident")
        return "\n"
            + style.hung(
                "\(incidents) not described here: --incident N describes one line of the table, --all all of them.",
                behind: ""
            )
    }

    var head: String {
        let inputs = report.inputs
        var parts = inputs.count == 1 ? [baseName(inputs[0].name), volume] : [volume]
        if let place = vantage { parts.append(place) }
        var text = inputs.count == 1 ? "" : self.inputs
        text += set(parts) + counts
        if let remainder { text += style.hung(remainder, behind: "") }
        if !report.incidents.isEmpty, let remainder = report.failuresWithoutName {
            text += style.hung(remainder, behind: "")
        }
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
        let names = report.inputs.map { baseName($0.name) }
        let width = names.map(\.count).max() ?? 0
        return zip(names, report.inputs).map { name, input in
            "\(name.padded(to: width))   \(Self.numbers(of: input))\n"
        }.joined()
    }

    private static func numbers(of input: InputSummary) -> String {
        guard let numbers = input.numbers else { return "no packets" }
        let (first, last) = (numbers.lowerBound, numbers.upperBound)
        if first == last { return "packet \(first)" }
        if last - first < input.lastNumber { return "packets \(first) to \(last)" }
        let count = Wording.count(Int(clamping: input.packets), "packet")
        return "\(count) between \(first) and \(last), merged by time"
    }

    /// The last part of a path, as it may be shown.
    func baseName(_ path: String) -> String {
        if path == "-" { return "standard input" }
        let name = ShownText(foreign: String(path.split(separator: "/").last ?? Substring(path)))
            .text
        guard name.count > Self.nameLimit else { return name }
        return "\(name.prefix(Self.nameLimit * 2 / 3))…\(name.suffix(Self.nameLimit / 3 - 1))"
    }

    /// Show at most this many characters of a file's name.
    private static let nameLimit = 60

    private var volume: String {
        let packets = Wording.count(Int(report.tally.packets), "packet")
        guard let window = report.tally.window else { return packets }
        return
            "\(packets) in \(Self.seconds(window.last - window.first)) s from \(clock.dateAndTime(window.first))"
    }

    /// Three digits behind the point.
    private static func seconds(_ nanoseconds: Int64) -> String {
        let milliseconds = (nanoseconds + 500_000) / 1_000_000
        return "\(milliseconds / 1000).\(UTCTime.padded(milliseconds % 1000, to: 3))"
    }

    /// Where the capture was made, if the flows of the first incident tell.
    private var vantage: String? {
        guard let history = report.incidents.first?.histories.first else { return nil }
        let viewpoint = history.viewpoint
        let sign = "(\(viewpoint.sign); confidence \(viewpoint.confidence.rawValue))"
        switch viewpoint.vantage {
        case .client: return "captured at \(history.initiator.address) \(sign)"
        case .server: return "captured at \(history.responder.address) \(sign)"
        case .middle: return "captured on the path \(sign)"
        case .unknown: return nil
        }
    }

    private var counts: String {
        let tally = report.tally
        let attempted = Wording.count(Int(tally.attempted), "connection") + " attempted"
        let established = "\(tally.completed) established"
        let alive = tally.outcome(.midstream)
        let running = alive > 0 ? ", \(alive) already running" : ""
        let left = "\(attempted), \(established)\(running)"
        let severities = Severity.allCases.reversed().compactMap { severity in
            let count = report.incidents.count { $0.severity == severity }
            return count > 0 ? Wording.count(count, severity.name) : nil
        }
        let incidents = Wording.count(report.incidents.count, "incident")
        let right =
            severities.isEmpty
            ? "no incident" : "\(incidents): \(severities.joined(separator: ", "))"
        let gap = min(style.width, Style.usualWidth) - left.count - right.count
        return left + (gap < 3 ? "\n" : .blank(gap)) + right + "\n"
    }

    private func flows(_ handshakes: [Handshake]) -> String {
        let rows = handshakes.map { handshake in
            [
                clock.time(handshake.begin), "\(handshake.initiator) → \(handshake.responder)",
                handshake.outcome.name, handshake.history.text,
                handshake.answerDelay.map { Wording.duration(Int64($0) * 1000) } ?? "",
            ]
        }
        let widths = (0..<5).map { column in rows.map { $0[column].count }.max() ?? 0 }
        return "  Flows\n"
            + rows.map { row in
                let cells = row.enumerated().map { $1.padded(to: widths[$0]) }
                let line = ("    " + cells.joined(separator: "  ")).trimmedEnd
                if line.count <= style.width { return line + "\n" }
                return style.hung(
                    row.dropFirst().joined(separator: " "),
                    behind: "    \(row[0])  ",
                    continuation: 6
                )
            }.joined()
    }
}
