/// A host's word that an address is its own: the sender's part of an ARP message (RFC 826), or a
/// neighbour advertisement (RFC 4861 §4.4).
package struct AddressClaim: Hashable, BitwiseCopyable, Sendable {
    package var address: Address
    package var owner: MACAddress
    /// Whose owner it asks for, if it is an ARP request.
    package var question: Address?

    /// Reads an ARP message about IPv4 over Ethernet; `nil` for any other, and for a probe, which
    /// claims nothing yet (RFC 5227 §1.1).
    init?(arp octets: RawSpan) {
        guard octets.byteCount >= 28,
            octets.bigEndian(at: 0, as: UInt64.self) >> 16 == 0x0001_0800_0604
        else { return nil }
        let sender: UInt32 = octets.bigEndian(at: 14)
        guard sender != 0 else { return nil }
        let bits =
            UInt64(octets.bigEndian(at: 8, as: UInt16.self)) << 32
            | UInt64(octets.bigEndian(at: 10, as: UInt32.self))
        address = Address(ipv4: sender)
        owner = MACAddress(bits: bits)
        if octets.bigEndian(at: 6, as: UInt16.self) == 1 {
            question = Address(ipv4: octets.bigEndian(at: 24))
        }
    }

    /// Reads an ICMPv6 neighbour advertisement whose first option is the target's link-layer
    /// address.
    init?(advertisement octets: RawSpan) {
        guard octets.byteCount >= 32, octets.bigEndian(at: 24, as: UInt16.self) == 0x0201 else {
            return nil
        }
        address = Address(high: octets.bigEndian(at: 8), low: octets.bigEndian(at: 16))
        owner = MACAddress(bits: octets.bigEndian(at: 24, as: UInt64.self) & 0xFFFF_FFFF_FFFF)
    }
}
