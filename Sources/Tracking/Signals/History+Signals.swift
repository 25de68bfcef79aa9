extension Signals {
    /// Those of a history, from its parts.
    init(
        _ events: [Event],
        _ interpretations: [Interpretation],
        _ incarnations: [Incarnation],
        _ streams: [StreamSummary],
        isOneEnd: Bool
    ) {
        self.init()
        if isOneEnd { insert(.responderSYN) }
        var resets = 0
        for index in interpretations.indices {
            take(interpretations[index], of: events[index], &resets)
        }
        if resets > 1 { insert(.severalResets) }
        take(events)
        for incarnation in incarnations { take(incarnation) }
        for stream in streams { formUnion(stream.signals) }
    }

    private mutating func take(
        _ interpretation: Interpretation,
        of event: Event,
        _ resets: inout Int
    ) {
        switch interpretation {
        case .answer(let answer):
            insert(.answer)
            switch answer.subject {
            case .stale, .former: insert(.staleAnswer)
            case .unseen: insert(.unseenAnswer)
            case .unsolicited where answer.copy > 1: insert(.unseenAnswer)
            case .current, .unsolicited: break
            }
            if answer.linked.isEmpty, event.hasTimestamps, event.timestampEcho != 0 {
                insert(.foreignEcho)
            }
        case .reset(let reset):
            insert(.reset)
            resets += 1
            if case .rejects = reset.rule { insert(.rejection) }
        case .challenge: insert(.challenge)
        case .icmp: insert(.icmpError)
        case .responderSyn: insert(.responderSYN)
        case .former: insert(.former)
        case .duplicate: insert(.oddOptions)
        case .syn, .completion, .plain: break
        }
    }

    /// The options of a SYN-ACK that answer those of a SYN.
    private static let answering = TCPOptions.Presence(rawValue: 2 | 4 | 8)
    /// A SYN-ACK that has one of these is not bare, or nobody knows.
    private static let telling = TCPOptions.Presence(rawValue: 2 | 4 | 8 | 32 | 64)

    private mutating func take(_ events: [Event]) {
        // The options that all SYNs have, and that all SYN-ACKs have together.
        var (offered, answered) = (Self.answering, TCPOptions.Presence(rawValue: 0))
        var (hasECN, lacksECN) = (false, false)
        var (hasTimestamps, lacksTimestamps) = (false, false)
        var fins = 0
        for event in events {
            switch event.kind {
            case .syn:
                offered.formIntersection(event.options)
                if event.flags.isSuperset(of: [.ece, .cwr]) {
                    hasECN = true
                } else {
                    lacksECN = true
                }
                if event.options.contains(.fastOpen) || event.payloadLength > 0 {
                    insert(.fastOpen)
                }
            case .synAck:
                answered.formUnion(event.options.intersection(Self.answering))
                if event.options.isDisjoint(with: Self.telling) { insert(.bareAnswer) }
            case .fin:
                insert(.fin)
                fins += 1
                if !event.hasTimestamps { lacksTimestamps = true }
            case .data, .ack:
                if !event.hasTimestamps { lacksTimestamps = true }
            case .rst, .formerConnection, .addressClaim, .portmap: break
            case .icmp: continue
            }
            if event.hasTimestamps { hasTimestamps = true }
            if event.hasOptionFault { insert(.oddOptions) }
            if event.flags.contains(.syn), event.isSigned { insert(.signature) }
            if event.formerTimestamp != nil { insert(.fallenTimestamp) }
            if event.linkFacts.checksum == .wrong || event.linkFacts.outerChecksum == .wrong {
                insert(.wrongChecksum)
            }
        }
        if fins >= Signal.manyFINs { insert(.repetition) }
        if hasECN, lacksECN { insert(.mixedECN) }
        if !answered.isSubset(of: offered) || hasTimestamps && lacksTimestamps {
            insert(.oddOptions)
        }
    }

    private mutating func take(_ incarnation: Incarnation) {
        if incarnation.answers.count > 1 { insert(.severalAnswers) }
        if incarnation.completion != nil { insert(.completion) }
        if incarnation.attempts.count > 1 { insert(.severalAttempts) }
        guard incarnation.completion == nil, !incarnation.attempts.isEmpty else { return }
        if incarnation.attempts.count > 1 || incarnation.attempts[0].sendings.count > 1 {
            insert(.repeatedSYN)
        }
        if incarnation.answers.isEmpty { insert(.unansweredIncarnation) }
        if incarnation.attempts.contains(where: \.isUnanswered) {
            insert(.unansweredAttempt)
        }
    }
}

extension Attempt {
    fileprivate var isUnanswered: Bool {
        guard answers.isEmpty else { return false }
        return switch end {
        case nil, .refused: true
        case .completed, .withdrawn, .rejected: false
        }
    }
}
