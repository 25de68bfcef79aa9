/// Follows every four-tuple of a capture, and remembers what a diagnosis will need.
///
/// The whole per-packet path: decode, look up, absorb. Time comes only from packets. A healthy
/// connection leaves nothing but counts; a noteworthy one keeps the events of its tape.
package struct Tracker: ~Copyable {
    package internal(set) var tally = Tally()
    /// The flows that had to go before the end although something was noteworthy; drained by the caller.
    package internal(set) var departed: [FlowEvents] = []
    /// The finished incarnations, if asked for, up to `handshakeLimit`; the tally counts the others.
    package internal(set) var handshakes: [Handshake] = []
    /// As many handshakes as are kept.
    package var handshakeLimit = 1_000_000
    /// Initiators that went on as if answered while no answer was captured: one direction is missing.
    package private(set) var oneWayInitiators: Set<Address> = []

    /// Who claims which address.
    package private(set) var neighbours = Neighbours()
    /// What port mappers said.
    package internal(set) var portmap = PortmapLog()
    /// What many flows together tell.
    package internal(set) var census = Census()
    /// SYN-ACKs on four-tuples of which no SYN was captured.
    package private(set) var strays = StrayAnswers()
    /// Hosts whose packets were captured before their network card had them.
    package internal(set) var localHosts: Set<Address> = []
    /// Hosts whose packets came in from elsewhere.
    var remoteHosts: Set<Address> = []
    /// How long handshakes usually take.
    package internal(set) var handshakeTimes = HandshakeTimes()
    /// What clocks connections came up with.
    var acceptedTimestamps = AcceptedTimestamps()

    var flows: FlowTable
    var tapes: TapeStore
    /// Once the capture is closed: the noteworthy flows with their first packets.
    var noteworthy: [(firstPacket: UInt64, index: Int)] = []
    let collectsHandshakes: Bool
    /// Segments that wait for their flows' memory.
    private var batch = [WaitingSegment](repeating: .none, count: batchLength)

    private static let batchLength = 32
    /// As many one-way initiators as are remembered.
    private static let oneWayLimit = 1024
    /// Without a packet for so long, a new SYN begins a new episode, in nanoseconds.
    static let episodeGap: Int64 = 300_000_000_000

    /// - Parameters:
    ///   - flowLimit: the most flows at a time; beyond it the quietest go first.
    ///   - collectsHandshakes: whether `handshakes` is filled.
    package init(flowLimit: Int = 2_000_000, collectsHandshakes: Bool = false) {
        flows = FlowTable(capacity: flowLimit)
        let events = min(flowLimit, Int(UInt32.max / 4)) * 2 + 65_536
        tapes = TapeStore(capacity: UInt32(events))
        self.collectsHandshakes = collectsHandshakes
    }

    /// Reads up to `count` frames from `source`.
    ///
    /// - Returns: `false` when the source has come to its end.
    @inline(never)
    package mutating func consume(
        next count: Int,
        from source: inout PcapFile
    ) throws(CaptureError) -> Bool {
        try consumeAll(next: count, from: &source)
    }

    /// Reads up to `count` frames from `source`.
    ///
    /// - Returns: `false` when the source has come to its end.
    @inline(never)
    package mutating func consume(
        next count: Int,
        from source: inout some CaptureSource & ~Copyable
    ) throws(CaptureError) -> Bool {
        try consumeAll(next: count, from: &source)
    }

    /// The reading loop, to be made anew for each kind of source: a call through a witness table costs
    /// half as much as all else that happens to a packet.
    ///
    /// Segments wait in batches, so that the memory of the next ones is on its way while one is followed.
    @inline(always)
    private mutating func consumeAll(
        next count: Int,
        from source: inout some CaptureSource & ~Copyable
    ) throws(CaptureError) -> Bool {
        var left = count
        var isMore = true
        var damage: CaptureError?
        while left > 0, isMore, damage == nil {
            var length = 0
            while length < Self.batchLength, left > 0 {
                do throws(CaptureError) { isMore = try source.advance() } catch { damage = error }
                guard isMore, damage == nil else { break }
                left -= 1
                let frame = source.frame
                tally.note(frame)
                if frame.linkType == .ethernet, let segment = Segment(plainEthernet: frame.octets) {
                    let link = LinkFacts(
                        plainEthernet: frame.octets,
                        isSYN: segment.flags.contains(.syn)
                    )
                    batch[length] = waiting(segment, in: FrameFacts(frame, vlan: 0, link: link))
                    length += 1
                } else {
                    followBatch(length)
                    length = 0
                    consume(rare: frame)
                }
            }
            followBatch(length)
        }
        if let damage { throw damage }
        return isMore
    }

    @inline(always)
    private func waiting(_ segment: Segment, in facts: FrameFacts) -> WaitingSegment {
        let (key, side) = FlowKey.of(segment.source, segment.destination)
        let tag = flows.tag(of: key)
        flows.prefetchSlot(of: tag)
        return WaitingSegment(segment: segment, key: key, side: side, tag: tag, facts: facts)
    }

    @inline(always)
    private mutating func followBatch(_ count: Int) {
        for place in 0..<count { flows.prefetchRecord(of: batch[place].tag) }
        for place in 0..<count {
            tally.segments &+= 1
            follow(batch[place])
        }
    }

    @inline(never)
    private mutating func consume(rare frame: borrowing Frame) {
        let decoded = DecodedFrame(frame)
        var facts = FrameFacts(frame, vlan: decoded.vlan, link: decoded.link)
        notePortmap(of: decoded, in: frame, facts)
        switch decoded.packet {
        case .segment(let segment):
            tally.segments &+= 1
            facts.link.checksum = segment.checksum
            if facts.link.direction == .incoming { noteRemote(segment.source.address) }
            if facts.link.direction == .outgoing { noteLocal(segment.source.address) }
            follow(waiting(segment, in: facts))
        case .icmpError(let error):
            tally.icmpErrors &+= 1
            follow(error, in: facts)
        case .addressClaim(let claim):
            tally.unread[Int(UnreadReason.notTCP.rawValue)] &+= 1
            neighbours.note(claim, in: facts)
        case .unread(let reason):
            tally.unread[Int(reason.rawValue)] &+= 1
        }
    }

    @inline(always)
    private mutating func follow(_ waiting: WaitingSegment) {
        guard let index = flows.find(waiting.key, tag: waiting.tag) else {
            begin(waiting.key, with: waiting.segment, from: waiting.side, in: waiting.facts)
            return
        }
        if flows[index].absorbs(waiting.segment, from: waiting.side, in: waiting.facts) { return }
        advance(index, with: waiting.segment, from: waiting.side, in: waiting.facts)
    }

    @inline(never)
    private mutating func begin(
        _ key: FlowKey,
        with segment: Segment,
        from side: Side,
        in frame: FrameFacts
    ) {
        if flows.isFull { evict() }
        var flow = Flow(key: key, in: frame)
        flow.meet(segment, from: side)
        tally.flows &+= 1
        guard let index = flows.insert(flow) else {
            tally.flowsEvicted &+= 1
            return
        }
        advance(index, with: segment, from: side, in: frame)
    }

    @inline(never)
    private mutating func advance(
        _ index: Int,
        with segment: Segment,
        from side: Side,
        in frame: FrameFacts
    ) {
        if flows[index].isReborn(by: segment, at: frame.time) {
            rebirth(index, by: segment, from: side, in: frame)
        }
        var newerClock: UInt32?
        if segment.flags.contains(.syn), flows[index].syns == 0 {
            newerClock = acceptedTimestamps.newer(
                than: segment.options.timestampValue,
                at: frame.time,
                of: segment.source.address,
                with: segment.destination.address
            )
        }
        let change = Self.advance(
            &flows[index],
            with: segment,
            from: side,
            in: frame,
            below: newerClock,
            &tapes,
            &tally
        )
        if change.contains(.completed) {
            Self.noteCompletion(of: flows[index], &handshakeTimes, &acceptedTimestamps)
        }
        if segment.flags.contains(.syn) {
            tally.note(frame.link.checksum)
            if frame.link.checksum == .unfilled { noteLocal(segment.source.address) }
            if segment.flags.contains(.ack), flows[index].syns == 0 {
                strays.note(segment, Event(segment, kind: .synAck, side: side, in: frame))
            }
        }
        if change.contains(.oneWay), oneWayInitiators.count < Self.oneWayLimit {
            oneWayInitiators.insert(segment.source.address)
        }
    }

    /// Advances a flow in its place, which is looked up but once.
    ///
    /// `newerClock` is a timestamp above that of the SYN, which the responder had accepted before.
    ///
    /// - Returns: the marks that are new.
    @inline(always)
    private static func advance(
        _ flow: inout Flow,
        with segment: Segment,
        from side: Side,
        in frame: FrameFacts,
        below newerClock: UInt32?,
        _ tapes: inout TapeStore,
        _ tally: inout Tally
    ) -> Flow.Marks {
        let wasAnswered = flow.phase != .opening
        let marks = flow.marks
        let step = flow.advance(with: segment, from: side, in: frame)
        if step.contains(.showsLoss) { tally.lossSigns &+= 1 }
        if step.contains(.record) {
            var event = Event(segment, kind: segment.eventKind, side: side, in: frame)
            event.incarnation = flow.incarnation
            // The flow takes neither from a segment that fell back, nor from a RST.
            if step.contains(.fallsBack) { event.formerTimestamp = flow[side].timestamp }
            if let newerClock { event.formerTimestamp = newerClock }
            if event.kind == .rst {
                event.note(
                    formerTimeToLive: flow[side].timeToLive,
                    newestTimestamp: flow[side].timestamp
                )
            }
            tapes.append(event, to: &flow.tape)
        }
        if step.contains(.noteworthy) { flow.marks.insert(.noteworthy) }
        if step.contains(.forget), !flow.isNoteworthy, !flow.marks.contains(.slow) {
            tapes.erase(&flow.tape)
        }
        if !wasAnswered, flow.phase == .answered { tally.noteAnswer(after: UInt64(flow.legs.0)) }
        return flow.marks.subtracting(marks)
    }
}

extension Segment {
    var eventKind: Event.Kind {
        if flags.contains(.rst) { return .rst }
        if flags.contains(.syn) { return flags.contains(.ack) ? .synAck : .syn }
        if flags.contains(.fin) { return .fin }
        return payloadLength > 0 ? .data : .ack
    }
}
