/// What a captured segment says that its flow may want to know later.
///
/// A segment in a batch, an event and the newest words of an end all hold it as one value, so that
/// remembering a segment is one copy and not twenty.
package struct SegmentFacts: BitwiseCopyable, Hashable, Sendable {
    /// In nanoseconds since 1970.
    package var time: Int64 = 0
    /// The frame's number in the input, from 1; 0 for no segment.
    package var packet: UInt64 = 0
    package var sequence = SequenceNumber(0)
    package var acknowledgment = SequenceNumber(0)
    /// In octets, as the datagram claims.
    package var payloadLength: UInt32 = 0
    /// The frame's length on the wire, in octets.
    package var frameLength: UInt32 = 0
    package var options = TCPOptions()
    package var window: UInt16 = 0
    package var flags = TCPFlags(rawValue: 0)
    package var identification: UInt16 = 0
    package var timeToLive: UInt8 = 0

    @inline(always)
    init() {}

    /// When and where a packet was captured.
    init(at time: Int64, packet: UInt64, frameLength: UInt32 = 0) {
        self.time = time
        self.packet = packet
        self.frameLength = frameLength
    }
}
