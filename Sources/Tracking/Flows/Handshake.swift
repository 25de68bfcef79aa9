/// How one incarnation of a four-tuple came up.
package enum HandshakeOutcome: UInt8, CaseIterable, Sendable {
    case completed
    /// A RST answered the SYN.
    case refused
    /// An ICMP error refused the SYN or its answer.
    case rejected
    case noAnswer
    /// A RST ended it between SYN-ACK and ACK.
    case reset
    /// The answer acknowledged something else than the newest SYN.
    case staleReply
    /// Answered, and not completed when the capture ended.
    case incomplete
    /// The capture began in mid-flow.
    case midstream
    /// The initiator had its answer and left by RST instead of the third ACK, as health checks do:
    /// to it the connection was established.
    case probed

    /// As the report names it.
    package var name: String {
        switch self {
        case .completed: "completed"
        case .refused: "refused"
        case .rejected: "rejected"
        case .noAnswer: "no-answer"
        case .reset: "reset"
        case .staleReply: "stale-reply"
        case .incomplete: "incomplete"
        case .midstream: "midstream"
        case .probed: "probed"
        }
    }
}

/// The summary of one incarnation, for the list of flows.
package struct Handshake: Hashable, Sendable {
    package let initiator: Endpoint
    package let responder: Endpoint
    package let encapsulation: EncapsulationID
    /// The time of its first packet, in nanoseconds since 1970.
    package let begin: Int64
    package let firstPacket: UInt64
    package let outcome: HandshakeOutcome
    package let history: HistoryLetters
    package let syns: Int
    package let synAcks: Int
    package let attempts: Int
    package let icmpErrors: Int
    /// SYN to SYN-ACK, SYN-ACK to ACK, in microseconds; `nil` where the leg was not seen.
    package let answerDelay: UInt32?
    package let completionDelay: UInt32?
}

extension Flow {
    var outcome: HandshakeOutcome {
        if marks.contains(.midstream) { return .midstream }
        if marks.contains(.completed) { return marks.contains(.alive) ? .completed : .probed }
        if marks.contains(.refused), synAcks == 0 { return .refused }
        if marks.contains(.unsolicitedReply) { return .staleReply }
        if marks.contains(.rejected) { return .rejected }
        if marks.contains(.wasReset) { return .reset }
        return synAcks == 0 && !marks.contains(.oneWay) ? .noAnswer : .incomplete
    }

    var handshake: Handshake {
        Handshake(
            initiator: key[initiator],
            responder: key[initiator.other],
            encapsulation: encapsulation,
            begin: begin,
            firstPacket: firstPacket,
            outcome: outcome,
            history: history,
            syns: Int(syns),
            synAcks: Int(synAcks),
            attempts: Int(attempts),
            icmpErrors: Int(icmpErrors),
            answerDelay: marks.contains(.timed) ? synToSYNACK : nil,
            completionDelay: marks.isSuperset(of: [.completed, .timed]) ? synackToACK : nil
        )
    }
}
