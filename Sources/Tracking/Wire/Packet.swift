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
    /// A part of an IP datagram that waits for the others; they may never come.
    case incompleteFragment
    /// The snapshot length left too little of the headers.
    case cutShort
    /// Lengths that contradict each other.
    case malformed
    /// A link layer that this reader does not know.
    case unknownLink
    /// What only its owners can read: MACsec, protected 802.11 frames, IPsec.
    case encrypted
    /// More VLANs and tunnels around each other than are opened.
    case tooDeep
}
