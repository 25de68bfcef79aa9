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
    /// Show at most this many rows otherwise.
    var rowLimit = Folding.usualLimit
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
        let columns = Columns(rows + waiting.map(\.row), margin: Self.margin, style: style)
        var text = former(columns, annotations)
        var log = LogRows(
            entries,
            names: logNames,
            columns: columns,
            clock: clock,
            style: style,
            showsAll: showsAll
        )
        let folding = Folding(history, shown, rowLimit: rowLimit)
        for part in showsAll ? [.rows(shown.indices)] : folding.parts {
            switch part {
            case .rows(let range):
                for place in range {
                    text += asides(&waiting, before: shown[place], columns)
                    text += log.rows(before: history.events[shown[place]].time)
                    text += columns.line(rows[place])
                    if let remark = annotations.remark(on: shown[place]) {
                        text += columns.remark(remark)
                    }
                }
            case .folded(let range, let cycle, let times, let isSame):
                text += asides(&waiting, before: shown[range.lowerBound], columns)
                text += columns.ellipsis(fold(rows, range, cycle, times, isSame))
            case .omitted(let range):
                text += asides(&waiting, before: shown[range.lowerBound], columns)
                text += columns.ellipsis(
                    "(\(span(rows, range)): \(range.count) packets; --all shows them)"
                )
            }
        }
        text += asides(&waiting, before: nil, columns)
        text += log.remainder()
        if history.omitted > 0 {
            text += columns.ellipsis("(\(history.omitted) packets in the middle were not kept)")
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
            if let remark = aside.remark { text += columns.remark(remark) }
        }
        return text
    }

    /// What is known of the connection before, above the first row.
    private func former(_ columns: Columns, _ annotations: Annotations) -> String {
        guard let index = history.events.indices.first,
            history.events[index].kind == .formerConnection,
            let remark = annotations.remark(on: index)
        else { return "" }
        return columns.ellipsis(remark)
    }

    /// As many packets of a fold are named with their times.
    private static let namedPackets = 12

    /// Which packets were folded, and when they came: each of few, the first and the last of many.
    private func fold(
        _ rows: [PacketRow],
        _ range: Range<Int>,
        _ cycle: Int,
        _ times: Int,
        _ isSame: Bool
    ) -> String {
        let before = rows[range.lowerBound - cycle..<range.lowerBound].map(\.number)
        let what =
            cycle == 1
            ? "packet \(before[0])"
            : cycle == 2
                ? "packets \(before[0]) and \(before[1])"
                : "packets \(before[0]) to \(before[cycle - 1])"
        let again = "\(times) repetitions of \(what), with \(isSame ? "the same" : "other") numbers"
        guard isSame, range.count <= Self.namedPackets else {
            return "(\(span(rows, range)): \(again))"
        }
        let each = rows[range].map { "\($0.number) at \($0.time)\u{A0}\($0.delta)" }
        return "(\(again): \(each.joined(separator: ", ")))"
    }

    private func span(_ rows: [PacketRow], _ range: Range<Int>) -> String {
        let (first, last) = (rows[range.lowerBound], rows[range.upperBound - 1])
        return "packets \(first.number) to \(last.number), until \(last.time)"
    }
}
