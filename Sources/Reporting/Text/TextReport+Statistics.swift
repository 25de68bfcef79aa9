import Diagnosing
import Tracking

/// A line for each pathology that was found, the most frequent first.
extension TextReport {
    /// The head of the report, and how many connections and incidents each pathology has.
    package var statistics: String {
        var counts: [String: Count] = [:]
        for incident in report.incidents {
            for link in incident.chain {
                counts[link.finding.pathology, default: Count()].add(link.finding)
            }
        }
        guard !counts.isEmpty else {
            return style.plain(head + "\n" + style.hung(report.nothingFound, behind: ""))
        }
        let sorted = counts.sorted { left, right in
            let (one, other) = (left.value, right.value)
            if one.severity != other.severity { return one.severity > other.severity }
            if one.flows != other.flows { return one.flows > other.flows }
            return left.key < right.key
        }
        let heads = ["connections", "incidents", "severity", "pathology"]
        let rows = sorted.map { id, count in
            [count.flows.grouped, count.incidents.grouped, count.severity.name, id]
        }
        let widths = heads.indices.map { column in
            ([heads] + rows).map { $0[column].count }.max() ?? 0
        }
        var text = head + "\n"
        for (row, id) in zip([heads] + rows, [nil] + sorted.map(\.key)) {
            let cells = row.enumerated().map { column, cell in
                column < 2 ? cell.leading(to: widths[column]) : cell.padded(to: widths[column])
            }
            let title = id.flatMap { Catalog.detector(named: $0)?.manual.title } ?? ""
            text += style.hung(title, behind: "  " + cells.joined(separator: "  ") + "  ")
        }
        return style.plain(text)
    }

    private struct Count {
        var flows = 0
        var incidents = 0
        var severity = Severity.note

        mutating func add(_ finding: Finding) {
            flows += finding.flows
            incidents += 1
            severity = max(severity, finding.severity)
        }
    }
}
