import Diagnosing
import Tracking

/// Packets as rows of a table: what a ladder shows, as text.
struct PacketTable {
    private let flow: ShownFlow
    private let anchor: String
    private let proofs: Set<UInt64>
    private let report: ShownReport

    /// The rows of `flow`, which links find by `anchor` and the packet's number.
    init(_ flow: ShownFlow, anchor: String, proofs: Set<UInt64>, in report: ShownReport) {
        self.flow = flow
        self.anchor = anchor
        self.proofs = proofs
        self.report = report
    }

    /// The whole table; `named` are the names of rows that the page has already, where each stands
    /// once.
    func markup(naming named: inout Set<String>) -> Markup {
        var rows: Markup = ""
        for item in flow.items {
            switch item {
            case .packet(let event, let row, let remark):
                let name = "\(anchor)-\(row.number)"
                let isProof = proofs.contains(flow.history.events[event].packet)
                rows += Self.row(
                    row,
                    remark: remark,
                    name: named.insert(name).inserted ? name : nil,
                    isProof: isProof
                )
            case .aside(let row, let remark): rows += Self.row(row, remark: remark)
            case .logs(let entries): rows += Self.rows(entries, in: report)
            case .fold(let fold): rows += Self.words(fold.text)
            case .remark(let text): rows += Self.words(text)
            }
        }
        return Self.table(rows)
    }

    /// A table around rows.
    static func table(_ rows: Markup) -> Markup {
        """
        <div class="wide"><table class="packets">
        <thead><tr><th class="n" scope="col">packet</th><th scope="col">time</th><th scope="col">since</th>\
        <th scope="col">to</th><th class="n" scope="col">bytes</th><th scope="col">what</th></tr></thead>
        <tbody>
        \(rows)</tbody></table></div>

        """
    }

    /// The row of a packet, and what is said of it.
    static func row(
        _ row: PacketRow,
        remark: String?,
        name: String? = nil,
        isProof: Bool = false
    ) -> Markup {
        let id: Markup = name.map { " id=\"\($0)\"" } ?? ""
        let kind: Markup = isProof ? " class=\"proof\"" : ""
        let text: Markup = remark.map { "<p>\($0)</p>" } ?? ""
        return """
            <tr\(id)\(kind)><td class="n">\(row.number)</td><td>\(row.time)</td><td>\(row.delta)</td>\
            <td>\(row.arrow)</td><td class="n">\(row.length)</td><td>\(row.info)\(text)</td></tr>

            """
    }

    /// Lines of logs between packets.
    static func rows(_ entries: ArraySlice<LogEntry>, in report: ShownReport) -> Markup {
        let showsAll = report.extent.showsAll
        let names = report.logNames
        let gap = LogGap(entries, showsAll: showsAll)
        func row(_ entry: LogEntry) -> Markup {
            let (more, omission) = LogGap.continuation(of: entry, showsAll: showsAll)
            let lines = (more + (omission.map { [$0] } ?? [])).map { line -> Markup in
                "<br>\(line)"
            }
            return """
                <tr class="log"><td class="n">log</td><td>\(report.clock.time(entry.time))</td>\
                <td colspan="4"><b>\(names[entry.log]):\(entry.number)</b> \(entry.text)\(lines.joined())</td></tr>

                """
        }
        return gap.head.map(row).joined() + (gap.omission.map(words) ?? "")
            + gap.tail.map(row).joined()
    }

    private static func words(_ text: String) -> Markup {
        "<tr class=\"fold\"><td class=\"n\">…</td><td colspan=\"5\">\(text)</td></tr>\n"
    }
}
