import Diagnosing
import Tracking

/// The packets of one flow, a row each, with what is to be said under it.
struct Timeline {
    let history: History
    let style: Style
    let clock: LocalTime
    /// How the initiator, or somebody else, was told of the responder's port.
    var exchange: PortmapExchange?
    /// Whether nothing is folded.
    let showsAll: Bool
    /// Lines of logs that stand among the packets, in order of time.
    var entries: [LogEntry] = []
    /// How the logs are called.
    var logNames: [String] = []

    private static let margin = 4

    var text: String {
        let shown = history.events.indices.filter { history.events[$0].kind != .formerConnection }
        let annotations = Annotations(history)
        let rows = shown.enumerated().map { place, index in
            PacketRow(index, in: history, after: place == 0 ? nil : shown[place - 1], clock: clock)
        }
        var waiting = asides
        let columns = Columns(rows + waiting.map(\.row), margin: Self.margin)
        var text = former(columns, annotations)
        var log = LogRows(
            entries,
            names: logNames,
            columns: columns,
            clock: clock,
            style: style,
            showsAll: showsAll
        )
        let folding = Folding(history, shown)
        for part in showsAll ? [.rows(shown.indices)] : folding.parts {
            switch part {
            case .rows(let range):
                for place in range {
                    text += asides(&waiting, before: shown[place], columns)
                    text += log.rows(before: history.events[shown[place]].time)
                    text += columns.line(rows[place])
                    if let remark = annotations.remark(on: shown[place]) {
                        text += self.remark(remark, columns)
                    }
                }
            case .folded(let range, let cycle, let times):
                text += asides(&waiting, before: shown[range.lowerBound], columns)
                text += fold(rows, range, cycle, times, columns)
            case .omitted(let range):
                text += asides(&waiting, before: shown[range.lowerBound], columns)
                text += fold(rows, range, nil, 0, columns)
            }
        }
        text += asides(&waiting, before: nil, columns)
        text += log.remainder()
        if history.omitted > 0 {
            text += ellipsis("(\(history.omitted) packets in the middle were not kept)", columns)
        }
        return text
    }

    /// A row that is no packet of the flow, and what is to be said under it.
    private struct Aside {
        let packet: UInt64
        let row: PacketRow
        var remark: String?
    }

    private var asides: [Aside] {
        guard let exchange else { return [] }
        let rows = PacketRow.rows(of: exchange, clock: clock)
        return [
            Aside(packet: exchange.call.packet, row: rows[0]),
            Aside(
                packet: exchange.reply.packet,
                row: rows[1],
                remark: exchange.remark(on: history.responder.port)
            ),
        ]
    }

    /// The asides that were captured before an event, or all that are left.
    private func asides(_ waiting: inout [Aside], before index: Int?, _ columns: Columns) -> String
    {
        let packet = index.map { history.events[$0].packet } ?? .max
        var text = ""
        while let aside = waiting.first, aside.packet < packet {
            waiting.removeFirst()
            text += columns.line(aside.row)
            if let remark = aside.remark { text += self.remark(remark, columns) }
        }
        return text
    }

    /// What is known of the connection before, above the first row.
    private func former(_ columns: Columns, _ annotations: Annotations) -> String {
        guard let index = history.events.indices.first,
            history.events[index].kind == .formerConnection,
            let remark = annotations.remark(on: index)
        else { return "" }
        return ellipsis(remark, columns)
    }

    private func remark(_ remark: String, _ columns: Columns) -> String {
        let indent = columns.indent
        let blank = String.blank(indent)
        let wide = Style(width: max(style.width, indent + 100), isColored: style.isColored)
        return wide.wrapped(remark, indent: indent).map { blank + style.ink($0, .faint) + "\n" }
            .joined()
    }

    private func ellipsis(_ remark: String, _ columns: Columns) -> String {
        "…".leading(to: columns.number) + "  " + style.ink(remark, .faint) + "\n"
    }

    private func fold(
        _ rows: [PacketRow],
        _ range: Range<Int>,
        _ cycle: Int?,
        _ times: Int,
        _ columns: Columns
    ) -> String {
        let first = rows[range.lowerBound]
        let last = rows[range.upperBound - 1]
        let what =
            cycle.map {
                $0 == 1
                    ? "the same \(times) times more" : "the same \($0) packets \(times) times more"
            }
            ?? "\(range.count) packets; --all shows them"
        return ellipsis(
            "(packets \(first.number) to \(last.number), until \(last.time): \(what))",
            columns
        )
    }
}
