import Diagnosing
import Tracking

/// The first packets that prove a finding about more than one flow, a row each.
struct EvidenceTable {
    private static let margin = 4
    /// Show at most this many packets of a finding, unless everything is shown.
    static let usualLimit = 12

    let finding: Finding
    let clock: LocalTime
    /// Show at most this many rows.
    let limit: Int

    /// A row each, with what is said under it; empty if the finding is about one flow, whose
    /// timeline shows its packets.
    var rows: [(row: PacketRow, note: String)] {
        let all = finding.evidence.filter { $0.ends != nil || $0.event.kind == .addressClaim }
        var rows: [(row: PacketRow, note: String)] = []
        var former: Int64?
        for evidence in all.prefix(limit) {
            if let row = PacketRow(evidence, after: former, clock: clock) {
                // A remembered connection has nothing but its note; of others the row says it all.
                let isRemembered = evidence.event.frameLength == 0
                rows.append((row, isRemembered ? evidence.note : ""))
            }
            former = evidence.event.time
        }
        return rows
    }

    /// What the rows are, and how many of how many.
    func heading(of rows: Int) -> String {
        let total = finding.evidence.count + finding.evidenceOmitted
        let of = rows < total ? ", \(rows) of \(total)" : ""
        return "Packets of \(finding.pathology)\(of)"
    }

    /// Empty where there are no rows.
    func text(in style: Style) -> String {
        let rows = self.rows
        guard !rows.isEmpty else { return "" }
        let columns = Columns(rows.map(\.row), margin: Self.margin, style: style)
        let lines = rows.map { row, note in
            columns.line(row) + (note.isEmpty ? "" : columns.remark(note))
        }
        return "  \(heading(of: rows.count))\n" + lines.joined()
    }
}
