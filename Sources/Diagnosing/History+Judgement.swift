import Tracking

/// What several detectors ask of a history.
extension History {
    /// Reactions faster than this are those of the capturing host itself, in nanoseconds.
    private static let localReaction: Int64 = 100_000
    /// One end must react that many times faster than the other to be the nearer one.
    private static let vantageRatio: Int64 = 2
    /// A flow that begins so soon after the capture may have begun before it, in nanoseconds.
    private static let captureStartSlack: Int64 = 5_000_000_000

    /// Which end the capture was made at, by who reacts faster.
    package var vantage: Vantage {
        let (initiator, responder) = fastestReactions
        guard let initiator, let responder else { return .unknown }
        if initiator <= Self.localReaction, initiator * Self.vantageRatio <= responder {
            return .client
        }
        if responder <= Self.localReaction, responder * Self.vantageRatio <= initiator {
            return .server
        }
        return .unknown
    }

    /// How fast each end answered at best, in nanoseconds: the initiator a SYN-ACK, the responder a SYN.
    package var fastestReactions: (initiator: Int64?, responder: Int64?) {
        var best: (Int64?, Int64?)
        for index in events.indices {
            guard let question = question(before: index) else { continue }
            let delay = delay(from: question, to: index)
            guard delay >= 0 else { continue }
            if events[question].kind == .syn {
                best.1 = min(best.1 ?? .max, delay)
            } else {
                best.0 = min(best.0 ?? .max, delay)
            }
        }
        return best
    }

    /// The SYN or SYN-ACK that the event at `index` answers.
    private func question(before index: Int) -> Int? {
        switch readings[index] {
        case .answer(let answer):
            let sendings = life(of: index).attempts.flatMap(\.sendings).sorted().filter {
                $0 < index
            }
            if !answer.linked.isEmpty {
                return sendings.first { events[$0].timestampValue == events[index].timestampEcho }
            }
            guard case .current(let ordinal) = answer.subject else { return nil }
            return life(of: index).attempts.first { $0.ordinal == ordinal }?.sendings.last {
                $0 < index
            }
        case .reset(let reset):
            switch reset.rule {
            case .refusesSyn(let ordinal):
                return life(of: index).attempt(ordinal).sendings.last { $0 < index }
            case .rejects(let event) where events[event].kind == .synAck: return event
            case .rejects, .answersSecondSyn, .aborts: return nil
            }
        case .icmp(let event?):
            let isOwn = isRefusedByReceiver(index)
            return isOwn && [.syn, .synAck].contains(events[event].kind) ? event : nil
        case .completion(let ordinal):
            return life(of: index).attempt(ordinal).answers.last { $0 < index }
        case .challenge(let ordinal):
            return life(of: index).attempt(ordinal).sendings.last { $0 < index }
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
    func guards(for life: Incarnation) -> [Guard] {
        var guards: [Guard] = []
        if let first = life.attempts.first?.first, life.number == 0,
            events[first].time - capture.begin < Self.captureStartSlack
        {
            guards.append(.captureBeganMidFlow)
        }
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
