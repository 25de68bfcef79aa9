import Tracking

/// A SYN of the responder while a SYN of the initiator was open, and what became of the two.
///
/// Both are connections that come up without the usual SYN-ACK: opened by both ends at once, or by
/// a responder that splits its SYN-ACK. All positions are indices into the events of the history.
struct ResponderOpening {
    let incarnation: Incarnation
    let attempt: Attempt
    /// Every sending of the responder's SYN; never empty.
    let sendings: [Int]
    /// The initiator's SYN-ACK to it, with the ISN of the initiator's own SYN.
    let acceptance: Int?
    /// The responder's SYN-ACK to the initiator's SYN, with the ISN of the responder's own SYN.
    let answer: Int?
    /// A bare ACK of the initiator's SYN before the responder's SYN.
    let announcement: Int?
    /// The responder's ACK of the initiator's SYN after the initiator's SYN-ACK.
    let confirmation: Int?

    var syn: Int { sendings[0] }
    /// Whether the responder took the initiator's SYN-ACK and never sent one itself.
    var isSplit: Bool { answer == nil && acceptance != nil && confirmation != nil }
}

extension History {
    /// The responder's SYN of an incarnation; `nil` where the initiator's attempt had ended before,
    /// or where the responder answers with another ISN than that of its SYN.
    func responderOpening(of incarnation: Incarnation) -> ResponderOpening? {
        guard let syn = incarnation.events.first(where: { interpretations[$0] == .responderSyn }),
            let attempt = incarnation.attempts.last(where: { $0.first < syn }),
            attempt.end.map({ $0.event > syn }) ?? true
        else { return nil }
        let (own, other) = (attempt.initialSequence, events[syn].sequence)
        let answers = incarnation.answers.filter { acknowledges($0, attempt) }
        let isOfOneSocket = answers.allSatisfy { $0 > syn && events[$0].sequence == other }
        guard isOfOneSocket else { return nil }
        let acceptance = incarnation.events.first { index in
            let event = events[index]
            return event.kind == .synAck && isFrom(incarnation.initiator, index)
                && event.sequence == own
                && event.acknowledgment == other.advanced(by: 1)
        }
        func acknowledgment(in range: Range<Int>) -> Int? {
            range.first { index in
                [.ack, .data, .fin].contains(events[index].kind)
                    && !isFrom(incarnation.initiator, index) && acknowledges(index, attempt)
            }
        }
        return ResponderOpening(
            incarnation: incarnation,
            attempt: attempt,
            sendings: incarnation.events.filter {
                interpretations[$0] == .responderSyn && events[$0].sequence == other
            },
            acceptance: acceptance,
            answer: answers.first,
            announcement: acknowledgment(in: attempt.first..<syn),
            confirmation: acceptance.flatMap {
                acknowledgment(in: $0..<incarnation.events.upperBound)
            }
        )
    }

    private func isFrom(_ side: Side, _ index: Int) -> Bool { events[index].side == side }

    private func acknowledges(_ index: Int, _ attempt: Attempt) -> Bool {
        attempt.isAnswered(by: events[index].acknowledgment)
    }
}
