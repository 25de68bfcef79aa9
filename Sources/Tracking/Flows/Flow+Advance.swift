/// What a segment meant for its flow.
struct Step: OptionSet, BitwiseCopyable {
    let rawValue: UInt8

    /// The segment belongs on the flow's tape.
    static let record = Step(rawValue: 1)
    /// Something is odd: the flow's events will be wanted.
    static let noteworthy = Step(rawValue: 2)
    /// All is well up to here: the tape may go.
    static let forget = Step(rawValue: 4)
    /// The segment's timestamp lies far behind the newest one of its sender.
    static let fallsBack = Step(rawValue: 8)
    /// The segment acknowledges what the capture misses.
    static let showsLoss = Step(rawValue: 16)
}

/// The slow path: everything that is not a plain segment of a settled flow.
extension Flow {
    /// Follows a segment that the fast path declined.
    @inline(always)
    mutating func advance(with segment: borrowing FlowSegment) -> Step {
        let side = segment.side
        lastTime = segment.time
        lastPacket = segment.number
        var step: Step
        if segment.isToItself, !segment.flags.contains(.rst) {
            step = takeOwn(segment, from: side, at: segment.time)
        } else if segment.flags.contains(.rst) {
            step = takeReset(segment, from: side)
        } else if segment.flags.contains(.syn) {
            step =
                segment.flags.contains(.ack)
                ? takeAnswer(segment, from: side, at: segment.time)
                : takeOpening(segment, from: side, at: segment.time)
        } else {
            step = takeOther(segment, from: side, at: segment.time)
            if phase == .settled || phase == .closing,
                acknowledgesUnseen(segment.acknowledgment, from: side)
            {
                self[side.other].next = segment.acknowledgment
                step.insert(.showsLoss)
            }
        }
        // What fell back is not taken for the newest, so that all that follows it shows too.
        if !segment.flags.contains(.syn), !step.contains(.fallsBack) {
            self[side].send(segment)
        }
        return step
    }

    /// A handshake that took longer may be a slow one, in nanoseconds.
    private static let slowHandshake: Int64 = 200_000_000

    private mutating func takeOpening(
        _ segment: borrowing FlowSegment,
        from side: Side,
        at time: Int64
    ) -> Step {
        if side == initiator {
            letters.note(.syn)
            syns = syns == .max ? .max : syns + 1
        }
        let known = self[side]
        let isRepeat =
            known.marks.contains(.synchronized) && known.initialSequence == segment.sequence
        let isFirst = !known.marks.contains(.spoke) && !self[side.other].marks.contains(.spoke)
        if !isRepeat {
            self[side].synchronize(by: segment)
            offered = segment.options.presence
            attempts = attempts == .max ? .max : attempts + 1
        }
        switch phase {
        case .opening, .answered, .reset:
            if side == initiator {
                if isRepeat, marks.contains(.completed) { return [] }
                if !isRepeat || phase != .answered { synTime = time }
                if !isRepeat || phase == .reset { phase = .opening }
                takeEarlyAnswer(at: time)
            }
        case .settled, .doubtful, .closing, .closed:
            // A late copy of the SYN that this connection came up by is no new attempt.
            if isRepeat { return [] }
        case .established:
            break
        }
        return isFirst && !Self.isFaulty(segment.options) ? .record : [.record, .noteworthy]
    }

    /// Where the capture shows a SYN-ACK just before the SYN that it answers, the handshake goes on from it.
    private mutating func takeEarlyAnswer(at time: Int64) {
        let answer = self[initiator.other]
        guard phase == .opening, answer.marks.contains(.synchronized),
            self[initiator].isAnswered(by: answer.acknowledged)
        else { return }
        phase = .answered
        marks.insert(.timed)
        legs.0 = 0
        marks.remove(.midstream)
    }

    private mutating func takeAnswer(
        _ segment: borrowing FlowSegment,
        from side: Side,
        at time: Int64
    ) -> Step {
        let isFromResponder = side != initiator
        if isFromResponder {
            letters.note(.synAck)
            synAcks = synAcks == .max ? .max : synAcks + 1
        }
        let isCurrent = self[side.other].isAnswered(by: segment.acknowledgment)
        let isChange =
            self[side].marks.contains(.synchronized)
            && self[side].initialSequence != segment.sequence
        self[side].synchronize(by: segment)
        self[side].acknowledged = segment.acknowledgment
        if !self[side.other].marks.contains(.spoke) { return .record }
        guard isCurrent else {
            marks.insert(.strayReply)
            return [.record, .noteworthy]
        }
        if !isFromResponder {
            // A simultaneous open: each side answers the other's SYN (RFC 9293 §3.5).
            if phase == .answered { complete(at: time) }
            return [.record, .noteworthy]
        }
        let isOrdinary =
            phase == .opening && synAcks == 1 && !isChange && !Self.isFaulty(segment.options)
            && !isOdd(segment, to: self[side.other])
        if phase == .opening || phase == .reset && !marks.contains(.completed) {
            phase = .answered
            marks.insert(.timed)
            legs.0 = Self.microseconds(from: synTime, to: time)
        }
        return isOrdinary ? .record : [.record, .noteworthy]
    }

    @inline(always)
    private mutating func takeOther(
        _ segment: borrowing FlowSegment,
        from side: Side,
        at time: Int64
    ) -> Step {
        let isFromInitiator = side == initiator
        letters.note(isFromInitiator ? .initiatorAck : .ack)
        if segment.payloadLength > 0 {
            letters.note(isFromInitiator ? .initiatorData : .data)
            self[side].marks.insert(.sentData)
        }
        switch phase {
        case .opening, .reset:
            return takeBeforeAnswer(segment, from: side, at: time)
        case .answered:
            if !isFromInitiator, isLateAnswer(segment, from: side) {
                // Only a completed handshake lets the responder speak: the capture misses the ACK.
                complete(at: time)
                return .record
            }
            guard isFromInitiator, self[side.other].isAccepted(by: segment.acknowledgment) else {
                return [.record, .noteworthy]
            }
            complete(at: time)
            return segment.flags.contains(.fin) ? takeFin(segment, from: side) : .record
        case .established:
            if segment.flags.contains(.fin) { return takeFin(segment, from: side) }
            let isConfirmed =
                !isFromInitiator
                && (segment.payloadLength > 0
                    || self[side.other].initialSequence.distance(to: segment.acknowledgment) > 1)
            guard isConfirmed else { return segment.payloadLength > 0 ? .record : [] }
            phase = .settled
            // Where there was trouble, that it ended is worth an event.
            return marks.contains(.noteworthy) ? .record : .forget
        case .settled, .doubtful:
            if segment.flags.contains(.fin) { return takeFin(segment, from: side) }
            if segment.payloadLength > 0,
                fallsBack(segment.options, at: segment.sequence, from: side)
            {
                phase = .doubtful
                return [.record, .noteworthy, .fallsBack]
            }
            if phase == .doubtful, acknowledgesUnseen(segment.acknowledgment, from: side) {
                // The peer takes what fell back: a clock that was set, and nobody minds.
                self[side.other].next = segment.acknowledgment
                self[side.other].timestamp = 0
                phase = .settled
                return .record
            }
            return phase == .doubtful ? .record : []
        case .closing, .closed:
            return segment.flags.contains(.fin)
                ? takeFin(segment, from: side) : takeClosing(segment, from: side)
        }
    }

    /// An ACK while no answer to the newest SYN is known: a challenge ACK of the responder, or the sign
    /// that the capture misses one direction.
    private mutating func takeBeforeAnswer(
        _ segment: borrowing FlowSegment,
        from side: Side,
        at time: Int64
    ) -> Step {
        if phase == .reset {
            // Whoever sent the RST goes on: perhaps it was not their own.
            let isUnaware = side == closer && segment.payloadLength > 0
            return isUnaware ? [.record, .noteworthy] : .record
        }
        if side != initiator {
            guard self[initiator].marks.contains(.spoke) else {
                phase = .settled
                marks.insert(.alive)
                return .forget
            }
            if self[side].isAnswered(by: self[initiator].acknowledged),
                self[initiator].isAnswered(by: segment.acknowledgment)
            {
                // The responder sent a SYN, and this acknowledges the initiator's SYN-ACK to it.
                complete(at: time)
                return [.record, .noteworthy]
            }
            if isLateAnswer(segment, from: side) {
                marks.insert(.alive)
                phase = .settled
                return .record
            }
            marks.insert(.strayReply)
            return [.record, .noteworthy]
        }
        guard !self[side.other].marks.contains(.spoke) else {
            // The initiator goes on from a SYN-ACK that no captured SYN explains: that SYN was missed.
            let isAccepted =
                self[side.other].isAnswered(by: segment.acknowledgment)
                && self[side.other].acknowledged == segment.sequence
            if isAccepted { complete(at: time) }
            return .record
        }
        marks.formUnion([.oneWay, .alive])
        phase = .settled
        return .record
    }

    /// Whether the responder already talks to the newest SYN: the SYN-ACK was not captured.
    private func isLateAnswer(_ segment: borrowing FlowSegment, from side: Side) -> Bool {
        let hasText = segment.payloadLength > 0 || segment.flags.contains(.fin)
        return hasText && self[side.other].isAnswered(by: segment.acknowledgment)
    }

    mutating func complete(at time: Int64) {
        phase = .established
        marks.formUnion([.completed, .alive])
        legs.1 = Self.microseconds(from: synTime + Int64(legs.0) * 1000, to: time)
        if time - begin > Self.slowHandshake { marks.insert(.slow) }
    }

    private static func microseconds(from start: Int64, to end: Int64) -> UInt32 {
        UInt32(clamping: (end - start) / 1000)
    }
}
