/// SipHash-2-4 (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012): a keyed
/// pseudorandom function from words to 64 bits.
///
/// No library that this program links offers a keyed function of a published design: the standard
/// library's hasher takes no key.
package struct SipHash: Hashable, Sendable {
    private let first: UInt64
    private let second: UInt64

    /// The key's two halves, each with its first byte lowest.
    package init(key first: UInt64, _ second: UInt64) {
        self.first = first
        self.second = second
    }

    /// The hash of eight bytes, the lowest first.
    @inline(always)
    func hash(_ word: UInt64) -> UInt64 {
        var state = State(first, second)
        state.take(word)
        return state.finish(8 << 56)
    }

    /// The hash of three words, each with its lowest byte first.
    @inline(always)
    func hash(_ words: (UInt64, UInt64, UInt64)) -> UInt64 {
        var state = State(first, second)
        state.take(words.0)
        state.take(words.1)
        state.take(words.2)
        return state.finish(24 << 56)
    }

    /// The hash of a message of any length.
    package func hash(_ message: some Sequence<UInt8>) -> UInt64 {
        var state = State(first, second)
        var (word, count) = (0 as UInt64, 0 as UInt64)
        for byte in message {
            word |= UInt64(byte) << (8 * (count & 7))
            count += 1
            if count & 7 == 0 {
                state.take(word)
                word = 0
            }
        }
        return state.finish(word | count << 56)
    }

    /// The four words that a message is mixed into.
    private struct State {
        private var v0: UInt64
        private var v1: UInt64
        private var v2: UInt64
        private var v3: UInt64

        @inline(always)
        init(_ first: UInt64, _ second: UInt64) {
            v0 = first ^ 0x736F_6D65_7073_6575
            v1 = second ^ 0x646F_7261_6E64_6F6D
            v2 = first ^ 0x6C79_6765_6E65_7261
            v3 = second ^ 0x7465_6462_7974_6573
        }

        @inline(always)
        mutating func take(_ word: UInt64) {
            v3 ^= word
            mix()
            mix()
            v0 ^= word
        }

        @inline(always)
        mutating func finish(_ last: UInt64) -> UInt64 {
            take(last)
            v2 ^= 0xFF
            for _ in 0..<4 { mix() }
            return v0 ^ v1 ^ v2 ^ v3
        }

        @inline(always)
        private mutating func mix() {
            v0 &+= v1
            v1 = Self.rotated(v1, by: 13) ^ v0
            v0 = Self.rotated(v0, by: 32)
            v2 &+= v3
            v3 = Self.rotated(v3, by: 16) ^ v2
            v0 &+= v3
            v3 = Self.rotated(v3, by: 21) ^ v0
            v2 &+= v1
            v1 = Self.rotated(v1, by: 17) ^ v2
            v2 = Self.rotated(v2, by: 32)
        }

        @inline(always)
        private static func rotated(_ word: UInt64, by count: UInt64) -> UInt64 {
            word << count | word >> (64 &- count)
        }
    }
}
