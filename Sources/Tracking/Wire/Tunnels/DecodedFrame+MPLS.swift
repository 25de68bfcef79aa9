/// MPLS: labels, then whatever the last router knows to be there (RFC 3032).
extension DecodedFrame {
    private static let labelLength = 4

    @inline(never)
    mutating func readMPLS(_ octets: RawSpan, at start: Int) {
        var offset = start
        var entry: UInt32 = 0
        // Each step goes on in the frame.
        repeat {
            guard has(Self.labelLength, at: offset, in: octets) else { return }
            entry = octets.bigEndian(at: offset)
            offset += Self.labelLength
            trail.reach(offset)
        } while entry & 0x100 == 0
        // The labels above choose the way; the lowest one tells whose network it is.
        guard enter(.mpls, UInt64(entry >> 12)), has(1, at: offset, in: octets) else { return }
        switch octets.octet(at: offset) >> 4 {
        case 4 where isIPv4(octets, at: offset): readIPv4(octets, at: offset)
        case 6 where isIPv6(octets, at: offset): readIPv6(octets, at: offset)
        case 0 where isEthernet(octets, at: offset + 4): readEthernet(octets, at: offset + 4)
        case _ where isEthernet(octets, at: offset): readEthernet(octets, at: offset)
        default: packet = .unread(.notTCP)
        }
    }

    /// Nothing says what a pseudowire carries (RFC 4448): a datagram's header must look like one,
    /// as far as it was captured.
    private func isIPv4(_ octets: RawSpan, at offset: Int) -> Bool {
        octets.octet(at: offset) & 0x0F >= 5 && !isEthernet(octets, at: offset)
    }

    private func isIPv6(_ octets: RawSpan, at offset: Int) -> Bool {
        !isEthernet(octets, at: offset)
    }

    /// Whether an Ethernet frame seems to begin here: one with a datagram of the version that its
    /// ether type says.
    private func isEthernet(_ octets: RawSpan, at offset: Int) -> Bool {
        guard octets.byteCount >= offset + 18 else { return false }
        let first = octets.octet(at: offset + 14)
        return switch octets.bigEndian(at: offset + 12, as: UInt16.self) {
        case EtherType.ipv4: first >> 4 == 4 && first & 0x0F >= 5
        case EtherType.ipv6: first >> 4 == 6
        case EtherType.vlan, EtherType.provider:
            [EtherType.ipv4, EtherType.ipv6, EtherType.vlan].contains(
                octets.bigEndian(at: offset + 16)
            )
        default: false
        }
    }
}
