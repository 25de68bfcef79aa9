import Diagnosing
import Tracking

/// One incident: title, verdict, chain, known issues, checks, and the packets that prove it.
struct IncidentSection {
    /// Commands are set in a column of at most this many characters.
    private static let commandColumn = 56
    /// Hosts stand beside commands up to this many characters.
    private static let hostColumn = 24
    /// What a check tells stands beside its command where it has this many columns.
    private static let leastTelling = 30

    private let index: Int
    private let whole: TextReport
    private let rowLimit: Int
    private let isCrowded: Bool
    private let shown: ShownIncident

    private var report: Report { whole.report }
    private var style: Style { whole.style }
    private var showsAll: Bool { whole.shown.extent.showsAll }
    private var isShort: Bool { whole.shown.extent.isShort }
    private var incident: Incident { report.incidents[index] }

    /// The incident at `index` of a report, which is one of so many that are described.
    init(of index: Int, in whole: TextReport, describing count: Int) {
        self.index = index
        self.whole = whole
        rowLimit = whole.shown.rowLimit(describing: count)
        isCrowded = whole.shown.isCrowded(describing: count)
        shown = ShownIncident(whole.report.incidents[index], in: whole.report)
    }

    /// Everything, behind the number of its line.
    func text(_ number: String) -> String {
        let severity = shown.severity.name.uppercased()
        let label = "\(number)\(severity)  "
        var text = style.hung(shown.title, behind: label)
        text = text.replacing(
            severity,
            with: style.ink(severity, shown.severity.ink),
            maxReplacements: 1
        )
        text += "\n" + style.hung(shown.verdict, behind: "  ") + "\n"
        if let quote = shown.quote { text += style.hung("“\(quote)”", behind: "  Said   ") }
        text += why
        if !isShort {
            for issue in shown.knownIssues { text += style.hung(issue, behind: "  Known  ") }
        }
        text += checks
        return isShort ? text : text + packets
    }

    private var packets: String {
        var text = ""
        for link in incident.chain {
            let table = EvidenceTable(
                finding: link.finding,
                clock: whole.shown.clock,
                limit: showsAll ? .max : min(rowLimit, EvidenceTable.usualLimit)
            ).text(in: style)
            if !table.isEmpty { text += "\n" + table }
        }
        let flows = incident.histories.prefix(isCrowded ? 1 : .max)
        for number in flows.indices {
            let flow = ShownFlow(number, of: index, in: whole.shown, rowLimit: rowLimit)
            text += "\n" + timeline(of: flow)
        }
        return text + whole.logLines(besideIncident: index)
    }

    private var why: String {
        let width = shown.reasons.map(\.pathology.count).max() ?? 0
        var text = ""
        for (index, reason) in shown.reasons.enumerated() {
            let label = index == 0 ? "  Why    " : "         "
            let name = "\(index + 1)  \(reason.pathology.padded(to: width))  "
            text += style.hung(isShort ? reason.name : reason.text, behind: label + name)
        }
        return text
    }

    /// The checks host by host, each with what it tells beside it, or below where the page is too
    /// narrow.
    private var checks: String {
        let names = shown.checks.map { check in
            let isOnPath = check.host == nil && check.checks.contains { !$0.command.isEmpty }
            return check.host.map { "on \($0)  " } ?? (isOnPath ? "on the path  " : "")
        }
        let widest = names.map(\.count).max() ?? 0
        // Hosts with long addresses have a line of their own.
        let isAlone = widest > Self.hostColumn
        let position = isAlone ? 2 : widest
        let start = 9 + position
        let room = min(Self.commandColumn, style.width - start - 4 - Self.leastTelling)
        let all = shown.checks.flatMap(\.checks)
        let column = all.map(\.command.text.count).filter { $0 <= room }.max()
        var text = ""
        for (host, title) in zip(shown.checks, names) {
            if isAlone, !title.isEmpty {
                text += (text.isEmpty ? "  Check  " : "         ") + title.dropLast(2) + "\n"
            }
            for (number, check) in host.checks.enumerated() {
                let label = text.isEmpty ? "  Check  " : "         "
                let name = (number == 0 && !isAlone ? title : "").padded(to: position)
                if check.command.isEmpty {
                    text += style.hung(check.tells, behind: label)
                } else {
                    text += set(check, behind: label + name, column)
                }
            }
        }
        return text
    }

    /// A command, and what it tells as a comment: in a column behind commands of so many
    /// characters, or below.
    private func set(_ check: Check, behind label: String, _ column: Int?) -> String {
        let command = label + check.command.text
        let fits = column.map { check.command.text.count <= $0 } ?? false
        let indent = label.count + (fits ? (column ?? 0) + 2 : 2)
        let lines = style.wrapped(check.tells, indent: indent + 2).map { "# " + $0 }
        guard fits, let first = lines.first else {
            return command + "\n" + lines.map { .blank(indent) + $0 + "\n" }.joined()
        }
        return command.padded(to: indent) + first + "\n"
            + lines.dropFirst().map { .blank(indent) + $0 + "\n" }.joined()
    }

    private func timeline(of flow: ShownFlow) -> String {
        let heading = style.hung(flow.heading, behind: "  ")
        let ends = style.ink(flow.ends, .strong)
        let timeline = Timeline(
            flow: flow,
            style: style,
            logNames: whole.shown.logNames,
            clock: whole.shown.clock,
            showsAll: showsAll
        )
        return heading.replacing(flow.ends, with: ends, maxReplacements: 1) + timeline.text
    }
}
