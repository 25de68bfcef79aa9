/// What becomes of a flow between its packets: another life, an error about it, its account.
extension Tracker {
    /// Closes the account of the flow's present connection and opens one for the next.
    mutating func rebirth(_ index: Int, by segment: borrowing FlowSegment) {
        settleOpenStream(of: index, at: segment.time)
        conclude(flows[index])
        tally.attempts &+= 1
        if !flows[index].marks.contains(.suspicious) { eventLogs.erase(&flows[index].eventLog) }
        let opener = segment.flags.contains(.ack) ? segment.side.other : segment.side
        var event = flows[index].formerConnection(before: opener)
        let wasAlive = flows[index].marks.contains(.alive)
        flows[index].rebirth(by: segment)
        event.incarnation = flows[index].incarnation
        if wasAlive { eventLogs.append(event, to: &flows[index].eventLog) }
    }

    @inline(never)
    mutating func follow(_ error: ICMPError, in frame: FrameFacts) {
        let (key, side) = FlowKey.of(error.quoted.source, error.quoted.destination)
        guard let index = flow(quotedBy: error, key, side, in: frame.encapsulation) else {
            tally.unattachedICMPErrors &+= 1
            return
        }
        if flows[index].note(error, from: side) { flows[index].marks.insert(.suspicious) }
        flows[index].lastTime = frame.time
        flows[index].lastPacket = frame.number
        var event = Event(error, side: side, in: frame)
        event.incarnation = flows[index].incarnation
        eventLogs.append(event, to: &flows[index].eventLog)
        if changes.areWanted { noteChange(of: index) }
    }

    /// Takes down a RST of a responder: it may be one of many that a dying process leaves.
    @inline(never)
    mutating func noteMassReset(
        by segment: borrowing FlowSegment,
        _ news: Flow.Marks,
        on index: Int
    ) {
        let flow = flows[index]
        let event = Event(segment)
        if news.contains(.refused) {
            aggregates.massResets
                .noteRefusal(event, by: segment.source, of: segment.destination)
        } else if flow.streamState != 0, flow.phase == .reset,
            streamStates[Int(flow.streamState)].endBegin == segment.time
        {
            aggregates.massResets.noteReset(event, by: segment.source, of: segment.destination)
        }
    }

    mutating func conclude(_ flow: Flow) {
        conclude(flow, firstEvent: eventLogs.first(on: flow.eventLog))
    }

    mutating func conclude(_ flow: Flow, firstEvent: Event?) {
        tally.outcomes[Int(flow.outcome.rawValue)] += 1
        aggregates.note(flow) { firstEvent }
        guard collectsHandshakes else { return }
        let isRoom = handshakes.count < handshakeLimit
        if isRoom { handshakes.append(flow.handshake) } else { tally.handshakesOmitted += 1 }
    }

    /// As many local and as many remote hosts are remembered.
    private static let hostLimit = 1024

    /// Takes down a host whose packet was captured before its network card had it.
    mutating func noteLocal(_ host: Address) {
        if localHosts.count < Self.hostLimit, !remoteHosts.contains(host) {
            localHosts.insert(host)
        }
    }

    /// Takes down a host whose packet came in: a gateway sends out what is not its own, too.
    mutating func noteRemote(_ host: Address) {
        if remoteHosts.count < Self.hostLimit { remoteHosts.insert(host) }
        localHosts.remove(host)
    }

    /// Takes down how a connection came up.
    @inline(never)
    static func noteCompletion(
        of flow: borrowing Flow,
        _ times: inout HandshakeTimes,
        _ clocks: inout AcceptedTimestamps
    ) {
        let isHigh = flow.marks.contains(.initiatorIsHigh)
        let responder = isHigh ? flow.key.lowAddress : flow.key.highAddress
        if flow.marks.contains(.timed) {
            times.note(flow.synToSYNACK &+ flow.synackToACK, of: responder)
        }
        clocks.note(
            isHigh ? flow.high.timestamp : flow.low.timestamp,
            at: flow.lastTime,
            of: isHigh ? flow.key.highAddress : flow.key.lowAddress,
            with: responder
        )
    }
}
