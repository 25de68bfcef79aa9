/// IP datagrams of either version, and what they carry.
extension DecodedFrame {
    /// What an IP header tells of its datagram.
    struct Carrier: BitwiseCopyable {
        let source: Address
        let destination: Address
        let timeToLive: UInt8
        let identification: UInt16
        /// Where the datagram begins in the frame.
        let begin: Int
        /// Where it ends, by its own claim: that may be outside of the frame.
        let end: Int
    }

    /// A datagram whose version only its first octet tells.
    @inline(never)
    mutating func readIP(_ octets: RawSpan, at offset: Int) {
        guard has(1, at: offset, in: octets) else { return }
        switch octets.octet(at: offset) >> 4 {
        case 4: readIPv4(octets, at: offset)
        case 6: readIPv6(octets, at: offset)
        default: packet = .unread(.notTCP)
        }
    }

    @inline(never)
    mutating func readIPv4(_ octets: RawSpan, at offset: Int) {
        guard has(0, at: offset, in: octets) else { return }
        datagramOffset = offset
        trail.note(.ipv4, at: offset)
        let datagram = octets.extracting(droppingFirst: offset)
        guard let ip = IPv4Header(datagram) else {
            packet = .unread(datagram.byteCount < IPv4Header.minimumLength ? .cutShort : .malformed)
            return
        }
        guard !ip.isFragment else {
            packet = .unread(.incompleteFragment)
            return
        }
        guard ip.length <= datagram.byteCount else {
            packet = .unread(.cutShort)
            return
        }
        // A total length of 0 is a datagram that the sending host left to its network card to cut
        // (TSO).
        let total = ip.totalLength == 0 ? datagram.byteCount : ip.totalLength
        let carrier = Carrier(
            source: ip.source,
            destination: ip.destination,
            timeToLive: ip.timeToLive,
            identification: ip.identification,
            begin: offset,
            end: offset + total
        )
        read(octets, at: offset + ip.length, ip.transport, in: carrier)
    }

    @inline(never)
    mutating func readIPv6(_ octets: RawSpan, at offset: Int) {
        guard has(0, at: offset, in: octets) else { return }
        datagramOffset = offset
        trail.note(.ipv6, at: offset)
        let datagram = octets.extracting(droppingFirst: offset)
        guard let ip = IPv6Header(datagram) else {
            packet = .unread(datagram.byteCount < IPv6Header.length ? .cutShort : .malformed)
            return
        }
        switch ip.transport(within: datagram.byteCount) {
        case .fragment: packet = .unread(.incompleteFragment)
        case .cutShort: packet = .unread(.cutShort)
        case .found(let transport, let position):
            let carrier = Carrier(
                source: ip.source,
                destination: ip.destination,
                timeToLive: ip.hopLimit,
                identification: 0,
                begin: offset,
                end: offset + (ip.end(within: datagram.byteCount) ?? datagram.byteCount)
            )
            read(octets, at: offset + position, transport, in: carrier)
        }
    }

    /// Reads what stands behind all IP headers.
    @inline(always)
    private mutating func read(
        _ octets: RawSpan,
        at offset: Int,
        _ transport: UInt8,
        in carrier: Carrier
    ) {
        trail.reach(offset)
        switch transport {
        case 6:
            trail.note(.tcp, at: offset)
            packet = Packet(
                tcp: octets.extracting(droppingFirst: offset),
                from: carrier.source,
                to: carrier.destination,
                claiming: carrier.end - offset,
                timeToLive: carrier.timeToLive,
                identification: carrier.identification
            )
        case 1:
            trail.note(.icmp, at: offset)
            packet = Packet(
                icmp: octets.extracting(droppingFirst: offset),
                from: carrier.source,
                to: carrier.destination,
                timeToLive: carrier.timeToLive
            )
        case 58:
            trail.note(.icmpv6, at: offset)
            packet = Packet(
                icmpv6: octets.extracting(droppingFirst: offset),
                from: carrier.source,
                to: carrier.destination,
                timeToLive: carrier.timeToLive
            )
        default:
            read(octets, at: offset, rare: transport, in: carrier)
        }
    }

    /// Protocols that may carry another datagram.
    @inline(never)
    private mutating func read(
        _ octets: RawSpan,
        at offset: Int,
        rare transport: UInt8,
        in carrier: Carrier
    ) {
        switch transport {
        case 17: readUDP(octets, at: offset, in: carrier)
        case 4, 94:
            if enter(.ipInIP, between: carrier) { readIPv4(octets, at: offset) }
        case 41:
            if enter(.ipInIP, between: carrier) { readIPv6(octets, at: offset) }
        case 47: readGRE(octets, at: offset, in: carrier)
        case 50: packet = .unread(.encrypted)
        case 51:
            // Of IPv4; IPv6 has stepped over its own. Each is 12 octets or longer, so the walk
            // ends.
            guard has(12, at: offset, in: octets) else { return }
            trail.note(.authentication, at: offset)
            let length = (Int(octets.octet(at: offset + 1)) + 2) * 4
            guard length >= 12, has(length, at: offset, in: octets) else { return }
            let next = octets.octet(at: offset)
            guard next != transport else {
                packet = .unread(.malformed)
                return
            }
            read(octets, at: offset + length, next, in: carrier)
        case 97:
            // EtherIP (RFC 3378).
            guard has(2, at: offset, in: octets) else { return }
            trail.reach(offset + 2)
            guard octets.bigEndian(at: offset, as: UInt16.self) == 0x3000 else {
                packet = .unread(.notTCP)
                return
            }
            if enter(.etherIP, between: carrier) { readEthernet(octets, at: offset + 2) }
        case 137: readMPLS(octets, at: offset)
        default: packet = .unread(.notTCP)
        }
    }

    /// Enters a tunnel that is known by its ends.
    mutating func enter(_ kind: Encapsulation.Kind, between carrier: Carrier) -> Bool {
        tunnelOffset = carrier.begin
        return enter(kind, Encapsulation.digest(of: carrier.source, carrier.destination))
    }
}
