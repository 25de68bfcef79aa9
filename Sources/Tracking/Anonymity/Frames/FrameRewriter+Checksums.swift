/// Checksums: right where they were right, wrong where they were wrong, and missing where they were
/// missing.
extension FrameRewriter {
    /// What a checksum was before its packet was changed.
    private enum Former {
        case right, wrong, empty
        /// That of the pseudo header alone.
        case unfilled
    }

    /// Mends the checksum of a layer; those within it are done.
    ///
    /// What was cut off counts as zeros, so that the sum says nothing of it. A packet of which a
    /// snapshot length cut off a part gets a right sum, since none can tell whether it had one.
    mutating func mendChecksum(ofLayer index: Int, on trail: LayerTrail, in original: RawSpan) {
        guard let layer = trail[index], let datagram = trail.datagram(around: index, in: original)
        else { return }
        let field: Int
        let transport: UInt8
        switch layer.kind {
        case .ipv4:
            mendHeader(of: datagram, in: original)
            return
        case .tcp: (field, transport) = (16, 6)
        case .udp: (field, transport) = (6, 17)
        case .icmpv6: (field, transport) = (2, 58)
        case .icmp: (field, transport) = (2, 0)
        case .gre:
            guard original.octet(at: layer.offset) & 0x80 != 0 else { return }
            (field, transport) = (4, 0)
        case .link, .arp, .ipv6, .authentication, .geneve, .teredo: return
        }
        guard layer.offset + field + 2 <= min(end, original.byteCount) else { return }
        if datagram.isFragment {
            if transport != 0 { adjustChecksum(at: layer.offset + field, for: datagram) }
            return
        }
        let range = layer.offset..<max(layer.offset, datagram.end)
        let old =
            transport == 0
            ? 0 : Self.pseudoHeader(datagram.source, datagram.destination, range.count, transport)
        let former = Self.former(range, in: original, field: layer.offset + field, pseudo: old)
        let new =
            transport == 0
            ? 0
            : Self.pseudoHeader(
                pseudonyms.address(datagram.source),
                pseudonyms.address(datagram.destination),
                range.count,
                transport
            )
        write(former, range, field: layer.offset + field, pseudo: new, isUDP: transport == 17)
    }

    private mutating func mendHeader(of datagram: DatagramLayout, in original: RawSpan) {
        let begin = datagram.begin
        let range = begin..<begin + Int(original.octet(at: begin) & 0x0F) * 4
        guard range.upperBound <= min(end, original.byteCount) else { return }
        let former = Self.former(range, in: original, field: begin + 10, pseudo: 0)
        write(former, range, field: begin + 10, pseudo: 0, isUDP: false)
    }

    private static func pseudoHeader(
        _ source: Address,
        _ destination: Address,
        _ length: Int,
        _ transport: UInt8
    ) -> UInt64 {
        InternetChecksum.sum(of: source) &+ InternetChecksum.sum(of: destination)
            &+ InternetChecksum.pseudoHeader(length: length, transport: transport)
    }

    private static func former(
        _ range: Range<Int>,
        in original: RawSpan,
        field: Int,
        pseudo: UInt64
    ) -> Former {
        let value: UInt16 = original.bigEndian(at: field)
        if value == 0, pseudo != 0 { return .empty }
        if value.bigEndian == InternetChecksum.folded(pseudo), pseudo != 0 { return .unfilled }
        guard range.upperBound <= original.byteCount else { return .right }
        let sum = InternetChecksum.sum(of: original, from: range.lowerBound, to: range.upperBound)
        if InternetChecksum.folded(pseudo &+ sum) == 0xFFFF { return .right }
        return value == 0 ? .empty : .wrong
    }

    private mutating func write(
        _ former: Former,
        _ range: Range<Int>,
        field: Int,
        pseudo: UInt64,
        isUDP: Bool
    ) {
        buffer.set(0 as UInt16, at: field)
        let unfilled = InternetChecksum.folded(pseudo)
        let last = min(range.upperBound, end)
        let sum = InternetChecksum.sum(of: buffer.bytes, from: range.lowerBound, to: last)
        let right = ~InternetChecksum.folded(pseudo &+ sum)
        switch former {
        case .empty: return
        case .unfilled: buffer.set(unfilled.bigEndian, at: field)
        case .right: buffer.set((isUDP && right == 0 ? 0xFFFF : right).bigEndian, at: field)
        case .wrong:
            // None of these means anything else than that it is wrong.
            let wrong = [0x5555, 0x3333, 0x0F0F, 0x1111].map { right ^ $0 }
                .first { $0 != 0 && $0 != 0xFFFF && $0 != unfilled }
            buffer.set((wrong ?? right ^ 0x0101).bigEndian, at: field)
        }
    }

    /// Takes the new addresses into a checksum whose packet is not there as a whole (RFC 1624).
    mutating func adjustChecksum(at offset: Int, for datagram: DatagramLayout) {
        let field: UInt16 = buffer.number(at: offset)
        guard field != 0 else { return }
        let old =
            InternetChecksum.sum(of: datagram.source)
            &+ InternetChecksum.sum(of: datagram.destination)
        let new =
            InternetChecksum.sum(of: pseudonyms.address(datagram.source))
            &+ InternetChecksum.sum(of: pseudonyms.address(datagram.destination))
        let rest = UInt64(~InternetChecksum.folded(new))
        let sum = InternetChecksum.folded(UInt64(field.bigEndian) &+ old &+ rest)
        buffer.set(sum.bigEndian, at: offset)
    }
}
