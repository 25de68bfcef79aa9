/// How long handshakes with each host took: what a slow one is measured against.
package struct HandshakeTimes: Sendable {
    /// As many handshakes of one host are looked at.
    private static let kept = 255
    /// In microseconds.
    private static let slowDuration: UInt64 = 200_000
    /// With so many others their median counts.
    private static let enoughOthers = 5

    /// In microseconds, sorted.
    private var durations: [Address: [UInt64]] = [:]
    private var wanted = AddressFilter()

    package init() {}

    /// The middle one of the handshakes with a host.
    ///
    /// - Returns: how many there are, the one in question among them, and the median in nanoseconds.
    package func usual(of responder: Address) -> (count: Int, median: Int64)? {
        guard let all = durations[responder], !all.isEmpty else { return nil }
        return (all.count, Int64(all[all.count / 2]) * 1000)
    }

    /// Whether a handshake of `duration` microseconds is a slow one: longer than 200 ms, and than three times
    /// the median where enough others tell what is usual.
    package func isSlow(_ duration: UInt32, with responder: Address) -> Bool {
        guard UInt64(duration) > Self.slowDuration else { return false }
        guard let usual = usual(of: responder), usual.count > Self.enoughOthers else { return true }
        return Int64(duration) * 1000 > 3 * usual.median
    }

    mutating func want(_ responder: Address) {
        wanted.insert(responder)
        if durations[responder] == nil { durations[responder] = [] }
    }

    var isEmpty: Bool { durations.isEmpty }

    mutating func note(_ microseconds: UInt64, of responder: Address) {
        guard wanted.mayHold(responder), let place = durations.index(forKey: responder),
            durations.values[place].count < Self.kept
        else { return }
        durations.values[place].append(microseconds)
    }

    mutating func settle() {
        for responder in durations.keys { durations[responder]?.sort() }
    }
}
