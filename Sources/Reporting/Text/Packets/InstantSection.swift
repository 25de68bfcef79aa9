import Diagnosing
import Tracking

/// The last packets of each flow before an instant, and the first one after it.
struct InstantSection {
    private static let margin = 4

    let report: InstantReport
    let clock: LocalTime

    /// The last packets of one flow.
    struct Flow {
        let ends: String
        /// How long before the instant the last one is, and how many of how many are shown.
        let distance: String
        let rows: [(row: PacketRow, remark: String?)]
    }

    /// What it is about; the rest stands in `flows`.
    var title: String {
        report.flows.isEmpty
            ? "Before \(clock.dateAndTime(report.time)) no TCP packet was captured."
            : "Before \(clock.dateAndTime(report.time))"
    }

    /// How many flows are shown, in which order.
    var extent: String {
        let count = report.flows.count
        let flows =
            count == 1 ? "the last packets of one flow" : "the last packets of \(count) flows"
        let order = count == 1 ? "" : ", the nearest first"
        let others =
            report.omitted > 0 ? "; \(Wording.count(report.omitted, "other")) not shown" : ""
        return "\(flows)\(order)\(others)"
    }

    var flows: [Flow] { report.flows.map(flow) }

    private func flow(_ flow: LastPackets.FlowTail) -> Flow {
        let initiator = flow.key[flow.initiator]
        let responder = flow.key[flow.initiator.other]
        let gap = report.time &- flow.lastTime
        let distance = gap == 0 ? "at that instant" : "\(Wording.duration(gap)) before"
        let of = flow.count > flow.packets.count ? ", \(flow.packets.count) of \(flow.count)" : ""
        let events = flow.packets + (flow.next.map { [$0] } ?? [])
        var rows = events.enumerated().map { index, event in
            let row = PacketRow(
                event,
                from: flow.key[event.side],
                to: flow.key[event.side.other],
                isFromInitiator: event.side == flow.initiator,
                after: index == 0 ? nil : events[index - 1].time,
                clock: clock
            )
            let delay = Wording.duration(event.time &- report.time)
            return (
                row: row,
                remark: event.time > report.time ? "The first after it, \(delay) later." : nil
            )
        }
        if flow.next == nil, let last = rows.indices.last {
            rows[last].remark = "None after it in this capture."
        }
        return Flow(
            ends: "\(initiator) → \(responder)",
            distance: "the last one \(distance)\(of)",
            rows: rows
        )
    }

    /// The same as text.
    func text(in style: Style) -> String {
        guard !report.flows.isEmpty else { return "  \(title)\n" }
        let head = style.hung(extent, behind: "  \(title)   ", continuation: Self.margin)
        return head + flows.map { "\n" + text(of: $0, in: style) }.joined()
    }

    private func text(of flow: Flow, in style: Style) -> String {
        let heading = style.hung(
            flow.distance,
            behind: "  \(flow.ends)   ",
            continuation: Self.margin
        )
        let columns = Columns(flow.rows.map(\.row), margin: Self.margin, style: style)
        let lines = flow.rows.map { row, remark in
            columns.line(row) + (remark.map(columns.remark) ?? "")
        }
        return heading.replacing(
            flow.ends,
            with: style.ink(flow.ends, .strong),
            maxReplacements: 1
        ) + lines.joined()
    }
}
