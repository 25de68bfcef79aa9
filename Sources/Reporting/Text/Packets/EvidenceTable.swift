import Diagnosing
import Tracking

/// The first packets that prove a finding about more than one flow, a row each.
struct EvidenceTable {
    private static let margin = 4

    let finding: Finding
    let clock: LocalTime
    let style: Style
    /// Show at most this many rows.
    let limit: Int

    /// Empty if the finding is about one flow, whose timeline shows its packets.
    var text: String {
        let all = finding.evidence.filter { $0.ends != nil || $0.event.kind == .addressClaim }
        let shown = all.prefix(limit)
        var rows: [(row: PacketRow, note: String)] = []
        var former: Int64?
        for evidence in shown {
            if let row = PacketRow(evidence, after: former, clock: clock) {
                // A remembered connection has nothing but its note; of others the row says it all.
                let isRemembered = evidence.event.frameLength == 0
                rows.append((row, isRemembered ? evidence.note : ""))
            }
            former = evidence.event.time
        }
        guard !rows.isEmpty else { return "" }
        let total = finding.evidence.count + finding.evidenceOmitted
        let of = rows.count < total ? ", \(rows.count) of \(total)" : ""
        let columns = Columns(rows.map(\.row), margin: Self.margin, style: style)
        let lines = rows.map { row, note in
            columns.line(row) + (note.isEmpty ? "" : columns.remark(note))
        }
        return "  Packets of \(finding.pathology)\(of)\n" + lines.joined()
    }
}
