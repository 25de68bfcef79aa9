/// The newest timestamp that each host had accepted from each other: several clocks behind one
/// address show when a SYN carries an older one.
///
/// A table of fixed size, in which a pair may push out another that falls on the same slot.
struct AcceptedTimestamps {
    private static let slots = 4096
    /// What a listener remembers of a host's timestamps, in nanoseconds (RFC 7323 appendix B.2).
    private static let timestampMemory: Int64 = 60_000_000_000
    /// With fewer connections, chance could have put their clocks in order.
    private static let leastConnections = 8

    private struct Record {
        var pair: UInt64 = 0
        var time: Int64 = 0
        var value: UInt32 = 0
        var count: UInt16 = 0
        var isOneClock = true
    }

    private var records = [Record](repeating: Record(), count: slots)

    @inline(always)
    private static func key(_ initiator: Address, _ responder: Address) -> UInt64 {
        let first = (initiator.low ^ initiator.high) &* 0x9E37_79B9_7F4A_7C15
        return (first ^ responder.low ^ responder.high) &* 0xD6E8_FEB8_6659_FD93
    }

    /// Takes down what a connection came up with.
    mutating func note(
        _ value: UInt32,
        at time: Int64,
        of initiator: Address,
        with responder: Address
    ) {
        guard value != 0 else { return }
        let key = Self.key(initiator, responder)
        let slot = Int(truncatingIfNeeded: key >> 52)
        if records[slot].pair != key { records[slot] = Record(pair: key, value: value) }
        if Int32(bitPattern: value &- records[slot].value) < 0 {
            records[slot].isOneClock = false
        }
        records[slot].value = value
        records[slot].time = time
        if records[slot].count < .max { records[slot].count += 1 }
    }

    /// The newest timestamp that the responder accepted from the host within the last minute, if it
    /// is above that of a new SYN, and all that it accepted rose by one clock.
    func newer(
        than value: UInt32,
        at time: Int64,
        of initiator: Address,
        with responder: Address
    ) -> UInt32? {
        let key = Self.key(initiator, responder)
        let record = records[Int(truncatingIfNeeded: key >> 52)]
        guard record.pair == key, record.count >= Self.leastConnections, record.isOneClock,
            value != 0,
            (0...Self.timestampMemory).contains(time - record.time),
            Int32(bitPattern: record.value &- value) > 1
        else { return nil }
        return record.value
    }
}
