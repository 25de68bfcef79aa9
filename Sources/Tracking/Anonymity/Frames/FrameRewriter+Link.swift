/// Link layers: MAC addresses, and what a capturing system writes before packets.
extension FrameRewriter {
    mutating func rewriteLink(_ linkType: LinkType, at offset: Int, in original: RawSpan) {
        switch linkType {
        case .ethernet:
            rewriteMAC(at: offset)
            rewriteMAC(at: offset + 6)
        case .linuxCooked: rewriteCooked(addressAt: offset + 6)
        case .linuxCooked2: rewriteCooked(addressAt: offset + 12)
        case .ieee80211: rewriteWiFi(at: offset)
        case .prism: clearPrismName(at: offset)
        case .perPacketInformation: rewritePPI(at: offset)
        case .pktap:
            // Names of interface and programs, and their numbers; the header says where it ends.
            let little: UInt32 = buffer.number(at: offset, as: UInt32.self).byteSwapped
            let length = little < 1 << 16 ? little : little.byteSwapped
            buffer.clear(from: offset + 12, to: offset + Int(length))
        case .netfilterLog: rewriteNetfilterLog(at: offset, in: original)
        case .packetFilterLog:
            // Names of interface and rules, and who owns the socket.
            buffer.clear(from: offset + 4, to: offset + (Int(buffer[offset]) + 3) & ~3)
        case .juniperEthernet:
            if buffer[offset + 3] & 0x80 != 0 {
                let length = Int(buffer.number(at: offset + 4, as: UInt16.self))
                buffer.clear(from: offset + 6, to: offset + 6 + length)
            }
        case .fddi:
            rewriteMAC(at: offset + 1)
            rewriteMAC(at: offset + 7)
        case .tokenRing:
            let routing = buffer[offset + 8] & 0x80
            rewriteMAC(at: offset + 2)
            rewriteMAC(at: offset + 8)
            // The bit that says that a route stands behind the addresses.
            buffer[offset + 8] = buffer[offset + 8] & 0x7F | routing
        case .fireWire:
            rewriteMAC(at: offset + 2)
            rewriteMAC(at: offset + 10)
            buffer.clear(from: offset, to: offset + 2)
            buffer.clear(from: offset + 8, to: offset + 10)
        case .rawIP, .rawIPv4, .rawIPv6, .bsdNull, .bsdLoopback, .ppp, .pppoe, .ciscoHDLC,
            .frameRelay, .radiotap, .avs, .openBSDEncapsulation, .mpls, .atmLLC, .other:
            break
        }
    }

    /// Replaces a MAC address, of which all must be there.
    mutating func rewriteMAC(at offset: Int) {
        guard offset + 6 <= buffer.count else { return }
        let address = buffer.mac(at: offset)
        buffer.set(UInt16(truncatingIfNeeded: pseudonyms.mac(address) >> 32), at: offset)
        buffer.set(UInt32(truncatingIfNeeded: pseudonyms.mac(address)), at: offset + 2)
    }

    /// The address of a cooked frame has up to eight bytes, of which six are looked at.
    private mutating func rewriteCooked(addressAt offset: Int) {
        rewriteMAC(at: offset)
        buffer.clear(from: offset + 6, to: offset + 8)
    }

    private mutating func rewriteWiFi(at offset: Int) {
        let control = buffer[offset]
        let isControl = control & 0x0C == 0x04
        // Of control frames an acknowledgment and a CTS have one address, the others two.
        let isShort = isControl && (control >> 4 == 12 || control >> 4 == 13)
        let addresses = isControl ? (isShort ? 1 : 2) : 3
        for position in 0..<addresses { rewriteMAC(at: offset + 4 + 6 * position) }
        if isControl {
            end = min(end, offset + 4 + 6 * addresses)
        } else if control & 0x0C == 0x08, buffer[offset + 1] & 0x03 == 0x03 {
            rewriteMAC(at: offset + 24)
        }
    }

    /// A Prism header has the name of the interface; an AVS header, which may stand in its place,
    /// has none.
    private mutating func clearPrismName(at offset: Int) {
        let isAVS = buffer.number(at: offset, as: UInt32.self) & 0xFFFF_F000 == 0x8021_1000
        let big: UInt32 = buffer.number(at: offset + 4)
        let length = Int(big < 1 << 16 ? big : big.byteSwapped)
        if !isAVS { buffer.clear(from: offset + 8, to: offset + min(24, length)) }
    }

    /// Its fields may hold a position on earth: they become one without a meaning.
    private mutating func rewritePPI(at offset: Int) {
        let length = Int(buffer.number(at: offset + 2, as: UInt16.self).byteSwapped)
        buffer.clear(from: offset + 8, to: offset + length)
        guard length >= 12 else { return }
        buffer.set(UInt16.max, at: offset + 8)
        buffer.set(UInt16(length - 12).byteSwapped, at: offset + 10)
    }

    /// Only the packet is kept: the other attributes are names, addresses and owners.
    private mutating func rewriteNetfilterLog(at start: Int, in original: RawSpan) {
        var offset = start + 4
        while offset + 4 <= original.byteCount {
            let little: UInt16 = original.littleEndian(at: offset)
            let isLittle = original.octet(at: offset + 3) == 0
            let length = Int(isLittle ? little : little.byteSwapped)
            let kind = original.octet(at: offset + (isLittle ? 2 : 3))
            guard length >= 4, kind != 9 else { return }
            buffer.clear(from: offset + 4, to: offset + (length + 3) & ~3)
            offset += (length + 3) & ~3
        }
    }

    /// ARP about IPv4 over Ethernet; of others the kind is kept.
    mutating func rewriteARP(at offset: Int) {
        let isUsual = buffer.number(at: offset, as: UInt64.self) >> 16 == 0x0001_0800_0604
        guard isUsual, buffer.count >= offset + 28 else {
            end = min(offset + 8, buffer.count)
            return
        }
        for position in [offset + 8, offset + 18] {
            rewriteMAC(at: position)
            rewriteV4(at: position + 6)
        }
        end = offset + 28
    }

    /// The values of its options are whatever the tunnel's ends agreed on.
    mutating func clearOptions(ofGENEVEAt offset: Int) {
        let options = offset + 8 + Int(buffer[offset] & 0x3F) * 4
        var position = offset + 8
        while position + 4 <= options {
            let length = Int(buffer[position + 3] & 0x1F) * 4
            buffer.clear(from: position + 4, to: min(position + 4 + length, options))
            position += 4 + length
        }
    }

    /// Who authenticates, and where the packet came from, in a hidden form (RFC 4380 §5.1.1).
    mutating func clearIndications(ofTeredoAt start: Int, in original: RawSpan) {
        var offset = start
        if original.bigEndian(at: offset, as: UInt16.self) == 0x0001 {
            let length =
                13 + Int(original.octet(at: offset + 2)) + Int(original.octet(at: offset + 3))
            buffer.clear(from: offset + 4, to: offset + length)
            offset += length
        }
        guard original.byteCount >= offset + 8,
            original.bigEndian(at: offset, as: UInt16.self) == 0
        else { return }
        buffer.clear(from: offset + 2, to: offset + 8)
    }
}

extension FrameBuffer {
    /// The MAC address at an offset, in the lowest 48 bits.
    func mac(at offset: Int) -> UInt64 {
        UInt64(number(at: offset, as: UInt16.self)) << 32
            | UInt64(number(at: offset + 2, as: UInt32.self))
    }
}
