/// The timestamps that hosts carried on connections that came up, of hosts that also sent SYNs in vain:
/// several clocks behind one address show in them.
package struct AcceptedTimestamps: Sendable {
    /// As many hosts are looked at, and as many connections of each.
    private static let limit = 1024
    /// What a listener remembers of a host's timestamps, in nanoseconds (RFC 7323 appendix B.2).
    private static let memory: Int64 = 60_000_000_000
    /// With fewer connections, chance could have put their clocks in order.
    private static let enough = 4

    private struct Sample {
        let time: Int64
        let value: UInt32
    }

    private struct Pair: Hashable {
        let initiator: Address
        let responder: Address
    }

    private var samples: [Pair: [Sample]] = [:]
    private var wanted = AddressFilter()

    package init() {}

    var isEmpty: Bool { samples.isEmpty }

    mutating func want(_ initiator: Address, with responder: Address) {
        wanted.insert(initiator)
        let pair = Pair(initiator: initiator, responder: responder)
        if samples.count < Self.limit, samples[pair] == nil { samples[pair] = [] }
    }

    mutating func note(
        _ value: UInt32,
        at time: Int64,
        of initiator: Address,
        with responder: Address
    ) {
        guard value != 0, wanted.mayHold(initiator) else { return }
        let pair = Pair(initiator: initiator, responder: responder)
        guard let place = samples.index(forKey: pair),
            samples.values[place].count < Self.limit
        else { return }
        samples.values[place].append(Sample(time: time, value: value))
    }

    mutating func settle() {
        for pair in samples.keys { samples[pair]?.sort { $0.time < $1.time } }
    }

    /// The newest timestamp that the responder had accepted from the host within a minute before, if it is
    /// above `value`, and all that it accepted rose by one clock.
    package func newer(
        than value: UInt32,
        at time: Int64,
        of initiator: Address,
        with responder: Address
    ) -> UInt32? {
        let all = samples[Pair(initiator: initiator, responder: responder)] ?? []
        let isOneClock = zip(all, all.dropFirst()).allSatisfy {
            Int32(bitPattern: $1.value &- $0.value) >= 0
        }
        guard all.count >= Self.enough, isOneClock,
            let newest = all.last(where: { $0.time < time && time - $0.time <= Self.memory }),
            Int32(bitPattern: newest.value &- value) > 1
        else { return nil }
        return newest.value
    }
}
