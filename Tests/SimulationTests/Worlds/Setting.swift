import Tracking

/// What a seed decides about any world: addresses, delays, capture point, kernels.
struct Setting {
    private static let begin: Int64 = 1_495_000_000 * .second

    var chance: Chance
    let isIPv4: Bool
    /// Tells the addresses of two worlds apart.
    private let block: UInt32
    /// Whether the clients appear as one address.
    private let isTranslated: Bool
    let location: Tap.Location
    /// The most that a link may lose, in parts of one.
    private let loss: Double
    /// Whether the links may deliver twice and out of order.
    private let isUnruly: Bool

    init(
        seed: UInt64,
        block: UInt32 = 0,
        loss: Double = 0,
        isUnruly: Bool = false,
        maybeTranslated: Bool = false
    ) {
        chance = Chance(seed: seed)
        isIPv4 = chance.coin()
        isTranslated = chance.happens(maybeTranslated ? 0.3 : 0)
        location = chance.pick(Tap.Location.allCases)
        self.block = block
        self.loss = loss
        self.isUnruly = isUnruly
    }

    /// A world without hosts; its far link takes `leastDelay` nanoseconds one way, or more.
    mutating func world(leastDelay: Int64 = 10 * .microsecond) -> World {
        let near = link(delay: chance.duration(in: 10 * .microsecond...20 * .millisecond))
        let isDistant = isUnruly && chance.happens(0.2)
        let delays =
            isDistant
            ? 100 * .millisecond...340 * .millisecond : leastDelay...80 * .millisecond
        let far = link(delay: chance.duration(in: delays))
        let isMirrored = chance.happens(0.25) && location != .router
        let granularity = chance.coin() ? 1 : Int64.microsecond
        let tap = Tap(at: location, isMirrored: isMirrored, granularity: granularity)
        let begin = Self.begin + Int64.random(in: 0...Int64.second, using: &chance)
        var world = World(at: begin, Chance(seed: chance.next()), near: near, far: far, tap: tap)
        if isTranslated { world.translator = Translator(router) }
        return world
    }

    private mutating func link(delay: Int64) -> Link {
        var link = Link(delay: delay)
        link.jitter = chance.coin() ? delay / Int64(chance.number(in: 2...20)) : 0
        link.hops = UInt8(chance.pick([0, 0, 1, 5, 12]))
        link.loss = loss * chance.pick([0, 0.3, 1])
        guard isUnruly else { return link }
        link.duplication = chance.pick([0, 0.005, 0.02])
        link.reordering = chance.pick([0, 0.01, 0.05])
        link.lateness = chance.duration(in: 20 * .microsecond...20 * .millisecond)
        return link
    }

    func client(_ number: UInt32 = 1) -> Address { address(network: 0x0A00_0000, number) }

    func server(_ number: UInt32 = 1) -> Address { address(network: 0xC612_0000, number) }

    var router: Address { address(network: 0xCB00_7100, 1) }

    private func address(network: UInt32, _ number: UInt32) -> Address {
        guard isIPv4 else {
            return Address(
                high: 0x2001_0DB8_0000_0000 | UInt64(network + block),
                low: UInt64(number)
            )
        }
        return Address(ipv4: network + block << 8 + number)
    }

    mutating func clock() -> HostClock {
        let age = Int64.random(in: 0...40_000 * .second, using: &chance)
        return HostClock(age: age, secret: chance.next())
    }

    /// A client's kernel, old or new, with or without timestamps.
    mutating func traits() -> Traits {
        var traits = chance.coin() ? Traits.linear : Traits.classic
        traits.hasTimestamps = chance.happens(0.9)
        traits.timeToLive = chance.pick([64, 64, 64, 128, 255])
        return traits
    }
}
