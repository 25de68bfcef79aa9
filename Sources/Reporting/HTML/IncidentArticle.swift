import Diagnosing
import Tracking

/// One incident on a page: its four texts, and a ladder and a timeline for each flow that stands
/// for it.
struct IncidentArticle {
    private let index: Int
    private let report: ShownReport
    private let number: Int?
    private let shown: ShownIncident
    private let incident: Incident
    private let flows: [ShownFlow]

    /// The incident at `index`, behind the number of its line where there are several; one flow
    /// stands for it where the page is crowded.
    init(_ index: Int, of report: ShownReport, number: Int?, isCrowded: Bool) {
        self.index = index
        self.report = report
        self.number = number
        incident = report.report.incidents[index]
        shown = ShownIncident(incident, in: report.report)
        flows = incident.histories.indices.prefix(isCrowded ? 1 : .max)
            .map { ShownFlow($0, of: index, in: report) }
    }

    /// The name by which links find it.
    private var anchor: String { "i\(index + 1)" }

    var markup: Markup {
        let label: Markup = number.map { "\($0) " } ?? ""
        return """
            <article id="\(anchor)" class="\(shown.severity.name)" aria-labelledby="\(anchor)-title">
            <h2 id="\(anchor)-title">\(label)<span class="severity">\(shown.severity.name.uppercased())</span> \(shown.title)</h2>
            <p class="verdict">\(shown.verdict)</p>
            \(said)\(why)\(known)\(checks)\(evidence)\(ladders)\(logs)\(ticket)</article>

            """
    }

    /// What the server said, with `--quote`.
    private var said: Markup {
        guard let quote = shown.quote else { return "" }
        return "<p>The server said: <q>\(quote)</q></p>\n"
    }

    private var why: Markup {
        let withRow = packetsWithRow
        let items = shown.reasons.map { reason -> Markup in
            let packets = reason.finding.evidence.map(\.event.packet).filter(withRow.contains)
            let links = packets.prefix(8).map { packet -> Markup in
                " <a class=\"packet\" href=\"#\(anchor)-\(packet)\">\(packet)</a>"
            }
            let proof: Markup =
                links.isEmpty
                ? ""
                : " <span class=\"proof\">\(links.count == 1 ? "packet" : "packets")\(links.joined())</span>"
            return """
                <li><a class="pathology" href="#manual-\(reason.pathology)">\(reason.pathology)</a> \(reason.text)\(proof)</li>

                """
        }
        return "<h3>Why</h3>\n<ol class=\"why\">\n\(items.joined())</ol>\n"
    }

    /// The packets that have a row in a table of one of the flows.
    private var packetsWithRow: Set<UInt64> {
        Set(flows.flatMap(\.shownPackets))
    }

    private var known: Markup {
        guard !shown.knownIssues.isEmpty else { return "" }
        let items = shown.knownIssues.map { issue -> Markup in "<li>\(issue)</li>\n" }
        return "<h3>Known</h3>\n<ul class=\"known\">\n\(items.joined())</ul>\n"
    }

    private var checks: Markup {
        guard !shown.checks.isEmpty else { return "" }
        let hosts = shown.checks.map { host -> Markup in
            let title: Markup = host.host.map { "<p class=\"host\">on \($0)</p>\n" } ?? ""
            let items = host.checks.map { check -> Markup in
                check.command.isEmpty
                    ? "<li>\(check.tells)</li>\n"
                    : "<li><code>\(check.command.text)</code> <span># \(check.tells)</span></li>\n"
            }
            return "\(title)<ul class=\"checks\">\n\(items.joined())</ul>\n"
        }
        return "<h3>Check</h3>\n\(hosts.joined())"
    }

    /// The packets of findings about more than one flow.
    private var evidence: Markup {
        incident.chain.map { link -> Markup in
            let table = EvidenceTable(
                finding: link.finding,
                clock: report.clock,
                limit: report.extent.showsAll ? .max : EvidenceTable.usualLimit
            )
            let rows = table.rows
            guard !rows.isEmpty else { return "" }
            let lines = rows.map { row, note in
                PacketTable.row(row, remark: note.isEmpty ? nil : note)
            }
            return "<h3>\(table.heading(of: rows.count))</h3>\n\(PacketTable.table(lines.joined()))"
        }.joined()
    }

    private var ladders: Markup {
        let proofs = Set(incident.chain.flatMap(\.finding.evidence).map(\.event.packet))
        var named: Set<String> = []
        return flows.enumerated().map { number, flow -> Markup in
            let drawn =
                report.extent.showsAll
                ? ShownFlow(number, of: index, in: report, folding: true) : flow
            let ladder = LadderSVG(LadderDiagram(drawn, proofs: proofs), rows: "\(anchor)-")
            let table = PacketTable(flow, anchor: anchor, proofs: proofs, in: report)
            return """
                <h3>\(flow.heading)</h3>
                <figure class="flow">
                \(ladder.markup)\(ladder.notesMarkup)<figcaption>\(LadderLegend(ladder.diagram).markup)</figcaption>
                </figure>
                <details open><summary>Packets as rows</summary>
                \(table.markup(naming: &named))</details>

                """
        }.joined()
    }

    private var logs: Markup {
        let entries = report.logEntries(besideIncident: index)
        let rows: Markup =
            entries.isEmpty
            ? ""
            : "<h3>Lines of logs in its time</h3>\n\(PacketTable.table(PacketTable.rows(entries[...], in: report)))"
        let omitted = report.omittedLogEntries(besideIncident: index)
        return rows + (omitted.map { "<p>\($0)</p>\n" } ?? "")
    }

    /// The incident in Markdown, for the script that copies it.
    private var ticket: Markup {
        "<pre class=\"ticket\" hidden>\(MarkdownReport(report).incident(index))</pre>\n"
    }
}
