/// How one kernel differs from another.
struct Traits {
    /// The waits after each SYN, in nanoseconds; after the last one connect() gives up.
    var synWaits: [Int64]
    /// Whether an unacceptable answer makes it send the SYN again at once (Linux since 5.1).
    var retriesQuickly: Bool
    var hasTimestamps = true
    /// Whether any SYN for a half-open entry brings the same SYN-ACK again, whatever its ISN.
    var keepsFirstAnswer = false
    /// What its packets begin to count hops from.
    var timeToLive: UInt8 = 64
    /// How long it takes to answer a SYN, in nanoseconds.
    var answerDelay: Int64 = 0

    /// Linux 6.5 and later: four linear timeouts, then doubling.
    static let linear = Traits(
        synWaits: [1, 1, 1, 1, 1, 2, 4, 8, 16, 32].map { $0 * .second },
        retriesQuickly: true
    )

    /// Doubling from the first timeout on (RFC 6298 §5.5).
    static let classic = Traits(
        synWaits: [1, 2, 4, 8, 16, 32, 64].map { $0 * .second },
        retriesQuickly: false
    )

    /// The waits after each SYN-ACK, in nanoseconds; after the last one the entry is forgotten.
    static let synAckWaits: [Int64] = [1, 2, 4, 8, 16, 32].map { $0 * .second }

    /// The same kernel with an application that gives up after so many retransmissions.
    func givingUp(after retransmissions: Int) -> Traits {
        var copy = self
        copy.synWaits = Array(synWaits.prefix(retransmissions + 1))
        return copy
    }
}
