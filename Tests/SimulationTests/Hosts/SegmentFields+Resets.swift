import Tracking

/// The segments that a stack sends without a socket.
extension SegmentFields {
    /// The RST for a segment that fits no socket (RFC 9293 §3.10.7.1).
    static func reset(answering segment: SegmentFields) -> SegmentFields {
        let hasAck = segment.flags.contains(.ack)
        var reset = SegmentFields(
            from: segment.destination,
            to: segment.source,
            flags: hasAck ? .rst : [.rst, .ack],
            sequence: hasAck ? segment.acknowledgment : 0
        )
        reset.acknowledgment = segment.end.rawValue
        reset.window = 0
        return reset
    }

    var start: SequenceNumber { SequenceNumber(sequence) }

    /// The first sequence number after the segment.
    var end: SequenceNumber {
        let controls = (flags.contains(.syn) ? 1 : 0) + (flags.contains(.fin) ? 1 : 0)
        return start.advanced(by: UInt32(length + controls))
    }

    var acknowledged: SequenceNumber { SequenceNumber(acknowledgment) }
}
