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
                    batch[length].read(plainIPv4: frame.octets)
                        || batch[length].read(plainIPv6: frame.octets)
                {
                    batch[length].time = frame.time
                    batch[length].number = frame.number
                    batch[length].originalLength = frame.originalLength
                    batch[length].place = source.place
                    let tag = flows.tag(of: batch[length].key)
                    batch[length].tag = tag
                    flows.prefetchSlot(of: tag)
                    length += 1
                } else {
                    follow(batch, count: length, of: source)
                    length = 0
                    consume(source.frame)
                }
            }
            follow(batch, count: length, of: source)
        }
        return isMore
    }

    @inline(always)
    private mutating func follow(
        _ batch: borrowing Batch,
        count: Int,
        of source: borrowing some CaptureSource & ~Copyable
    ) {
        for place in 0..<count { flows.prefetchRecord(of: batch[place].tag) }
        for place in 0..<count { follow(batch[place], of: source) }
    }

    @inline(always)
    private mutating func follow(
        _ waiting: borrowing WaitingSegment,
        of source: borrowing some CaptureSource & ~Copyable
    ) {
        let index = flows.find(waiting.key, tag: waiting.tag)
        tally.segments &+= 1
        guard let index, flows[index].absorbs(waiting) else {
            follow(slowly: waiting, on: index, in: source[waiting.place])
            return
        }
        if waiting.payloadLength > 0 { hear(waiting, on: index, in: source[waiting.place]) }
    }

    /// Takes a plain segment that its flow declined.
    @inline(never)
    private mutating func follow(
        slowly waiting: borrowing WaitingSegment,
        on index: Int?,
        in frame: RawSpan
    ) {
        let segment = Segment(waiting, in: frame)
        var facts = FrameFacts(
            time: waiting.time,
            number: waiting.number,
            originalLength: waiting.originalLength,
            context: .plain,
            link: LinkFacts(ethernet: frame, at: 0)
        )
        facts.link.checksum = segment.checksum
        if index == nil, !contexts.isEmpty {
            follow(apart: waiting, segment, facts, in: frame)
        } else {
            follow(slowly: waiting, segment, on: index, facts, in: frame)
        }
    }

    /// Takes a segment that its flow declined, or that has none yet.
    @inline(always)
    mutating func follow(
        slowly waiting: borrowing WaitingSegment,
        _ segment: Segment,
        on index: Int?,
        _ facts: FrameFacts,
        in frame: RawSpan
    ) {
        guard let index = index ?? begin(waiting.key, with: segment, from: waiting.side, in: facts)
        else { return }
        advance(index, with: segment, from: waiting.side, in: facts)
        if segment.flags.contains(.rst) {
            noteReason(of: segment, in: frame, at: facts.number)
        } else if segment.payloadLength > 0 {
            hear(waiting, on: index, in: frame)
        }
    }

    /// Takes a frame layer by layer: all that is no plain segment in an untagged Ethernet frame.
    @inline(never)
    private mutating func consume(_ frame: borrowing Frame) {
        take(DecodedFrame(frame), in: frame)
    }

    /// Follows what was decoded of a frame, or of a datagram that was put together of fragments, which then takes
    /// the frame's place.
    private mutating func take(_ decoded: DecodedFrame, in frame: borrowing Frame) {
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
            follow(segment, in: frame, facts)
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

    @inline(always)
    private mutating func follow(
        _ segment: Segment,
        in frame: borrowing Frame,
        _ facts: FrameFacts
    ) {
        var waiting = WaitingSegment(segment, in: frame)
        waiting.tag = flows.tag(of: waiting.key)
        guard facts.context.isPlain else {
            follow(apart: waiting, segment, facts, in: frame.octets)
            return
        }
        let index = flows.find(waiting.key, tag: waiting.tag)
        if index == nil, !contexts.isEmpty {
            follow(apart: waiting, segment, facts, in: frame.octets)
        } else if let index, flows[index].absorbs(waiting) {
            if segment.payloadLength > 0 { hear(waiting, on: index, in: frame.octets) }
        } else {
            follow(slowly: waiting, segment, on: index, facts, in: frame.octets)
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
        take(DecodedFrame(octets, insteadOf: decoded), in: assembled)
        fragments.depth -= 1
    }
}
