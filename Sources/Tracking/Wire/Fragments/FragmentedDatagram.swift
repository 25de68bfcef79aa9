/// An IP datagram that comes in by parts.
struct FragmentedDatagram {
    let begin: Int64
    let serial: UInt64
    private(set) var payload: [UInt8] = []
    private var header: [UInt8] = []
    /// What is there, in order and apart from each other.
    private var ranges: [Range<Int>] = []
    /// Its length, once the last part was there.
    private var length: Int?
    /// The first octet of a part that the snapshot length cut off.
    private var cut = Int.max
    private var parts: UInt64 = 0

    /// One of which nothing is there yet.
    ///
    /// - Parameters:
    ///   - begin: the time of its first part, in nanoseconds since 1970.
    ///   - serial: what tells it from an earlier one with the same identification.
    init(begin: Int64, serial: UInt64) {
        self.begin = begin
        self.serial = serial
    }

    /// Takes a part out of the captured datagram that brought it.
    mutating func take(_ part: FragmentPart, of datagram: RawSpan) {
        parts += 1
        if part.range.lowerBound == 0 || header.isEmpty { header = part.header }
        if part.isLast, length == nil { length = part.range.upperBound }
        if payload.count < part.range.upperBound {
            let missing = part.range.upperBound - payload.count
            payload += repeatElement(0, count: missing)
        }
        let captured = part.range.lowerBound + max(0, datagram.byteCount - part.begin)
        for gap in gaps(in: part.range) {
            if captured < gap.upperBound { cut = min(cut, max(captured, gap.lowerBound)) }
            for offset in gap where offset < captured {
                payload[offset] = datagram.octet(at: part.begin + offset - part.range.lowerBound)
            }
        }
        insert(part.range)
    }

    /// What of a range is not there yet.
    private func gaps(in range: Range<Int>) -> [Range<Int>] {
        var gaps: [Range<Int>] = []
        var begin = range.lowerBound
        for known in ranges where known.overlaps(range) {
            if known.lowerBound > begin { gaps.append(begin..<known.lowerBound) }
            begin = max(begin, known.upperBound)
        }
        if begin < range.upperBound { gaps.append(begin..<range.upperBound) }
        return gaps
    }

    /// Adds a range to those that are there, and joins what touches it.
    private mutating func insert(_ range: Range<Int>) {
        var joined = range
        ranges.removeAll { known in
            let touches =
                known.lowerBound <= joined.upperBound && known.upperBound >= joined.lowerBound
            if touches {
                joined =
                    min(
                        known.lowerBound,
                        joined.lowerBound
                    )..<max(
                        known.upperBound,
                        joined.upperBound
                    )
            }
            return touches
        }
        let offset = ranges.firstIndex { $0.lowerBound > joined.lowerBound } ?? ranges.endIndex
        ranges.insert(joined, at: offset)
    }

    /// The datagram, if nothing of it is missing; of its payload as much as was captured without a
    /// hole.
    var whole: Fragments.Whole? {
        guard let length, let first = ranges.first, first.lowerBound == 0,
            first.upperBound >= length
        else { return nil }
        var octets = header
        let isV4 = header.count == IPv4Header.minimumLength
        let claimed = UInt16(clamping: isV4 ? header.count + length : length)
        octets[isV4 ? 2 : 4] = UInt8(claimed >> 8)
        octets[isV4 ? 3 : 5] = UInt8(claimed & 0xFF)
        octets += payload.prefix(min(length, cut))
        return Fragments.Whole(octets: octets, parts: parts)
    }
}
