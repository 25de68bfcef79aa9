/// What RSTs and ICMP errors are about.
extension EventInterpreter {
    /// A half-open entry lives no longer without a SYN, in nanoseconds: five retransmissions of a
    /// SYN-ACK.
    private static let entryLifetime: Int64 = 63_000_000_000
    /// Of several segments that a refusal may be about it is taken for that of the oldest within
    /// this time, in nanoseconds.
    private static let replyWindow: Int64 = 200_000_000
    /// A refusal is about one of so many events before it.
    private static let lookBack = 512

    mutating func readReset(_ index: Int, in incarnation: Int) -> Reset {
        let rule = rule(of: index, in: incarnation)
        let isRejection = if case .rejects = rule { true } else { false }
        return Reset(rule: rule, form: Reset.Form(of: events[index], rejecting: isRejection))
    }

    private mutating func rule(of index: Int, in incarnation: Int) -> Reset.Rule {
        let event = events[index]
        let isFromInitiator = event.side == incarnations[incarnation].initiator
        if event.flags.contains(.ack), !isFromInitiator,
            let attempt = attempt(answeredBy: event.acknowledgment, in: incarnation),
            isOpen(attempt, for: event, in: incarnation)
        {
            end(attempt, .refused(index), in: incarnation)
            if endsOwnEntry(index, in: incarnation) { return .aborts }
            return hadEntry(for: attempt, at: index, in: incarnation)
                ? .answersSecondSyn(attempt: attempt.ordinal)
                : .refusesSyn(attempt: attempt.ordinal)
        }
        guard !event.flags.contains(.ack) else { return .aborts }
        let candidates = recent(before: index, in: incarnation).filter { earlier in
            events[earlier].side != event.side && events[earlier].kind != .icmp
                && events[earlier].flags.contains(.ack)
                && events[earlier].acknowledgment == event.sequence && !isDuplicate(earlier)
        }
        if isFromInitiator,
            let own = attempt(answeredBy: event.sequence, in: incarnation)
        {
            end(own, .withdrawn(index), in: incarnation)
        }
        let free = candidates.filter { rejections[$0] == nil }
        guard let subject = choose(among: free, for: index) ?? candidates.last else {
            return .aborts
        }
        if rejections[subject] == nil { rejections[subject] = index }
        return .rejects(subject)
    }

    /// Whether a RST that acknowledges an attempt can be for its SYN: no attempt has come up, or
    /// another one, and the RST comes late and from no socket.
    private func isOpen(_ attempt: Attempt, for reset: Event, in incarnation: Int) -> Bool {
        guard incarnations[incarnation].completion != nil else { return true }
        if case .completed = attempt.end { return false }
        return Reset.Form(of: reset, rejecting: false) == .passiveToSYN
    }

    mutating func readError(_ index: Int, in incarnation: Int) -> Interpretation {
        let event = events[index]
        let candidates = recent(before: index, in: incarnation).filter { earlier in
            let other = events[earlier]
            guard other.side == event.side, other.kind != .icmp, other.kind != .formerConnection,
                other.sequence == event.sequence, !isDuplicate(earlier)
            else { return false }
            return !event.hasQuotedFlags
                || other.flags == event.flags && other.acknowledgment == event.acknowledgment
        }
        let free = candidates.filter { !refused.contains($0) }
        let subject = choose(among: free, for: index) ?? candidates.last
        if let subject {
            refused.insert(subject)
            if case .syn(let ordinal, _) = interpretations[subject],
                event.isUnreachable || event.isTimeExceeded
            {
                end(incarnations[incarnation].attempt(ordinal), .rejected(index), in: incarnation)
            }
        }
        return .icmp(about: subject)
    }

    private func recent(before index: Int, in incarnation: Int) -> Range<Int> {
        incarnations[incarnation].events.prefix(upTo: index).suffix(Self.lookBack)
    }

    /// Which of several equal segments a refusal answers: they are answered in turn, and soon.
    private func choose(among free: [Int], for index: Int) -> Int? {
        free.first { events[index].time - events[$0].time <= Self.replyWindow } ?? free.last
    }

    /// Whether a RST of the responder goes on from a SYN-ACK of its own: a live socket gives up.
    private func endsOwnEntry(_ index: Int, in incarnation: Int) -> Bool {
        incarnations[incarnation].answers.contains {
            $0 < index && events[$0].sequence.advanced(by: 1) == events[index].sequence
                && events[$0].acknowledgment == events[index].acknowledgment
        }
    }

    /// Whether the responder held a half-open entry when the attempt's SYN was sent: a SYN-ACK of
    /// it is not old, and another attempt was open, or the initiator had not reset that SYN-ACK
    /// before.
    private func hadEntry(for attempt: Attempt, at index: Int, in incarnation: Int) -> Bool {
        let syn = attempt.first
        let isAlone = incarnations[incarnation].attempts.prefix(attempt.ordinal - 1).allSatisfy {
            other in
            other.end.map { $0.event < syn } ?? false
        }
        return incarnations[incarnation].answers.contains { answer in
            guard answer < index, events[index].time - events[answer].time <= Self.entryLifetime,
                events[answer].kind == .synAck
            else { return false }
            guard answer < syn, isAlone else { return true }
            return !(answer..<syn).contains { between in
                events[between].kind == .rst && events[between].side != events[answer].side
                    && events[between].sequence == events[answer].acknowledgment
            }
        }
    }
}
