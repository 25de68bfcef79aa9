/// How connections begin on a four-tuple, the first and the later ones.
extension Flow {
    /// Without a packet for so long, a new SYN begins a new episode, in nanoseconds.
    static let incarnationGap: Int64 = 300_000_000_000

    /// How far behind the newest sequence number a late copy may lie, in octets.
    private static let lateReach: Int32 = 1 << 20

    /// Sets up a flow that begins with `segment`.
    mutating func meet(_ segment: borrowing FlowSegment) {
        let side = segment.side
        let isAnswer = segment.flags.contains(.syn) && segment.flags.contains(.ack)
        let isOpening = segment.flags.contains(.syn) && !isAnswer
        if !isOpening {
            marks.insert(.midstream)
            history.note(.midstream)
        }
        if !segment.flags.contains(.syn) {
            phase = .settled
            marks.insert(.alive)
        }
        if segment.flags.isDisjoint(with: [.syn, .ack, .rst]) { marks.insert(.oddBeginning) }
        let isFromInitiator =
            isOpening
            || !isAnswer && Self.isFromClient(segment.source.port, segment.destination.port)
        setInitiator(isFromInitiator ? side : side.other)
    }

    /// Without a SYN the service is taken to be on the lower port, but for NFS, whose clients bind
    /// reserved ports (bindresvport(3): 600 to 1023).
    private static func isFromClient(_ source: UInt16, _ destination: UInt16) -> Bool {
        let (nfs, reserved) = (UInt16(2049), UInt16(600)..<1024)
        if destination == nfs, reserved.contains(source) { return true }
        if source == nfs, reserved.contains(destination) { return false }
        return source >= destination
    }

    private mutating func setInitiator(_ side: Side) {
        if side == .high { marks.insert(.initiatorIsHigh) } else { marks.remove(.initiatorIsHigh) }
    }

    /// Whether `segment` begins another connection on the four-tuple, rather than another attempt
    /// at this.
    @inline(always)
    func isReborn(by segment: borrowing FlowSegment, at time: Int64) -> Bool {
        guard segment.flags.contains(.syn), !segment.flags.contains(.rst) else { return false }
        let side = segment.side
        guard self[side].marks.contains(.seen) || self[side.other].marks.contains(.seen) else {
            return false
        }
        let isRepeat =
            self[side].marks.contains(.synchronized)
            && self[side].initialSequence == segment.sequence
        // After so long no timer sends it again: two captures were glued together.
        if isRepeat { return time - lastTime > Self.incarnationGap }
        if segment.flags.contains(.ack) {
            // Of a live connection no SYN is open: this answers one that was not captured, or not
            // yet.
            return marks.contains(.alive) && !isOwn(answer: segment, from: side)
        }
        return marks.contains(.alive) || time - lastTime > Self.incarnationGap
    }

    /// Whether a SYN-ACK belongs to the present connection, as a late copy of it does.
    @inline(always)
    private func isOwn(answer: borrowing FlowSegment, from side: Side) -> Bool {
        let other = self[side.other]
        if other.isAnswered(by: answer.acknowledgment) { return true }
        let distance =
            other.marks.contains(.seen)
            ? answer.acknowledgment.distance(to: other.next)
            : answer.sequence.distance(to: self[side].next)
        return (0...Self.lateReach).contains(distance)
    }

    /// What a later connection should know of this one, as an event without a packet of its own.
    ///
    /// `sequence` and `timestampValue` are those of `opener`, who initiates that later connection;
    /// `acknowledgment` is the next sequence number of the other end.
    func formerConnection(before opener: Side) -> Event {
        var event = Event(
            .formerConnection,
            at: lastTime,
            packet: lastPacket,
            sequence: self[opener].next,
            acknowledgment: self[opener.other].next,
            flags: ending,
            from: marks.contains(.closedByHigh) ? .high : .low,
            encapsulation: encapsulation
        )
        event.facts.options.timestampValue = self[opener].timestamp
        event.incarnation = incarnation
        return event
    }

    /// FIN and ACK for a connection that both ends closed, FIN for one that one end closed, RST for
    /// one that was reset.
    private var ending: TCPFlags {
        if phase == .reset { return .rst }
        if low.marks.intersection(high.marks).contains(.sentFin) { return [.fin, .ack] }
        return low.marks.union(high.marks).contains(.sentFin) ? .fin : []
    }

    /// Forgets the present connection; the four-tuple goes on with `segment`.
    mutating func rebirth(by segment: borrowing FlowSegment) {
        let wasAlive = marks.contains(.alive)
        let kept = eventLog
        let number = incarnation &+ 1
        let keptMarks = marks.intersection([.suspicious, .reused])
        let encapsulations = (low: encapsulation(of: .low), high: encapsulation(of: .high))
        let index = duplicateIndex
        let letters = history.areWanted ? HistoryLetters() : .unwanted
        self = Flow(beginningWith: segment)
        history = letters
        setEncapsulation(encapsulations.low, of: .low)
        setEncapsulation(encapsulations.high, of: .high)
        duplicateIndex = index
        eventLog = kept
        incarnation = number
        marks.formUnion(keptMarks)
        if wasAlive { marks.insert(.reused) }
        meet(segment)
    }
}
