/// What one event means in its place: the rule of the sender's stack that explains it.
///
/// Attempts are named by their ordinals within the incarnation, other events by their index.
package enum Interpretation: Hashable, Sendable {
    /// The initiator's SYN; `sending` counts from 1.
    case syn(attempt: Int, sending: Int)
    /// A SYN of the responder: a simultaneous open or a split handshake.
    case responderSyn
    case answer(Answer)
    /// The ACK that completes the handshake of an attempt.
    case completion(attempt: Int)
    /// A bare ACK of the responder in answer to a SYN, and the state that it speaks for (RFC 5961
    /// §4).
    case challenge(attempt: Int, state: ResponderState)
    case reset(Reset)
    /// An ICMP error, and the event that it quotes.
    case icmp(about: Int?)
    /// The same packet once more, as a mirror port or a second interface delivers it.
    case duplicate(of: Int)
    case former
    /// Data, FIN and ACK of a live connection, and whatever has no part in the handshake.
    case plain
}

/// What a SYN-ACK acknowledges.
package struct Answer: Hashable, Sendable {
    /// Whose answer it is.
    package enum Subject: Hashable, Sendable {
        /// The newest SYN.
        case current(attempt: Int)
        /// A SYN that a newer one had replaced.
        case stale(attempt: Int, StaleReason)
        /// The connection that used the four-tuple before.
        case former
        /// No SYN that was captured.
        case unseen
        /// No SYN was captured at all.
        case unsolicited
    }

    /// Why a responder answers an attempt that is no longer the newest.
    package enum StaleReason: String, Hashable, Sendable {
        /// The answer's echo is of a newer SYN: the responder matched that to an old half-open
        /// entry.
        case halfOpenEntry = "half-open-entry"
        /// The same answer once more, after another SYN.
        case retained
        /// It answered the older SYN before it could know the newer.
        case crossed
        /// It came when the newer SYN had long been sent, and nothing tells why.
        case late
        /// A late copy, after the newest SYN was answered too.
        case delayedDuplicate = "delayed-duplicate"
    }

    package let subject: Subject
    /// How often the responder has sent this sequence and acknowledgment, this time included.
    package let copy: Int
    /// The attempts of which a sending carried the timestamp that the answer echoes (RFC 7323
    /// §3.2).
    package let linked: [Int]
}

/// Why a RST was sent, as far as its form tells (RFC 9293 §3.10.7).
package struct Reset: Hashable, Sendable {
    /// The rule of the sender's stack.
    package enum Rule: Hashable, Sendable {
        /// RST+ACK to a SYN that nothing had answered: no socket listens there, or a firewall says
        /// so.
        case refusesSyn(attempt: Int)
        /// RST+ACK to a SYN whose sender the responder already had a half-open entry for
        /// (RFC 9293 §3.10.7.4, in SYN-RECEIVED).
        case answersSecondSyn(attempt: Int)
        /// RST alone whose sequence is the acknowledgment of the other side's segment: that segment
        /// fits no socket (RFC 9293 §3.10.7.1) or acknowledges what was not sent (§3.10.7.3).
        case rejects(Int)
        /// A live socket gives up: the application or a timer ended it.
        case aborts
    }

    package let rule: Rule
    package let form: Form
}
