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
        var left = count
        var isMore = true
        var damage: CaptureError?
        while left > 0, isMore, damage == nil {
            var length = 0
            while length < Self.batchLength, left > 0 {
                var step = CaptureStep.blocked
                do throws(CaptureError) {
                    // Waiting segments need their frames.
                    step =
                        length > 0
                        ? try source.advanceInPlace() : try source.advance() ? .frame : .end
                } catch {
                    damage = error
                }
                isMore = step != .end
                guard step == .frame else { break }
                left -= 1
                let frame = source.frame
                tally.note(frame)
                if frame.linkType == .ethernet, let segment = Segment(plainEthernet: frame.octets) {
                    let link = LinkFacts(
                        plainEthernet: frame.octets,
                        isSYN: segment.flags.contains(.syn)
                    )
                    let facts = FrameFacts(frame, vlan: 0, link: link)
                    batch[length] = waiting(segment, in: facts, at: source.place)
                    length += 1
                } else {
                    followBatch(length, of: source)
                    length = 0
                    consume(rare: source.frame, at: source.place, of: source)
                }
            }
            followBatch(length, of: source)
        }
        if let damage { throw damage }
        return isMore
    }

    @inline(always)
    private func waiting(
        _ segment: Segment,
        in facts: FrameFacts,
        at place: Int
    ) -> WaitingSegment {
        let (key, side) = FlowKey.of(segment.source, segment.destination)
        let tag = flows.tag(of: key)
        flows.prefetchSlot(of: tag)
        return WaitingSegment(
            segment: segment,
            key: key,
            side: side,
            tag: tag,
            facts: facts,
            place: place
        )
    }

    @inline(always)
    private mutating func followBatch(
        _ count: Int,
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
        let decoded = DecodedFrame(frame)
        var facts = FrameFacts(frame, vlan: decoded.vlan, link: decoded.link)
        switch decoded.packet {
        case .segment(let segment):
            tally.segments &+= 1
            facts.link.checksum = segment.checksum
            if facts.link.direction == .incoming { noteRemote(segment.source.address) }
            if facts.link.direction == .outgoing { noteLocal(segment.source.address) }
            follow(waiting(segment, in: facts, at: place), of: source)
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
}
