/// How long the latest handshakes with each host took: what a slow one is measured against.
///
/// A table of fixed size, in which a host may push out another that falls on the same slot: it is
/// written at every handshake, so that it must cost next to nothing.
package struct HandshakeTimes: Sendable {
    private static let slots = 4096
    /// The handshakes of one host that are remembered.
    private static let kept = 16
    /// With so many others their median counts.
    private static let leastOthers = 5

    private var owners = [Address](repeating: Address(high: 0, low: 0), count: slots)
    private var counts = [UInt32](repeating: 0, count: slots)
    /// In microseconds, `kept` for each slot.
    private var durations = [UInt32](repeating: 0, count: slots * kept)

    package init() {}

    @inline(always)
    private static func slot(of host: Address) -> Int {
        let mixed = (host.low ^ host.high) &* 0x9E37_79B9_7F4A_7C15
        return Int(truncatingIfNeeded: mixed >> 52)
    }

    mutating func note(_ microseconds: UInt32, of responder: Address) {
        let slot = Self.slot(of: responder)
        if owners[slot] != responder {
            owners[slot] = responder
            counts[slot] = 0
        }
        durations[slot * Self.kept + Int(counts[slot] & (UInt32(Self.kept) - 1))] = microseconds
        counts[slot] &+= 1
    }

    /// The middle one of the latest handshakes with a host.
    ///
    /// - Returns: how many there are, the one in question perhaps among them, and the median in
    ///   nanoseconds.
    package func usual(of responder: Address) -> (count: Int, median: Int64)? {
        let slot = Self.slot(of: responder)
        let count = min(Int(counts[slot]), Self.kept)
        guard owners[slot] == responder, count > 0 else { return nil }
        let sorted = durations[slot * Self.kept..<slot * Self.kept + count].sorted()
        return (count, Int64(sorted[count / 2]) * 1000)
    }

    /// Whether a handshake is a slow one: longer than usual by so much that it is worth a word.
    ///
    /// - Parameters:
    ///   - duration: how long it took, in microseconds.
    ///   - threshold: none is slow that took no longer, in nanoseconds.
    ///   - responder: with whom; where enough other handshakes with it tell what is usual, a slow
    ///     one takes more than three times their median.
    /// - Returns: whether it was slow.
    package func isSlow(_ duration: UInt32, beyond threshold: Int64, with responder: Address)
        -> Bool
    {
        guard Int64(duration) * 1000 > threshold else { return false }
        guard let usual = usual(of: responder), usual.count > Self.leastOthers else { return true }
        return Int64(duration) * 1000 > 3 * usual.median
    }
}
