/// One incarnation of a four-tuple: all attempts until one of them came up, and what became of it.
///
/// All positions are indices into the events of the history.
package struct Incarnation: Hashable, Sendable {
    /// From 0; earlier ones may have left no events.
    package let number: Int
    package let initiator: Side
    package let events: Range<Int>
    /// The initiator's attempts in order of their first SYN.
    package internal(set) var attempts: [Attempt] = []
    /// The memory of the connection before, if there was one.
    package internal(set) var former: Int?
    /// The ACK that completed the handshake.
    package internal(set) var completion: Int?
    /// All SYN-ACKs of the responder.
    package internal(set) var answers: [Int] = []

    /// Whether it came up.
    ///
    /// Of a connection that ran well its SYNs are not kept, nor those from before the capture:
    /// without any attempt it was met alive.
    package var isEstablished: Bool { completion != nil || attempts.isEmpty }

    /// The attempt with this ordinal.
    package func attempt(_ ordinal: Int) -> Attempt { attempts[ordinal - 1] }
}
