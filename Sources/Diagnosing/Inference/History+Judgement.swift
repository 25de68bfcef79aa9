import Tracking

/// What several detectors ask of a history.
extension History {
    /// Whether an ICMP error was sent by the very host that the quoted segment was sent to.
    package func isRefusedByReceiver(_ index: Int) -> Bool {
        let receiver = events[index].side == initiatorSide ? responder : initiator
        return events[index].icmpSender == receiver.address
    }

    func errorSender(of event: Event) -> ErrorSender {
        if event.icmpSender == initiator.address { return .initiator }
        return event.icmpSender == responder.address ? .responder : .other
    }

    /// The incarnation that an event belongs to.
    package func incarnation(of index: Int) -> Incarnation {
        incarnations.last { $0.events.lowerBound <= index } ?? incarnations[0]
    }

    /// Whether an incarnation had more trouble than its handshake survived.
    func severity(of incarnation: Incarnation) -> Severity {
        incarnation.isEstablished ? .warning : .error
    }
}
