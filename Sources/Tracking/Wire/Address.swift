/// An IPv4 or IPv6 address in 16 octets; IPv4 in the mapped form `::ffff:a.b.c.d` (RFC 4291
/// §2.5.5.2).
package struct Address: Hashable, BitwiseCopyable, Sendable {
    package let high: UInt64
    package let low: UInt64

    @inline(always)
    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The IPv4 address with these four octets, most significant first.
    @inline(always)
    package init(ipv4 octets: UInt32) {
        high = 0
        low = 0x0000_FFFF_0000_0000 | UInt64(octets)
    }

    @inline(always)
    package var isIPv4: Bool { high == 0 && low >> 32 == 0xFFFF }

    /// Whether it is 127.0.0.0/8 (RFC 1122 §3.2.1.3) or ::1 (RFC 4291 §2.5.3).
    package var isLoopback: Bool {
        isIPv4 ? low >> 24 & 0xFF == 127 : high == 0 && low == 1
    }
}

extension Address {
    /// IPv4 networks that are nobody's in the Internet, with the number of their bits (RFC 6890).
    private static let localNetworks: [(network: UInt32, bits: UInt32)] = [
        (0x0A00_0000, 8), (0xAC10_0000, 12), (0xC0A8_0000, 16), (0x6440_0000, 10),
        (0xA9FE_0000, 16), (0x7F00_0000, 8),
    ]

    /// Whether it belongs to a network of the Internet.
    private var isGlobal: Bool {
        guard isIPv4 else { return high >> 61 == 1 }
        let octets = UInt32(truncatingIfNeeded: low)
        return !Self.localNetworks.contains { octets ^ $0.network < 1 << (32 - $0.bits) }
    }

    /// Whether it is an address of the Internet, far from another one.
    package func isStranger(to other: Address) -> Bool {
        guard isGlobal, isIPv4 == other.isIPv4 else { return false }
        return isIPv4 ? low >> 16 != other.low >> 16 : high >> 32 != other.high >> 32
    }
}

extension Address: Comparable {
    @inline(always)
    package static func < (left: Address, right: Address) -> Bool {
        left.high == right.high ? left.low < right.low : left.high < right.high
    }
}

extension Address: CustomStringConvertible {
    /// Dotted decimal, or the canonical IPv6 text (RFC 5952 §4).
    package var description: String {
        if isIPv4 {
            return dottedDecimal
        }
        let groups = (0..<8).map { index in
            UInt16(truncatingIfNeeded: (index < 4 ? high : low) >> UInt64(48 - 16 * (index & 3)))
        }
        guard let zeros = Self.longestRunOfZeros(in: groups) else {
            return Self.text(of: groups[...])
        }
        return Self.text(of: groups[..<zeros.lowerBound]) + "::"
            + Self.text(of: groups[zeros.upperBound...])
    }

    private var dottedDecimal: String {
        unsafe String(unsafeUninitializedCapacity: 15) { text in
            var count = 0
            func append(_ octet: UInt8) {
                unsafe text[count] = octet
                count += 1
            }
            for index: UInt64 in 0..<4 {
                let octet = UInt8(truncatingIfNeeded: low >> (24 - 8 * index))
                if index > 0 { append(UInt8(ascii: ".")) }
                if octet >= 100 { append(UInt8(ascii: "0") + octet / 100) }
                if octet >= 10 { append(UInt8(ascii: "0") + octet / 10 % 10) }
                append(UInt8(ascii: "0") + octet % 10)
            }
            return count
        }
    }

    private static func text(of groups: ArraySlice<UInt16>) -> String {
        groups.map { String($0, radix: 16) }.joined(separator: ":")
    }

    /// The first of the longest runs of two or more zero groups, which `::` stands for.
    private static func longestRunOfZeros(in groups: [UInt16]) -> Range<Int>? {
        var longest = 0..<1
        var start = 0
        for (index, group) in groups.enumerated() {
            if group != 0 { start = index + 1 }
            if index + 1 - start > longest.count { longest = start..<index + 1 }
        }
        return longest.count >= 2 ? longest : nil
    }
}

extension Address {
    /// Reads dotted decimal or IPv6 text; `nil` for anything else.
    package init?(_ text: String) {
        if text.contains(":") {
            self.init(ipv6Text: text)
        } else {
            self.init(ipv4Text: text)
        }
    }

    private init?(ipv4Text text: some StringProtocol) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var value: UInt32 = 0
        for part in parts {
            // What is written otherwise than it is read, such as 010 or +1, means something else to
            // others.
            guard let octet = UInt8(part), String(octet) == part else { return nil }
            value = value << 8 | UInt32(octet)
        }
        self.init(ipv4: value)
    }

    private init?(ipv6Text text: String) {
        if text.contains("."), let colon = text.lastIndex(of: ":") {
            guard let tail = Address(ipv4Text: text[text.index(after: colon)...]) else {
                return nil
            }
            let groups = [tail.low >> 16 & 0xFFFF, tail.low & 0xFFFF].map { String($0, radix: 16) }
            self.init(ipv6Text: text[...colon] + groups.joined(separator: ":"))
            return
        }
        let halves = text.split(separator: "::", maxSplits: 1, omittingEmptySubsequences: false)
        let parts = halves.map(Self.groups)
        let written = parts.reduce(0) { $0 + $1.count }
        guard parts.count == 2 ? written < 8 : written == 8 else { return nil }
        let zeros = [UInt16?](repeating: 0, count: 8 - written)
        let groups = parts.count == 2 ? parts[0] + zeros + parts[1] : parts[0]
        var words: (UInt64, UInt64) = (0, 0)
        for (index, group) in groups.enumerated() {
            guard let group else { return nil }
            if index < 4 {
                words.0 = words.0 << 16 | UInt64(group)
            } else {
                words.1 = words.1 << 16 | UInt64(group)
            }
        }
        self.init(high: words.0, low: words.1)
    }

    /// The groups between the colons of `text`, `nil` for what is none.
    private static func groups(in text: Substring) -> [UInt16?] {
        if text.isEmpty { return [] }
        return text.split(separator: ":", omittingEmptySubsequences: false).map { part in
            part.count <= 4 && part.allSatisfy(\.isHexDigit) ? UInt16(part, radix: 16) : nil
        }
    }
}
