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
        let position = count & 63
        block[position >> 2] |= UInt32(octet) << UInt32(24 - 8 * (position & 3))
        count &+= 1
        if position == 63 { mix() }
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

    /// The five words while a block is mixed in.
    private struct Working {
        var a, b, c, d, e: UInt32

        @inline(__always)
        mutating func turn(_ choice: UInt32, _ constant: UInt32, _ word: UInt32) {
            let next = SHA1.rotate(a, by: 5) &+ choice &+ e &+ constant &+ word
            (e, d, c, b, a) = (d, c, SHA1.rotate(b, by: 30), a, next)
        }
    }

    /// The next word of the schedule, of which only the last 16 are needed at a time.
    @inline(__always)
    private static func word(_ index: Int, _ words: inout [16 of UInt32]) -> UInt32 {
        let mixed =
            words[(index &- 3) & 15] ^ words[(index &- 8) & 15] ^ words[(index &- 14) & 15]
            ^ words[index & 15]
        words[index & 15] = rotate(mixed, by: 1)
        return words[index & 15]
    }

    private mutating func mix() {
        var words = block
        var now = Working(a: state[0], b: state[1], c: state[2], d: state[3], e: state[4])
        for index in 0..<16 { now.turn(now.b & now.c | ~now.b & now.d, 0x5A82_7999, words[index]) }
        for index in 16..<20 {
            now.turn(now.b & now.c | ~now.b & now.d, 0x5A82_7999, Self.word(index, &words))
        }
        for index in 20..<40 {
            now.turn(now.b ^ now.c ^ now.d, 0x6ED9_EBA1, Self.word(index, &words))
        }
        for index in 40..<60 {
            let choice = now.b & now.c | now.b & now.d | now.c & now.d
            now.turn(choice, 0x8F1B_BCDC, Self.word(index, &words))
        }
        for index in 60..<80 {
            now.turn(now.b ^ now.c ^ now.d, 0xCA62_C1D6, Self.word(index, &words))
        }
        state[0] &+= now.a
        state[1] &+= now.b
        state[2] &+= now.c
        state[3] &+= now.d
        state[4] &+= now.e
        block = [16 of UInt32](repeating: 0)
    }

    @inline(__always)
    private static func rotate(_ word: UInt32, by count: UInt32) -> UInt32 {
        word &<< count | word &>> (32 &- count)
    }
}
