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

/// Which of several SYN-ACKs a client answered.
extension History {
    /// What became of the first of some SYN-ACKs that came again, where the ACK at the end echoes
    /// its timestamp: it had arrived.
    enum FirstAnswer: Hashable, Sendable {
        /// The client asked again meanwhile, so it came late.
        case late
        /// The ACK came at the heels of a copy: an earlier one was lost.
        case ackLost
    }

    /// A packet comes at the heels of a copy within such a part of the time that lies between the
    /// copies.
    private static let heel: Int64 = 5

    /// Whether a reply comes so soon after the second of two sendings that it answers that one.
    func isAtHeels(_ reply: Int, of second: Int, after first: Int) -> Bool {
        delay(from: second, to: reply) < delay(from: first, to: second) / Self.heel
    }

    /// - Returns: `nil` where the ACK at `completion` does not tell.
    func firstAnswer(
        of answers: [Int],
        to attempt: Attempt,
        by completion: Int
    ) -> FirstAnswer? {
        guard isFirstAnswered(of: answers, by: completion), let first = answers.first,
            let last = answers.last
        else { return nil }
        if attempt.sendings.contains(where: { $0 > first && $0 < completion }) { return .late }
        return isAtHeels(completion, of: last, after: first) ? .ackLost : nil
    }

    /// Whether the ACK at `completion` echoes the timestamp of the first of some SYN-ACKs, and no
    /// other's (RFC 7323 §4.3).
    private func isFirstAnswered(of answers: [Int], by completion: Int) -> Bool {
        guard let first = answers.first, answers.count > 1, events[completion].hasTimestamps,
            events[first].hasTimestamps
        else { return false }
        let echo = events[completion].timestampEcho
        return answers.filter { events[$0].timestampValue == echo } == [first]
    }
}

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

/// SYN-ACKs that nobody asked for.
extension History {
    /// An answer comes within this time, in nanoseconds.
    private static let answerTimeout: Int64 = 3_000_000_000

    /// The SYN-ACKs that answer an attempt, and come from another address than the one that was
    /// asked.
    func unsolicitedSYNACKs(answering attempt: Attempt) -> [UnsolicitedSYNACKs.Reply] {
        let question = UnsolicitedSYNACKs.Question(
            of: initiator,
            to: responder.port,
            initialSequence: attempt.initialSequence
        )
        return capture.unsolicitedSYNACKs.answers(to: question).filter { unsolicited in
            let isInTime = attempt.sendings.contains { sending in
                let delay = unsolicited.answer.time - events[sending].time
                return (-TimingTolerance.reordering...Self.answerTimeout).contains(delay)
            }
            guard unsolicited.sender != responder.address, isInTime else { return false }
            let echo = unsolicited.answer.timestampEcho
            return !unsolicited.answer.hasTimestamps || echo == 0
                || attempt.sendings.contains { events[$0].timestampValue == echo }
        }
    }
}
