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
        let pseudo = Self.pseudoHeaderSum(length, source, destination)
        let sum = Self.folded(pseudo + Self.sum(of: segment, length: length))
        if sum == 0xFFFF {
            self = .right
        } else {
            let field: UInt16 = segment.bigEndian(at: 16)
            // Some hosts leave the field empty instead; from afar that would be a wrong sum like another.
            self = field == Self.folded(pseudo) ? .unfilled : field == 0 ? .unchecked : .wrong
        }
    }

    private static func pseudoHeaderSum(
        _ length: Int,
        _ source: Address,
        _ destination: Address
    ) -> UInt64 {
        UInt64(length) + 6 + sum(of: source) + sum(of: destination)
    }

    /// The mapped form of an IPv4 address adds 0xFFFF, which is nothing in this arithmetic.
    private static func sum(of address: Address) -> UInt64 {
        let low = address.isIPv4 ? address.low & 0xFFFF_FFFF : address.low
        return (address.high >> 32) + (address.high & 0xFFFF_FFFF) + (low >> 32)
            + (low & 0xFFFF_FFFF)
    }

    private static func sum(of segment: RawSpan, length: Int) -> UInt64 {
        var sum: UInt64 = 0
        var offset = 0
        while offset + 8 <= length {
            let words: UInt64 = segment.bigEndian(at: offset)
            sum &+= (words >> 32) &+ (words & 0xFFFF_FFFF)
            offset += 8
        }
        if offset + 4 <= length {
            sum &+= UInt64(segment.bigEndian(at: offset, as: UInt32.self))
            offset += 4
        }
        var rest: UInt32 = 0
        for place in 0..<(length - offset) {
            rest |= UInt32(segment.octet(at: offset + place)) << UInt32(24 - 8 * place)
        }
        return sum + UInt64(rest)
    }

    private static func folded(_ sum: UInt64) -> UInt16 {
        var sum = sum
        while sum > 0xFFFF { sum = (sum & 0xFFFF) + (sum >> 16) }
        return UInt16(truncatingIfNeeded: sum)
    }
}
