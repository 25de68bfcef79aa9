import Tracking

/// What several detectors ask of a history.
extension History {
    /// Reactions faster than this may be those of the capturing host itself, in nanoseconds.
    private static let localReaction: Int64 = 50_000
    /// And then the other end must be that many times slower.
    private static let vantageRatio: Int64 = 2
    /// An end that reacts so many times faster than the other is the nearer one at any speed.
    private static let clearRatio: Int64 = 20
    /// A flow that begins so soon after the capture may have begun before it, in nanoseconds.
    private static let captureStartSlack: Int64 = 5_000_000_000

    /// Which end the capture was made at, by who reacts faster.
    package var vantage: Vantage {
        let (initiator, responder) = fastestReactions
        guard let initiator, let responder else { return .unknown }
        if isNear(initiator, than: responder) { return .client }
        if isNear(responder, than: initiator) { return .server }
        return .unknown
    }

    private func isNear(_ reaction: Int64, than other: Int64) -> Bool {
        let (least, most) = (max(reaction, 1), max(other, 1))
        return least <= Self.localReaction && least * Self.vantageRatio <= most
            || least * Self.clearRatio <= most
    }

    /// How fast each end answered at best, in nanoseconds: the initiator a SYN-ACK, the responder a SYN.
    package var fastestReactions: (initiator: Int64?, responder: Int64?) {
        var best: (initiator: Int64?, responder: Int64?)
        for life in incarnations {
            // The first SYN with each timestamp, and the newest of all: what the events after them answer.
            var firstWithTimestamp: [UInt32: Int] = [:]
            for index in life.events {
                if case .syn = readings[index] {
                    let value = events[index].timestampValue
                    if firstWithTimestamp[value] == nil { firstWithTimestamp[value] = index }
                }
                guard let question = question(before: index, in: life, firstWithTimestamp) else {
                    continue
                }
                let delay = delay(from: question, to: index)
                guard delay >= 0 else { continue }
                if events[question].kind == .syn {
                    best.responder = min(best.responder ?? .max, delay)
                } else {
                    best.initiator = min(best.initiator ?? .max, delay)
                }
            }
        }
        return best
    }

    /// The SYN or SYN-ACK that the event at `index` answers.
    private func question(
        before index: Int,
        in life: Incarnation,
        _ firstWithTimestamp: [UInt32: Int]
    ) -> Int? {
        func sending(of ordinal: Int) -> Int? {
            guard ordinal <= life.attempts.count else { return nil }
            return life.attempt(ordinal).sendings.last { $0 < index }
        }
        switch readings[index] {
        case .answer(let answer):
            if !answer.linked.isEmpty { return firstWithTimestamp[events[index].timestampEcho] }
            guard case .current(let ordinal) = answer.subject else { return nil }
            return sending(of: ordinal)
        case .reset(let reset):
            switch reset.rule {
            case .refusesSyn(let ordinal): return sending(of: ordinal)
            case .rejects(let event) where events[event].kind == .synAck: return event
            case .rejects, .answersSecondSyn, .aborts: return nil
            }
        case .icmp(let event?):
            let isOwn = isRefusedByReceiver(index)
            return isOwn && [.syn, .synAck].contains(events[event].kind) ? event : nil
        case .completion(let ordinal):
            guard ordinal <= life.attempts.count, ordinal > 0 else { return nil }
            return life.attempt(ordinal).answers.last { $0 < index }
        case .challenge(let ordinal, _):
            return sending(of: ordinal)
        case .syn, .responderSyn, .icmp, .duplicate, .former, .plain:
            return nil
        }
    }

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
    package func life(of index: Int) -> Incarnation {
        incarnations.last { $0.events.lowerBound <= index } ?? incarnations[0]
    }

    /// The guards that apply to every finding about an incarnation.
    func guards(for life: Incarnation, isPending: Bool) -> [Guard] {
        var guards: [Guard] = []
        if let first = life.attempts.first?.first, life.number == 0,
            events[first].time - capture.begin < Self.captureStartSlack
        {
            guards.append(.captureBeganMidFlow)
        }
        if isPending { guards.append(.captureEnded) }
        if omitted > 0 { guards.append(.tapeFull) }
        let hasDuplicates = readings[life.events].contains {
            if case .duplicate = $0 { true } else { false }
        }
        if hasDuplicates { guards.append(.duplicates) }
        return guards
    }

    /// Whether a life had more trouble than its handshake survived.
    func severity(of life: Incarnation) -> Severity {
        life.isEstablished ? .warning : .error
    }
}
