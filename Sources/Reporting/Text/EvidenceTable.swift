import Diagnosing
import Tracking

/// The first packets that prove a finding about more than one flow, a row each.
struct EvidenceTable {
    /// As many are shown; all of them unless `showsAll`.
    private static let shownRows = 12
    private static let margin = 4

    let finding: Finding
    let clock: LocalTime
    let showsAll: Bool

    /// Empty if the finding is about one flow, whose timeline shows its packets.
    var text: String {
        let all = finding.evidence.filter { $0.ends != nil || $0.event.kind == .addressClaim }
        let shown = showsAll ? all[...] : all.prefix(Self.shownRows)
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
        return "   Packets of \(finding.pathology)\(of)\n" + Self.lines(rows)
    }

    private static func lines(_ rows: [(row: PacketRow, note: String)]) -> String {
        func widest(_ field: KeyPath<PacketRow, String>) -> Int {
            rows.map { $0.row[keyPath: field].count }.max() ?? 0
        }
        let widths = (
            number: widest(\.number) + margin, delta: widest(\.delta), route: widest(\.route),
            kind: widest(\.kind)
        )
        return rows.map { row, note in
            var cells = [
                row.number.leading(to: widths.number), row.time, row.delta.padded(to: widths.delta),
                row.route.padded(to: widths.route), row.kind.padded(to: widths.kind), row.info,
            ]
            if !note.isEmpty { cells.append("(\(note))") }
            return cells.filter { !$0.isEmpty }.joined(separator: "  ") + "\n"
        }.joined()
    }
}
