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
    /// Show at most this many packets of a finding about many flows.
    private static let evidenceRows = 12

    private let index: Int
    private let whole: TextReport
    private let rowLimit: Int

    private var report: Report { whole.report }
    private var style: Style { whole.style }
    private var clock: LocalTime { whole.clock }
    private var showsAll: Bool { whole.extent.showsAll }
    private var incident: Incident { report.incidents[index] }

    /// The incident at `index` of a report.
    init(of index: Int, in whole: TextReport, rowLimit: Int) {
        self.index = index
        self.whole = whole
        self.rowLimit = rowLimit
    }

    /// Everything, behind the number of its line.
    func text(_ number: String) -> String {
        let severity = incident.severity.name.uppercased()
        let label = "\(number)\(severity)  "
        let names = report.hostNames
        let addresses = incident.addresses
        var text = style.hung(names.introduced(addresses, in: incident.headline), behind: label)
        text = text.replacing(
            severity,
            with: style.ink(severity, incident.severity.ink),
            maxReplacements: 1
        )
        let verdict = names.introduced(addresses, in: incident.verdict)
        text += "\n" + style.hung(verdict, behind: "  ") + "\n"
        if let quote = incident.quote {
            text += style.hung("“\(quote)”", behind: "  Said   ")
        }
        text += why
        if !whole.extent.isShort {
            for issue in incident.knownIssues {
                let cure = issue.cure.map { " Fix: \($0)." } ?? ""
                text += style.hung(
                    "\(issue.title) (\(issue.reference)).\(cure)",
                    behind: "  Known  "
                )
            }
        }
        text += checks
        return whole.extent.isShort ? text : text + packets
    }

    private var packets: String {
        var text = ""
        for link in incident.chain {
            let table = EvidenceTable(
                finding: link.finding,
                clock: clock,
                style: style,
                limit: showsAll ? .max : min(rowLimit, Self.evidenceRows)
            ).text
            if !table.isEmpty { text += "\n" + table }
        }
        // Where many incidents are described, one flow stands for each.
        let isCrowded = rowLimit < Folding.usualLimit / 3 && !showsAll
        let histories = isCrowded ? incident.histories.prefix(1) : incident.histories[...]
        for (number, history) in histories.enumerated() {
            let entries = report.logs?.entries(ofIncident: index, history: number) ?? []
            text += "\n" + timeline(of: history, beside: entries)
        }
        return text + whole.logLines(besideIncident: index)
    }

    private var why: String {
        let width = incident.chain.map(\.finding.pathology.count).max() ?? 0
        var text = ""
        for (index, link) in incident.chain.enumerated() {
            let label = index == 0 ? "  Why    " : "         "
            let name = "\(index + 1)  \(link.finding.pathology.padded(to: width))  "
            let told =
                whole.extent.isShort
                ? Catalog.detector(named: link.finding.pathology)?.manual.title ?? ""
                : reasoning(of: link.finding, alone: incident.chain.count == 1)
            text += style.hung(told, behind: label + name)
        }
        return text
    }

    private func reasoning(of finding: Finding, alone: Bool) -> String {
        let text = finding.explanation.isEmpty ? finding.summary : finding.explanation
        let told =
            finding.severity == .note && !alone ? "\(finding.summary) \(finding.explanation)" : text
        switch finding.status {
        case .confirmed: return told
        case .likely, .possible:
            return "\(told) (\(finding.status.rawValue), confidence \(finding.confidence.rawValue))"
        case .pending: return "\(told) (Pending: the capture ends too early to be sure.)"
        case .withdrawn: return "\(told) (Withdrawn: later packets contradict it.)"
        }
    }

    /// The checks host by host, each with what it tells beside it, or below where the page is too narrow.
    private var checks: String {
        let checks = incident.checks
        let hosts = checks.map(\.host).reduce(into: [String?]()) { list, host in
            if !list.contains(host) { list.append(host) }
        }
        let names = hosts.map { host in host.map { "on \($0)  " } ?? "" }
        let widest = names.map(\.count).max() ?? 0
        // Hosts with long addresses have a line of their own.
        let isAlone = widest > Self.hostColumn
        let place = isAlone ? 2 : widest
        let start = 9 + place
        let room = min(Self.commandColumn, style.width - start - 4 - Self.leastTelling)
        let column = checks.map(\.command.text.count).filter { $0 <= room }.max()
        var text = ""
        for (host, title) in zip(hosts, names) {
            if isAlone, !title.isEmpty {
                text += (text.isEmpty ? "  Check  " : "         ") + title.dropLast(2) + "\n"
            }
            for (number, check) in checks.filter({ $0.host == host }).enumerated() {
                let label = text.isEmpty ? "  Check  " : "         "
                let name = (number == 0 && !isAlone ? title : "").padded(to: place)
                if check.command.isEmpty {
                    text += style.hung(check.tells, behind: label)
                } else {
                    text += set(check, behind: label + name, column)
                }
            }
        }
        return text
    }

    /// A command, and what it tells as a comment: in a column behind commands of so many characters, or below.
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

    private func timeline(of history: History, beside entries: [LogEntry]) -> String {
        let ends = "\(history.initiator) → \(history.responder)"
        let flow =
            incident.flows > 1 ? ", one of \(incident.flows.grouped) connections" : ""
        let named = report.hostNames.introduced(
            [history.initiator.address, history.responder.address],
            in: ends
        )
        let heading = style.hung("\(named)\(flow)\(report.sinks(of: history))", behind: "  ")
        let exchange = report.services.exchange(
            naming: history.responder,
            for: history.initiator.address
        )
        var timeline = Timeline(
            history: history,
            style: style,
            clock: clock,
            exchange: exchange,
            showsAll: showsAll,
            rowLimit: rowLimit
        )
        timeline.entries = entries
        timeline.logNames = whole.logNames
        return heading.replacing(named, with: style.ink(named, .strong), maxReplacements: 1)
            + timeline.text
    }
}

extension Incident {
    /// The hosts that its texts are about.
    var addresses: [Address] {
        let subject = root.subject
        let ends = histories.flatMap { [$0.initiator.address, $0.responder.address] }
        return [subject.initiatorAddress, subject.responderAddress].compactMap(\.self) + ends
    }
}
