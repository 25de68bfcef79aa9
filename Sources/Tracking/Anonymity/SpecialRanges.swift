/// Ranges of addresses that mean something by themselves, and stay recognisable when addresses are
/// replaced (IANA's special-purpose address registries, RFC 6890).
///
/// An address of a range keeps the range's prefix. So that no other address comes to lie in it,
/// addresses beside it keep as many bits as they share with it, and the one behind them.
enum SpecialRanges {
    /// One of IPv4.
    struct V4 {
        let prefix: UInt32
        let length: Int
        /// Whether its addresses are kept whole: they name no host.
        var isKept = false
    }

    /// One of IPv6.
    struct V6 {
        let high: UInt64
        var low: UInt64 = 0
        let length: Int
    }

    static let v4 = [
        V4(prefix: 0x0000_0000, length: 8, isKept: true),
        V4(prefix: 0x0A00_0000, length: 8),
        V4(prefix: 0x6440_0000, length: 10),
        V4(prefix: 0x7F00_0000, length: 8, isKept: true),
        V4(prefix: 0xA9FE_0000, length: 16),
        V4(prefix: 0xAC10_0000, length: 12),
        V4(prefix: 0xC000_0000, length: 24),
        V4(prefix: 0xC000_0200, length: 24),
        V4(prefix: 0xC058_6300, length: 24),
        V4(prefix: 0xC0A8_0000, length: 16),
        V4(prefix: 0xC612_0000, length: 15),
        V4(prefix: 0xC633_6400, length: 24),
        V4(prefix: 0xCB00_7100, length: 24),
        V4(prefix: 0xE000_0000, length: 24, isKept: true),
        V4(prefix: 0xE000_0000, length: 4),
        V4(prefix: 0xF000_0000, length: 4),
        V4(prefix: 0xFFFF_FFFF, length: 32, isKept: true),
    ]

    /// Unspecified, loopback, NAT64 (whose last 32 bits are IPv4), discard, Teredo, documentation,
    /// 6to4, unique local and link-local.
    static let v6 = [
        V6(high: 0, low: 0, length: 128),
        V6(high: 0, low: 1, length: 128),
        V6(high: 0x0064_FF9B_0000_0000, length: 96),
        V6(high: 0x0100_0000_0000_0000, length: 64),
        V6(high: 0x2001_0000_0000_0000, length: 32),
        V6(high: 0x2001_0DB8_0000_0000, length: 32),
        V6(high: 0x2002_0000_0000_0000, length: 16),
        V6(high: 0x3FFF_0000_0000_0000, length: 20),
        V6(high: 0xFC00_0000_0000_0000, length: 7),
        V6(high: 0xFD00_0000_0000_0000, length: 8),
        V6(high: 0xFE80_0000_0000_0000, length: 64),
        V6(high: 0xFE80_0000_0000_0000, length: 10),
        V6(high: 0xFF00_0000_0000_0000, length: 8),
    ]

    /// How many of the first bits of an IPv4 address stay as they are: 32 for all.
    static func keptBits(of address: UInt32) -> Int {
        v4.reduce(0) { most, range in
            let shared = (address ^ range.prefix).leadingZeroBitCount
            if range.isKept, shared >= range.length { return 32 }
            return max(most, min(shared, range.length - 1) + 1)
        }
    }

    /// The same for an IPv6 address: up to 128.
    static func keptBits(of address: Address) -> Int {
        v6.reduce(0) { most, range in
            let high = (address.high ^ range.high).leadingZeroBitCount
            let shared =
                high < 64 ? high : 64 + (address.low ^ range.low).leadingZeroBitCount
            return max(most, min(shared, range.length - 1) + 1)
        }
    }
}
