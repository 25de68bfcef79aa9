/// Messages of DNS (RFC 1035 §4): names and addresses are replaced in their places, up to the first
/// record whose data is neither.
extension FrameRewriter {
    private static let headerLength = 12
    /// Of names within one message, no more is read.
    private static let mostRecords = 512

    /// Rewrites a message that is all of a segment, behind its length (§4.2.2).
    ///
    /// - Returns: `false` for anything else.
    mutating func rewriteDNS(onStream payload: Range<Int>, of original: RawSpan) -> Bool {
        guard payload.count > 2 + Self.headerLength,
            Int(original.bigEndian(at: payload.lowerBound, as: UInt16.self)) == payload.count - 2
        else { return false }
        buffer.restore(payload.prefix(2), of: original)
        rewriteDNS(in: payload.dropFirst(2), of: original)
        return true
    }

    mutating func rewriteDNS(in message: Range<Int>, of original: RawSpan) {
        buffer.clear(from: message.lowerBound, to: message.upperBound)
        let head = message.prefix(Self.headerLength)
        buffer.restore(head, of: original)
        end = max(end, head.endIndex)
        guard head.count == Self.headerLength else { return }
        let counts = (0..<4).map {
            Int(original.bigEndian(at: message.lowerBound + 4 + 2 * $0, as: UInt16.self))
        }
        var offset = head.endIndex
        for _ in 0..<min(counts[0], Self.mostRecords) {
            guard let name = keepDNSName(at: offset, in: message, of: original),
                name + 4 <= message.upperBound
            else { return }
            buffer.restore(name..<name + 4, of: original)
            offset = name + 4
            end = max(end, offset)
        }
        for _ in 0..<min(counts[1] + counts[2] + counts[3], Self.mostRecords) {
            guard let next = keepRecord(at: offset, in: message, of: original) else { return }
            offset = next
            end = max(end, offset)
        }
    }

    /// Replaces the labels of a name up to its end or a pointer.
    ///
    /// - Returns: where it ends; `nil` where it does not.
    private mutating func keepDNSName(
        at first: Int,
        in message: Range<Int>,
        of original: RawSpan
    ) -> Int? {
        var offset = first
        while offset < message.upperBound {
            let length = Int(original.octet(at: offset))
            buffer[offset] = original.octet(at: offset)
            if length == 0 { return offset + 1 }
            if length >= 0xC0 {
                guard offset + 2 <= message.upperBound else { return nil }
                buffer[offset + 1] = original.octet(at: offset + 1)
                return offset + 2
            }
            guard length < 0x40, offset + 1 + length < message.upperBound else { return nil }
            let label = (offset + 1..<offset + 1 + length).map { original.octet(at: $0) }
            buffer.set(pseudonyms.label(label), from: offset + 1)
            offset += 1 + length
        }
        return nil
    }

    /// Rewrites a resource record (§4.1.3).
    ///
    /// - Returns: where the next one begins; `nil` where its data is of a kind that is not read.
    private mutating func keepRecord(
        at first: Int,
        in message: Range<Int>,
        of original: RawSpan
    ) -> Int? {
        guard let name = keepDNSName(at: first, in: message, of: original),
            name + 10 <= message.upperBound
        else { return nil }
        let type: UInt16 = original.bigEndian(at: name)
        let length = Int(original.bigEndian(at: name + 8, as: UInt16.self))
        let data = name + 10
        guard data + length <= message.upperBound else { return nil }
        // A name is to end where its record does.
        func isWhole(_ end: Int?) -> Int? { end == data + length ? end : nil }
        buffer.restore(name..<data, of: original)
        switch (type, length) {
        case (1, 4):
            buffer.restore(data..<data + 4, of: original)
            rewriteV4(at: data)
        case (28, 16):
            buffer.restore(data..<data + 16, of: original)
            rewriteV6(at: data)
        // NS, CNAME, PTR, DNAME.
        case (2, 1...), (5, 1...), (12, 1...), (39, 1...):
            return isWhole(keepDNSName(at: data, in: message, of: original))
        // MX, and SRV.
        case (15, 3...), (33, 7...):
            let numbers = type == 15 ? 2 : 6
            buffer.restore(data..<data + numbers, of: original)
            return isWhole(keepDNSName(at: data + numbers, in: message, of: original))
        case (6, 22...):
            guard let mailbox = keepDNSName(at: data, in: message, of: original),
                let numbers = keepDNSName(at: mailbox, in: message, of: original)
            else { return nil }
            buffer.restore(numbers..<min(numbers + 20, data + length), of: original)
            return isWhole(numbers + 20)
        // The options of EDNS, of which there are none then.
        case (41, 0): break
        default:
            buffer.clear(from: name, to: data)
            return nil
        }
        return data + length
    }
}
