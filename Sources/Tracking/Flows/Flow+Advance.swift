/// What a segment meant for its flow.
struct FlowActions: OptionSet, BitwiseCopyable {
    let rawValue: UInt8

    /// The segment belongs on the flow's event log.
    static let record = FlowActions(rawValue: 1)
    /// Something is odd: the flow's events will be wanted.
    static let suspicious = FlowActions(rawValue: 2)
    /// All is well up to here: the log may go.
    static let forget = FlowActions(rawValue: 4)
    /// The segment's timestamp lies far behind the newest one of its sender.
    static let fallsBack = FlowActions(rawValue: 8)
    /// The segment acknowledges what the capture misses.
    static let showsLoss = FlowActions(rawValue: 16)
}

/// The slow path: everything that is not a plain segment of a settled flow.
extension Flow {
    /// Follows a segment that the fast path declined.
    @inline(always)
    mutating func advance(with segment: borrowing FlowSegment) -> FlowActions {
        let side = segment.side
        lastTime = segment.time
        lastPacket = segment.number
        var actions: FlowActions
        if segment.isToItself, !segment.flags.contains(.rst) {
            actions = takeOwn(segment, from: side, at: segment.time)
        } else if segment.flags.contains(.rst) {
            actions = takeReset(segment, from: side)
        } else if segment.flags.contains(.syn) {
            actions =
                segment.flags.contains(.ack)
                ? takeAnswer(segment, from: side, at: segment.time)
                : takeSYN(segment, from: side, at: segment.time)
        } else {
            actions = takeOther(segment, from: side, at: segment.time)
            if phase == .settled || phase == .stalled || phase == .closing,
                acknowledgesUnseen(segment.acknowledgment, from: side)
            {
                self[side.other].next = segment.acknowledgment
                actions.insert(.showsLoss)
            }
        }
        // What fell back is not taken for the newest, so that all that follows it shows too.
        if !segment.flags.contains(.syn), !actions.contains(.fallsBack) {
            self[side].send(segment)
        }
        return actions
    }

    private mutating func takeSYN(
        _ segment: borrowing FlowSegment,
        from side: Side,
        at time: Int64
    ) -> FlowActions {
        if side == initiator {
            history.note(.syn)
            syns = syns == .max ? .max : syns + 1
        }
        let known = self[side]
        let isRepeat =
            known.marks.contains(.synchronized) && known.initialSequence == segment.sequence
        let isFirst = !known.marks.contains(.seen) && !self[side.other].marks.contains(.seen)
        if !isRepeat {
            self[side].synchronize(by: segment)
            offered = segment.options.presence
            attempts = attempts == .max ? .max : attempts + 1
        }
        switch phase {
        case .halfOpen, .answered, .reset:
            if side == initiator {
                if isRepeat, marks.contains(.completed) { return [] }
                if !isRepeat || phase != .answered { synTime = time }
                if !isRepeat || phase == .reset { phase = .halfOpen }
                takeEarlyAnswer(at: time)
            }
        case .settled, .doubtful, .stalled, .closing, .closed:
            // A late copy of the SYN that this connection came up by is no new attempt.
            if isRepeat { return [] }
        case .established:
            break
        }
        return isFirst && !Self.isFaulty(segment.options) ? .record : [.record, .suspicious]
    }

    /// Where the capture shows a SYN-ACK just before the SYN that it answers, the handshake goes on
    /// from it.
    private mutating func takeEarlyAnswer(at time: Int64) {
        let answer = self[initiator.other]
        guard phase == .halfOpen, answer.marks.contains(.synchronized),
            self[initiator].isAnswered(by: answer.acknowledged)
        else { return }
        phase = .answered
        marks.insert(.timed)
        synToSYNACK = 0
        marks.remove(.midstream)
    }

    private mutating func takeAnswer(
        _ segment: borrowing FlowSegment,
        from side: Side,
        at time: Int64
    ) -> FlowActions {
        let isFromResponder = side != initiator
        if isFromResponder {
            history.note(.synAck)
            synAcks = synAcks == .max ? .max : synAcks + 1
        }
        let isCurrent = self[side.other].isAnswered(by: segment.acknowledgment)
        let isChange =
            self[side].marks.contains(.synchronized)
            && self[side].initialSequence != segment.sequence
        self[side].synchronize(by: segment)
        self[side].acknowledged = segment.acknowledgment
        // Without its SYN: sent again, it may answer one that went another way.
        if !self[side.other].marks.contains(.seen) {
            return synAcks > 1 ? [.record, .suspicious] : .record
        }
        guard isCurrent else {
            marks.insert(.unsolicitedReply)
            return [.record, .suspicious]
        }
        if !isFromResponder {
            // A simultaneous open: each side answers the other's SYN (RFC 9293 §3.5).
            if phase == .answered { complete(at: time) }
            return [.record, .suspicious]
        }
        let isOrdinary =
            phase == .halfOpen && synAcks == 1 && !isChange && !Self.isFaulty(segment.options)
            && !isOdd(segment, to: self[side.other])
        if phase == .halfOpen || phase == .reset && !marks.contains(.completed) {
            phase = .answered
            marks.insert(.timed)
            synToSYNACK = Self.microseconds(from: synTime, to: time)
        }
        return isOrdinary ? .record : [.record, .suspicious]
    }

    @inline(always)
    private mutating func takeOther(
        _ segment: borrowing FlowSegment,
        from side: Side,
        at time: Int64
    ) -> FlowActions {
        let isFromInitiator = side == initiator
        history.note(isFromInitiator ? .initiatorAck : .ack)
        if segment.payloadLength > 0 {
            history.note(isFromInitiator ? .initiatorData : .data)
            self[side].marks.insert(.sentData)
        }
        switch phase {
        case .halfOpen, .reset:
            return takeBeforeAnswer(segment, from: side, at: time)
        case .answered:
            if !isFromInitiator, isLateAnswer(segment, from: side) {
                // Only a completed handshake lets the responder speak: the capture misses the ACK.
                complete(at: time)
                return .record
            }
            guard isFromInitiator, self[side.other].isAccepted(by: segment.acknowledgment) else {
                return [.record, .suspicious]
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
            return marks.contains(.suspicious) ? .record : .forget
        case .settled, .stalled, .doubtful:
            if segment.flags.contains(.fin) { return takeFin(segment, from: side) }
            if segment.payloadLength > 0,
                fallsBack(segment.options, at: segment.sequence, from: side)
            {
                phase = .doubtful
                return [.record, .suspicious, .fallsBack]
            }
            if phase == .doubtful, acknowledgesUnseen(segment.acknowledgment, from: side) {
                // The peer takes what fell back: a clock that was set, and nobody minds.
                self[side.other].next = segment.acknowledgment
                self[side.other].timestamp = 0
                phase = .settled
                return .record
            }
            if phase == .settled, stalls(segment) { phase = .stalled }
            return phase == .doubtful ? .record : []
        case .closing, .closed:
            return segment.flags.contains(.fin)
                ? takeFin(segment, from: side) : takeClosing(segment, from: side)
        }
    }

    /// Whether a segment that the fast path declined shows that its connection makes no progress.
    func stalls(_ segment: borrowing FlowSegment) -> Bool {
        let sender = self[segment.side]
        let isBelow = segment.sequence.distance(to: sender.next) > 0 && sender.marks.contains(.seen)
        return segment.window == 0 || segment.payloadLength == 0 && isBelow
    }

    /// An ACK while no answer to the newest SYN is known: a challenge ACK of the responder, or the
    /// sign that the capture misses one direction.
    private mutating func takeBeforeAnswer(
        _ segment: borrowing FlowSegment,
        from side: Side,
        at time: Int64
    ) -> FlowActions {
        if phase == .reset {
            // Whoever sent the RST goes on: perhaps it was not their own.
            let isUnaware = side == closer && segment.payloadLength > 0
            return isUnaware ? [.record, .suspicious] : .record
        }
        if side != initiator {
            guard self[initiator].marks.contains(.seen) else {
                phase = .settled
                marks.insert(.alive)
                return .forget
            }
            if self[side].isAnswered(by: self[initiator].acknowledged),
                self[initiator].isAnswered(by: segment.acknowledgment)
            {
                // The responder sent a SYN, and this acknowledges the initiator's SYN-ACK to it.
                complete(at: time)
                return [.record, .suspicious]
            }
            if isLateAnswer(segment, from: side) {
                marks.insert(.alive)
                phase = .settled
                return .record
            }
            marks.insert(.unsolicitedReply)
            return [.record, .suspicious]
        }
        guard !self[side.other].marks.contains(.seen) else {
            // The initiator goes on from a SYN-ACK that no captured SYN explains: that SYN was
            // missed.
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

    /// Takes down that the connection came up, and that this may have taken long: how long is too
    /// long is the tracker's to say.
    mutating func complete(at time: Int64) {
        phase = .established
        marks.formUnion([.completed, .alive, .slow])
        synackToACK = Self.microseconds(from: synTime + Int64(synToSYNACK) * 1000, to: time)
    }

    private static func microseconds(from start: Int64, to end: Int64) -> UInt32 {
        UInt32(clamping: (end - start) / 1000)
    }
}
