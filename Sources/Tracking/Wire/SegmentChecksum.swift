/// What became of a segment's checksum (RFC 9293 §3.1), as far as the capture can tell.
package enum SegmentChecksum: UInt8, BitwiseCopyable, Sendable {
    /// Not looked at: only those of SYNs are, if they were captured whole.
    case unchecked
    case right
    /// The sum of the pseudo header alone: the sending host leaves the rest to its network card, so that
    /// the packet was captured on that host.
    case unfilled
    case wrong
}

extension SegmentChecksum {
    /// Sums up a segment that was captured whole.
    ///
    /// - Parameters:
    ///   - segment: the TCP header and payload; octets behind `length`, as padding, do not count.
    ///   - length: the segment's length, as IP claims it.
    @inline(never)
    init(of segment: RawSpan, length: Int, from source: Address, to destination: Address) {
        guard length >= TCPHeader.minimumLength, length <= segment.byteCount else {
            self = .unchecked
            return
        }
        let pseudo = UInt64(length) + 6 + Self.sum(of: source) + Self.sum(of: destination)
        self.init(
            pseudo: pseudo,
            segment: Self.sum(of: segment, from: 0, to: length),
            field: segment.bigEndian(at: 16)
        )
    }

    /// Sums up the segment in an Ethernet frame that is known to hold one without IP options; the addresses
    /// stand just before it.
    @inline(always)
    init(plainEthernet octets: RawSpan) {
        let end = 14 + Int(octets.bigEndian(at: 16, as: UInt16.self))
        guard end <= octets.byteCount else {
            self = .unchecked
            return
        }
        let addresses: UInt64 = octets.bigEndian(at: 26)
        self.init(
            pseudo: UInt64(end - 34) + 6 + (addresses >> 32) + (addresses & 0xFFFF_FFFF),
            segment: Self.sum(of: octets, from: 34, to: end),
            field: octets.bigEndian(at: 50)
        )
    }

    @inline(always)
    private init(pseudo: UInt64, segment: UInt64, field: UInt16) {
        if Self.folded(pseudo &+ segment) == 0xFFFF {
            self = .right
        } else {
            // Some hosts leave the field empty instead; from afar that would be a wrong sum like another.
            self = field == Self.folded(pseudo) ? .unfilled : field == 0 ? .unchecked : .wrong
        }
    }

    /// The mapped form of an IPv4 address adds 0xFFFF, which is nothing in this arithmetic.
    private static func sum(of address: Address) -> UInt64 {
        let low = address.isIPv4 ? address.low & 0xFFFF_FFFF : address.low
        return (address.high >> 32) + (address.high & 0xFFFF_FFFF) + (low >> 32)
            + (low & 0xFFFF_FFFF)
    }

    @inline(always)
    private static func sum(of octets: RawSpan, from start: Int, to end: Int) -> UInt64 {
        var sum: UInt64 = 0
        var offset = start
        while offset &+ 8 <= end {
            let words: UInt64 = octets.bigEndian(at: offset)
            sum &+= (words >> 32) &+ (words & 0xFFFF_FFFF)
            offset &+= 8
        }
        var rest: UInt64 = 0
        for place in 0..<(end - offset) {
            rest |= UInt64(octets.octet(at: offset + place)) << UInt64(56 - 8 * place)
        }
        return sum &+ (rest >> 32) &+ (rest & 0xFFFF_FFFF)
    }

    private static func folded(_ sum: UInt64) -> UInt16 {
        var sum = sum
        while sum > 0xFFFF { sum = (sum & 0xFFFF) + (sum >> 16) }
        return UInt16(truncatingIfNeeded: sum)
    }
}
