import Tracking

/// How far a connection came and how it ended, in the words of Zeek's `conn_state`.
///
/// As there, a SYN-ACK establishes it, and the last state of each end decides:
/// https://docs.zeek.org/en/master/scripts/base/protocols/conn/main.zeek.html
package enum ConnectionState: String, CaseIterable, Sendable {
    /// A SYN without an answer.
    case s0 = "S0"
    /// Answered, and not closed.
    case s1 = "S1"
    /// Closed by both ends.
    case sf = "SF"
    /// The SYN was answered with a RST.
    case rej = "REJ"
    /// Closed by the initiator alone.
    case s2 = "S2"
    /// Closed by the responder alone.
    case s3 = "S3"
    /// Reset by the initiator.
    case rsto = "RSTO"
    /// Reset by the responder.
    case rstr = "RSTR"
    /// A SYN and a RST of the initiator, and nothing of the responder.
    case rstos0 = "RSTOS0"
    /// A SYN-ACK and a RST of the responder, and no SYN.
    case rstrh = "RSTRH"
    /// A SYN and a FIN of the initiator, and nothing of the responder.
    case sh = "SH"
    /// A SYN-ACK and a FIN of the responder, and no SYN.
    case shr = "SHR"
    /// Begun before the capture, and not closed in it.
    case oth = "OTH"
}

/// The last state of one end.
private enum EndState {
    /// No SYN or SYN-ACK of it was captured.
    case inactive
    case synSent
    case established
    case closed
    case reset
}

extension Handshake {
    /// Its state in Zeek's words.
    package var connectionState: ConnectionState {
        let letters = Set(history.text)
        let isAnswered = letters.contains("S") && letters.contains("h")
        let initiator = state(of: ("R", "F"), opens: letters.contains("S"), isAnswered, letters)
        let responder = state(of: ("r", "f"), opens: false, isAnswered, letters)
        switch (initiator, responder) {
        case (.synSent, .reset): return .rej
        case (.reset, .reset):
            return letters.isDisjoint(with: ["D", "d"]) ? .rej : .rstr
        case (.inactive, .reset): return .rstrh
        case (.established, .reset), (.closed, .reset): return .rstr
        case (.reset, .inactive): return .rstos0
        case (.reset, _): return .rsto
        case (.closed, .closed): return .sf
        case (.closed, .inactive): return .sh
        case (.closed, _): return .s2
        case (.inactive, .closed): return .shr
        case (_, .closed): return .s3
        case (.synSent, .inactive): return .s0
        case (.established, .established): return .s1
        default: return .oth
        }
    }

    private func state(
        of ends: (reset: Character, fin: Character),
        opens: Bool,
        _ isAnswered: Bool,
        _ letters: Set<Character>
    ) -> EndState {
        if letters.contains(ends.reset) { return .reset }
        if letters.contains(ends.fin) { return .closed }
        if isAnswered { return .established }
        return opens ? .synSent : .inactive
    }
}
