/// How flows leave the tracker: for want of room, or at the end of the input.
extension Tracker {
    mutating func evict() {
        // In a flood nobody looks for a quiet flow among those that are more than a SYN.
        let index = flows.isFlooded ? nil : flows.quietest()
        let halfOpen = flows.oldestHalfOpen()
        let time = halfOpen.map { flows[halfOpen: $0].time } ?? .max
        if let halfOpen, index.map({ flows[$0].lastTime >= time }) ?? true {
            remove(halfOpen: halfOpen)
        } else if let index {
            remove(index, at: flows[index].lastTime)
        }
        tally.flowsEvicted &+= 1
    }

    /// Closes the account of a flow, hands it over if it is noteworthy, and forgets it.
    ///
    /// - Parameters:
    ///   - index: its record.
    ///   - time: up to when nothing came of it, in nanoseconds since 1970.
    mutating func remove(_ index: Int, at time: Int64) {
        settleOpenStream(of: index, at: time)
        conclude(flows[index])
        let flow = flows[index]
        let isOneOfMany =
            flow.carriesNoPayload && aggregates.isFlooded(flow.key[flow.initiator.other])
        if !isOneOfMany, let events = handOver(index) { departed.append(events) }
        eventLogs.erase(&flows[index].eventLog)
        streams[index] = nil
        flows.remove(index)
    }

    private borrowing func handOver(_ index: Int) -> FlowEvents? {
        let flow = flows[index]
        guard isWorthTelling(flow), !flow.eventLog.isEmpty else { return nil }
        return copy(index, eventLogs.events(on: flow.eventLog), streams[index] ?? [])
    }

    /// A flow's copy for a diagnosis.
    borrowing func copy(
        _ index: Int,
        _ events: [Event],
        _ streams: [StreamSummary]
    ) -> FlowEvents {
        let flow = flows[index]
        var events = events
        // What was said last came to the tape when the connection had ended.
        if !streams.isEmpty {
            events.sort { ($0.incarnation, $0.packet) < ($1.incarnation, $1.packet) }
        }
        let gap = eventLogs.gap(on: flow.eventLog)
        return FlowEvents(
            key: flow.key,
            events: events,
            omitted: gap?.omitted ?? 0,
            gap: gap.flatMap { gap in events.firstIndex { $0.packet >= gap.packet } },
            lastTime: flow.lastTime,
            initiator: flow.initiator,
            firstPacket: events.first?.packet ?? flow.firstPacket,
            carriesNoPayload: flow.carriesNoPayload,
            streams: streams,
            resetReasons: resetReasons.reasons(of: events),
            record: index
        )
    }

    /// Takes the flows that had to go early.
    package mutating func takeDeparted() -> [FlowEvents] {
        defer { departed.removeAll() }
        return departed
    }

    /// Closes every account at the end of the input: after it, the survey, the tally and the facts are whole.
    mutating func close() {
        tally.eventsRefused = eventLogs.refused
        tally.resetReasonsRefused = resetReasons.refused
        closeHalfOpenFlows()
        for index in 0..<flows.recordCount where flows[index].marks.contains(.inUse) {
            settleOpenStream(of: index, at: tally.window?.last ?? 0)
            conclude(flows[index])
            if isWorthTelling(flows[index]) { noteSuspicious(index) }
        }
        compareResets()
        aggregates.settle()
        if !unsolicitedSYNACKs.isEmpty || aggregates.hasMany && tally.outcome(.completed) > 0 {
            compare()
        }
    }

    /// Whether a diagnosis will want the flow: for what was odd, or because its handshake took much longer
    /// than those with the same host do.
    borrowing func isWorthTelling(_ flow: Flow) -> Bool {
        flow.isSuspicious
            || flow.marks.contains(.slow)
                && handshakeTimes.isSlow(
                    flow.synToSYNACK &+ flow.synackToACK,
                    with: flow.responder.address
                )
    }

    private mutating func noteSuspicious(_ index: Int) {
        if let event = eventLogs.first(on: flows[index].eventLog) {
            suspicious.append((event.packet, index))
        }
    }

    /// Looks at the flows once more, where others tell something of them.
    private mutating func compare() {
        let hasMany = aggregates.hasMany
        for index in 0..<flows.recordCount where flows[index].marks.contains(.inUse) {
            if flows[index].marks.contains(.completed) {
                if hasMany, let place = aggregates.placeOfMany(to: flows[index].responder) {
                    aggregates.noteEstablished(at: place)
                }
            } else if !flows[index].isSuspicious, isAnsweredFromElsewhere(flows[index]) {
                flows[index].marks.insert(.suspicious)
                noteSuspicious(index)
            }
        }
    }

    borrowing func isAnsweredFromElsewhere(_ flow: Flow) -> Bool {
        guard !unsolicitedSYNACKs.isEmpty, flow.synAcks == 0, flow.syns > 0,
            !flow.marks.contains(.oneWay)
        else { return false }
        let question = UnsolicitedSYNACKs.Question(
            of: flow.key[flow.initiator],
            to: flow.responder.port,
            initialSequence: flow[flow.initiator].initialSequence
        )
        return unsolicitedSYNACKs.answers(to: question).contains {
            $0.sender != flow.responder.address
        }
    }

    /// Hands `body` the noteworthy flows in the order of their first packet; only after `close()`.
    borrowing func forEachSuspicious(_ body: (FlowEvents) -> Void) {
        // Records are used again, so that their numbers are not in order of arrival.
        for (_, index) in suspicious.sorted(by: { $0.firstPacket < $1.firstPacket }) {
            if let events = handOver(index) { body(events) }
        }
    }

    /// Hands `body` who connected to what, and how often, for every flow whose present connection came up.
    package borrowing func forEachEstablished(_ body: (Int, Address, Endpoint) -> Void) {
        for index in 0..<flows.recordCount
        where flows[index].marks.isSuperset(of: [.inUse, .completed]) {
            body(1, flows[index].key[flows[index].initiator].address, flows[index].responder)
        }
        for (pair, count) in formerConnections { body(count, pair.initiator, pair.responder) }
    }
}

extension Flow {
    var responder: Endpoint { key[initiator.other] }

    /// Whether it was tried a few times at most, and nobody sent any data.
    var carriesNoPayload: Bool {
        attempts <= 3 && incarnation == 0
            && low.marks.union(high.marks).isDisjoint(with: .sentData)
    }
}
