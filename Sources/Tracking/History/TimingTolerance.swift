/// Times within which the order of packets tells nothing, in nanoseconds.
package enum TimingTolerance {
    /// A capture may show a packet that much before one that was sent earlier.
    package static let reordering: Int64 = 3_000_000
    /// What is sent again sooner was not sent by the retransmission timer of a running connection.
    package static let shortestTimer: Int64 = 150_000_000
    /// What is sent again sooner was not sent by the retransmission timer of a handshake, which
    /// begins with a second (RFC 6298 §2.1).
    package static let shortestHandshakeTimer: Int64 = 900_000_000
}
