/// How often times of some length were seen.
package struct DelayHistogram: Sendable {
    /// The upper bounds of the classes, in microseconds: a SYN that is sent again costs 1, 3, 7 or
    /// 15 s, and a little.
    package static let bounds: [UInt64] = [
        100, 300, 1_000, 3_000, 10_000, 30_000, 100_000, 300_000,
        1_000_000, 1_500_000, 3_500_000, 7_500_000, 15_500_000, 30_000_000,
    ]

    /// By `bounds`, the last one beyond all bounds.
    package private(set) var counts = [UInt64](repeating: 0, count: Self.bounds.count + 1)
    /// In microseconds.
    package private(set) var sum: UInt64 = 0

    package init() {}

    mutating func note(_ delay: UInt64) {
        counts[Self.bounds.firstIndex { delay <= $0 } ?? Self.bounds.count] &+= 1
        sum &+= delay
    }
}
