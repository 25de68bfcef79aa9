/// What became of a segment's checksum (RFC 9293 §3.1), as far as the capture can tell.
package enum SegmentChecksum: UInt8, BitwiseCopyable, Sendable {
    /// Not looked at: only those of SYNs are, if they were captured whole.
    case unchecked
    case right
    /// The sum of the pseudo header alone: the sending host leaves the rest to its network card, so
    /// that the packet was captured on that host.
    case unfilled
    case wrong
}

/// The sum does not mind the order of octets (RFC 1071 §2 B), so words are added as they lie in
/// memory.
extension SegmentChecksum {
    /// Sums up a segment that was captured whole: TCP header and payload of the length that IP
    /// claims; octets behind that, as padding, do not count.
    @inline(never)
    init(of segment: RawSpan, length: Int, from source: Address, to destination: Address) {
        guard length >= TCPHeader.minimumLength, length <= segment.byteCount else {
            self = .unchecked
            return
        }
        self.init(
            addresses: Self.sum(of: source) + Self.sum(of: destination),
            length: length,
            segment: Self.sum(of: segment, from: 0, to: length),
            field: segment.word(at: 16)
        )
    }

    @inline(always)
    private init(addresses: UInt64, length: Int, segment: UInt64, field: UInt16) {
        // Of a longer datagram the length would not fit its field; the sum only ever meets those
        // that fit.
        let rest =
            UInt64(UInt16(truncatingIfNeeded: length).bigEndian) &+ UInt64((6 as UInt16).bigEndian)
        let pseudo = addresses &+ rest
        if Self.folded(pseudo &+ segment) == 0xFFFF {
            self = .right
        } else {
            // Some hosts leave the field empty instead; from afar that would be a wrong sum like
            // another.
            self = field == Self.folded(pseudo) ? .unfilled : field == 0 ? .unchecked : .wrong
        }
    }

    /// The mapped form of an IPv4 address adds 0xFFFF, which is nothing in this arithmetic.
    private static func sum(of address: Address) -> UInt64 {
        let low = address.isIPv4 ? address.low & 0xFFFF_FFFF : address.low
        return halves(of: address.high.bigEndian) &+ halves(of: low.bigEndian)
    }

    @inline(always)
    private static func halves(of words: UInt64) -> UInt64 {
        (words >> 32) &+ (words & 0xFFFF_FFFF)
    }

    /// Of octets that are there.
    @inline(always)
    private static func sum(of octets: RawSpan, from start: Int, to end: Int) -> UInt64 {
        var whole: UInt64 = 0
        var offset = start
        while offset &+ 8 <= end {
            // What is carried out of the highest place comes in at the lowest.
            let (sum, isCarried) = whole.addingReportingOverflow(octets.word(at: offset))
            whole = sum &+ (isCarried ? 1 : 0)
            offset &+= 8
        }
        var sum = halves(of: whole)
        if offset < end {
            var rest: UInt64 = 0
            for place in 0..<(end - offset) {
                rest |= UInt64(octets.octet(at: offset + place)) << UInt64(8 * place)
            }
            sum &+= halves(of: rest)
        }
        return sum
    }

    @inline(always)
    private static func folded(_ sum: UInt64) -> UInt16 {
        let once = (sum & 0xFFFF_FFFF) &+ (sum >> 32)
        let twice = (once & 0xFFFF) &+ (once >> 16 & 0xFFFF) &+ (once >> 32)
        let thrice = (twice & 0xFFFF) &+ (twice >> 16)
        return UInt16(truncatingIfNeeded: (thrice & 0xFFFF) &+ (thrice >> 16))
    }
}
