/// GRE (RFC 2784, RFC 2890), PPTP's version of it (RFC 2637), and what mirrors frames over it:
/// ERSPAN.
extension DecodedFrame {
    private static let hasChecksum: UInt16 = 0x8000
    private static let hasRouting: UInt16 = 0x4000
    private static let hasKey: UInt16 = 0x2000
    private static let hasSequence: UInt16 = 0x1000

    mutating func readGRE(_ octets: RawSpan, at offset: Int, in carrier: Carrier) {
        guard has(4, at: offset, in: octets) else { return }
        trail.note(.gre, at: offset)
        let flags: UInt16 = octets.bigEndian(at: offset)
        let type: UInt16 = octets.bigEndian(at: offset + 2)
        if flags & 7 == 1 {
            readPPTP(octets, at: offset, flags, type)
            return
        }
        guard flags & 7 == 0, flags & Self.hasRouting == 0 else {
            packet = .unread(.notTCP)
            return
        }
        let key = flags & Self.hasChecksum == 0 ? offset + 4 : offset + 8
        var payload = key
        if flags & Self.hasKey != 0 { payload += 4 }
        if flags & Self.hasSequence != 0 { payload += 4 }
        guard has(0, at: payload, in: octets) else { return }
        trail.reach(payload)
        switch type {
        case EtherType.erspan:
            // The first form has no header of its own, and no sequence number.
            if flags & Self.hasSequence != 0 {
                readERSPAN(octets, at: payload)
            } else if enter(.erspan) {
                readEthernet(octets, at: payload)
            }
            return
        case EtherType.erspan3:
            readERSPAN(octets, at: payload)
            return
        default: break
        }
        let isEntered =
            flags & Self.hasKey != 0
            ? enter(.keyedGRE, UInt64(octets.bigEndian(at: key, as: UInt32.self)))
            : enter(.gre, between: carrier)
        if isEntered { readGRE(octets, at: payload, payload: type) }
    }

    private mutating func readGRE(_ octets: RawSpan, at offset: Int, payload type: UInt16) {
        switch type {
        case EtherType.ipv4: readIPv4(octets, at: offset)
        case EtherType.ipv6: readIPv6(octets, at: offset)
        case EtherType.ethernet: readEthernet(octets, at: offset)
        case EtherType.mpls, EtherType.mplsMulticast: readMPLS(octets, at: offset)
        case EtherType.ppp: readPPP(octets, at: offset)
        default: packet = .unread(.notTCP)
        }
    }

    private mutating func readPPTP(
        _ octets: RawSpan,
        at offset: Int,
        _ flags: UInt16,
        _ type: UInt16
    ) {
        let hasAcknowledgment = flags & 0x80 != 0
        // Without a sequence number it only acknowledges.
        guard type == EtherType.ppp, flags & Self.hasKey != 0, flags & Self.hasSequence != 0 else {
            packet = .unread(.notTCP)
            return
        }
        let payload = offset + (hasAcknowledgment ? 16 : 12)
        guard has(0, at: payload, in: octets) else { return }
        trail.reach(payload)
        let call: UInt16 = octets.bigEndian(at: offset + 6)
        if enter(.keyedGRE, UInt64(call)) { readPPP(octets, at: payload) }
    }

    /// ERSPAN of type II and III (draft-foschiano-erspan-03 §4).
    private mutating func readERSPAN(_ octets: RawSpan, at offset: Int) {
        guard has(8, at: offset, in: octets) else { return }
        let first: UInt32 = octets.bigEndian(at: offset)
        guard enter(.erspan, UInt64(first & 0x3FF)) else { return }
        let vlan = first >> 16 & 0x0FFF
        var payload = offset + 8
        var isEthernet = true
        switch first >> 28 {
        case 1: break
        case 2:
            guard has(12, at: offset, in: octets) else { return }
            let last: UInt16 = octets.bigEndian(at: offset + 10)
            let type = last >> 10 & 0x1F
            isEthernet = type == 0
            guard type == 0 || type == 2 else {
                packet = .unread(.notTCP)
                return
            }
            payload += last & 1 == 0 ? 4 : 12
        default:
            packet = .unread(.notTCP)
            return
        }
        trail.reach(payload)
        // The mirrored frame has lost its tag to this header.
        if vlan != 0 {
            guard enter(.vlan, UInt64(vlan)) else { return }
        }
        if isEthernet {
            readEthernet(octets, at: payload)
        } else {
            readIP(octets, at: payload)
        }
    }
}
