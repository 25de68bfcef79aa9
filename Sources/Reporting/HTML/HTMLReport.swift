import Diagnosing
import Tracking

/// The report as one page: an overview, the worst incidents with their ladders, the input, and the
/// manual.
package struct HTMLReport {
    /// Draw at most this many bars of the strip.
    private static let barLimit = 60
    /// List at most this many connections.
    private static let connectionLimit = 2000
    /// Describe at most this many further incidents in a line each.
    private static let furtherLimit = 5000

    let shown: ShownReport
    var report: Report { shown.report }
    private let described: [ShownReport.Described]
    /// The indices of the incidents of which title and verdict are shown.
    private let further: [Int]
    private let isCrowded: Bool

    /// The page of `report`, of which `extent` is described in full.
    package init(_ report: Report, extent: Extent = Extent()) {
        shown = ShownReport(report, extent: extent)
        described = shown.described
        let full = Set(described.flatMap(\.members))
        let rest = shown.lines.flatMap(\.members).filter { !full.contains($0) }
        further = shown.extent.line == nil ? rest : []
        isCrowded = shown.isCrowded(describing: full.count)
    }

    package var text: String {
        let sections =
            [head, overview] + described.map(incidents) + [furtherIncidents, instant]
            + [capture, connections, manual, foot]
        return Page(title: title, body: sections.joined()).text
    }

    private var name: String {
        shown.name ?? Wording.count(report.inputs.count, "capture")
    }

    private var title: String {
        guard let worst = report.incidents.first else { return "\(name): \(shown.severities)" }
        return "\(name): \(ShownIncident(worst, in: report).title)"
    }

    // MARK: - Above all incidents

    private var head: Markup {
        let parts = [shown.volume, shown.vantage].compactMap(\.self).map { part -> Markup in
            "<p>\(part)</p>\n"
        }
        let inputs = shown.inputs.map { input -> Markup in
            "<p><b>\(input.name)</b> \(input.numbers)</p>\n"
        }
        let logs = shown.logHeads.map { log -> Markup in "<p><b>\(log.name)</b> \(log.text)</p>\n" }
        let remainders = shown.remainders.map { text -> Markup in "<p>\(text)</p>\n" }
        let notes = report.warnings.map { warning -> Markup in
            "<p class=\"remark\"><b>note:</b> \(warning.message)</p>\n"
        }
        let nothing: Markup =
            report.incidents.isEmpty
            ? "<p class=\"verdict\">\(String(report.nothingFound.trimmedEnd))</p>\n" : ""
        return """
            <header>
            <h1>\(name)</h1>
            \((inputs + parts).joined())<p>\(shown.connections)</p>
            <p><b>\(shown.severities)</b></p>
            \((remainders + notes + logs).joined())\(nothing)</header>
            <main>

            """
    }

    /// A strip of time, and the table of incidents where they are more than one.
    private var overview: Markup {
        guard report.incidents.count > 1, shown.extent.line == nil else { return "" }
        let shownMembers = Set(described.flatMap(\.members) + further.prefix(Self.furtherLimit))
        let rows = shown.overviewRows(atMost: .max).map { row -> Markup in
            let member = shown.lines[row.number - 1].members.first(where: shownMembers.contains)
            let title: Markup =
                member.map { "<a href=\"#i\($0 + 1)\">\(row.title)</a>" } ?? "\(row.title)"
            return """
                <tr class="\(row.severity.name)"><td class="n">\(row.number)</td><td class="n">\(row.failed.grouped)</td>\
                <td class="n">\(row.connections.grouped)</td><td class="n">\(row.clients)</td>\
                <td>\(row.times)</td><td><b class="severity">\(row.severity.name.uppercased())</b></td>\
                <td>\(title)</td></tr>

                """
        }
        return """
            <section aria-labelledby="overview">
            <h2 id="overview">Overview</h2>
            \(strip)<div class="wide"><table class="incidents">
            <thead><tr><th class="n" scope="col">#</th><th class="n" scope="col">failed</th>\
            <th class="n" scope="col">total</th><th class="n" scope="col">clients</th>\
            <th scope="col">first – last</th><th scope="col">severity</th><th scope="col">what</th></tr></thead>
            <tbody>
            \(rows.joined())</tbody></table></div>
            </section>

            """
    }

    private var strip: Markup {
        guard let strip = FailureStrip(shown, atMost: Self.barLimit), let window = report.window
        else { return "" }
        let count = strip.counts.count
        let bars = strip.counts.enumerated().map { index, failures -> Markup in
            guard failures > 0 else { return "" }
            let height = max(3, 48 * failures / strip.most)
            let left = percent(index, of: count)
            return """
                <rect x="\(left)%" width="\(percent(1, of: count))%" y="\(52 - height)" height="\(height)"/>

                """
        }
        let ends = [window.lowerBound, window.upperBound].map(shown.clock.second)
        return """
            <figure class="strip"><svg role="img" aria-label="Failed connections over time" width="100%" height="54">
            \(bars.joined())<line class="life" x1="0" x2="100%" y1="53" y2="53"/></svg>
            <figcaption><span>\(ends[0])</span><span>failed: \(strip.legend)</span><span>\(ends[1])</span></figcaption>
            </figure>

            """
    }

    /// A share in percent, to a hundredth.
    private func percent(_ part: Int, of whole: Int) -> String {
        let hundredths = part * 10_000 / whole
        return "\(hundredths / 100).\(UTCTime.padded(Int64(hundredths % 100), to: 2))"
    }

    // MARK: - Incidents

    private func incidents(_ line: ShownReport.Described) -> Markup {
        let label = report.incidents.count > 1 ? line.number : nil
        return line.members.map { index in
            IncidentArticle(index, of: shown, number: label, isCrowded: isCrowded).markup
        }.joined()
    }

    /// Title and verdict of every incident that is not described in full.
    private var furtherIncidents: Markup {
        guard !further.isEmpty else { return "" }
        let items = further.prefix(Self.furtherLimit).map { index -> Markup in
            let incident = ShownIncident(report.incidents[index], in: report)
            return """
                <li id="i\(index + 1)" class="\(incident.severity.name)"><b><span class="severity">\
                \(incident.severity.name.uppercased())</span> \(incident.title)</b><p>\(incident.verdict)</p></li>

                """
        }
        let left = further.count - items.count
        let more: Markup =
            left > 0 ? "<p>\(Wording.count(left, "more incident")) not listed here.</p>\n" : ""
        return """
            <section aria-labelledby="further">
            <h2 id="further">\(Wording.count(further.count, "further incident"))</h2>
            <ol class="further">
            \(items.joined())</ol>
            \(more)</section>

            """
    }

    private var instant: Markup {
        guard let lastPackets = report.lastPackets else { return "" }
        let section = InstantSection(report: lastPackets, clock: shown.clock)
        let flows = section.flows.map { flow -> Markup in
            let rows = flow.rows.map { PacketTable.row($0.row, remark: $0.remark) }.joined()
            return """
                <h3>\(flow.ends) <span class="aside">\(flow.distance)</span></h3>
                \(PacketTable.table(rows))
                """
        }
        let entries = shown.logEntries(around: lastPackets.time)
        let logs: Markup =
            entries.isEmpty
            ? ""
            : "<h3>Lines of logs around it</h3>\n\(PacketTable.table(PacketTable.rows(entries[...], in: shown)))"
        let extent: Markup = section.flows.isEmpty ? "" : "<p>\(section.extent)</p>\n"
        return """
            <section aria-labelledby="instant">
            <h2 id="instant">\(section.title)</h2>
            \(extent)\(flows.joined())\(logs)</section>

            """
    }

    // MARK: - Connections

    private var connections: Markup {
        guard let handshakes = report.handshakes else { return "" }
        let heads = ConnectionRow.heads.map { head -> Markup in "<th scope=\"col\">\(head)</th>" }
        let rows = handshakes.prefix(Self.connectionLimit).map { handshake -> Markup in
            let cells = ConnectionRow(handshake, clock: shown.clock).fields
                .map { cell -> Markup in "<td>\(cell)</td>" }
            return "<tr>\(cells.joined())</tr>\n"
        }
        let left = handshakes.count - rows.count
        let more: Markup =
            left > 0
            ? "<p>\(Wording.count(left, "more connection")): --format csv lists all of them.</p>\n"
            : ""
        return """
            <section aria-labelledby="connections">
            <h2 id="connections">Connections</h2>
            <p class="prose">\(ConnectionRow.legend)</p>
            <div class="wide"><table class="list">
            <thead><tr>\(heads.joined())</tr></thead>
            <tbody>
            \(rows.joined())</tbody></table></div>
            \(more)</section>

            """
    }

    /// The manual pages of what was found, in the order of the catalogue.
    private var manual: Markup {
        let found = Set(
            described.flatMap(\.members).flatMap { report.incidents[$0].chain }
                .map(\.finding.pathology)
        )
        let manuals = Catalog.manuals.filter { found.contains($0.id) }
        guard !manuals.isEmpty else { return "" }
        return """
            <section aria-labelledby="manual">
            <h2 id="manual">Manual</h2>
            \(manuals.map(ManualArticle.markup).joined())</section>

            """
    }

    private var foot: Markup {
        let made = report.generatedAt.map { ", made \(shown.clock.dateAndTime($0))" } ?? ""
        return """
            </main>
            <footer><p>Synopsis \(Report.toolVersion)\(made). Nothing in this page leaves it.</p></footer>

            """
    }
}
