/// A part of an IP datagram, as its header describes it.
struct FragmentPart {
    /// What the parts of one datagram have in common.
    struct Key: Hashable {
        let source: Address
        let destination: Address
        let identification: UInt32
        /// Of IPv4; IPv6 identifies without it.
        let transport: UInt8
        let encapsulation: EncapsulationID
    }

    let key: Key
    /// In the payload of the whole, by the header's claim.
    let range: Range<Int>
    let isLast: Bool
    /// The header of the whole, with another length and without options.
    let header: [UInt8]
    /// Where in the captured datagram the part begins.
    let begin: Int

    init?(ipv4 datagram: RawSpan, in encapsulation: EncapsulationID) {
        guard let ip = IPv4Header(datagram), ip.length <= datagram.byteCount else { return nil }
        let total = ip.totalLength == 0 ? datagram.byteCount : ip.totalLength
        guard total > ip.length else { return nil }
        key = Key(
            source: ip.source,
            destination: ip.destination,
            identification: UInt32(ip.identification),
            transport: ip.transport,
            encapsulation: encapsulation
        )
        range = ip.fragmentOffset..<ip.fragmentOffset + total - ip.length
        isLast = !ip.hasMoreFragments
        var header = (0..<IPv4Header.minimumLength).map { datagram.octet(at: $0) }
        header[0] = 0x45
        header[6] = 0
        header[7] = 0
        self.header = header
        begin = ip.length
    }

    init?(ipv6 datagram: RawSpan, in encapsulation: EncapsulationID) {
        guard let ip = IPv6Header(datagram),
            case .fragment(let position) = ip.transport(within: datagram.byteCount)
        else { return nil }
        let end = ip.end(within: datagram.byteCount) ?? datagram.byteCount
        begin = position + 8
        guard end > begin else { return nil }
        let field: UInt16 = datagram.bigEndian(at: position + 2)
        key = Key(
            source: ip.source,
            destination: ip.destination,
            identification: datagram.bigEndian(at: position + 4),
            transport: 0,
            encapsulation: encapsulation
        )
        let offset = Int(field & 0xFFF8)
        range = offset..<offset + end - begin
        isLast = field & 1 == 0
        var header = (0..<IPv6Header.length).map { datagram.octet(at: $0) }
        header[6] = datagram.octet(at: position)
        self.header = header
    }
}
