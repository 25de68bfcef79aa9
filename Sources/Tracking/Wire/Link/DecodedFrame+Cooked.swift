/// Linux cooked captures: of all interfaces, or of one without a link layer that libpcap knows.
extension DecodedFrame {
    /// LINKTYPE_LINUX_SLL.
    mutating func readCooked(_ octets: RawSpan, at offset: Int) {
        if octets.byteCount >= offset + 16 {
            let type: UInt16 = octets.bigEndian(at: offset)
            link = LinkFacts(cooked: type, octets, addressAt: offset + 6)
        }
        readEtherType(octets, typeAt: offset + 14, payloadAt: offset + 16)
    }

    /// LINKTYPE_LINUX_SLL2.
    mutating func readCooked2(_ octets: RawSpan, at offset: Int) {
        if octets.byteCount >= offset + 20 {
            let type = UInt16(octets.octet(at: offset + 10))
            link = LinkFacts(cooked: type, octets, addressAt: offset + 12)
        }
        readEtherType(octets, typeAt: offset, payloadAt: offset + 20)
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
