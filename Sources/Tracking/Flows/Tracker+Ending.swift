/// How flows leave the tracker: for want of room, or at the end of the input.
extension Tracker {
    mutating func evict() {
        guard let index = flows.quietest() else { return }
        conclude(flows[index])
        if let events = handOver(flows[index]) { departed.append(events) }
        tapes.erase(&flows[index].tape)
        flows.remove(index)
        tally.flowsEvicted &+= 1
    }

    private borrowing func handOver(_ flow: Flow) -> FlowEvents? {
        guard flow.isNoteworthy, !flow.tape.isEmpty else { return nil }
        let events = tapes.events(on: flow.tape)
        return FlowEvents(
            key: flow.key,
            events: events,
            omitted: tapes.omitted(on: flow.tape),
            lastTime: flow.lastTime,
            initiator: flow.initiator,
            firstPacket: events.first?.packet ?? flow.firstPacket
        )
    }

    /// Takes the flows that had to go early.
    package mutating func takeDeparted() -> [FlowEvents] {
        defer { departed.removeAll() }
        return departed
    }

    /// Closes every account at the end of the input, and hands `body` the noteworthy flows in the order
    /// of their first packet.
    package mutating func finish(_ body: (FlowEvents) -> Void) {
        tally.eventsRefused = tapes.refused
        var noteworthy: [(firstPacket: UInt64, index: Int)] = []
        for index in 0..<flows.recordCount where flows[index].marks.contains(.inUse) {
            conclude(flows[index])
            if let event = tapes.first(on: flows[index].tape), flows[index].isNoteworthy {
                noteworthy.append((event.packet, index))
            }
        }
        // Records are used again, so that their numbers are not in order of arrival.
        for (_, index) in noteworthy.sorted(by: { $0.firstPacket < $1.firstPacket }) {
            if let events = handOver(flows[index]) { body(events) }
        }
    }

    /// Hands `body` the ends of every flow whose present connection came up, initiator first.
    package borrowing func forEachEstablished(_ body: (Endpoint, Endpoint) -> Void) {
        for index in 0..<flows.recordCount
        where flows[index].marks.isSuperset(of: [.inUse, .completed]) {
            let flow = flows[index]
            body(flow.key[flow.initiator], flow.key[flow.initiator.other])
        }
    }
}
