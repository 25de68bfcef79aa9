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

    private static let margin = 4

    var text: String {
        let shown = history.events.indices.filter { history.events[$0].kind != .formerConnection }
        let commentary = Commentary(history)
        let rows = shown.enumerated().map { place, index in
            PacketRow(index, in: history, after: place == 0 ? nil : shown[place - 1], clock: clock)
        }
        var waiting = asides
        let widths = Widths(rows + waiting.map(\.row))
        var text = former(widths, commentary)
        let folding = Folding(history, shown)
        for part in showsAll ? [.rows(shown.indices)] : folding.parts {
            switch part {
            case .rows(let range):
                for place in range {
                    text += asides(&waiting, before: shown[place], widths)
                    text += line(rows[place], widths)
                    if let remark = commentary.remark(on: shown[place]) {
                        text += self.remark(remark, widths)
                    }
                }
            case .folded(let range, let cycle, let times):
                text += asides(&waiting, before: shown[range.lowerBound], widths)
                text += fold(rows, range, cycle, times, widths)
            case .omitted(let range):
                text += asides(&waiting, before: shown[range.lowerBound], widths)
                text += fold(rows, range, nil, 0, widths)
            }
        }
        text += asides(&waiting, before: nil, widths)
        if history.omitted > 0 {
            text += ellipsis("(\(history.omitted) packets in the middle were not kept)", widths)
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
    private func asides(_ waiting: inout [Aside], before index: Int?, _ widths: Widths) -> String {
        let packet = index.map { history.events[$0].packet } ?? .max
        var text = ""
        while let aside = waiting.first, aside.packet < packet {
            waiting.removeFirst()
            text += line(aside.row, widths)
            if let remark = aside.remark { text += self.remark(remark, widths) }
        }
        return text
    }

    /// What is known of the connection before, above the first row.
    private func former(_ widths: Widths, _ commentary: Commentary) -> String {
        guard let index = history.events.indices.first,
            history.events[index].kind == .formerConnection,
            let remark = commentary.remark(on: index)
        else { return "" }
        return ellipsis(remark, widths)
    }

    private func line(_ row: PacketRow, _ widths: Widths) -> String {
        let cells = [
            row.number.leading(to: widths.number + Self.margin),
            row.time,
            row.delta.padded(to: widths.delta),
            row.route.padded(to: widths.route),
            row.kind.padded(to: widths.kind),
            row.info,
        ]
        return cells.joined(separator: "  ") + "\n"
    }

    private func remark(_ remark: String, _ widths: Widths) -> String {
        let indent = Self.margin + widths.number + 2 + widths.time + 2 + widths.delta + 2
        let blank = String(repeating: " ", count: indent)
        let wide = Style(width: max(style.width, indent + 100), isColored: style.isColored)
        return wide.wrapped(remark, indent: indent).map { blank + style.ink($0, .faint) + "\n" }
            .joined()
    }

    private func ellipsis(_ remark: String, _ widths: Widths) -> String {
        "…".leading(to: widths.number + Self.margin) + "  " + style.ink(remark, .faint) + "\n"
    }

    private func fold(
        _ rows: [PacketRow],
        _ range: Range<Int>,
        _ cycle: Int?,
        _ times: Int,
        _ widths: Widths
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
            widths
        )
    }

    /// The widths of the columns.
    private struct Widths {
        let number: Int
        let time: Int
        let delta: Int
        let route: Int
        let kind: Int

        init(_ rows: [PacketRow]) {
            func widest(_ field: KeyPath<PacketRow, String>) -> Int {
                rows.map { $0[keyPath: field].count }.max() ?? 0
            }
            number = widest(\.number)
            time = widest(\.time)
            delta = widest(\.delta)
            route = widest(\.route)
            kind = widest(\.kind)
        }
    }
}
