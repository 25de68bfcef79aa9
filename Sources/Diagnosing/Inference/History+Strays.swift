import Tracking

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
