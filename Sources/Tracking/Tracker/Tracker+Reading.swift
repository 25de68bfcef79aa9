/// How frames come in, and wait for their flows' memory.
extension Tracker {
    /// The reading loop, to be made anew for each kind of source: a call through a witness table costs
    /// half as much as all else that happens to a packet.
    ///
    /// Segments wait in batches, so that the memory of the next ones is on its way while one is followed.
    @inline(always)
    mutating func consumeAll(
        next count: Int,
        from source: inout some CaptureSource & ~Copyable
    ) throws(CaptureError) -> Bool {
        var batch = Batch()
        var left = count
        var isMore = true
        while left > 0, isMore {
            var length = 0
            while length < Batch.length, left > 0 {
                if source.advanceInPlace() == .blocked {
                    // Waiting segments need their frames.
                    if length > 0 { break }
                    isMore = try source.advance()
                    guard isMore else { break }
                }
                left -= 1
                let frame = source.frame
                tally.note(frame)
                if frame.linkType == .ethernet,
                    batch[length].segment.read(plainEthernet: frame.octets)
                {
                    let isSYN = batch[length].segment.flags.contains(.syn)
                    let link = LinkFacts(plainEthernet: frame.octets, isSYN: isSYN)
                    batch[length].facts = FrameFacts(frame, context: .plain, link: link)
                    batch[length].place = source.place
                    prepare(&batch[length])
                    length += 1
                } else {
                    follow(batch, count: length, of: source)
                    length = 0
                    consume(rare: source.frame, at: source.place, of: source)
                }
            }
            follow(batch, count: length, of: source)
        }
        return isMore
    }

    /// Finds out where a segment's flow is, and asks for its memory.
    @inline(always)
    private func prepare(_ waiting: inout WaitingSegment) {
        let segment = waiting.segment
        (waiting.key, waiting.side) = FlowKey.of(segment.source, segment.destination)
        waiting.tag = flows.tag(of: waiting.key)
        flows.prefetchSlot(of: waiting.tag)
    }

    @inline(always)
    private mutating func follow(
        _ batch: borrowing Batch,
        count: Int,
        of source: borrowing some CaptureSource & ~Copyable
    ) {
        for place in 0..<count { flows.prefetchRecord(of: batch[place].tag) }
        for place in 0..<count {
            tally.segments &+= 1
            follow(batch[place], of: source)
        }
    }

    @inline(never)
    private mutating func consume(
        rare frame: borrowing Frame,
        at place: Int,
        of source: borrowing some CaptureSource & ~Copyable
    ) {
        // Kept out of the loop above, which is the faster for it.
        if frame.linkType == .ethernet {
            var waiting = WaitingSegment.none
            if waiting.read(plainIPv6: frame, at: place) {
                tally.segments &+= 1
                prepare(&waiting)
                follow(waiting, of: source)
                return
            }
            if let tag = waiting.read(tagged: frame, at: place) {
                tally.segments &+= 1
                waiting.facts.context = contexts.number(of: tag, tunnelAt: nil, in: frame.octets)
                prepare(&waiting)
                follow(apart: waiting, of: source)
                return
            }
        }
        take(DecodedFrame(frame), in: frame, at: place, of: source)
    }

    /// Follows what was decoded of a frame, or of a datagram that was put together of fragments, which then takes
    /// the frame's place.
    @inline(never)
    private mutating func take(
        _ decoded: DecodedFrame,
        in frame: borrowing Frame,
        at place: Int,
        of source: borrowing some CaptureSource & ~Copyable
    ) {
        let context = contexts.number(
            of: decoded.encapsulation,
            tunnelAt: decoded.tunnelOffset,
            in: frame.octets
        )
        var facts = FrameFacts(frame, context: context, link: decoded.link)
        notePortmap(of: decoded, in: frame, facts)
        switch decoded.packet {
        case .segment(let segment):
            tally.segments &+= 1
            facts.link.checksum = segment.checksum
            if facts.link.direction == .incoming { noteRemote(segment.source.address) }
            if facts.link.direction == .outgoing { noteLocal(segment.source.address) }
            var waiting = WaitingSegment.none
            waiting.segment = segment
            waiting.facts = facts
            waiting.place = place
            prepare(&waiting)
            if context.isPlain {
                follow(waiting, of: source)
            } else {
                follow(apart: waiting, of: source)
            }
        case .icmpError(let error):
            tally.icmpErrors &+= 1
            follow(error, in: facts)
        case .addressClaim(let claim):
            tally.unread[Int(UnreadReason.notTCP.rawValue)] &+= 1
            neighbours.note(claim, in: facts)
        case .unread(let reason):
            tally.unread[Int(reason.rawValue)] &+= 1
            if reason == .incompleteFragment { join(decoded, in: frame, context) }
        }
    }

    /// Puts a fragment to the others of its datagram, and follows what is in that once it is whole: with the number
    /// and time of this frame, which completes it.
    @inline(never)
    private mutating func join(
        _ decoded: DecodedFrame,
        in frame: borrowing Frame,
        _ context: Context
    ) {
        guard let offset = decoded.datagramOffset, fragments.depth < Fragments.deepest,
            let whole = fragments.add(
                frame.octets.extracting(droppingFirst: offset),
                in: context,
                at: frame.time
            )
        else { return }
        tally.unread[Int(UnreadReason.incompleteFragment.rawValue)] &-= whole.parts
        tally.joinedFragments &+= whole.parts - 1
        var datagram = MemoryFrames(
            [.init(time: frame.time, octets: whole.octets)],
            linkType: .rawIP
        )
        guard case .frame = datagram.advanceInPlace() else { return }
        let octets = datagram[0]
        let assembled = Frame(
            octets: octets,
            time: frame.time,
            number: frame.number,
            originalLength: frame.originalLength,
            linkType: .rawIP
        )
        fragments.depth += 1
        take(DecodedFrame(octets, insteadOf: decoded), in: assembled, at: 0, of: datagram)
        fragments.depth -= 1
    }
}
