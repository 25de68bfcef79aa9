/// One TCP segment as it was captured: all that the tracker needs of it, as a flat value.
package struct Segment: Hashable, BitwiseCopyable, Sendable {
    package var source: Endpoint
    package var destination: Endpoint
    package var sequence: SequenceNumber
    package var acknowledgment: SequenceNumber
    /// In octets, by the length that the datagram claims: a snapshot length does not shorten it.
    package var payloadLength: UInt32
    package var flags: TCPFlags
    /// As on the wire, not scaled.
    package var window: UInt16
    package var options: TCPOptions
    /// The time to live or hop limit.
    package var timeToLive: UInt8
    /// The IPv4 identification field, 0 for IPv6.
    package var identification: UInt16
    /// How many octets were captured behind the TCP header, padding of the frame among them.
    package var capturedLength: UInt32 = 0
    /// Of a SYN.
    package var checksum = SegmentChecksum.unchecked
}
