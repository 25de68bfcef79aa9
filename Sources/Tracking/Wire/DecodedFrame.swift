/// A packet, and what its frame says beside it.
package struct DecodedFrame: BitwiseCopyable, Sendable {
    package var packet: Packet
    /// The VLANs and tunnels around the packet.
    package var encapsulation = Encapsulation()
    package var link = LinkFacts()
    /// Where in the frame the IP datagram begins that holds the packet, or was found instead of
    /// one.
    var datagramOffset: Int?
    /// Where in the frame the IP header lies whose addresses are the ends of the innermost tunnel
    /// that is known by them.
    var tunnelOffset: Int?
    /// The layers that were read on the way to the packet.
    var trail = LayerTrail()

    /// The outermost VLAN identifier, 0 for an untagged frame.
    package var vlan: UInt16 { encapsulation.isPlain ? 0 : encapsulation.vlan }
}

/// Every reader of a layer takes the whole of the frame and the offset at which its layer begins,
/// and ends in a `packet`; it looks at no octet that was not captured.
extension DecodedFrame {
    /// Reads a frame from its link layer up, as far as the captured octets reach.
    package init(_ frame: borrowing Frame) {
        self.init(packet: .unread(.notTCP))
        read(frame.octets, at: 0, as: frame.linkType)
    }

    /// Reads on in a datagram that was put together from fragments, of which `fragment` was the
    /// last.
    init(_ datagram: RawSpan, insteadOf fragment: DecodedFrame) {
        self.init(packet: .unread(.notTCP))
        encapsulation = fragment.encapsulation
        link = fragment.link
        readIP(datagram, at: 0)
    }

    mutating func read(_ octets: RawSpan, at offset: Int, as linkType: LinkType) {
        if linkType != .ethernet { trail.note(.link, linkType, at: offset) }
        switch linkType {
        case .ethernet: readEthernet(octets, at: offset)
        case .linuxCooked: readCooked(octets, at: offset)
        case .linuxCooked2: readCooked2(octets, at: offset)
        case .rawIP, .rawIPv4, .rawIPv6: readIP(octets, at: offset)
        case .bsdNull, .bsdLoopback: readIP(octets, at: offset + 4)
        case .ppp: readPPP(octets, at: offset)
        case .pppoe: readPPPoE(octets, at: offset)
        case .ciscoHDLC: readEtherType(octets, typeAt: offset + 2, payloadAt: offset + 4)
        case .frameRelay: readFrameRelay(octets, at: offset)
        case .ieee80211: readWiFi(octets, at: offset)
        case .radiotap: readRadiotap(octets, at: offset)
        case .prism, .avs: readPrism(octets, at: offset)
        case .perPacketInformation: readPerPacketInformation(octets, at: offset)
        case .pktap: readPktap(octets, at: offset)
        case .netfilterLog: readNetfilterLog(octets, at: offset)
        case .packetFilterLog: readPacketFilterLog(octets, at: offset)
        case .openBSDEncapsulation: readIP(octets, at: offset + 12)
        case .juniperEthernet: readJuniper(octets, at: offset)
        case .mpls: readMPLS(octets, at: offset)
        case .fddi: readLLC(octets, at: offset + 13)
        case .tokenRing: readTokenRing(octets, at: offset)
        case .atmLLC: readLLC(octets, at: offset)
        case .fireWire: readEtherType(octets, typeAt: offset + 16, payloadAt: offset + 18)
        case .other: packet = .unread(.unknownLink)
        }
    }

    /// Whether the octets of a range were captured; where they were not, the frame is cut short.
    @inline(always)
    mutating func has(_ count: Int, at offset: Int, in octets: RawSpan) -> Bool {
        if offset <= octets.byteCount &- count { return true }
        packet = .unread(.cutShort)
        return false
    }

    /// Enters a VLAN or tunnel; a frame with too many is not read further.
    mutating func enter(_ kind: Encapsulation.Kind, _ number: UInt64 = 0) -> Bool {
        if encapsulation.enter(kind, number) { return true }
        packet = .unread(.tooDeep)
        return false
    }
}

extension RawSpan {
    /// The integer in the byte order of the host that wrote it, nearly always the one with the
    /// least octet first.
    func littleEndian<Value: FixedWidthInteger & BitwiseCopyable>(
        at offset: Int,
        as type: Value.Type = Value.self
    ) -> Value {
        bigEndian(at: offset, as: Value.self).byteSwapped
    }
}
