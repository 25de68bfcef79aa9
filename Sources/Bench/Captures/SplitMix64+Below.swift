import Tracking

extension SplitMix64 {
    /// One of `0 ..< bound`, near enough to even.
    mutating func below(_ bound: UInt32) -> UInt32 {
        UInt32(truncatingIfNeeded: ((next() >> 32) &* UInt64(bound)) >> 32)
    }
}
