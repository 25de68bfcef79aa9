/// Headers that a capturing system puts before packets.
extension DecodedFrame {
    /// PPI (CACE Technologies): its length, and the link type behind it.
    mutating func readPerPacketInformation(_ octets: RawSpan, at offset: Int) {
        guard has(8, at: offset, in: octets) else { return }
        let length = Int(octets.littleEndian(at: offset + 2, as: UInt16.self))
        let number: UInt32 = octets.littleEndian(at: offset + 4)
        read(octets, at: offset, behind: length, as: number)
    }

    /// PKTAP (Apple): the same, behind a header in the capturing host's byte order.
    mutating func readPktap(_ octets: RawSpan, at offset: Int) {
        guard has(12, at: offset, in: octets) else { return }
        let little: UInt32 = octets.littleEndian(at: offset)
        let isLittle = little < 1 << 16
        let length = isLittle ? little : little.byteSwapped
        let number: UInt32 =
            isLittle
            ? octets.littleEndian(at: offset + 8) : octets.bigEndian(at: offset + 8)
        read(octets, at: offset, behind: Int(length), as: number)
    }

    private mutating func read(
        _ octets: RawSpan,
        at offset: Int,
        behind length: Int,
        as number: UInt32
    ) {
        let linkType = LinkType(dataLink: Int32(truncatingIfNeeded: number))
        guard length >= 8, linkType != .perPacketInformation, linkType != .pktap else {
            packet = .unread(.malformed)
            return
        }
        guard has(length, at: offset, in: octets) else { return }
        read(octets, at: offset + length, as: linkType)
    }

    /// Linux netfilter's log: attributes in the capturing host's byte order, one of which is the
    /// datagram.
    mutating func readNetfilterLog(_ octets: RawSpan, at start: Int) {
        var offset = start + 4
        while has(4, at: offset, in: octets) {
            let little: UInt16 = octets.littleEndian(at: offset)
            // The kind of an attribute is below 256, which tells the byte order.
            let isLittle = octets.octet(at: offset + 3) == 0
            let length = Int(isLittle ? little : little.byteSwapped)
            let kind = octets.octet(at: offset + (isLittle ? 2 : 3))
            guard length >= 4 else {
                packet = .unread(.malformed)
                return
            }
            if kind == Self.payloadKind {
                readIP(octets, at: offset + 4)
                return
            }
            offset += (length + 3) & ~3
        }
    }

    /// NFULA_PAYLOAD.
    private static let payloadKind: UInt8 = 9

    /// OpenBSD's packet filter log: a header that says how long it is, filled up to four octets.
    mutating func readPacketFilterLog(_ octets: RawSpan, at offset: Int) {
        guard has(1, at: offset, in: octets) else { return }
        readIP(octets, at: offset + (Int(octets.octet(at: offset)) + 3) & ~3)
    }

    /// Juniper's Ethernet: a magic number, flags, and an extension that says how long it is.
    mutating func readJuniper(_ octets: RawSpan, at offset: Int) {
        guard has(6, at: offset, in: octets) else { return }
        guard octets.bigEndian(at: offset, as: UInt32.self) >> 8 == 0x4D4743 else {
            packet = .unread(.malformed)
            return
        }
        let flags = octets.octet(at: offset + 3)
        let hasExtension = flags & 0x80 != 0
        let length = hasExtension ? 6 + Int(octets.bigEndian(at: offset + 4, as: UInt16.self)) : 4
        guard flags & 0x02 == 0 else {
            packet = .unread(.notTCP)
            return
        }
        readEthernet(octets, at: offset + length)
    }
}
