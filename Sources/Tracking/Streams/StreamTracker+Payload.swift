/// What is said on connections that came up.
extension StreamTracker {
    /// Takes a data segment that the flow has followed already.
    @inline(always)
    mutating func observePayload(
        _ waiting: borrowing FlowSegment,
        on flow: inout Flow,
        _ eventLogs: inout EventLogStore,
        _ slowAnswers: inout SlowAnswers
    ) {
        if waiting.isPadding { return }
        let turn = flow.noteDataSender(waiting.side)
        var number = Int(turn.streamState)
        if number == 0 {
            number = beginStream(of: &flow)
            if number == 0 { return }
        }
        let (isAgain, segments) = states.observePayload(
            waiting,
            in: number,
            beginsTurn: turn.isNew
        )
        if segments == 1 || segments == 2 && states[number][waiting.side].opening == .tlsDeclined {
            noteOpening(waiting, in: number, from: flow.initiator)
        }
        if isAgain { noteAgain(waiting, in: number, of: &flow, &eventLogs) }
        if turn.isNew, states.isLate(waiting, in: number) {
            noteLateAnswer(waiting, in: number, of: flow, &slowAnswers)
        }
        if turn.isTLS {
            guard sessions.awaits(waiting, in: states.session(of: number)) else { return }
        } else {
            guard segments <= StreamEnd.mostBeforeTLS,
                waiting.capturedLength > waiting.payloadOffset,
                waiting.octets.octet(at: Int(waiting.payloadOffset))
                    == TLSRecordType.handshake.rawValue
            else { return }
        }
        followRecords(to: waiting, on: &flow, &eventLogs)
    }

    /// Looks at the first data of an end, or at what follows where that was but one byte.
    @inline(never)
    private mutating func noteOpening(
        _ waiting: borrowing FlowSegment,
        in number: Int,
        from initiator: Side
    ) {
        let side = waiting.side
        guard waiting.capturedLength > waiting.payloadOffset else { return }
        let opening = PayloadClass(of: waiting.payload)
        states[number][side].opening = opening
        if opening == .refusal { states[number][side].refusal = ServerRefusal(of: waiting.payload) }
        guard words.areWanted, side != initiator,
            opening.maySayWhy(inAnswerTo: states[number][initiator].opening)
        else { return }
        words.note(waiting.payload, in: UInt32(number))
    }

    /// - Returns: the number of a new stream, 0 where none is held.
    @inline(never)
    private mutating func beginStream(of flow: inout Flow) -> Int {
        switch flow.phase {
        case .halfOpen, .answered, .reset, .closed: return 0
        case .established, .settled, .doubtful, .stalled, .closing: break
        }
        guard let number = states.make() else { return 0 }
        flow.streamState = UInt32(number)
        return number
    }

    /// Takes down that a service answered late.
    @inline(never)
    private mutating func noteLateAnswer(
        _ waiting: borrowing FlowSegment,
        in number: Int,
        of flow: borrowing Flow,
        _ slowAnswers: inout SlowAnswers
    ) {
        // What comes when the initiator has left is no answer that anybody waited for.
        guard waiting.side != flow.initiator,
            !flow[flow.initiator].marks.contains(.sentFin)
        else { return }
        let question = states[number][waiting.side.other].last
        slowAnswers.note(waiting.time - question.time, of: waiting.key[waiting.side])
    }

    /// As many segments that were sent again are remembered.
    private static let repetitionLimit = 1 << 16

    /// Takes down that the newest segment of an end was sent again, and keeps it if that is not for
    /// the first time.
    @inline(never)
    private mutating func noteAgain(
        _ waiting: borrowing FlowSegment,
        in number: Int,
        of flow: inout Flow,
        _ eventLogs: inout EventLogStore
    ) {
        let key = Repetition.key(of: waiting.side, in: flow.streamState)
        let receiver = flow[waiting.side.other]
        let isCovered =
            waiting.payloadLength > 1 && receiver.acknowledged.rawValue != 0
            && waiting.sequence.advanced(by: waiting.payloadLength)
                .distance(to: receiver.acknowledged) >= 0
        // One byte that the other end has is a probe.
        if waiting.payloadLength == 1, flow.phase == .settled { flow.phase = .stalled }
        guard var known = repetitions[key], known.sequence == waiting.sequence else {
            // What is missing longest is what counts, until the other end has it.
            if let known = repetitions[key],
                known.sequence.distance(to: waiting.sequence) > 0,
                flow[waiting.side.other].acknowledged.distance(to: known.sequence) >= 0
            {
                return
            }
            guard repetitions.count < Self.repetitionLimit else { return }
            var repetition = Repetition(waiting)
            repetition.noteCover(waiting, isAcknowledged: isCovered)
            repetitions[key] = repetition
            return
        }
        if known.count < .max { known.count += 1 }
        known.noteCover(waiting, isAcknowledged: isCovered)
        repetitions[key] = known
        guard [.settled, .stalled, .closing].contains(flow.phase) else { return }
        eventLogs.append(states[number][waiting.side].last, from: waiting.side, to: &flow)
    }

    /// Looks for TLS records in a segment.
    @inline(never)
    private mutating func followRecords(
        to waiting: borrowing FlowSegment,
        on flow: inout Flow,
        _ eventLogs: inout EventLogStore
    ) {
        let payload = waiting.payload
        let number = Int(flow.streamState)
        if !flow.isTLS {
            guard TLSSession.begins(with: payload), let session = sessions.make() else { return }
            flow.isTLS = true
            states[number].session = UInt32(session)
            if waiting.flags.contains(.ack) {
                sessions[session].begin(waiting.side.other, at: waiting.acknowledgment)
            }
        }
        let session = Int(states[number].session)
        let side = waiting.side
        let source = TLSSession.Source(
            side: side,
            sequence: waiting.sequence,
            packet: waiting.number,
            time: waiting.time,
            length: waiting.payloadLength
        )
        if !sessions[session].read(payload, from: source) {
            let event = Event(states[number][side].last, from: side, of: flow)
            if early.add(payload, from: source, of: event, to: session) { return }
            sessions[session].lose(side)
            readEarly(of: side, on: &flow, &eventLogs)
            _ = sessions[session].read(payload, from: source)
        }
        if sessions[session].isMilestone(side) {
            keepMilestone(of: side, payload, on: &flow, &eventLogs)
        }
        if !sessions[session].isUseNoted, sessions[session].isUsed {
            noteUse(of: session, on: flow, at: waiting.time)
        }
        if !sessions[session].isServiceNoted, sessions[session].isServed {
            noteService(of: session, on: flow, at: waiting.time)
        }
        if !early.isEmpty { readEarly(of: side, on: &flow, &eventLogs) }
    }

    /// Keeps the segment that an end's session was read from last.
    @inline(never)
    private mutating func keepMilestone(
        of side: Side,
        _ payload: RawSpan,
        on flow: inout Flow,
        _ eventLogs: inout EventLogStore
    ) {
        let number = Int(flow.streamState)
        let session = Int(states[number].session)
        let facts = states[number][side].last
        let contents = sessions[session][side].contents
        if sessions[session].hello.packet == 0, contents.contains(TLSContents(.clientHello)) {
            noteNames(in: payload, of: session)
            sessions[session].hello = facts
        }
        eventLogs.append(facts, from: side, contents: contents, to: &flow)
    }

    /// Reads what waited for a hole to be filled; what still waits goes back.
    mutating func readEarly(
        of side: Side,
        on flow: inout Flow,
        _ eventLogs: inout EventLogStore
    ) {
        let session = Int(states[Int(flow.streamState)].session)
        for segment in early.take(of: side, in: session) {
            let payload = unsafe segment.octets.span.bytes
            guard sessions[session].read(payload, from: segment.source) else {
                _ = early.add(segment, to: session)
                continue
            }
            if sessions[session].isMilestone(side) {
                var event = segment.event
                event.contents = sessions[session][side].contents
                eventLogs.append(event, to: &flow.eventLog)
            }
        }
    }

    private mutating func noteNames(in payload: RawSpan, of session: Int) {
        // A ClientHello begins its record: behind two headers.
        let found = TLSSession.names(inClientHello: payload, at: 9)
        if let range = found.server {
            sessions[session].serverName = names.number(of: payload, in: range)
        }
        if let range = found.protocol {
            sessions[session].applicationProtocol = names.number(of: payload, in: range)
        }
    }
}

extension RecycledStore<TLSSession> {
    /// Whether a segment brings a record's header.
    @inline(always)
    fileprivate func awaits(_ waiting: borrowing FlowSegment, in session: Int) -> Bool {
        waiting.side == .low
            ? self[session].low.awaits(waiting) : self[session].high.awaits(waiting)
    }
}

extension RecycledStore<StreamState> {
    @inline(always)
    fileprivate mutating func observePayload(
        _ waiting: borrowing FlowSegment,
        in number: Int,
        beginsTurn: Bool
    ) -> (isAgain: Bool, segments: UInt8) {
        self[number][waiting.side].note(waiting, beginsTurn: beginsTurn)
    }

    /// Whether an end begins to speak long after the other's newest data.
    @inline(always)
    fileprivate func isLate(_ waiting: borrowing FlowSegment, in number: Int) -> Bool {
        let question = self[number][waiting.side.other].last.time
        return question != 0 && waiting.time &- question > SlowAnswers.late
    }

    @inline(always)
    fileprivate func session(of number: Int) -> Int { Int(self[number].session) }
}

extension EventLogStore {
    /// Puts a data segment on its flow's log, unless what was just followed is there already.
    fileprivate mutating func append(
        _ facts: SegmentFacts,
        from side: Side,
        contents: TLSContents = [],
        to flow: inout Flow
    ) {
        if note(contents, of: facts.packet, on: flow.eventLog) { return }
        append(Event(facts, from: side, of: flow, contents), to: &flow.eventLog)
    }
}

extension Event {
    /// A data segment of a flow's present connection.
    init(_ facts: SegmentFacts, from side: Side, of flow: Flow, _ contents: TLSContents = []) {
        self.init(
            dataIn: facts,
            from: side,
            encapsulation: flow.encapsulation,
            incarnation: flow.incarnation,
            contents: contents
        )
    }
}

extension Repetition {
    /// Where the tracker holds what an end of a stream sends again.
    static func key(of side: Side, in streamState: UInt32) -> UInt64 {
        UInt64(streamState) << 1 | UInt64(side.rawValue)
    }
}
