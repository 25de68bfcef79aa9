import CPcap

/// What a packet was wrapped in when it was captured: VLAN tags and tunnels, outermost first.
package struct Encapsulation: Hashable, BitwiseCopyable, Sendable {
    /// A sort of wrapping that keeps address spaces apart.
    package enum Kind: UInt8, BitwiseCopyable, Sendable {
        /// IEEE 802.1Q and 802.1ad, by the VLAN identifier.
        case vlan = 1
        /// By the session.
        case pppoe
        /// By the label at the bottom of the stack.
        case mpls
        /// By the ends.
        case gre
        /// By the key.
        case keyedGRE
        /// By the session.
        case erspan
        /// By the network identifier.
        case vxlan, geneve
        /// By the ends.
        case ipInIP, etherIP
        case teredo
        /// By the tunnel endpoint identifier.
        case gtp
        /// By the tunnel and session.
        case l2tp
    }

    /// One wrapping.
    package struct Layer: Hashable, Sendable {
        package let kind: Kind
        /// What tells it from others of its kind: an identifier of the protocol, or a digest of two addresses.
        package let number: UInt64
    }

    /// As many layers are opened.
    package static let limit = 8
    private static let numberBits: UInt64 = 56

    /// The kind above the number, layer by layer; 0 behind the innermost.
    private var words = SIMD8<UInt64>(repeating: 0)

    @inline(always)
    package init() {}

    /// Whether the packet lay in its frame as it is.
    @inline(always)
    package var isPlain: Bool { words[0] == 0 }

    private var count: Int { (0..<Self.limit).first { words[$0] == 0 } ?? Self.limit }

    /// All layers, the outermost first.
    package var layers: [Layer] {
        (0..<count).compactMap { place in
            guard let kind = Kind(rawValue: UInt8(truncatingIfNeeded: words[place] >> 56)) else {
                return nil
            }
            return Layer(kind: kind, number: words[place] & (1 << Self.numberBits - 1))
        }
    }

    /// The outermost VLAN identifier, 0 for none.
    package var vlan: UInt16 {
        let tag = layers.first { $0.kind == .vlan }
        return tag.map { UInt16(truncatingIfNeeded: $0.number) } ?? 0
    }

    /// Adds a layer inside of the others.
    ///
    /// - Returns: `false` when there are too many.
    mutating func enter(_ kind: Kind, _ number: UInt64 = 0) -> Bool {
        let place = count
        guard place < Self.limit else { return false }
        words[place] =
            UInt64(kind.rawValue) << Self.numberBits | number & (1 << Self.numberBits - 1)
        return true
    }

    /// A number for a pair of addresses, the same for both directions.
    static func digest(of first: Address, _ second: Address) -> UInt64 {
        let (low, high) = first < second ? (first, second) : (second, first)
        let left = synopsis_fold(low.low ^ 0x9E37_79B9_7F4A_7C15, high.low ^ 0xA076_1D64_78BD_642F)
        let right = synopsis_fold(low.high ^ 0xD6E8_FEB8_6659_FD93, high.high ^ left)
        return left ^ right
    }
}
