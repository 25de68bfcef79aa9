/// Ether types that lead on to IP (IEEE 802 numbers, as IANA lists them).
private enum EtherType {
    static let ipv4: UInt16 = 0x0800
    static let arp: UInt16 = 0x0806
    static let ipv6: UInt16 = 0x86DD
    static let vlan: UInt16 = 0x8100
    static let provider: UInt16 = 0x88A8
    static let stacked: UInt16 = 0x9100
}

/// A packet, and what its frame says beside it.
package struct DecodedFrame: BitwiseCopyable, Sendable {
    package var packet: Packet
    /// The outermost VLAN identifier, 0 for an untagged frame.
    package var vlan: UInt16
    package var link = LinkFacts()
    /// Where in the frame its IP datagram begins, if it holds one.
    var datagramOffset: Int?
}

extension DecodedFrame {
    /// Reads a frame from its link layer up, as far as the captured octets reach.
    package init(_ frame: borrowing Frame) {
        let octets = frame.octets
        switch frame.linkType {
        case .ethernet:
            self.init(octets, etherTypeAt: 12, payloadAt: 14)
            if octets.byteCount >= 12 { link = LinkFacts(ethernet: octets) }
        case .linuxCooked:
            self.init(octets, etherTypeAt: 14, payloadAt: 16)
            if octets.byteCount >= 16 {
                let type: UInt16 = octets.bigEndian(at: 0)
                link = LinkFacts(cooked: type, octets, addressAt: 6)
            }
        case .linuxCooked2:
            self.init(octets, etherTypeAt: 0, payloadAt: 20)
            if octets.byteCount >= 20 {
                let type = UInt16(octets.octet(at: 10))
                link = LinkFacts(cooked: type, octets, addressAt: 12)
            }
        case .rawIP, .rawIPv4, .rawIPv6:
            self.init(packet: Packet(ip: octets), vlan: 0)
            datagramOffset = 0
        case .bsdNull, .bsdLoopback:
            let ip = octets.byteCount > 4 ? octets.extracting(droppingFirst: 4) : RawSpan()
            self.init(packet: Packet(ip: ip), vlan: 0)
            datagramOffset = min(4, octets.byteCount)
        case .other:
            self.init(packet: .unread(.unknownLink), vlan: 0)
        }
    }

    /// Follows an ether type through any stack of VLAN tags (IEEE 802.1Q, 802.1ad).
    private init(_ octets: RawSpan, etherTypeAt typeOffset: Int, payloadAt payloadOffset: Int) {
        guard octets.byteCount >= payloadOffset else {
            self.init(packet: .unread(.cutShort), vlan: 0)
            return
        }
        var type: UInt16 = octets.bigEndian(at: typeOffset)
        var offset = payloadOffset
        var vlan: UInt16 = 0
        while type == EtherType.vlan || type == EtherType.provider || type == EtherType.stacked {
            guard octets.byteCount >= offset + 4 else {
                self.init(packet: .unread(.cutShort), vlan: vlan)
                return
            }
            if vlan == 0 { vlan = octets.bigEndian(at: offset, as: UInt16.self) & 0x0FFF }
            type = octets.bigEndian(at: offset + 2)
            offset += 4
        }
        let payload = octets.extracting(droppingFirst: offset)
        switch type {
        case EtherType.ipv4: self.init(packet: Packet(ipv4: payload), vlan: vlan)
        case EtherType.ipv6: self.init(packet: Packet(ipv6: payload), vlan: vlan)
        case EtherType.arp:
            let claim = AddressClaim(arp: payload)
            self.init(packet: claim.map { .addressClaim($0) } ?? .unread(.notTCP), vlan: vlan)
        default: self.init(packet: .unread(.notTCP), vlan: vlan)
        }
        if type == EtherType.ipv4 || type == EtherType.ipv6 { datagramOffset = offset }
    }
}

extension Packet {
    /// A datagram whose version only its first octet tells.
    init(ip datagram: RawSpan) {
        guard datagram.byteCount > 0 else {
            self = .unread(.cutShort)
            return
        }
        switch datagram.octet(at: 0) >> 4 {
        case 4: self.init(ipv4: datagram)
        case 6: self.init(ipv6: datagram)
        default: self = .unread(.notTCP)
        }
    }
}

extension LinkFacts {
    /// Those of a Linux cooked capture: packet type 4 is what the capturing host sent itself.
    fileprivate init(cooked type: UInt16, _ octets: RawSpan, addressAt offset: Int) {
        let bits = octets.bigEndian(at: offset, as: UInt64.self) >> 16
        self.init(
            source: bits == 0 ? nil : MACAddress(bits: bits),
            direction: type == 4 ? .outgoing : .incoming
        )
    }
}
