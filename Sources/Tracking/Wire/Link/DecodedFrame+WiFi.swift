/// IEEE 802.11: data frames that nobody encrypted, as they are or behind what a monitoring card
/// says of them.
extension DecodedFrame {
    private static let headerLength = 24
    /// The octets of an A-MSDU's subframe before its payload.
    private static let subframeLength = 14

    /// Reads a frame; `isPadded` where its header is filled up to a multiple of four octets.
    mutating func readWiFi(_ octets: RawSpan, at offset: Int, isPadded: Bool = false) {
        if trail[trail.count - 1]?.linkType != .ieee80211 {
            trail.note(.link, .ieee80211, at: offset)
        }
        guard has(2, at: offset, in: octets) else { return }
        trail.reach(offset + Self.headerLength)
        let control = octets.octet(at: offset)
        let flags = octets.octet(at: offset + 1)
        // Of the data frames, those with this bit carry none.
        guard control & 0x0F == 0x08, control & 0x40 == 0 else {
            packet = .unread(.notTCP)
            return
        }
        guard flags & 0x40 == 0 else {
            packet = .unread(.encrypted)
            return
        }
        guard has(Self.headerLength, at: offset, in: octets) else { return }
        guard octets.octet(at: offset + 22) & 0x0F == 0 else {
            packet = .unread(.incompleteFragment)
            return
        }
        let hasFourAddresses = flags & 0x03 == 0x03
        let isQoS = control & 0x80 != 0
        var length = Self.headerLength + (hasFourAddresses ? 6 : 0)
        let quality = offset + length
        if isQoS { length += flags & 0x80 == 0 ? 2 : 6 }
        guard has(length, at: offset, in: octets) else { return }
        let isAggregate = isQoS && octets.octet(at: quality) & 0x80 != 0
        if isPadded { length = (length + 3) & ~3 }
        trail.reach(offset + length)
        noteSender(octets, at: offset, flags: flags)
        // The header of its part has its addresses where Ethernet has them.
        if isAggregate { trail.note(.link, .ethernet, at: offset + length) }
        // Of an aggregate only the first datagram is read.
        readLLC(octets, at: offset + length + (isAggregate ? Self.subframeLength : 0))
    }

    /// The station that sent the frame, which is not always the one that sends it on.
    private mutating func noteSender(_ octets: RawSpan, at offset: Int, flags: UInt8) {
        let position =
            switch flags & 0x03 {
            case 2: offset + 16
            case 3: offset + 24
            default: offset + 10
            }
        link = LinkFacts(source: MACAddress(octets, at: position), direction: .unknown)
    }

    /// Radiotap: flags tell whether the 802.11 header is padded (radiotap.org, "Flags").
    mutating func readRadiotap(_ octets: RawSpan, at offset: Int) {
        guard has(8, at: offset, in: octets) else { return }
        let length = Int(octets.littleEndian(at: offset + 2, as: UInt16.self))
        guard octets.octet(at: offset) == 0, length >= 8 else {
            packet = .unread(.malformed)
            return
        }
        guard has(length, at: offset, in: octets) else { return }
        let present: UInt32 = octets.littleEndian(at: offset + 4)
        var end = 8
        var word = present
        while word >> 31 == 1, end + 4 <= length {
            word = octets.littleEndian(at: offset + end)
            end += 4
        }
        // The time stamp stands before the flags, at a multiple of eight octets.
        if present & 1 != 0 { end = (end + 7) & ~7 + 8 }
        let hasFlags = present & 2 != 0 && end < length
        let isPadded = hasFlags && octets.octet(at: offset + end) & 0x20 != 0
        readWiFi(octets, at: offset + length, isPadded: isPadded)
    }

    /// A Prism header, in the byte order of the host, or an AVS header; both say how long they are.
    mutating func readPrism(_ octets: RawSpan, at offset: Int) {
        guard has(8, at: offset, in: octets) else { return }
        let isAVS = octets.bigEndian(at: offset, as: UInt32.self) & 0xFFFF_F000 == 0x8021_1000
        let big: UInt32 = octets.bigEndian(at: offset + 4)
        let length = isAVS || big < 1 << 16 ? big : big.byteSwapped
        guard length >= 8 else {
            packet = .unread(.malformed)
            return
        }
        readWiFi(octets, at: offset + Int(length))
    }
}
