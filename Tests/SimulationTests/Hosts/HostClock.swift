import Tracking

/// What a kernel derives from its clock: initial sequence numbers and timestamps (RFC 6528 §3; RFC
/// 7323 §5.4).
struct HostClock {
    /// How long before the world began the host did, in nanoseconds.
    let age: Int64
    let secret: UInt64

    /// A hash of the four-tuple, plus one for every 64 ns.
    func initialSequence(of ends: Ends, at now: Int64) -> SequenceNumber {
        let ticks = UInt32(truncatingIfNeeded: (now + age) >> 6)
        return SequenceNumber(ticks &+ UInt32(truncatingIfNeeded: hash(of: ends)))
    }

    /// A hash of the four-tuple, plus one for every millisecond.
    func timestamp(of ends: Ends, at now: Int64) -> UInt32 {
        let ticks = UInt32(truncatingIfNeeded: (now + age) / .millisecond)
        return ticks &+ UInt32(truncatingIfNeeded: hash(of: ends) >> 32)
    }

    private func hash(of ends: Ends) -> UInt64 {
        var mixer = Chance(seed: secret)
        for endpoint in [ends.local, ends.remote] {
            let words = endpoint.address.high ^ endpoint.address.low ^ UInt64(endpoint.port) << 48
            mixer = Chance(seed: mixer.next() ^ words)
        }
        return mixer.next()
    }
}
