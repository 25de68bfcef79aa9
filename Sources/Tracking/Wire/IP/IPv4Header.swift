/// An IPv4 header where it lies in a captured frame (RFC 791 §3.1).
struct IPv4Header: ~Escapable {
    static let minimumLength = 20

    private let octets: RawSpan

    /// - Returns: `nil` when the fixed header was not captured whole, or is not one of version 4.
    @inline(always)
    @_lifetime(copy octets)
    init?(_ octets: RawSpan) {
        guard octets.byteCount >= Self.minimumLength, octets.octet(at: 0) >> 4 == 4,
            octets.octet(at: 0) & 0x0F >= 5
        else { return nil }
        self.octets = octets
    }

    /// With options, in octets: 20 … 60.
    @inline(always) var length: Int { Int(octets.octet(at: 0) & 0x0F) * 4 }
    @inline(always) var totalLength: Int { Int(octets.bigEndian(at: 2, as: UInt16.self)) }
    @inline(always) var identification: UInt16 { octets.bigEndian(at: 4) }
    @inline(always) var timeToLive: UInt8 { octets.octet(at: 8) }
    @inline(always) var transport: UInt8 { octets.octet(at: 9) }
    @inline(always) var source: Address { Address(ipv4: octets.bigEndian(at: 12)) }
    @inline(always) var destination: Address { Address(ipv4: octets.bigEndian(at: 16)) }

    /// Whether it carries a part of a datagram, the first or a later one.
    @inline(always)
    var isFragment: Bool { octets.bigEndian(at: 6, as: UInt16.self) & 0x3FFF != 0 }

    /// Where in its datagram the part begins that it carries, in octets.
    var fragmentOffset: Int { Int(octets.bigEndian(at: 6, as: UInt16.self) & 0x1FFF) * 8 }
    /// Whether other parts of its datagram come behind this one.
    var hasMoreFragments: Bool { octets.octet(at: 6) & 0x20 != 0 }

    /// Whether it carries a later part of a datagram, and so no transport header.
    @inline(always) var isLaterFragment: Bool {
        octets.bigEndian(at: 6, as: UInt16.self) & 0x1FFF != 0
    }
}
