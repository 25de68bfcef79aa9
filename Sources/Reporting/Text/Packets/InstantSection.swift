import Diagnosing
import Tracking

/// The last packets of each flow before an instant, and the first one after it.
struct InstantSection {
    private static let margin = 4

    let report: InstantReport
    let clock: LocalTime
    let style: Style

    var text: String {
        guard !report.flows.isEmpty else {
            return "  Before \(clock.dateAndTime(report.time)) no TCP packet was captured.\n"
        }
        return head + report.flows.map { "\n" + describe($0) }.joined()
    }

    private var head: String {
        let count = report.flows.count
        let flows =
            count == 1 ? "the last packets of one flow" : "the last packets of \(count) flows"
        let order = count == 1 ? "" : ", the nearest first"
        let others =
            report.omitted > 0 ? "; \(Wording.count(report.omitted, "other")) not shown" : ""
        let label = "  Before \(clock.dateAndTime(report.time))   "
        return style.hung("\(flows)\(order)\(others)", behind: label, continuation: Self.margin)
    }

    private func describe(_ flow: LastPackets.FlowTail) -> String {
        let initiator = flow.key[flow.initiator]
        let responder = flow.key[flow.initiator.other]
        let gap = report.time &- flow.lastTime
        let distance = gap == 0 ? "at that instant" : "\(Wording.duration(gap)) before"
        let of = flow.count > flow.packets.count ? ", \(flow.packets.count) of \(flow.count)" : ""
        let ends = "\(initiator) → \(responder)"
        var text = style.hung(
            "the last one \(distance)\(of)",
            behind: "  \(ends)   ",
            continuation: Self.margin
        )
        text = text.replacing(ends, with: style.ink(ends, .strong), maxReplacements: 1)
        let events = flow.packets + (flow.next.map { [$0] } ?? [])
        let rows = events.enumerated().map { place, event in
            PacketRow(
                event,
                from: flow.key[event.side],
                to: flow.key[event.side.other],
                isFromInitiator: event.side == flow.initiator,
                after: place == 0 ? nil : events[place - 1].time,
                clock: clock
            )
        }
        let columns = Columns(rows, margin: Self.margin, style: style)
        for (row, event) in zip(rows, events) {
            text += columns.line(row)
            if event.time > report.time {
                let remark =
                    "The first after it, \(Wording.duration(event.time &- report.time)) later."
                text += columns.remark(remark)
            }
        }
        if flow.next == nil {
            text += columns.remark("None after it in this capture.")
        }
        return text
    }
}
