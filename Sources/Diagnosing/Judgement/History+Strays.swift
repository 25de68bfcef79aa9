import Tracking

extension History {
    /// An answer comes within this time, in nanoseconds.
    private static let patience: Int64 = 3_000_000_000

    /// The SYN-ACKs that answer an attempt, and come from another address than the one that was asked.
    func strays(answering attempt: Attempt) -> [StrayAnswers.Stray] {
        let question = StrayAnswers.Question(
            of: initiator,
            to: responder.port,
            initialSequence: attempt.initialSequence
        )
        return capture.strays.answers(to: question).filter { stray in
            let isInTime = attempt.sendings.contains { sending in
                let delay = stray.answer.time - events[sending].time
                return (-Leeway.reordering...Self.patience).contains(delay)
            }
            guard stray.sender != responder.address, isInTime else { return false }
            let echo = stray.answer.timestampEcho
            return !stray.answer.hasTimestamps || echo == 0
                || attempt.sendings.contains { events[$0].timestampValue == echo }
        }
    }
}
