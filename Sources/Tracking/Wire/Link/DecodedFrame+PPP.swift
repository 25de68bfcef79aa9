/// Point-to-point links: PPP in its framings, and Frame Relay.
extension DecodedFrame {
    /// PPP (RFC 1661), behind the address and control octets of HDLC (RFC 1662) if there are any.
    mutating func readPPP(_ octets: RawSpan, at start: Int) {
        guard has(2, at: start, in: octets) else { return }
        var offset = start
        switch (octets.octet(at: start), octets.octet(at: start + 1)) {
        // pppd writes the direction instead of the address.
        case (0xFF, 0x03), (0x00, 0x03), (0x01, 0x03):
            offset += 2
        case (0x0F, 0x00), (0x8F, 0x00):
            // A serial line may as well speak Cisco HDLC.
            readEtherType(octets, typeAt: start + 2, payloadAt: start + 4)
            return
        default:
            break
        }
        guard has(1, at: offset, in: octets) else { return }
        // A protocol below 256 may leave out its first octet, which the last one, being odd, tells.
        var number = UInt16(octets.octet(at: offset))
        if number & 1 == 0 {
            guard has(2, at: offset, in: octets) else { return }
            number = octets.bigEndian(at: offset)
            offset += 1
        }
        trail.reach(offset + 1)
        switch number {
        case 0x0021: readIPv4(octets, at: offset + 1)
        case 0x0057: readIPv6(octets, at: offset + 1)
        case 0x0281, 0x0283: readMPLS(octets, at: offset + 1)
        default: packet = .unread(.notTCP)
        }
    }

    /// A PPPoE session (RFC 2516 §4).
    mutating func readPPPoE(_ octets: RawSpan, at offset: Int) {
        guard has(6, at: offset, in: octets) else { return }
        trail.reach(offset + 6)
        guard octets.bigEndian(at: offset, as: UInt16.self) == 0x1100 else {
            packet = .unread(.notTCP)
            return
        }
        let session: UInt16 = octets.bigEndian(at: offset + 2)
        guard enter(.pppoe, UInt64(session)) else { return }
        readPPP(octets, at: offset + 6)
    }

    /// Frame Relay with an address of two octets: multiprotocol encapsulation (RFC 2427), or
    /// Cisco's ether type.
    mutating func readFrameRelay(_ octets: RawSpan, at offset: Int) {
        guard has(4, at: offset, in: octets) else { return }
        guard octets.octet(at: offset + 2) == 0x03 else {
            readEtherType(octets, typeAt: offset + 2, payloadAt: offset + 4)
            return
        }
        // An octet of padding may stand before the protocol.
        let position = octets.octet(at: offset + 3) == 0 ? offset + 4 : offset + 3
        guard has(1, at: position, in: octets) else { return }
        trail.reach(position + 1)
        switch octets.octet(at: position) {
        case 0xCC: readIPv4(octets, at: position + 1)
        case 0x8E: readIPv6(octets, at: position + 1)
        case 0x80: readEtherType(octets, typeAt: position + 4, payloadAt: position + 6)
        default: packet = .unread(.notTCP)
        }
    }
}
