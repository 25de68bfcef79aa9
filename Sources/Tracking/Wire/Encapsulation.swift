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
        /// What tells it from others of its kind: an identifier of the protocol, or a digest of two
        /// addresses.
        package let number: UInt64
    }

    /// As many layers are opened.
    package static let limit = 8
    private static let numberBits: UInt64 = 56

    /// The kind above the number, layer by layer; 0 behind the innermost.
    private var words: Words = (0, 0, 0, 0, 0, 0, 0, 0)
    private typealias Words = (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64)
    /// Of all words; 0 for none.
    private(set) var digest: UInt64 = 0
    private var count: UInt8 = 0

    @inline(always)
    package init() {}

    /// Whether the packet lay in its frame as it is.
    @inline(always)
    package var isPlain: Bool { count == 0 }

    /// All layers, the outermost first.
    package var layers: [Layer] {
        let all = [
            words.0, words.1, words.2, words.3, words.4, words.5, words.6, words.7,
        ]
        return all.prefix(Int(count)).compactMap { word in
            guard let kind = Kind(rawValue: UInt8(truncatingIfNeeded: word >> Self.numberBits))
            else { return nil }
            return Layer(kind: kind, number: word & (1 << Self.numberBits - 1))
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
    @inline(always)
    mutating func enter(_ kind: Kind, _ number: UInt64 = 0) -> Bool {
        let word = UInt64(kind.rawValue) << Self.numberBits | number & (1 << Self.numberBits - 1)
        switch count {
        case 0: words.0 = word
        case 1: words.1 = word
        case 2: words.2 = word
        case 3: words.3 = word
        case 4: words.4 = word
        case 5: words.5 = word
        case 6: words.6 = word
        case 7: words.7 = word
        default: return false
        }
        count &+= 1
        digest = synopsis_fold(digest ^ word, 0x9E37_79B9_7F4A_7C15) | 1
        return true
    }

    package static func == (left: Encapsulation, right: Encapsulation) -> Bool {
        let head = (left.words.0, left.words.1, left.words.2, left.words.3)
        let rest = (left.words.4, left.words.5, left.words.6, left.words.7)
        return head == (right.words.0, right.words.1, right.words.2, right.words.3)
            && rest == (right.words.4, right.words.5, right.words.6, right.words.7)
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(digest)
    }

    /// A number for a pair of addresses, the same for both directions.
    static func digest(of first: Address, _ second: Address) -> UInt64 {
        let (low, high) = first < second ? (first, second) : (second, first)
        let left = synopsis_fold(low.low ^ 0x9E37_79B9_7F4A_7C15, high.low ^ 0xA076_1D64_78BD_642F)
        let right = synopsis_fold(low.high ^ 0xD6E8_FEB8_6659_FD93, high.high ^ left)
        return left ^ right
    }
}
