/// How flows leave the tracker: for want of room, or at the end of the input.
extension Tracker {
    mutating func evict() {
        guard let index = flows.quietest() else { return }
        conclude(flows[index])
        let flow = flows[index]
        let isOneOfMany = flow.isMute && census.isFlooded(flow.key[flow.initiator.other])
        if !isOneOfMany, let events = handOver(flow) { departed.append(events) }
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
            firstPacket: events.first?.packet ?? flow.firstPacket,
            isMute: flow.isMute
        )
    }

    /// Takes the flows that had to go early.
    package mutating func takeDeparted() -> [FlowEvents] {
        defer { departed.removeAll() }
        return departed
    }

    /// Closes every account at the end of the input: after it, the census, the tally and the facts are
    /// whole.
    package mutating func close() {
        tally.eventsRefused = tapes.refused
        for index in 0..<flows.recordCount where flows[index].marks.contains(.inUse) {
            conclude(flows[index])
            if flows[index].marks.contains(.slow) {
                handshakeTimes.want(flows[index].responder.address)
            }
        }
        census.settle()
        compare()
    }

    /// Closes every account and hands `body` the noteworthy flows in the order of their first packet.
    package mutating func finish(_ body: (FlowEvents) -> Void) {
        close()
        forEachNoteworthy(body)
    }

    /// Looks at the connections that came up, where they tell something of those that did not, or not well.
    private mutating func compare() {
        for index in 0..<flows.recordCount where flows[index].marks.contains(.inUse) {
            let flow = flows[index]
            if flow.marks.contains(.completed) {
                if let place = census.placeOfMany(to: flow.responder) {
                    census.noteEstablished(at: place)
                }
                if !handshakeTimes.isEmpty, flow.marks.contains(.timed) {
                    let duration = UInt64(flow.legs.0) + UInt64(flow.legs.1)
                    handshakeTimes.note(duration, of: flow.responder.address)
                }
            } else if isAnsweredFromElsewhere(flow) {
                flows[index].marks.insert(.noteworthy)
            }
        }
        handshakeTimes.settle()
        for index in 0..<flows.recordCount
        where flows[index].marks.isSuperset(of: [.inUse, .slow]) && isSlow(flows[index]) {
            flows[index].marks.insert(.noteworthy)
        }
    }

    private borrowing func isAnsweredFromElsewhere(_ flow: Flow) -> Bool {
        guard !strays.isEmpty, flow.synAcks == 0, flow.syns > 0 else { return false }
        let question = StrayAnswers.Question(
            of: flow.key[flow.initiator],
            to: flow.responder.port,
            initialSequence: flow[flow.initiator].initialSequence
        )
        return strays.answers(to: question).contains { $0.sender != flow.responder.address }
    }

    /// Whether a handshake took much longer than those with the same host do.
    private borrowing func isSlow(_ flow: Flow) -> Bool {
        handshakeTimes.isSlow(
            flow.legs.0 &+ flow.legs.1,
            with: flow.responder.address
        )
    }

    /// Hands `body` the noteworthy flows in the order of their first packet; only after `close()`.
    package borrowing func forEachNoteworthy(_ body: (FlowEvents) -> Void) {
        var noteworthy: [(firstPacket: UInt64, index: Int)] = []
        for index in 0..<flows.recordCount where flows[index].marks.contains(.inUse) {
            if flows[index].isNoteworthy, let event = tapes.first(on: flows[index].tape) {
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
            body(flows[index].key[flows[index].initiator], flows[index].responder)
        }
    }
}

extension Flow {
    var responder: Endpoint { key[initiator.other] }

    /// Whether it was tried but once, and nobody sent any data.
    var isMute: Bool {
        attempts <= 1 && incarnation == 0
            && low.marks.union(high.marks).isDisjoint(with: .sentData)
    }
}
