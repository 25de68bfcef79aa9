/// SHA-1 (RFC 3174), for the ids that other tools compute too; no secret depends on it.
struct SHA1 {
    private var state: [5 of UInt32] = [
        0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0,
    ]
    /// The octets of the present block, most significant first; 0 where none came yet.
    private var block = [16 of UInt32](repeating: 0)
    private var count = 0

    /// Takes the next octet of the message.
    mutating func take(_ octet: UInt8) {
        let place = count & 63
        block[place >> 2] |= UInt32(octet) << UInt32(24 - 8 * (place & 3))
        count &+= 1
        if place == 63 { mix() }
    }

    /// Takes the octets of a text.
    mutating func take(_ text: String) {
        let octets = text.utf8Span.span
        for index in octets.indices { take(octets[index]) }
    }

    /// The five words of the digest of all that came.
    consuming func digest() -> [5 of UInt32] {
        let bits = UInt64(count) &* 8
        take(0x80)
        while count & 63 != 56 { take(0) }
        block[14] = UInt32(truncatingIfNeeded: bits >> 32)
        block[15] = UInt32(truncatingIfNeeded: bits)
        mix()
        return state
    }

    private mutating func mix() {
        var (a, b, c, d, e) = (state[0], state[1], state[2], state[3], state[4])
        for index in 0..<80 {
            // Only the last 16 words of the schedule are needed at a time.
            if index >= 16 {
                let mixed =
                    block[(index &- 3) & 15] ^ block[(index &- 8) & 15] ^ block[(index &- 14) & 15]
                    ^ block[index & 15]
                block[index & 15] = Self.rotate(mixed, by: 1)
            }
            let (choice, constant): (UInt32, UInt32) =
                switch index {
                case ..<20: (b & c | ~b & d, 0x5A82_7999)
                case ..<40: (b ^ c ^ d, 0x6ED9_EBA1)
                case ..<60: (b & c | b & d | c & d, 0x8F1B_BCDC)
                default: (b ^ c ^ d, 0xCA62_C1D6)
                }
            let next = Self.rotate(a, by: 5) &+ choice &+ e &+ constant &+ block[index & 15]
            (e, d, c, b, a) = (d, c, Self.rotate(b, by: 30), a, next)
        }
        state[0] &+= a
        state[1] &+= b
        state[2] &+= c
        state[3] &+= d
        state[4] &+= e
        block = [16 of UInt32](repeating: 0)
    }

    private static func rotate(_ word: UInt32, by count: UInt32) -> UInt32 {
        word &<< count | word &>> (32 &- count)
    }
}
