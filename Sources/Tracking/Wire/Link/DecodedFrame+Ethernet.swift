/// Ethernet, its tags, and what else names its payload by an ether type.
extension DecodedFrame {
    private static let headerLength = 14
    private static let tagLength = 4
    /// Version, length, option and the 16 bits of its value.
    private static let metadataLength = 6
    /// A forwarding tag and a time to live; behind them comes the frame that is carried.
    private static let fabricTagLength = 2

    @inline(always)
    mutating func readEthernet(_ octets: RawSpan, at offset: Int) {
        trail.note(.link, .ethernet, at: offset)
        if octets.byteCount >= offset &+ 12 {
            link = LinkFacts(ethernet: octets, at: offset)
        }
        readEtherType(octets, typeAt: offset &+ 12, payloadAt: offset &+ Self.headerLength)
    }

    /// Follows an ether type, which stands before the payload or somewhere else in a header.
    @inline(always)
    mutating func readEtherType(_ octets: RawSpan, typeAt typeOffset: Int, payloadAt offset: Int) {
        guard has(2, at: typeOffset, in: octets), has(0, at: offset, in: octets) else { return }
        let type: UInt16 = octets.bigEndian(at: typeOffset)
        trail.reach(offset)
        switch type {
        case EtherType.ipv4: readIPv4(octets, at: offset)
        case EtherType.ipv6: readIPv6(octets, at: offset)
        default: read(octets, at: offset, rare: type)
        }
    }

    /// Follows a rarer ether type, through any stack of VLAN tags (IEEE 802.1Q, 802.1ad).
    @inline(never)
    mutating func read(_ octets: RawSpan, at payload: Int, rare etherType: UInt16) {
        var type = etherType
        var offset = payload
        while type == EtherType.vlan || type == EtherType.provider || type == EtherType.stacked {
            guard has(Self.tagLength, at: offset, in: octets) else { return }
            let vlan = octets.bigEndian(at: offset, as: UInt16.self) & 0x0FFF
            // Identifier 0 is no VLAN, but the priority of an untagged frame.
            if vlan != 0 {
                guard enter(.vlan, UInt64(vlan)) else { return }
            }
            type = octets.bigEndian(at: offset + 2)
            offset += Self.tagLength
            trail.reach(offset)
        }
        switch type {
        case EtherType.ipv4: readIPv4(octets, at: offset)
        case EtherType.ipv6: readIPv6(octets, at: offset)
        case EtherType.arp:
            trail.note(.arp, at: offset)
            let claim = AddressClaim(arp: octets.extracting(droppingFirst: offset))
            packet = claim.map { .addressClaim($0) } ?? .unread(.notTCP)
        case EtherType.mpls, EtherType.mplsMulticast: readMPLS(octets, at: offset)
        case EtherType.pppoeSession: readPPPoE(octets, at: offset)
        case EtherType.ciscoMetadata:
            readEtherType(
                octets,
                typeAt: offset + Self.metadataLength,
                payloadAt: offset + Self.metadataLength + 2
            )
        case EtherType.fabricPath: readEthernet(octets, at: offset + Self.fabricTagLength)
        case EtherType.macsec: packet = .unread(.encrypted)
        case EtherType.linuxLLC, ..<EtherType.least: readLLC(octets, at: offset)
        default: packet = .unread(.notTCP)
        }
    }

    /// Reads an LLC header (IEEE 802.2), with or without the ether type of SNAP (RFC 1042).
    mutating func readLLC(_ octets: RawSpan, at offset: Int) {
        guard has(3, at: offset, in: octets) else { return }
        trail.reach(offset + 3)
        switch (octets.octet(at: offset), octets.octet(at: offset + 2)) {
        case (0xAA, 0x03):
            guard has(8, at: offset, in: octets) else { return }
            let type: UInt16 = octets.bigEndian(at: offset + 6)
            trail.reach(offset + 8)
            // A length would lead back here; then all is said by the header itself.
            guard type >= EtherType.least else {
                packet = .unread(.notTCP)
                return
            }
            readEtherType(octets, typeAt: offset + 6, payloadAt: offset + 8)
        case (0x06, 0x03): readIPv4(octets, at: offset + 3)
        default: packet = .unread(.notTCP)
        }
    }

    /// Token Ring (IEEE 802.5): with source routing, a field of its own length stands before the
    /// LLC header.
    mutating func readTokenRing(_ octets: RawSpan, at offset: Int) {
        guard has(15, at: offset, in: octets) else { return }
        let isRouted = octets.octet(at: offset + 8) & 0x80 != 0
        let routing = isRouted ? Int(octets.octet(at: offset + Self.headerLength) & 0x1F) : 0
        readLLC(octets, at: offset + Self.headerLength + routing)
    }
}
