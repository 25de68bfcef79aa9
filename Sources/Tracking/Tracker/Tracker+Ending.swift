/// How flows leave the tracker: for want of room, or at the end of the input.
extension Tracker {
    mutating func evict() {
        // In a flood nobody looks for a quiet flow among those that are more than a SYN.
        let index = flows.table.isFlooded ? nil : flows.table.quietest()
        let halfOpen = flows.table.oldestHalfOpen()
        let remnant = flows.table.oldestRemnant()
        let quietTime = index.map { flows.table[$0].lastTime } ?? .max
        let openingTime = halfOpen.map { flows.table[halfOpen: $0].time } ?? .max
        let endTime = remnant.map { flows.table.lastTime(ofRemnant: $0) } ?? .max
        if let remnant, endTime <= min(quietTime, openingTime) {
            remove(remnant: remnant)
        } else if let halfOpen, openingTime <= quietTime {
            remove(halfOpen: halfOpen)
        } else if let index {
            remove(index, at: quietTime)
        }
        tally.flowsEvicted &+= 1
    }

    /// Closes the account of a connection that ended well, and forgets it.
    mutating func remove(remnant number: Int) {
        tally.noteRemnants(1)
        flows.table.remove(remnant: number)
    }

    /// Closes the account of a flow, hands it over if it is suspicious, and forgets it.
    ///
    /// - Parameters:
    ///   - index: its record.
    ///   - time: up to when nothing came of it, in nanoseconds since 1970.
    mutating func remove(_ index: Int, at time: Int64) {
        settleOpenStream(of: index, at: time)
        conclude(flows.table[index])
        let flow = flows.table[index]
        let isOneOfMany =
            flow.carriesNoPayload && aggregates.isFlooded(flow.key[flow.initiator.other])
        if !isOneOfMany, let events = handOver(index) { flows.departed.append(events) }
        flows.eventLogs.erase(&flows.table[index].eventLog)
        streams.summaries[index] = nil
        if !streams.stalls.isEmpty { streams.stalls[index] = nil }
        flows.table.remove(index)
    }

    /// Ends the stream of a flow.
    mutating func settleStream(of index: Int, at time: Int64) {
        streams.settle(&flows.table[index], at: index, time, &flows.eventLogs, &tally)
    }

    /// Ends the stream of a flow that goes on no longer, unless that was done when its connection
    /// closed.
    mutating func settleOpenStream(of index: Int, at time: Int64) {
        guard flows.table[index].marks.contains(.alive), flows.table[index].phase != .closed else {
            return
        }
        settleStream(of: index, at: time)
    }

    private borrowing func handOver(_ index: Int) -> FlowEvents? {
        let flow = flows.table[index]
        guard isWorthTelling(flow), !flow.eventLog.isEmpty else { return nil }
        return copy(
            index,
            flows.eventLogs.events(on: flow.eventLog),
            streams.summaries[index] ?? []
        )
    }

    /// A flow's copy for a diagnosis.
    borrowing func copy(
        _ index: Int,
        _ events: [Event],
        _ summaries: [StreamSummary]
    ) -> FlowEvents {
        let flow = flows.table[index]
        var events = events
        // What was said last came to the log when the connection had ended.
        if !summaries.isEmpty {
            events.sort { ($0.incarnation, $0.packet) < ($1.incarnation, $1.packet) }
        }
        let gap = flows.eventLogs.gap(on: flow.eventLog)
        return FlowEvents(
            key: flow.key,
            events: events,
            omitted: gap?.omitted ?? 0,
            gap: gap.flatMap { gap in events.firstIndex { $0.packet >= gap.packet } },
            lastTime: flow.lastTime,
            initiator: flow.initiator,
            firstPacket: events.first?.packet ?? flow.firstPacket,
            carriesNoPayload: flow.carriesNoPayload,
            streams: summaries,
            resetReasons: flows.resetReasons.reasons(of: events),
            record: index
        )
    }

    /// Takes the flows that had to go early.
    package mutating func takeDeparted() -> [FlowEvents] {
        defer { flows.departed.removeAll() }
        return flows.departed
    }

    /// Closes every account at the end of the input: after it, the survey, the tally and the facts
    /// are whole.
    mutating func close() {
        tally.eventsRefused = flows.eventLogs.refused
        tally.resetReasonsRefused = flows.resetReasons.refused
        countTranslations()
        closeHalfOpenFlows()
        flows.table.dropIndex()
        tally.noteRemnants(flows.table.remnantCount)
        for index in 0..<flows.table.recordCount where flows.table[index].marks.contains(.inUse) {
            settleOpenStream(of: index, at: tally.window?.last ?? 0)
            conclude(flows.table[index])
            if isWorthTelling(flows.table[index]) { noteSuspicious(index) }
        }
        compareResets()
        gatherHostsAndServices()
        aggregates.settle()
        if !aggregates.unsolicitedSYNACKs.isEmpty
            || aggregates.hasMany && tally.outcome(.completed) > 0
        {
            compare()
        }
    }

    /// Looks through the flows for what a diagnosis will ask of hosts and services; what was
    /// gathered before is forgotten.
    package mutating func gatherHostsAndServices() {
        aggregates.sightings = HostSightings()
        aggregates.outcomes = ConnectOutcomes()
        gatherSightings()
        gatherOutcomes()
        gatherUntranslated()
        gatherSigned()
    }

    /// Whether a diagnosis will want the flow: for what was odd, or because its handshake took much
    /// longer than those with the same host do.
    borrowing func isWorthTelling(_ flow: Flow) -> Bool {
        flow.isSuspicious
            || flow.marks.contains(.slow)
                && aggregates.handshakeTimes.isSlow(
                    flow.synToSYNACK &+ flow.synackToACK,
                    beyond: flows.thresholds.slowHandshake,
                    with: flow.responder.address
                )
    }

    private mutating func noteSuspicious(_ index: Int) {
        if let event = flows.eventLogs.first(on: flows.table[index].eventLog) {
            flows.suspicious.append((event.packet, index))
        }
    }

    /// Looks at the flows once more, where others tell something of them.
    private mutating func compare() {
        var established = aggregates.establishedCounts
        for index in 0..<flows.table.recordCount where flows.table[index].marks.contains(.inUse) {
            if flows.table[index].marks.contains(.completed) {
                established.note(flows.table[index].responder)
            } else if !flows.table[index].isSuspicious,
                aggregates.unsolicitedSYNACKs.haveAnswered(flows.table[index])
            {
                flows.table[index].marks.insert(.suspicious)
                noteSuspicious(index)
            }
        }
        guard aggregates.hasMany else { return }
        established.noteRemnants(in: flows.table)
        aggregates.note(established)
    }

    /// Hands `body` the suspicious flows in the order of their first packet; only after `close()`.
    borrowing func forEachSuspicious(_ body: (FlowEvents) -> Void) {
        // Records are used again, so that their numbers are not in order of arrival.
        for (_, index) in flows.suspicious.sorted(by: { $0.firstPacket < $1.firstPacket }) {
            if let events = handOver(index) { body(events) }
        }
    }

    /// Hands `body` who connected to what, how often, and when for the last time, for every flow
    /// whose present connection came up; of connections that were forgotten, no time is known.
    package borrowing func forEachEstablished(_ body: (Int, Address, Endpoint, Int64) -> Void) {
        for index in 0..<flows.table.recordCount
        where flows.table[index].marks.isSuperset(of: [.inUse, .completed]) {
            body(
                1,
                flows.table[index].key[flows.table[index].initiator].address,
                flows.table[index].responder,
                flows.table[index].begin
            )
        }
        flows.table.forEachRemnant { flow in
            body(1, flow.key[flow.initiator].address, flow.responder, flow.begin)
            return true
        }
        for (pair, count) in flows.formerConnections {
            body(count, pair.initiator, pair.responder, .min)
        }
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
