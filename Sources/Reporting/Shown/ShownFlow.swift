import Diagnosing
import Tracking

/// The packets of one flow as they are shown: a row each, repetition folded, lines of logs among
/// them.
struct ShownFlow {
    /// Name each of so many folded packets with its time.
    private static let namedPackets = 12

    let history: History
    /// Both ends, with the names of their hosts.
    let ends: String
    /// Each of them.
    let names: (initiator: String, responder: String)
    let clock: LocalTime
    /// The ends, for how many connections the flow stands, and what its packets were in.
    let heading: String
    let items: [Item]
    /// The rows of all packets, of those that are folded too: they decide how wide columns are.
    let allRows: [PacketRow]

    /// What is shown in one place, from the first packet to the last.
    enum Item {
        /// The packet of an event, and what is said of it.
        case packet(event: Int, PacketRow, remark: String?)
        /// A packet of another conversation: a port mapper's.
        case aside(PacketRow, remark: String?)
        /// Lines of logs that were written before the next packet.
        case logs(ArraySlice<LogEntry>)
        /// What stands for packets that are not shown.
        case fold(Fold)
        /// What is said of packets that are not known.
        case remark(String)
    }

    /// Packets that are not shown.
    struct Fold {
        let text: String
        /// When the last of them was captured, in nanoseconds since 1970.
        let end: Int64
        /// The shown packets before it that came again, and how often; `nil` where it only leaves
        /// out.
        let repetition: (cycle: Int, times: Int)?
        /// How many they are.
        let count: Int
    }

    /// One of the flows that stand for an incident.
    ///
    /// - Parameters:
    ///   - number: its number among the incident's flows.
    ///   - index: the incident's index in the report.
    ///   - shown: the report.
    ///   - rowLimit: show at most this many rows where repetition is folded.
    ///   - folding: whether it is; `nil` to do as the report does.
    init(
        _ number: Int,
        of index: Int,
        in shown: ShownReport,
        rowLimit: Int = Folding.usualLimit,
        folding: Bool? = nil
    ) {
        let report = shown.report
        let incident = report.incidents[index]
        history = incident.histories[number]
        let flow =
            incident.flows > 1 ? ", one of \(incident.flows.grouped) connections" : ""
        ends = report.hostNames.introduced(
            [history.initiator.address, history.responder.address],
            in: "\(history.initiator) → \(history.responder)"
        )
        names = (
            report.hostNames.introduced(
                [history.initiator.address],
                in: history.initiator.description
            ),
            report.hostNames.introduced(
                [history.responder.address],
                in: history.responder.description
            )
        )
        clock = shown.clock
        heading = "\(ends)\(flow)\(report.sinks(of: history))"
        let exchange = report.services.exchange(
            naming: history.responder,
            for: history.initiator.address
        )
        var walk = Walk(history, exchange, shown.clock)
        walk.entries = report.logs?.entries(ofIncident: index, history: number)[...] ?? []
        allRows = walk.rows + walk.waiting.map(\.row)
        items = walk.items(
            showsAll: folding.map { !$0 } ?? shown.extent.showsAll,
            rowLimit: rowLimit
        )
    }

    /// The numbers of the packets that have a row.
    var shownPackets: [UInt64] {
        items.compactMap { item in
            if case .packet(let event, _, _) = item { history.events[event].packet } else { nil }
        }
    }

    /// One way through the packets.
    private struct Walk {
        let history: History
        let shown: [Int]
        let rows: [PacketRow]
        let annotations: Annotations
        /// Packets of a port mapper that are not shown yet.
        var waiting: [(packet: UInt64, row: PacketRow, remark: String?)]
        /// Lines of logs that are not shown yet.
        var entries: ArraySlice<LogEntry> = []

        init(_ history: History, _ exchange: PortmapExchange?, _ clock: LocalTime) {
            self.history = history
            let shown = history.events.indices.filter {
                history.events[$0].kind != .formerConnection
            }
            self.shown = shown
            annotations = Annotations(history)
            rows = shown.enumerated().map { position, index in
                PacketRow(
                    index,
                    in: history,
                    after: position == 0 ? nil : shown[position - 1],
                    clock: clock
                )
            }
            guard let exchange else {
                waiting = []
                return
            }
            let asides = PacketRow.rows(of: exchange, clock: clock)
            waiting = [
                (exchange.call.packet, asides[0], nil),
                (exchange.reply.packet, asides[1], exchange.remark(on: history.responder.port)),
            ]
        }

        mutating func items(showsAll: Bool, rowLimit: Int) -> [Item] {
            var items: [Item] = former.map { [.remark($0)] } ?? []
            let folding = Folding(history, shown, rowLimit: rowLimit)
            for part in showsAll ? [.rows(shown.indices)] : folding.parts {
                switch part {
                case .rows(let range):
                    for position in range { items += row(at: position) }
                case .folded(let range, let cycle, let times, let isSame):
                    items += asides(before: shown[range.lowerBound])
                    items.append(.fold(fold(range, cycle, times, isSame)))
                case .omitted(let range):
                    items += asides(before: shown[range.lowerBound])
                    let text = "(\(span(range)): \(range.count) packets; --all shows them)"
                    items.append(.fold(fold(range, text)))
                }
            }
            items += asides(before: nil)
            if !entries.isEmpty { items.append(.logs(entries)) }
            if history.omitted > 0 {
                items.append(.remark("(\(history.omitted) packets in the middle were not kept)"))
            }
            return items
        }

        private mutating func row(at position: Int) -> [Item] {
            let event = shown[position]
            var items = asides(before: event)
            let gap = entries.prefix { $0.time < history.events[event].time }
            entries = entries.dropFirst(gap.count)
            if !gap.isEmpty { items.append(.logs(gap)) }
            items.append(
                .packet(event: event, rows[position], remark: annotations.remark(on: event))
            )
            return items
        }

        /// The asides that were captured before an event, or all that are left.
        private mutating func asides(before index: Int?) -> [Item] {
            let packet = index.map { history.events[$0].packet } ?? .max
            let due = waiting.prefix { $0.packet < packet }
            waiting.removeFirst(due.count)
            return due.map { .aside($0.row, remark: $0.remark) }
        }

        /// What is known of the connection before, above the first row.
        private var former: String? {
            guard let index = history.events.indices.first,
                history.events[index].kind == .formerConnection
            else { return nil }
            return annotations.remark(on: index)
        }

        private func fold(
            _ range: Range<Int>,
            _ text: String,
            repeating repetition: (cycle: Int, times: Int)? = nil
        ) -> Fold {
            Fold(
                text: text,
                end: history.events[shown[range.upperBound - 1]].time,
                repetition: repetition,
                count: range.count
            )
        }

        /// Which packets were folded, and when they came: each of few, the first and the last of
        /// many.
        private func fold(_ range: Range<Int>, _ cycle: Int, _ times: Int, _ isSame: Bool) -> Fold {
            let before = rows[range.lowerBound - cycle..<range.lowerBound].map(\.number)
            let what =
                cycle == 1
                ? "packet \(before[0])"
                : cycle == 2
                    ? "packets \(before[0]) and \(before[1])"
                    : "packets \(before[0]) to \(before[cycle - 1])"
            let again =
                "\(times) repetitions of \(what), with \(isSame ? "the same" : "other") numbers"
            guard isSame, range.count <= ShownFlow.namedPackets else {
                return fold(range, "(\(span(range)): \(again))", repeating: (cycle, times))
            }
            let each = rows[range].map { "\($0.number) at \($0.time)\u{A0}\($0.delta)" }
            let text = "(\(again): \(each.joined(separator: ", ")))"
            return fold(range, text, repeating: (cycle, times))
        }

        private func span(_ range: Range<Int>) -> String {
            let (first, last) = (rows[range.lowerBound], rows[range.upperBound - 1])
            return "packets \(first.number) to \(last.number), until \(last.time)"
        }
    }
}
