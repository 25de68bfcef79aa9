import Tracking

/// The client's firewall with the connection tracking of an old kernel, and a rule that rejects
/// what it calls invalid: every SYN-ACK that does not answer the newest SYN.
struct Suspicion {
    private var newestSyns: [Ends: UInt32] = [:]
    private var limit = ErrorLimit()

    mutating func note(_ syn: SegmentFields) {
        newestSyns[Ends(local: syn.source, remote: syn.destination)] = syn.sequence
    }

    /// Whether it lets an arriving segment through.
    func accepts(_ segment: SegmentFields) -> Bool {
        guard segment.isSynAck,
            let newest = newestSyns[Ends(local: segment.destination, remote: segment.source)]
        else { return true }
        return segment.acknowledgment == newest &+ 1
    }

    /// Whether it may send another error now.
    mutating func mayComplain(at now: Int64) -> Bool { limit.allows(at: now) }
}

/// Linux sends a few ICMP errors to a destination at once, and then about one a second.
struct ErrorLimit {
    private static let burst: Int64 = 6

    private var credit = Self.burst * .second
    private var last: Int64?

    mutating func allows(at now: Int64) -> Bool {
        if let last { credit = min(Self.burst * .second, credit + now - last) }
        last = now
        guard credit >= .second else { return false }
        credit -= .second
        return true
    }
}
