/// What is said on connections that came up.
extension Tracker {
    /// A connection that is no TLS session yet may become one with any of so many segments of an end: by then most
    /// that begin in the clear have changed over.
    private static let mostBeforeTLS: UInt32 = 16

    /// Takes a data segment that the flow has followed already.
    @inline(always)
    mutating func hear(
        _ waiting: WaitingSegment,
        on index: Int,
        of source: borrowing some CaptureSource & ~Copyable
    ) {
        var number = Int(flows[index].dialogue)
        if number == 0 {
            number = beginDialogue(of: index)
            if number == 0 { return }
        }
        let side = waiting.side
        let isTurn = dialogues[number].speaker != side || !dialogues[number][side].hasSpoken
        dialogues[number].speaker = side
        if dialogues[number][side].note(waiting.segment, in: waiting.facts, beginsTurn: isTurn) {
            record(waiting, on: index)
        }
        let session = Int(dialogues[number].session)
        let isOfInterest =
            session != 0
            ? sessions[session][side].awaits(waiting.segment)
            : dialogues[number][side].segments <= Self.mostBeforeTLS
        if isOfInterest {
            listen(to: waiting, on: index, in: source[waiting.place])
        }
    }

    /// - Returns: the number of a new dialogue, 0 where none is held.
    @inline(never)
    private mutating func beginDialogue(of index: Int) -> Int {
        switch flows[index].phase {
        case .opening, .answered, .reset, .closed: return 0
        case .established, .settled, .doubtful, .closing: break
        }
        guard let number = dialogues.make() else { return 0 }
        flows[index].dialogue = UInt32(number)
        return number
    }

    /// Keeps a segment that is sent again and again.
    @inline(never)
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
        let number = Int(flows[index].dialogue)
        if dialogues[number].session == 0 {
            guard TLSSession.begins(with: payload), let session = sessions.make() else { return }
            dialogues[number].session = UInt32(session)
            if segment.flags.contains(.ack) {
                sessions[session][waiting.side.other].begin(at: segment.acknowledgment)
            }
        }
        let session = Int(dialogues[number].session)
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
            sessions[session].hello = dialogues[number][side].last
        }
        if sessions[session][side].milestones != before {
            let contents = sessions[session][side].contents
            append(segment, from: side, in: waiting.facts, contents: contents, to: index)
        }
        if !early.isEmpty { readEarly(of: side, on: index) }
    }

    /// Reads what waited for a hole to be filled; what still waits goes back.
    mutating func readEarly(of side: Side, on index: Int) {
        let session = Int(dialogues[Int(flows[index].dialogue)].session)
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
