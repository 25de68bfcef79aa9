/// What an end received behind a hole: the newest acknowledgment that said so, and how far it had
/// come (RFC 2018 §3).
struct SelectiveAcknowledgment: BitwiseCopyable {
    let acknowledgment: SequenceNumber
    var reach: SequenceNumber
}

extension SelectiveAcknowledgment {
    /// `nil` where no block of a segment lies above what it acknowledges, or its header was not
    /// captured.
    init?(_ segment: borrowing FlowSegment) {
        let (octets, end) = (segment.octets, Int(segment.payloadOffset))
        guard end <= octets.byteCount, let start = Self.headerStart(of: segment) else { return nil }
        var offset = start + TCPHeader.minimumLength
        var reach: SequenceNumber?
        while offset + 1 < end {
            let kind = octets.octet(at: offset)
            if kind == 0 { break }
            if kind == 1 {
                offset += 1
                continue
            }
            let length = Int(octets.octet(at: offset + 1))
            guard length >= 2, offset + length <= end else { break }
            if kind == 5 {
                for edge in stride(from: offset + 6, to: offset + length - 3, by: 8) {
                    let right = SequenceNumber(octets.bigEndian(at: edge))
                    let known = reach ?? segment.acknowledgment
                    if known.distance(to: right) > 0 { reach = right }
                }
            }
            offset += length
        }
        guard let reach else { return nil }
        self.init(acknowledgment: segment.acknowledgment, reach: reach)
    }

    /// Where the TCP header begins that ends at the payload: its length and its sequence number say
    /// so.
    private static func headerStart(of segment: borrowing FlowSegment) -> Int? {
        let (octets, end) = (segment.octets, Int(segment.payloadOffset))
        for length in stride(from: TCPHeader.minimumLength, through: 60, by: 4) {
            let start = end - length
            guard start >= 0 else { return nil }
            if Int(octets.octet(at: start + 12) >> 4) * 4 == length,
                SequenceNumber(octets.bigEndian(at: start + 4)) == segment.sequence
            {
                return start
            }
        }
        return nil
    }
}

extension StreamTracker {
    /// Remember at most this many ends that received something behind a hole.
    private static let selectiveLimit = 1 << 16

    /// Takes down what the receiver of a stream has behind a hole.
    @inline(never)
    mutating func noteSelective(_ segment: borrowing FlowSegment, on flow: Flow) {
        guard flow.streamState != 0 else { return }
        let key = Repetition.key(of: segment.side.other, in: flow.streamState)
        guard selective[key] != nil || selective.count < Self.selectiveLimit,
            let new = SelectiveAcknowledgment(segment)
        else { return }
        if let known = selective[key], known.acknowledgment == new.acknowledgment,
            known.reach.distance(to: new.reach) <= 0
        {
            return
        }
        selective[key] = new
    }
}
