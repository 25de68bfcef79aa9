import Diagnosing
import Tracking

/// The report for a person: the verdicts first, then each incident with its chain, checks and
/// timeline.
package struct TextReport {
    /// Commands are set in a column of at most so many characters.
    private static let commandColumn = 56

    let report: Report
    let style: Style
    let showsAll: Bool
    let clock: LocalTime

    /// The text of `report`; long timelines are shown whole if `showsAll`.
    package init(_ report: Report, style: Style = Style(), showsAll: Bool = false) {
        self.report = report
        self.style = style
        self.showsAll = showsAll
        clock = LocalTime(hasNanoseconds: report.hasNanoseconds)
    }

    package var text: String {
        var text = head
        if report.incidents.isEmpty { text += "\n" + report.nothingFound }
        for (index, incident) in report.incidents.enumerated() {
            text += "\n" + describe(incident, number: index + 1)
        }
        if let lastPackets = report.lastPackets {
            text += "\n" + InstantSection(report: lastPackets, clock: clock, style: style).text
            text += logLines(around: lastPackets.time)
        }
        if let handshakes = report.handshakes { text += "\n" + flows(handshakes) }
        return text
    }

    private var head: String {
        let inputs = report.inputs
        var parts = inputs.count == 1 ? [baseName(inputs[0].name), volume] : [volume]
        if let place = vantage { parts.append(place) }
        var text = (inputs.count == 1 ? "" : self.inputs) + parts.joined(separator: "   ") + "\n"
        text += counts + "\n"
        if let remainder { text += remainder + "\n" }
        if !report.incidents.isEmpty, let remainder = report.failuresWithoutName {
            text += remainder + "\n"
        }
        for warning in report.warnings {
            text += style.ink("note: ", .note) + warning.message + "\n"
        }
        return text + logHeads
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
        return ShownText(foreign: String(path.split(separator: "/").last ?? Substring(path))).text
    }

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
        case .middle: return "captured on the way \(sign)"
        case .unknown: return nil
        }
    }

    private var counts: String {
        let tally = report.tally
        let attempted = Wording.count(Int(tally.attempted), "connection") + " attempted"
        let established = "\(tally.outcome(.completed)) established"
        let alive = tally.outcome(.midstream)
        let running = alive > 0 ? ", \(alive) already running" : ""
        let left = "\(attempted), \(established)\(running)"
        let findings = Severity.allCases.reversed().compactMap { severity in
            let count = report.incidents.count { $0.severity == severity }
            return count > 0 || severity != .note ? Wording.count(count, severity.name) : nil
        }
        let right = findings.joined(separator: ", ")
        let gap = max(3, min(style.width, 120) - left.count - right.count)
        return left + String.blank(gap) + right
    }

    private func describe(_ incident: Incident, number: Int) -> String {
        let severity = incident.severity.name.uppercased()
        var text = "\(number)  \(style.ink(severity, ink(of: incident.severity)))  "
        text += style.ink(incident.headline, .strong) + "\n\n"
        text += style.hung(incident.verdict, behind: "   ") + "\n"
        text += why(incident)
        for issue in incident.knownIssues {
            let cure = issue.cure.map { " Cure: \($0)." } ?? ""
            text += style.hung("\(issue.title) (\(issue.reference)).\(cure)", behind: "   Known   ")
        }
        text += checks(incident.checks)
        for link in incident.chain {
            let table = EvidenceTable(finding: link.finding, clock: clock, showsAll: showsAll).text
            if !table.isEmpty { text += "\n" + table }
        }
        for (index, history) in incident.histories.enumerated() {
            let entries = report.logs?.entries(ofIncident: number - 1, history: index) ?? []
            text += "\n" + timeline(of: history, in: incident, beside: entries)
        }
        return text + logLines(besideIncident: number - 1)
    }

    private func ink(of severity: Severity) -> Style.Ink {
        switch severity {
        case .error: .error
        case .warning: .warning
        case .note: .note
        }
    }

    private func why(_ incident: Incident) -> String {
        let width = incident.chain.map(\.finding.pathology.count).max() ?? 0
        var text = ""
        for (index, link) in incident.chain.enumerated() {
            let label = index == 0 ? "   Why     " : "           "
            let name = "\(index + 1)  \(link.finding.pathology.padded(to: width))   "
            text += style.hung(
                reasoning(of: link.finding, alone: incident.chain.count == 1),
                behind: label + name
            )
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
        case .pending: return "\(told) (The capture ends too early to be sure.)"
        case .withdrawn: return "\(told) (Later packets took it back.)"
        }
    }

    private func checks(_ checks: [Check]) -> String {
        var text = ""
        let hosts = checks.map(\.host).reduce(into: [String?]()) { list, host in
            if !list.contains(host) { list.append(host) }
        }
        let column = hosts.compactMap { $0.map { $0.count + 3 } }.max() ?? 0
        let commands = min(Self.commandColumn, checks.map(\.command.text.count).max() ?? 0)
        for host in hosts {
            for (index, check) in checks.filter({ $0.host == host }).enumerated() {
                let label = text.isEmpty ? "   Check   " : "           "
                let place = (index == 0 ? host.map { "on \($0)" } ?? "" : "").padded(to: column)
                if check.command.isEmpty {
                    text += style.hung(check.tells, behind: label)
                } else {
                    text +=
                        "\(label)\(place)  \(check.command.text.padded(to: commands))  # \(check.tells)\n"
                }
            }
        }
        return text
    }

    private func timeline(
        of history: History,
        in incident: Incident,
        beside entries: [LogEntry]
    ) -> String {
        let flow =
            incident.flows > 1
            ? " of \(history.initiator) → \(history.responder), one of \(incident.flows) connections"
            : ""
        let label = "   Timeline\(flow)\(report.sinks(of: history))\n"
        let exchange = report.services.exchange(
            naming: history.responder,
            for: history.initiator.address
        )
        var timeline = Timeline(
            history: history,
            style: style,
            clock: clock,
            exchange: exchange,
            showsAll: showsAll
        )
        timeline.entries = entries
        timeline.logNames = logNames
        return label + timeline.text
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
        return "   Flows\n"
            + rows.map { row in
                let cells = row.enumerated().map { $1.padded(to: widths[$0]) }
                return trimmed("    " + cells.joined(separator: "  ")) + "\n"
            }.joined()
    }

    private func trimmed(_ line: String) -> String {
        var line = line
        while line.hasSuffix(" ") { line.removeLast() }
        return line
    }
}
