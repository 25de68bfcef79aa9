/// Says of most endpoints that were never inserted that they were not, without hashing as a set
/// does.
package struct EndpointMarks: Sendable {
    /// A bit for each of 65,536 sorts of endpoints.
    private var words: [UInt64] = []

    package init() {}

    /// Marks an endpoint.
    package mutating func insert(_ endpoint: Endpoint) {
        if words.isEmpty { words = [UInt64](repeating: 0, count: 1024) }
        let slot = Self.slot(of: endpoint)
        words[slot >> 6] |= 1 << UInt64(slot & 63)
    }

    /// `false` only for what was not inserted.
    @inline(always)
    package func mayContain(_ endpoint: Endpoint) -> Bool {
        guard !words.isEmpty else { return false }
        let slot = Self.slot(of: endpoint)
        return words[slot >> 6] >> UInt64(slot & 63) & 1 != 0
    }

    @inline(always)
    private static func slot(of endpoint: Endpoint) -> Int {
        let address = endpoint.address.high ^ endpoint.address.low
        let mixed = (address ^ UInt64(endpoint.port) << 32) &* 0x9E37_79B9_7F4A_7C15
        return Int(mixed >> 48)
    }
}
