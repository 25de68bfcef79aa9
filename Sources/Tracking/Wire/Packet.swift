/// What one captured frame turned out to be; total, since no frame is an error.
package enum Packet: BitwiseCopyable, Sendable {
    case segment(Segment)
    case icmpError(ICMPError)
    case addressClaim(AddressClaim)
    case unread(UnreadReason)
}

/// Why a frame holds nothing for the tracker.
package enum UnreadReason: UInt8, CaseIterable, BitwiseCopyable, Sendable {
    /// Another protocol than TCP, or an ICMP message that reports no failed TCP segment.
    case notTCP
    /// A fragment that does not begin with the transport header.
    case laterFragment
    /// The snapshot length left too little of the headers.
    case cutShort
    /// Lengths that contradict each other.
    case malformed
    /// A link layer that this reader does not know.
    case unknownLink
}
