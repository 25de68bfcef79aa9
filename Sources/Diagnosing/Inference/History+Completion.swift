import Tracking

/// What speaks against a handshake that ended as soon as it was complete.
extension History {
    /// Whether more than the handshake happened before what seems to complete it: then that came
    /// late, or the capture missed the right one.
    func isOver(before completion: Int, in incarnation: Incarnation) -> Bool {
        let attempt = incarnation.attempts.last { $0.end == .completed(completion) }
        guard let answer = attempt?.answers.last(where: { $0 < completion }) else {
            return !isFromInitiator(events[completion])
        }
        return (answer...completion).contains { index in
            if case .reset(let reset) = interpretations[index] { return reset.rule == .aborts }
            let isData = events[index].payloadLength > 0
            return events[index].kind == .fin || isData && !isFromInitiator(events[index])
        }
    }

    /// Whether the numbers of a RST leave no room for anything that the responder had said and the
    /// capture missed.
    func isBeforeAnswers(_ reset: Event, in incarnation: Incarnation) -> Bool {
        guard let answer = incarnation.answers.last.map({ events[$0] }) else { return false }
        if !isFromInitiator(reset) { return reset.sequence == answer.sequenceEnd }
        return !reset.flags.contains(.ack) || reset.acknowledgment == answer.sequenceEnd
    }

    /// Whether the initiator had sent anything but SYNs: then the connection was up for it,
    /// whatever it rejects.
    func hasSentData(before reset: Int, in incarnation: Incarnation) -> Bool {
        incarnation.events.prefix { $0 < reset }.contains { index in
            isFromInitiator(events[index])
                && [.ack, .data, .fin, .rst].contains(events[index].kind)
        }
    }
}
