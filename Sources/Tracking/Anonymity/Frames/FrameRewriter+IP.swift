/// IP headers of either version, their options and extension headers, and the parts of fragmented
/// datagrams.
extension FrameRewriter {
    /// Replaces an IPv4 address.
    mutating func rewriteV4(at offset: Int) {
        let address = Address(ipv4: buffer.number(at: offset))
        let pseudonym = pseudonyms.address(address)
        buffer.set(UInt32(truncatingIfNeeded: pseudonym.low), at: offset)
    }

    /// Replaces an IPv6 address.
    mutating func rewriteV6(at offset: Int) {
        let address = Address(high: buffer.number(at: offset), low: buffer.number(at: offset + 8))
        let pseudonym = pseudonyms.address(address)
        // The mapped form of an IPv4 address has its prefix already.
        buffer.set(pseudonym.high, at: offset)
        buffer.set(pseudonym.low, at: offset + 8)
    }

    /// Options hold routes: they become the end of the list.
    mutating func rewriteIPv4(at offset: Int, in original: RawSpan) {
        guard let ip = IPv4Header(original.extracting(droppingFirst: offset)) else { return }
        rewriteV4(at: offset + 12)
        rewriteV4(at: offset + 16)
        buffer.clear(from: offset + IPv4Header.minimumLength, to: offset + ip.length)
    }

    mutating func rewriteIPv6(at offset: Int, in original: RawSpan) {
        let datagram = original.extracting(droppingFirst: offset)
        guard let ip = IPv6Header(datagram) else { return }
        rewriteV6(at: offset + 8)
        rewriteV6(at: offset + 24)
        var position = offset + IPv6Header.length
        var header = ip.nextHeader
        // Each step advances by 8 bytes or more, so the walk ends with the frame.
        while position + 8 <= original.byteCount {
            let units = Int(original.octet(at: position + 1))
            let next = original.octet(at: position)
            switch header {
            case 0, 60: clearOptions(from: position + 2, to: position + (units + 1) * 8)
            case 43: rewriteRoute(from: position + 8, to: position + (units + 1) * 8)
            case 135: buffer.clear(from: position + 8, to: position + (units + 1) * 8)
            case 51:
                buffer.clear(from: position + 12, to: position + (units + 2) * 4)
                position += (units + 2) * 4 - (units + 1) * 8
            case 44:
                // Its length is no length, but reserved.
                position -= units * 8
            default: return
            }
            if header == 44,
                original.bigEndian(at: position + units * 8 + 2, as: UInt16.self) >> 3 != 0
            {
                return
            }
            position += (units + 1) * 8
            header = next
        }
    }

    /// Options of IPv6: what pads, and the lengths of jumbograms, stay; the data of others go.
    private mutating func clearOptions(from first: Int, to end: Int) {
        var position = first
        while position + 2 <= end {
            let kind = buffer[position]
            if kind == 0 {
                position += 1
                continue
            }
            let length = Int(buffer[position + 1])
            if kind != 0xC2, kind != 0x05 {
                buffer.clear(from: position + 2, to: min(position + 2 + length, end))
            }
            position += 2 + length
        }
    }

    /// The addresses of a routing header (RFC 8200 §4.4, RFC 8754).
    private mutating func rewriteRoute(from first: Int, to end: Int) {
        var position = first
        while position + 16 <= min(end, buffer.count) {
            rewriteV6(at: position)
            position += 16
        }
        buffer.clear(from: position, to: end)
    }

    /// Keeps the headers of a datagram's part, and of a later one what belongs to a TCP header; of
    /// one that is cut short, nothing.
    mutating func keepFragment(_ datagram: DatagramLayout, of original: RawSpan) {
        let octets = original.extracting(droppingFirst: datagram.begin)
        if let ip = IPv4Header(octets) {
            guard ip.isFragment, ip.length <= octets.byteCount else { return }
            let begin = datagram.begin + ip.length
            end = max(end, begin)
            if ip.transport == 6 { keepHeader(from: ip.fragmentOffset, at: begin, in: datagram) }
        } else if let ip = IPv6Header(octets),
            case .fragment(let position) = ip.transport(within: octets.byteCount)
        {
            let begin = datagram.begin + position + 8
            end = max(end, min(begin, buffer.count))
            let field: UInt16 = octets.bigEndian(at: position + 2)
            if octets.octet(at: position) == 6 {
                keepHeader(from: Int(field & 0xFFF8), at: begin, in: datagram)
            }
        }
    }

    /// Keeps what of a TCP header is in a later part of its datagram.
    ///
    /// - Parameters:
    ///   - first: the byte of the segment with which the part begins.
    ///   - offset: where that is in the frame.
    ///   - datagram: the part.
    private mutating func keepHeader(from first: Int, at offset: Int, in datagram: DatagramLayout) {
        guard first < TCPHeader.minimumLength else { return }
        var length = TCPHeader.minimumLength - first
        if first <= 12 {
            let header = max(Int(buffer[offset + 12 - first] >> 4) * 4, TCPHeader.minimumLength)
            clearTCPOptions(from: offset + length, to: offset + header - first)
            length = header - first
        }
        if first <= 16 { adjustChecksum(at: offset + 16 - first, for: datagram) }
        end = max(end, min(offset + length, min(datagram.end, buffer.count)))
    }
}
