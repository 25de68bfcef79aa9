/// Which SYN an answer is for.
extension EventInterpreter {
    /// How far below the former connection's last octet an acknowledgment still belongs to it.
    private static let formerReach: Int32 = 1 << 20
    /// Without timestamps an answer so soon is taken for one that crossed the newer SYN, in
    /// nanoseconds.
    private static let promptAnswer: Int64 = 2_000_000

    /// No SYN this much later was sent before an answer, in nanoseconds.
    private static let farAhead: Int64 = 1_000_000_000

    /// Answers that the capture shows just before their question.
    func earlyAnswers(to syn: Event, in incarnation: Int) -> [Int] {
        incarnations[incarnation].answers.filter {
            events[$0].acknowledgment == syn.sequence.advanced(by: 1)
                && syn.time - events[$0].time <= TimingTolerance.reordering
        }
    }

    func linkedAttempts(to index: Int, in incarnation: Int) -> [Int] {
        let event = events[index]
        guard event.hasTimestamps, event.timestampEcho != 0 else { return [] }
        return incarnations[incarnation].attempts.filter { attempt in
            attempt.sendings.contains {
                events[$0].hasTimestamps && events[$0].timestampValue == event.timestampEcho
            }
        }.map(\.ordinal)
    }

    func subject(
        of index: Int,
        copy: Int,
        linked: [Int],
        in incarnation: Int
    ) -> Answer.Subject {
        let event = events[index]
        let attempts = incarnations[incarnation].attempts
        if let attempt = attempt(answeredBy: event.acknowledgment, in: incarnation) {
            // A SYN that was sent again after all others is the newest.
            guard attempts.contains(where: { $0.last > attempt.last }) else {
                return .current(attempt: attempt.ordinal)
            }
            let reason = staleReason(
                index,
                of: attempt,
                copy: copy,
                linked: linked,
                in: incarnation
            )
            return .stale(attempt: attempt.ordinal, reason)
        }
        if isAnsweredByLaterSyn(index, in: incarnation) {
            return .current(attempt: attempts.count + 1)
        }
        if belongsToFormer(event.acknowledgment, in: incarnation) { return .former }
        // Its SYN may be among what was not kept.
        let mayBeLost = gap.map { index >= $0 } ?? false
        return attempts.isEmpty || mayBeLost ? .unsolicited : .unseen
    }

    private func staleReason(
        _ index: Int,
        of attempt: Attempt,
        copy: Int,
        linked: [Int],
        in incarnation: Int
    ) -> Answer.StaleReason {
        if !linked.isEmpty, !linked.contains(attempt.ordinal) { return .halfOpenEntry }
        let newest = incarnations[incarnation].attempts.count
        let newestIsAnswered = !incarnations[incarnation].attempt(newest).answers.isEmpty
        if newestIsAnswered, linked.isEmpty || linked == [attempt.ordinal] {
            return .delayedDuplicate
        }
        if copy > 1 { return .retained }
        let delay = events[index].time - events[attempt.last].time
        return linked.contains(attempt.ordinal) || delay <= Self.promptAnswer ? .crossed : .late
    }

    /// Whether the SYN that this answers stands just behind it in the capture.
    private func isAnsweredByLaterSyn(_ index: Int, in incarnation: Int) -> Bool {
        let event = events[index]
        for later in incarnations[incarnation].events.suffix(from: index + 1) {
            let lead = events[later].time - event.time
            // Clocks step back by less.
            if lead > Self.farAhead { return false }
            if events[later].kind == .syn, events[later].side != event.side,
                lead <= TimingTolerance.reordering,
                events[later].sequence.advanced(by: 1) == event.acknowledgment
            {
                return true
            }
        }
        return false
    }

    private func belongsToFormer(_ acknowledgment: SequenceNumber, in incarnation: Int) -> Bool {
        if let former = incarnations[incarnation].former {
            let distance = acknowledgment.distance(to: events[former].sequence)
            if (0...Self.formerReach).contains(distance) { return true }
        }
        return incarnations[..<incarnation].contains { earlier in
            earlier.attempts.contains { $0.isAnswered(by: acknowledgment) }
        }
    }
}
