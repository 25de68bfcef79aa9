/// What is said on connections that came up.
extension Tracker {
    /// Takes a data segment that the flow has followed already.
    @inline(always)
    mutating func hear(
        _ waiting: WaitingSegment,
        on index: Int,
        of source: borrowing some CaptureSource & ~Copyable
    ) {
        let side = waiting.side
        let turn = flows[index].takeTurn(side)
        var number = Int(turn.talk)
        if number == 0 {
            number = beginTalk(of: index)
            if number == 0 { return }
        }
        let (isAgain, segments) = talks.hear(waiting, in: number, beginsTurn: turn.isNew)
        if isAgain { noteAgain(waiting, on: index) }
        if turn.isNew, talks.isLate(waiting, in: number) {
            noteLateAnswer(waiting, in: number, of: index)
        }
        if turn.isTLS {
            guard sessions.awaits(waiting, in: talks.session(of: number)) else { return }
        } else {
            guard waiting.segment.firstOctet == TLSRecordType.handshake.rawValue,
                segments <= Talk.Line.mostBeforeTLS
            else { return }
        }
        listen(to: waiting, on: index, in: source[waiting.place])
    }

    /// - Returns: the number of a new talk, 0 where none is held.
    @inline(never)
    private mutating func beginTalk(of index: Int) -> Int {
        switch flows[index].phase {
        case .opening, .answered, .reset, .closed: return 0
        case .established, .settled, .doubtful, .closing: break
        }
        guard let number = talks.make() else { return 0 }
        flows[index].talk = UInt32(number)
        return number
    }

    /// Takes down that a service answered late.
    @inline(never)
    private mutating func noteLateAnswer(_ waiting: WaitingSegment, in number: Int, of index: Int) {
        let question = talks[number][waiting.side.other].last
        guard waiting.side != flows[index].initiator, question.packet != 0 else { return }
        slowAnswers.note(waiting.facts.time - question.time, of: waiting.segment.source)
    }

    /// As many segments that were sent again are remembered.
    private static let repetitionLimit = 1 << 16

    /// Takes down that the newest segment of an end was sent again, and keeps it if that is not for the first time.
    @inline(never)
    private mutating func noteAgain(_ waiting: WaitingSegment, on index: Int) {
        let segment = waiting.segment
        let key = Repetition.key(of: waiting.side, in: flows[index].talk)
        guard var known = repetitions[key], known.sequence == segment.sequence else {
            guard repetitions.count < Self.repetitionLimit else { return }
            repetitions[key] = Repetition(
                sequence: segment.sequence,
                length: segment.payloadLength,
                begin: waiting.facts.time
            )
            return
        }
        if known.count < .max { known.count += 1 }
        repetitions[key] = known
        record(waiting, on: index)
    }

    private mutating func record(_ waiting: WaitingSegment, on index: Int) {
        guard flows[index].phase == .settled || flows[index].phase == .closing else { return }
        append(waiting.segment, from: waiting.side, in: waiting.facts, to: index)
    }

    private mutating func append(
        _ segment: Segment,
        from side: Side,
        in facts: FrameFacts,
        contents: TLSContents = [],
        to index: Int
    ) {
        // What was just followed may be on the tape already.
        if tapes.note(contents, of: facts.number, on: flows[index].tape) { return }
        tapes.append(
            event(segment, from: side, in: facts, contents, of: index),
            to: &flows[index].tape
        )
    }

    private borrowing func event(
        _ segment: Segment,
        from side: Side,
        in facts: FrameFacts,
        _ contents: TLSContents,
        of index: Int
    ) -> Event {
        var event = Event(segment, kind: segment.eventKind, side: side, in: facts)
        event.incarnation = flows[index].incarnation
        event.contents = contents
        return event
    }

    /// Looks for TLS records in a segment.
    @inline(never)
    private mutating func listen(to waiting: WaitingSegment, on index: Int, in frame: RawSpan) {
        let segment = waiting.segment
        let behind = min(Int(segment.capturedLength), frame.byteCount)
        let payload = frame.extracting(droppingFirst: frame.byteCount - behind)
            .extracting(first: min(behind, Int(segment.payloadLength)))
        let number = Int(flows[index].talk)
        if !flows[index].isTLS {
            guard TLSSession.begins(with: payload), let session = sessions.make() else { return }
            flows[index].isTLS = true
            talks[number].session = UInt32(session)
            if segment.flags.contains(.ack) {
                sessions[session][waiting.side.other].begin(at: segment.acknowledgment)
            }
        }
        let session = Int(talks[number].session)
        let side = waiting.side
        let source = TLSSession.Source(
            side: side,
            sequence: segment.sequence,
            packet: waiting.facts.number,
            time: waiting.facts.time,
            length: segment.payloadLength
        )
        let before = sessions[session][side].milestones
        let wasNamed = sessions[session][side].messages.contains(.clientHello)
        if !sessions[session].read(payload, from: source) {
            let event = event(segment, from: side, in: waiting.facts, [], of: index)
            if early.add(payload, from: source, of: event, to: session) { return }
            sessions[session][side].lose()
            readEarly(of: side, on: index)
            _ = sessions[session].read(payload, from: source)
        }
        if !wasNamed, sessions[session][side].messages.contains(.clientHello) {
            noteNames(in: payload, of: session)
            sessions[session].hello = talks[number][side].last
        }
        if sessions[session][side].milestones != before {
            let contents = sessions[session][side].contents
            append(segment, from: side, in: waiting.facts, contents: contents, to: index)
        }
        if !early.isEmpty { readEarly(of: side, on: index) }
    }

    /// Reads what waited for a hole to be filled; what still waits goes back.
    mutating func readEarly(of side: Side, on index: Int) {
        let session = Int(talks[Int(flows[index].talk)].session)
        for segment in early.take(of: side, in: session) {
            let before = sessions[session][side].milestones
            let payload = unsafe segment.octets.span.bytes
            guard sessions[session].read(payload, from: segment.source) else {
                _ = early.add(segment, to: session)
                continue
            }
            if sessions[session][side].milestones != before {
                var event = segment.event
                event.contents = sessions[session][side].contents
                tapes.append(event, to: &flows[index].tape)
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
    fileprivate func awaits(_ waiting: WaitingSegment, in session: Int) -> Bool {
        self[session][waiting.side].awaits(waiting.segment)
    }
}

extension RecycledStore<Talk> {
    @inline(always)
    fileprivate mutating func hear(
        _ waiting: WaitingSegment,
        in number: Int,
        beginsTurn: Bool
    ) -> (isAgain: Bool, segments: UInt16) {
        if waiting.side == .low {
            return self[number].low
                .note(waiting.segment, in: waiting.facts, beginsTurn: beginsTurn)
        }
        return self[number].high
            .note(waiting.segment, in: waiting.facts, beginsTurn: beginsTurn)
    }

    /// Whether an end begins to speak long after the other's newest data.
    @inline(always)
    fileprivate func isLate(_ waiting: WaitingSegment, in number: Int) -> Bool {
        let question =
            waiting.side == .low ? self[number].high.last.time : self[number].low.last.time
        return question != 0 && waiting.facts.time &- question > SlowAnswers.late
    }

    @inline(always)
    fileprivate func session(of number: Int) -> Int { Int(self[number].session) }
}

extension Repetition {
    /// Where the tracker holds what an end of a talk sends again.
    static func key(of side: Side, in talk: UInt32) -> UInt64 {
        UInt64(talk) << 1 | UInt64(side.rawValue)
    }
}
