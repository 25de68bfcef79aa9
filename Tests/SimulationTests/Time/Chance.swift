import Tracking

/// The only source of chance in a simulated world: one seed, one world.
struct Chance: RandomNumberGenerator {
    private var numbers: SplitMix64

    init(seed: UInt64) {
        numbers = SplitMix64(seed: seed)
    }

    /// The first number that a seed gives.
    static func first(of seed: UInt64) -> UInt64 {
        var chance = Chance(seed: seed)
        return chance.next()
    }

    mutating func next() -> UInt64 { numbers.next() }

    mutating func happens(_ probability: Double) -> Bool {
        probability > 0 && Double.random(in: 0..<1, using: &self) < probability
    }

    mutating func coin() -> Bool { next() & 1 == 1 }

    mutating func number(in range: ClosedRange<Int>) -> Int {
        Int.random(in: range, using: &self)
    }

    /// A duration in nanoseconds, every order of magnitude as likely as the other.
    mutating func duration(in range: ClosedRange<Int64>) -> Int64 {
        var bound = range.lowerBound
        while bound <= range.upperBound / 10, happens(0.5) { bound *= 10 }
        let upper = min(range.upperBound, max(bound, 1) * 10)
        return Int64.random(in: max(range.lowerBound, bound)...upper, using: &self)
    }

    /// One of `choices`, which must not be empty.
    mutating func pick<Choice>(_ choices: [Choice]) -> Choice {
        choices[Int(next() % UInt64(choices.count))]
    }
}

/// Durations of a simulated world are nanoseconds.
extension Int64 {
    static let microsecond: Int64 = 1_000
    static let millisecond: Int64 = 1_000_000
    static let second: Int64 = 1_000_000_000
}
