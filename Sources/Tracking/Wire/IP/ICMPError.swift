/// An ICMP or ICMPv6 error about a TCP segment, which it quotes (RFC 792; RFC 4443 §3).
package struct ICMPError: Hashable, BitwiseCopyable, Sendable {
    package var type: UInt8
    package var code: UInt8
    /// Who sent the error: the outer source address.
    package var sender: Address
    /// To whom: the outer destination address.
    package var receiver: Address
    package var timeToLive: UInt8
    package var quoted: QuotedPacket
}

/// The segment inside an ICMP error: at least its ports and sequence number (RFC 792 quotes 8
/// octets).
package struct QuotedPacket: Hashable, BitwiseCopyable, Sendable {
    package var source: Endpoint
    package var destination: Endpoint
    package var sequence: SequenceNumber
    /// Only meaningful if `hasFlags`.
    package var acknowledgment: SequenceNumber
    package var flags: TCPFlags
    /// Whether enough was quoted to hold the acknowledgment and the flags.
    package var hasFlags: Bool
}
