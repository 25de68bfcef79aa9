/// Tunnels over UDP: known by their port, and believed only if every field of their header that
/// must have a certain value has it.
extension DecodedFrame {
    private static let headerLength = 8

    mutating func readUDP(_ octets: RawSpan, at offset: Int, in carrier: Carrier) {
        packet = .unread(.notTCP)
        trail.note(.udp, at: offset)
        let begin = offset + Self.headerLength
        trail.reach(begin)
        // A tunnel's own header and a datagram's are to be there.
        guard octets.byteCount >= begin + 16 else { return }
        let ports: (source: UInt16, destination: UInt16) = (
            octets.bigEndian(at: offset), octets.bigEndian(at: offset + 2)
        )
        let length = Int(octets.bigEndian(at: offset + 4, as: UInt16.self)) - Self.headerLength
        guard length >= 16, offset + Self.headerLength + length <= carrier.end else { return }
        switch ports.destination {
        case 4789, 8472: readVXLAN(octets, at: begin)
        case 6081: readGENEVE(octets, at: begin)
        case 2152: readGTP(octets, at: begin, length)
        case 3544: readTeredo(octets, at: begin, length)
        case 1701: readL2TP(octets, at: begin, length)
        case 6635: readMPLS(octets, at: begin)
        default:
            switch ports.source {
            case 2152: readGTP(octets, at: begin, length)
            case 3544: readTeredo(octets, at: begin, length)
            case 1701: readL2TP(octets, at: begin, length)
            default: break
            }
        }
        noteChecksum(octets, at: offset, length + Self.headerLength, in: carrier)
    }

    /// Looks what became of the checksum of a datagram with a SYN in it.
    @inline(always)
    private mutating func noteChecksum(
        _ octets: RawSpan,
        at offset: Int,
        _ length: Int,
        in carrier: Carrier
    ) {
        guard case .segment(let segment) = packet, segment.flags.contains(.syn),
            link.outerChecksum != .wrong
        else { return }
        link.outerChecksum = SegmentChecksum(
            ofUDP: octets.extracting(droppingFirst: offset),
            length: length,
            from: carrier.source,
            to: carrier.destination
        )
    }

    /// VXLAN (RFC 7348 §5), with the group policy that some switches put into its reserved bits.
    private mutating func readVXLAN(_ octets: RawSpan, at offset: Int) {
        let flags = octets.octet(at: offset)
        let word: UInt32 = octets.bigEndian(at: offset)
        let network: UInt32 = octets.bigEndian(at: offset + 4)
        let isGroupPolicy = flags & 0x80 != 0
        guard flags & 0x7F == 0x08, isGroupPolicy || word & 0x00FF_FFFF == 0, network & 0xFF == 0
        else { return }
        if enter(.vxlan, UInt64(network >> 8)) { readEthernet(octets, at: offset + 8) }
    }

    /// GENEVE (RFC 8926 §3.4).
    private mutating func readGENEVE(_ octets: RawSpan, at offset: Int) {
        let first = octets.octet(at: offset)
        let network: UInt32 = octets.bigEndian(at: offset + 4)
        guard first >> 6 == 0, octets.octet(at: offset + 1) & 0x3F == 0, network & 0xFF == 0 else {
            return
        }
        let payload = offset + 8 + Int(first & 0x3F) * 4
        let type: UInt16 = octets.bigEndian(at: offset + 2)
        guard [EtherType.ethernet, EtherType.ipv4, EtherType.ipv6].contains(type),
            enter(.geneve, UInt64(network >> 8))
        else { return }
        trail.note(.geneve, at: offset)
        switch type {
        case EtherType.ethernet: readEthernet(octets, at: payload)
        case EtherType.ipv4: readIPv4(octets, at: payload)
        default: readIPv6(octets, at: payload)
        }
    }

    /// GTP-U version 1: a user's datagram (3GPP TS 29.281 §5).
    private mutating func readGTP(_ octets: RawSpan, at offset: Int, _ length: Int) {
        let flags = octets.octet(at: offset)
        guard flags & 0xF8 == 0x30, octets.octet(at: offset + 1) == 0xFF,
            Int(octets.bigEndian(at: offset + 2, as: UInt16.self)) == length - 8
        else { return }
        let end = min(offset + length, octets.byteCount)
        var payload = offset + 8
        if flags & 0x07 != 0 {
            var next = flags & 0x04 == 0 ? 0 : octets.octet(at: offset + 11)
            payload += 4
            // Extension headers of four octets or more; one of none would have no end.
            while next != 0 {
                guard payload < end else { return }
                let size = Int(octets.octet(at: payload)) * 4
                guard size > 0, payload + size <= end else { return }
                next = octets.octet(at: payload + size - 1)
                payload += size
            }
        }
        guard payload < end, [4, 6].contains(octets.octet(at: payload) >> 4) else { return }
        let tunnel: UInt32 = octets.bigEndian(at: offset + 4)
        if enter(.gtp, UInt64(tunnel)) { readIP(octets, at: payload) }
    }

    /// Teredo (RFC 4380 §5.1.1): authentication and origin may stand before the datagram, which
    /// takes the rest.
    private mutating func readTeredo(_ octets: RawSpan, at start: Int, _ length: Int) {
        let end = start + length
        var offset = start
        if octets.bigEndian(at: offset, as: UInt16.self) == 0x0001 {
            offset += 13 + Int(octets.octet(at: offset + 2)) + Int(octets.octet(at: offset + 3))
        }
        guard octets.byteCount >= offset + 2 else { return }
        if octets.bigEndian(at: offset, as: UInt16.self) == 0x0000 { offset += 8 }
        guard octets.byteCount >= offset + IPv6Header.length,
            octets.octet(at: offset) >> 4 == 6,
            let ip = IPv6Header(octets.extracting(droppingFirst: offset)),
            offset + IPv6Header.length + ip.payloadLength == end
        else { return }
        trail.note(.teredo, at: start)
        if enter(.teredo) { readIPv6(octets, at: offset) }
    }

    /// L2TP version 2: PPP of a session (RFC 2661 §3.1).
    private mutating func readL2TP(_ octets: RawSpan, at offset: Int, _ length: Int) {
        let flags: UInt16 = octets.bigEndian(at: offset)
        // A data message; the reserved bits are 0.
        guard flags & 0xB4FF == 0x0002 else { return }
        let hasLength = flags & 0x4000 != 0
        var position = offset + 2
        if hasLength {
            guard Int(octets.bigEndian(at: position, as: UInt16.self)) == length else { return }
            position += 2
        }
        let session: UInt32 = octets.bigEndian(at: position)
        position += 4
        if flags & 0x0800 != 0 { position += 4 }
        if flags & 0x0200 != 0 {
            guard octets.byteCount >= position + 2 else { return }
            position += 2 + Int(octets.bigEndian(at: position, as: UInt16.self))
        }
        guard octets.byteCount >= position + 2 else { return }
        if enter(.l2tp, UInt64(session)) { readPPP(octets, at: position) }
    }
}
