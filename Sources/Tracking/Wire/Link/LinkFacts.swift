/// What a captured frame tells beside its datagram: whose network card sent it, and which way it
/// went.
package struct LinkFacts: Hashable, BitwiseCopyable, Sendable {
    /// Which way a packet went at the capturing host; only cooked captures say it.
    package enum Direction: UInt8, BitwiseCopyable, Sendable {
        case unknown, incoming, outgoing
    }

    private static let addressBits: UInt64 = 0xFFFF_FFFF_FFFF

    /// The source MAC address in the lowest 48 bits, the direction in the next 2, the checksum in
    /// the next 2, that of the UDP datagram around it in 2 more, and whether there is one.
    private(set) var packed: UInt64 = 0

    @inline(always)
    init() {}

    @inline(always)
    init(packed: UInt64) {
        self.packed = packed
    }

    /// Those of an Ethernet header, of which at least the first 12 octets were captured.
    @inline(always)
    init(ethernet octets: RawSpan, at offset: Int) {
        packed = octets.bigEndian(at: offset &+ 4, as: UInt64.self) & Self.addressBits
    }

    /// Those of an Ethernet header that is there as a whole.
    @inline(always)
    init(plainEthernet octets: RawSpan) {
        packed = octets.plain(at: 4, as: UInt64.self) & Self.addressBits
    }

    init(source: MACAddress?, direction: Direction) {
        packed = (source?.bits ?? 0) | UInt64(direction.rawValue) << 48
    }

    /// `nil` where the link layer has none.
    package var source: MACAddress? {
        let bits = packed & Self.addressBits
        return bits == 0 ? nil : MACAddress(bits: bits)
    }

    package var direction: Direction {
        Direction(rawValue: UInt8(truncatingIfNeeded: packed >> 48 & 3)) ?? .unknown
    }

    package internal(set) var checksum: SegmentChecksum {
        get { SegmentChecksum(rawValue: UInt8(truncatingIfNeeded: packed >> 50 & 3)) ?? .unchecked }
        set { packed = packed & ~(3 << 50) | UInt64(newValue.rawValue) << 50 }
    }

    /// What became of the checksum of the outermost UDP datagram in which a SYN is tunnelled, or of
    /// one that is wrong.
    package internal(set) var outerChecksum: SegmentChecksum {
        get { SegmentChecksum(rawValue: UInt8(truncatingIfNeeded: packed >> 52 & 3)) ?? .unchecked }
        set { packed = packed & ~(3 << 52) | UInt64(newValue.rawValue) << 52 | 1 << 54 }
    }

    /// Whether it is a SYN in a tunnel over UDP.
    package var isInDatagram: Bool { packed >> 54 & 1 == 1 }
}

/// A hardware address of 48 bits (IEEE 802).
package struct MACAddress: Hashable, BitwiseCopyable, Sendable, CustomStringConvertible {
    /// The first octet in the highest of the lowest 48 bits.
    let bits: UInt64

    /// The one that begins at an offset, of which all octets are there.
    init(_ octets: RawSpan, at offset: Int) {
        let high = UInt64(octets.bigEndian(at: offset, as: UInt16.self)) << 32
        bits = high | UInt64(octets.bigEndian(at: offset + 2, as: UInt32.self))
    }

    init(bits: UInt64) {
        self.bits = bits
    }

    /// Whether it is one that routers share for a virtual address: VRRP, HSRP or GLBP.
    var isVirtual: Bool {
        bits >> 16 == 0x0000_5E00 && [1, 2].contains(bits >> 8 & 0xFF)
            || bits >> 8 == 0x0000_0007_AC0C
            || bits >> 8 == 0x00_0000_0C07_AC || bits >> 24 == 0x00_07B4
    }

    package var description: String {
        (0..<6).map { position in
            let octet = UInt8(truncatingIfNeeded: bits >> UInt64(40 - 8 * position))
            let digits = String(octet, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined(separator: ":")
    }
}
