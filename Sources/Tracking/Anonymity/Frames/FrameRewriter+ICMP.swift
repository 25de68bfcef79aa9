/// ICMP of both versions: the datagrams that errors quote, and what neighbours say of each other.
extension FrameRewriter {
    private static let headerLength = 8

    mutating func rewriteICMP(
        at offset: Int,
        in datagram: DatagramLayout,
        of original: RawSpan,
        at level: (number: UInt64, depth: Int)
    ) {
        end = max(end, min(offset + Self.headerLength, min(datagram.end, buffer.count)))
        switch buffer[offset] {
        case 5:
            // The router to be used instead.
            rewriteV4(at: offset + 4)
            rewriteQuote(at: offset + Self.headerLength, of: original, at: level)
        case 3, 4, 11, 12: rewriteQuote(at: offset + Self.headerLength, of: original, at: level)
        // Times of day.
        case 13, 14: end = max(end, min(offset + 20, min(datagram.end, buffer.count)))
        default: break
        }
    }

    mutating func rewriteICMPv6(
        at offset: Int,
        in datagram: DatagramLayout,
        of original: RawSpan,
        at level: (number: UInt64, depth: Int)
    ) {
        let last = min(datagram.end, buffer.count)
        end = max(end, min(offset + Self.headerLength, last))
        switch buffer[offset] {
        case 1...4: rewriteQuote(at: offset + Self.headerLength, of: original, at: level)
        case 130...132: keepAddresses(1, at: offset + Self.headerLength, before: last)
        case 133: rewriteOptions(at: offset + 8, before: last)
        case 134:
            end = max(end, min(offset + 16, last))
            rewriteOptions(at: offset + 16, before: last)
        case 135, 136:
            if keepAddresses(1, at: offset + Self.headerLength, before: last) {
                rewriteOptions(at: offset + 24, before: last)
            }
        case 137:
            if keepAddresses(2, at: offset + Self.headerLength, before: last) {
                rewriteOptions(at: offset + 40, before: last)
            }
        default: break
        }
    }

    /// - Returns: whether all of them are there.
    @discardableResult
    private mutating func keepAddresses(_ count: Int, at offset: Int, before last: Int) -> Bool {
        guard offset + 16 * count <= last else { return false }
        for position in 0..<count { rewriteV6(at: offset + 16 * position) }
        end = max(end, offset + 16 * count)
        return true
    }

    /// Options of neighbour discovery (RFC 4861 §4.6): link-layer addresses, prefixes and the MTU,
    /// up to the first other one.
    private mutating func rewriteOptions(at first: Int, before last: Int) {
        var offset = first
        while offset + 8 <= last {
            let length = Int(buffer[offset + 1]) * 8
            guard length > 0, offset + length <= last else { return }
            switch (buffer[offset], length) {
            case (1, 8), (2, 8): rewriteMAC(at: offset + 2)
            case (3, 32): rewriteV6(at: offset + 16)
            case (5, 8): break
            default: return
            }
            offset += length
            end = max(end, offset)
        }
    }

    /// Rewrites the datagram in an error, up to the end of its transport header.
    private mutating func rewriteQuote(
        at offset: Int,
        of original: RawSpan,
        at level: (number: UInt64, depth: Int)
    ) {
        guard level.depth == 0, offset < original.byteCount else { return }
        let quoted = decode(original, at: offset, as: .rawIP)
        end = max(end, min(quoted.trail.reach, buffer.count))
        rewrite(quoted, in: original, at: (level.number, 1))
    }
}
