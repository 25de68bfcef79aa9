import Tracking

/// A listener's memory of one SYN: SYN-RECEIVED (RFC 9293 §3.10.7.4).
struct HalfOpen {
    private static let window: Int32 = 65535
    private static let challengeGap: Int64 = 500 * .millisecond

    /// What came of a segment.
    enum Outcome {
        case answer([SegmentFields])
        /// The entry is destroyed.
        case destroyed([SegmentFields])
        case completed
    }

    let ends: Ends
    let clock: HostClock
    let traits: Traits
    let peerSequence: SequenceNumber
    let ownSequence: SequenceNumber
    var peerTimestamp: UInt32
    let usesTimestamps: Bool
    /// How many SYN-ACKs were sent, the timer's and others.
    private(set) var answers = 0
    private(set) var newestAnswer: Int64 = 0
    private var timeouts = 0
    private var challenged: Int64?
    private(set) var deadline: Int64?

    init(
        answering syn: SegmentFields,
        _ clock: HostClock,
        _ traits: Traits,
        above former: SequenceNumber?,
        at now: Int64
    ) {
        ends = Ends(local: syn.destination, remote: syn.source)
        self.clock = clock
        self.traits = traits
        peerSequence = syn.start
        ownSequence = former ?? clock.initialSequence(of: ends, at: now)
        peerTimestamp = syn.timestamps?.value ?? 0
        usesTimestamps = traits.hasTimestamps && syn.timestamps != nil
        deadline = now + Traits.synAckWaits[0]
    }

    mutating func synAck(at now: Int64) -> SegmentFields {
        answers += 1
        newestAnswer = now
        return segment([.syn, .ack], at: ownSequence, now: now)
    }

    private func segment(_ flags: TCPFlags, at sequence: SequenceNumber, now: Int64)
        -> SegmentFields
    {
        var segment = SegmentFields(
            from: ends.local,
            to: ends.remote,
            flags: flags,
            sequence: sequence.rawValue
        )
        segment.acknowledgment = peerSequence.advanced(by: 1).rawValue
        segment.window = 65160
        if usesTimestamps {
            let value = clock.timestamp(of: ends, at: now)
            segment.timestamps = SegmentFields.Timestamps(value: value, echo: peerTimestamp)
        }
        return segment
    }

    /// The SYN-ACK once more, or `nil` when the entry is to be forgotten.
    mutating func expire(at now: Int64) -> SegmentFields? {
        timeouts += 1
        guard timeouts < Traits.synAckWaits.count else { return nil }
        deadline = now + Traits.synAckWaits[timeouts]
        return synAck(at: now)
    }

    mutating func receive(_ segment: SegmentFields, at now: Int64) -> Outcome {
        let offset = peerSequence.advanced(by: 1).distance(to: segment.start)
        let isInWindow = (0..<Self.window).contains(offset)
        if segment.isSyn, segment.start == peerSequence || traits.keepsFirstAnswer {
            if let timestamps = segment.timestamps { peerTimestamp = timestamps.value }
            return .answer([synAck(at: now)])
        }
        if segment.flags.contains(.rst) { return isInWindow ? .destroyed([]) : .answer([]) }
        if !isInWindow, segment.start != peerSequence {
            return .answer(challenge(at: now))
        }
        if segment.flags.contains(.syn) { return .destroyed([.reset(answering: segment)]) }
        guard segment.flags.contains(.ack) else { return .answer([]) }
        guard segment.acknowledged == ownSequence.advanced(by: 1) else {
            return .answer([.reset(answering: segment)])
        }
        return .completed
    }

    private mutating func challenge(at now: Int64) -> [SegmentFields] {
        if let challenged, now - challenged < Self.challengeGap { return [] }
        challenged = now
        return [segment(.ack, at: ownSequence.advanced(by: 1), now: now)]
    }
}
