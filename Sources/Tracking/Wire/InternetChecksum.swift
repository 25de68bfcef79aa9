/// The arithmetic of the checksums of IP, TCP, UDP and ICMP (RFC 1071).
///
/// The sum does not mind the order of octets (§2 B), so words are added as they lie in memory.
enum InternetChecksum {
    /// The mapped form of an IPv4 address adds 0xFFFF, which is nothing in this arithmetic.
    static func sum(of address: Address) -> UInt64 {
        let low = address.isIPv4 ? address.low & 0xFFFF_FFFF : address.low
        return halves(of: address.high.bigEndian) &+ halves(of: low.bigEndian)
    }

    @inline(always)
    private static func halves(of words: UInt64) -> UInt64 {
        (words >> 32) &+ (words & 0xFFFF_FFFF)
    }

    /// Of octets that are there.
    @inline(always)
    static func sum(of octets: RawSpan, from start: Int, to end: Int) -> UInt64 {
        var whole: UInt64 = 0
        var offset = start
        while offset &+ 8 <= end {
            // What is carried out of the highest place comes in at the lowest.
            let (sum, isCarried) = whole.addingReportingOverflow(octets.word(at: offset))
            whole = sum &+ (isCarried ? 1 : 0)
            offset &+= 8
        }
        var sum = halves(of: whole)
        if offset &+ 4 <= end {
            sum &+= UInt64(octets.word(at: offset, as: UInt32.self))
            offset &+= 4
        }
        if offset < end {
            var rest: UInt64 = 0
            for position in 0..<(end - offset) {
                rest |= UInt64(octets.octet(at: offset + position)) << UInt64(8 * position)
            }
            sum &+= halves(of: rest)
        }
        return sum
    }

    @inline(always)
    static func folded(_ sum: UInt64) -> UInt16 {
        let once = (sum & 0xFFFF_FFFF) &+ (sum >> 32)
        let twice = (once & 0xFFFF) &+ (once >> 16 & 0xFFFF) &+ (once >> 32)
        let thrice = (twice & 0xFFFF) &+ (twice >> 16)
        return UInt16(truncatingIfNeeded: (thrice & 0xFFFF) &+ (thrice >> 16))
    }

    /// What the pseudo header of TCP or UDP adds beside the addresses (RFC 9293 §3.1).
    ///
    /// Of a longer datagram the length would not fit its field; the sum only ever meets those that
    /// fit.
    @inline(always)
    static func pseudoHeader(length: Int, transport: UInt8) -> UInt64 {
        UInt64(UInt16(truncatingIfNeeded: length).bigEndian) &+ UInt64(UInt16(transport).bigEndian)
    }
}
