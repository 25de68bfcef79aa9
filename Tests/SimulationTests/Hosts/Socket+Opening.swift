import Tracking

/// How a socket comes to life.
extension Socket {
    /// An active open; `former` is this host's own TIME-WAIT on the same port, if there is one.
    init(
        connecting ends: Ends,
        as conversation: Conversation,
        _ clock: HostClock,
        _ traits: Traits,
        after former: Socket?,
        at now: Int64
    ) {
        // Linux goes on above the old numbers, and echoes the last timestamp that it knows.
        let sequence =
            former?.highest.advanced(by: 65537) ?? clock.initialSequence(of: ends, at: now)
        self.init(
            ends: ends,
            clock: clock,
            traits: traits,
            isClient: true,
            conversation: conversation,
            state: .synSent,
            initialSequence: sequence,
            unacknowledged: sequence,
            next: sequence.advanced(by: 1),
            highest: sequence.advanced(by: 1),
            dataEnd: sequence.advanced(by: 1),
            peerTimestamp: former?.peerTimestamp ?? 0,
            usesTimestamps: traits.hasTimestamps,
            since: now
        )
    }

    /// The server's end, once the handshake of `entry` is complete.
    init(accepting entry: HalfOpen, as conversation: Conversation, at now: Int64) {
        let start = entry.ownSequence.advanced(by: 1)
        self.init(
            ends: entry.ends,
            clock: entry.clock,
            traits: entry.traits,
            isClient: false,
            conversation: conversation,
            state: .established,
            initialSequence: entry.ownSequence,
            unacknowledged: start,
            next: start,
            highest: start,
            dataEnd: start,
            expected: entry.peerSequence.advanced(by: 1),
            peerTimestamp: entry.peerTimestamp,
            usesTimestamps: entry.usesTimestamps,
            since: now
        )
        patience = Self.patience(after: entry.answers == 1 ? now - entry.newestAnswer : .second)
        think(at: now)
    }

    static func patience(after roundTrip: Int64) -> Int64 {
        max(200 * .millisecond, 2 * roundTrip + 50 * .millisecond)
    }

    /// The SYN, for the first time.
    mutating func open(at now: Int64) -> [SegmentFields] {
        timeout = now + traits.synWaits[0]
        return [syn(at: now)]
    }

    private func syn(at now: Int64) -> SegmentFields {
        var syn = segment(.syn, at: initialSequence, now: now)
        syn.acknowledgment = 0
        return syn
    }

    mutating func repeatSyn(at now: Int64) -> [SegmentFields] {
        retransmissions += 1
        guard retransmissions < traits.synWaits.count else {
            enter(.closed, now)
            return []
        }
        timeout = now + traits.synWaits[retransmissions]
        return [syn(at: now)]
    }

    /// A segment in SYN-SENT (RFC 9293 §3.10.7.3).
    mutating func receiveInSynSent(_ segment: SegmentFields, at now: Int64) -> [SegmentFields] {
        let hasAck = segment.flags.contains(.ack)
        if hasAck, segment.acknowledged != next {
            if segment.flags.contains(.rst) { return [] }
            if traits.retriesQuickly, retransmissions == 0 { timeout = now + 10 * .millisecond }
            return [.reset(answering: segment)]
        }
        if segment.flags.contains(.rst) {
            if hasAck { enter(.closed, now) }
            return []
        }
        guard segment.isSynAck else { return [] }
        expected = segment.end
        unacknowledged = next
        usesTimestamps = usesTimestamps && segment.timestamps != nil
        peerTimestamp = segment.timestamps?.value ?? 0
        patience = Self.patience(after: retransmissions == 0 ? now - since : .second)
        retransmissions = 0
        timeout = nil
        window = 502
        enter(.established, now)
        let acknowledgment = self.segment(.ack, at: next, now: now)
        think(at: now)
        return [acknowledgment]
    }
}
