/// Where in a frame its layers begin, in the order in which they were read: for who rewrites them.
struct LayerTrail: BitwiseCopyable, Sendable {
    /// What begins there.
    enum Kind: UInt8, BitwiseCopyable, Sendable {
        /// A link layer, whose type stands beside it.
        case link
        case arp
        case ipv4, ipv6
        /// Of IPv4; IPv6 steps over its own.
        case authentication
        case tcp, udp, icmp, icmpv6, gre
        case geneve, teredo
    }

    /// One layer.
    struct Layer: BitwiseCopyable {
        let kind: Kind
        /// Of a link layer alone.
        let linkType: LinkType
        /// From the begin of the frame, in bytes.
        let offset: Int
    }

    /// Layers beyond these are read, but not noted, so that what is in them goes unsaid.
    static let limit = 24
    private static let longestOffset = 1 << 20

    /// Kind, link type and offset of each.
    private var layers = [24 of UInt32](repeating: 0)
    private(set) var count = 0
    /// Up to where headers were understood, in bytes; a snapshot length may have cut the frame
    /// before.
    private(set) var reach = 0

    subscript(index: Int) -> Layer? {
        guard index >= 0, index < count else { return nil }
        let word = layers[index]
        guard let kind = Kind(rawValue: UInt8(word >> 28)) else { return nil }
        return Layer(
            kind: kind,
            linkType: LinkType(rawValue: UInt8(word >> 20 & 0xFF)) ?? .other,
            offset: Int(word & 0xF_FFFF)
        )
    }

    @inline(always)
    mutating func note(_ kind: Kind, _ linkType: LinkType = .other, at offset: Int) {
        reach = offset
        guard count < Self.limit, offset < Self.longestOffset else { return }
        layers[count] =
            UInt32(kind.rawValue) << 28 | UInt32(linkType.rawValue) << 20
            | UInt32(truncatingIfNeeded: offset)
        count &+= 1
    }

    /// Notes that the headers before an offset were understood.
    @inline(always)
    mutating func reach(_ offset: Int) { reach = offset }
}
