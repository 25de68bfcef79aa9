import Diagnosing
import Tracking

/// The report for a ticket: of each incident title, verdict, why, checks, and the packets that
/// prove it.
package struct MarkdownReport {
    /// Show at most this many packets of one incident.
    private static let packetLimit = 24
    /// No row of packets is broken.
    private static let style = Style(width: 200, isWide: true)

    private let shown: ShownReport
    private var report: Report { shown.report }

    /// The Markdown of `report`, of which `extent` is described.
    package init(_ report: Report, extent: Extent = Extent()) {
        self.init(ShownReport(report, extent: extent))
    }

    init(_ shown: ShownReport) { self.shown = shown }

    package var text: String {
        var parts = [head]
        if report.incidents.isEmpty {
            parts.append(Markdown.escaped(String(report.nothingFound.trimmedEnd)) + "\n")
        }
        if report.incidents.count > 1, shown.extent.line == nil { parts.append(overview) }
        for line in shown.described {
            parts += line.members.map { incident($0) }
            if line.left > 0 {
                parts.append("\(line.left.grouped) more of this kind, not described here.\n")
            }
        }
        if shown.omitted > 0 {
            let incidents = Wording.count(shown.omitted, "more incident")
            parts.append("\(incidents) not described here.\n")
        }
        if let handshakes = report.handshakes { parts.append(connections(handshakes)) }
        return parts.joined(separator: "\n")
    }

    private var head: String {
        let name = shown.name ?? Wording.count(report.inputs.count, "capture")
        let facts =
            shown.inputs.map { "\($0.name): \($0.numbers)" }
            + [shown.volume, shown.vantage, shown.connections, shown.severities].compactMap(\.self)
        let logs = shown.logHeads.map { "\($0.name): \($0.text)" }
        let notes = report.warnings.map { "note: \($0.message)" }
        let items = (facts + shown.remainders + notes + logs).map { "- \(Markdown.escaped($0))\n" }
        return "# \(Markdown.escaped(name))\n\n" + items.joined()
    }

    private var overview: String {
        let rows = shown.overviewRows(atMost: 40).map { row in
            """
            | \(row.number) | \(row.failed.grouped) | \(row.connections.grouped) | \(row.clients) | \
            \(row.times) | \(row.severity.name) | \(Markdown.escaped(row.title)) |

            """
        }
        let left = shown.lines.count - rows.count
        let more = left > 0 ? "\n\(Wording.count(left, "more line"))\n" : ""
        return """
            | # | failed | total | clients | first – last | severity | what |
            |--:|--:|--:|--:|---|---|---|
            \(rows.joined())\(more)
            """
    }

    /// One incident, by its index in the report.
    func incident(_ index: Int) -> String {
        let incident = ShownIncident(report.incidents[index], in: report)
        let severity = incident.severity.name.uppercased()
        var text = "## \(severity): \(Markdown.escaped(incident.title))\n\n"
        text += Markdown.escaped(incident.verdict) + "\n"
        if let quote = incident.quote {
            text += "\nThe server said: “\(Markdown.escaped(quote))”\n"
        }
        text += "\n**Why**\n\n"
        for (number, reason) in incident.reasons.enumerated() {
            text += "\(number + 1). `\(reason.pathology)`: \(Markdown.escaped(reason.text))\n"
        }
        if !incident.knownIssues.isEmpty { text += "\n**Known**\n\n" }
        for issue in incident.knownIssues { text += "- \(Markdown.escaped(issue))\n" }
        if !incident.checks.isEmpty { text += "\n**Check**\n" }
        for host in incident.checks { text += checks(host) }
        let packets = self.packets(of: index)
        return packets.isEmpty ? text : text + "\n**Packets**\n\n" + Markdown.block(packets)
    }

    private func checks(_ host: ShownIncident.HostChecks) -> String {
        let title = host.host.map { "\nOn \(Markdown.escaped($0)):\n" } ?? ""
        let notes = host.checks.filter(\.command.isEmpty).map {
            "\n\(Markdown.escaped($0.tells))\n"
        }
        let commands = host.checks.filter { !$0.command.isEmpty }.map { check in
            "# \(check.tells)\n\(check.command.text)\n"
        }
        let block = commands.isEmpty ? "" : "\n" + Markdown.block(commands.joined(), "sh")
        return title + notes.joined() + block
    }

    /// The rows of the packets that prove what is said, in the order of capture.
    private func packets(of index: Int) -> String {
        let incident = report.incidents[index]
        let proofs = Set(incident.chain.flatMap(\.finding.evidence).map(\.event.packet))
        var rows: [PacketRow] = []
        for link in incident.chain {
            let table = EvidenceTable(
                finding: link.finding,
                clock: shown.clock,
                limit: EvidenceTable.usualLimit
            )
            rows += table.rows.map(\.row)
        }
        for number in incident.histories.indices {
            for item in ShownFlow(number, of: index, in: shown, folding: false).items {
                if case .packet(let event, let row, _) = item,
                    proofs.contains(incident.histories[number].events[event].packet)
                {
                    rows.append(row)
                }
            }
        }
        let kept = Array(rows.prefix(Self.packetLimit))
        let columns = Columns(kept, margin: 0, style: Self.style)
        let left = rows.count - kept.count
        let more = left > 0 ? "… \(Wording.count(left, "more packet"))\n" : ""
        return kept.map(columns.line).joined() + more
    }

    private func connections(_ handshakes: [Handshake]) -> String {
        let rows = handshakes.map { handshake in
            let cells = ConnectionRow(handshake, clock: shown.clock).fields
            return "| \(cells.map(Markdown.escaped).joined(separator: " | ")) |\n"
        }
        return """
            ## Connections

            \(Markdown.escaped(ConnectionRow.legend))

            | \(ConnectionRow.heads.joined(separator: " | ")) |
            |---|---|---|---|---|---|
            \(rows.joined())
            """
    }
}
