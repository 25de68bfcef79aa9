/// What becomes of a flow between its packets: another incarnation, an error about it, its account.
extension Tracker {
    /// Closes the account of the flow's present connection and opens one for the next.
    mutating func rebirth(_ index: Int, by segment: borrowing FlowSegment) {
        settleOpenStream(of: index, at: segment.time)
        conclude(flows.table[index])
        tally.attempts &+= 1
        if flows.attempts.isWanted { flows.attempts.begin() }
        if !flows.table[index].marks.contains(.suspicious) {
            flows.eventLogs.erase(&flows.table[index].eventLog)
        }
        let opener = segment.flags.contains(.ack) ? segment.side.other : segment.side
        var event = flows.table[index].formerConnection(before: opener)
        let wasAlive = flows.table[index].marks.contains(.alive)
        flows.table[index].rebirth(by: segment)
        event.incarnation = flows.table[index].incarnation
        if wasAlive { flows.eventLogs.append(event, to: &flows.table[index].eventLog) }
    }

    @inline(never)
    mutating func follow(_ error: ICMPError, in frame: FrameFacts) {
        let (key, side) = FlowKey.of(error.quoted.source, error.quoted.destination)
        guard
            let index = flows.flow(
                quotedBy: error,
                key,
                side,
                in: frame.encapsulation,
                &tally
            )
        else {
            tally.unattachedICMPErrors &+= 1
            // One that quotes another number is old, or forged.
            if flows.table.find(key) == nil {
                aggregates.refusedSYNs.note(error, Event(error, side: side, in: frame))
            }
            return
        }
        if flows.table[index].note(error, from: side) {
            flows.table[index].marks.insert(.suspicious)
        }
        flows.table[index].lastTime = frame.time
        flows.table[index].lastPacket = frame.number
        var event = Event(error, side: side, in: frame)
        event.incarnation = flows.table[index].incarnation
        flows.eventLogs.append(event, to: &flows.table[index].eventLog)
        if flows.changes.areWanted { flows.noteChange(of: index) }
        if flows.attempts.isWanted { flows.noteDecision(of: index, at: frame.time) }
    }

    /// Takes down a RST of a responder: it may be one of many that a dying process leaves.
    @inline(never)
    mutating func noteMassReset(
        by segment: borrowing FlowSegment,
        _ news: Flow.Marks,
        on index: Int
    ) {
        if news.contains(.refused) {
            aggregates.massResets
                .noteRefusal(Event(segment), by: segment.source, of: segment.destination)
            return
        }
        let stream = Int(flows.table[index].streamState)
        if stream != 0, flows.table[index].phase == .reset,
            streams.states[stream].endBegin == segment.time
        {
            aggregates.massResets
                .noteReset(Event(segment), by: segment.source, of: segment.destination)
        }
    }

    mutating func conclude(_ flow: Flow) {
        conclude(flow, firstEvent: flows.eventLogs.first(on: flow.eventLog))
    }

    mutating func conclude(_ flow: Flow, firstEvent: Event?) {
        tally.outcomes[Int(flow.outcome.rawValue)] += 1
        if flows.attempts.isWanted { flows.noteEnd(of: flow) }
        tally.noteNumbers(of: flow)
        aggregates.note(flow) { firstEvent }
        if flows.collectsHandshakes { flows.noteHandshake(of: flow, &tally) }
    }
}
