extension History {
    /// What sorts of things a history holds, taken down once, so that nobody looks for what it cannot hold.
    package struct Traits: OptionSet, Hashable, BitwiseCopyable, Sendable {
        package let rawValue: UInt32

        package init(rawValue: UInt32) {
            self.rawValue = rawValue
        }

        /// A life with two attempts or more.
        package static let severalAttempts = Traits(rawValue: 1)
        /// A life that did not come up, and the initiator sent two SYNs or more in it.
        package static let repeatedSYN = Traits(rawValue: 1 << 1)
        /// A life that did not come up, with an attempt that has neither an answer nor an end, or was refused, which a
        /// device may have done long after.
        package static let unansweredAttempt = Traits(rawValue: 1 << 2)
        /// A life that did not come up, and in which no SYN-ACK answered.
        package static let unansweredIncarnation = Traits(rawValue: 1 << 3)
        /// The ACK that completes a handshake.
        package static let completion = Traits(rawValue: 1 << 4)
        /// A SYN-ACK of the responder.
        package static let answer = Traits(rawValue: 1 << 5)
        /// A life with two SYN-ACKs or more.
        package static let severalAnswers = Traits(rawValue: 1 << 6)
        /// A SYN-ACK for a SYN that another had replaced, or for the connection before.
        package static let staleAnswer = Traits(rawValue: 1 << 7)
        /// A SYN-ACK for a SYN that was not captured, beside SYNs that were, or again and again.
        package static let unseenAnswer = Traits(rawValue: 1 << 8)
        /// A SYN-ACK with the echo of a timestamp that no SYN of its life carried.
        package static let foreignEcho = Traits(rawValue: 1 << 9)
        /// A SYN-ACK without any option but the segment size.
        package static let bareAnswer = Traits(rawValue: 1 << 10)
        /// A bare ACK of the responder in answer to a SYN.
        package static let challenge = Traits(rawValue: 1 << 11)
        package static let reset = Traits(rawValue: 1 << 12)
        package static let severalResets = Traits(rawValue: 1 << 13)
        /// A RST that rejects a segment.
        package static let rejection = Traits(rawValue: 1 << 14)
        package static let icmpError = Traits(rawValue: 1 << 15)
        /// A SYN of the responder, or both ends are one.
        package static let responderSYN = Traits(rawValue: 1 << 16)
        /// What is remembered of a connection before.
        package static let former = Traits(rawValue: 1 << 17)
        /// SYNs that ask for ECN and SYNs that do not.
        package static let mixedECN = Traits(rawValue: 1 << 18)
        /// A SYN with a Fast Open option or data.
        package static let fastOpen = Traits(rawValue: 1 << 19)
        /// Options that may break a rule: by themselves, in a SYN-ACK more than each SYN offers, timestamps in some
        /// segments only, or a packet that was captured twice.
        package static let oddOptions = Traits(rawValue: 1 << 20)
        /// A timestamp that fell back.
        package static let fallenTimestamp = Traits(rawValue: 1 << 21)
        package static let wrongChecksum = Traits(rawValue: 1 << 22)
        package static let fin = Traits(rawValue: 1 << 23)
        /// A connection that came up, and of which it is known what was said.
        package static let stream = Traits(rawValue: 1 << 24)
        /// One on which nobody sent data.
        package static let silence = Traits(rawValue: 1 << 25)
        /// One on which somebody did.
        package static let data = Traits(rawValue: 1 << 26)
        /// One on which data, FINs or probes were sent again and again.
        package static let repetition = Traits(rawValue: 1 << 27)
        /// One that is a TLS session.
        package static let tls = Traits(rawValue: 1 << 28)
        /// One on which something made no progress.
        package static let stall = Traits(rawValue: 1 << 29)
        /// A SYN or SYN-ACK with a signature, or a SYN without one to a host that signs what it sends.
        package static let signature = Traits(rawValue: 1 << 30)
        /// All that tells what was said on a connection.
        package static let ofStreams: Traits = [
            .stream, .silence, .data, .repetition, .tls, .stall,
        ]
    }
}

extension History.Traits {
    /// Those of a history, from its parts.
    init(
        _ events: [Event],
        _ interpretations: [Interpretation],
        _ incarnations: [Incarnation],
        _ streams: [StreamSummary],
        isOneEnd: Bool
    ) {
        var traits = Self(rawValue: isOneEnd ? Self.responderSYN.rawValue : 0)
        var resets = 0
        for index in interpretations.indices {
            traits.take(interpretations[index], of: events[index], &resets)
        }
        if resets > 1 { traits.insert(.severalResets) }
        traits.take(events)
        for incarnation in incarnations { traits.take(incarnation) }
        for stream in streams { traits.take(stream) }
        self = traits
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

    /// More FINs than two ends and a lost packet or two need.
    private static let fewFINs = 5

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
            if event.linkFacts.checksum == .wrong { insert(.wrongChecksum) }
        }
        if fins > Self.fewFINs { insert(.repetition) }
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

    private mutating func take(_ stream: StreamSummary) {
        insert(.stream)
        if stream.tls != nil { insert(.tls) }
        insert(stream.hasData ? .data : .silence)
        if let stall = stream.stall {
            insert(.stall)
            if max(stall.low.probes, stall.high.probes) >= Stall.leastProbes { insert(.repetition) }
        }
        if stream.low.repetitions > 0 || stream.high.repetitions > 0 { insert(.repetition) }
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
