/// How frames come in, and wait for their flows' memory.
extension Tracker {
    /// Reads up to `count` frames from a source, to be made anew for each kind of source: a call
    /// through a witness table costs half as much as all else that happens to a packet.
    @inline(always)
    mutating func consumeAll(
        next count: Int,
        from source: inout some CaptureSource & ~Copyable
    ) throws(CaptureError) -> Bool {
        let seed = flows.table.seed
        return try followAll(count) { batch, most throws(CaptureError) in
            try batch.fill(from: &source, upTo: most, seed: seed)
        }
    }

    /// The same for a file, which a batch walks on its own.
    @inline(always)
    mutating func consumeAll(
        next count: Int,
        from file: inout PcapFile
    ) throws(CaptureError) -> Bool {
        let seed = flows.table.seed
        return try followAll(count) { batch, most throws(CaptureError) in
            try batch.fill(from: &file, upTo: most, seed: seed)
        }
    }

    /// The reading loop.
    ///
    /// - Parameters:
    ///   - count: the most frames to follow.
    ///   - fill: reads no more frames than so many into a batch; `false` when there are none.
    /// - Returns: `false` when `fill` has found no more.
    /// - Throws: what `fill` throws.
    @inline(always)
    private mutating func followAll(
        _ count: Int,
        _ fill: (inout Batch, Int) throws(CaptureError) -> Bool
    ) throws(CaptureError) -> Bool {
        var batch = Batch()
        var left = count
        while left > 0 {
            guard try fill(&batch, left) else { return false }
            left -= batch.count
            follow(batch)
        }
        return true
    }

    /// Follows the next batch of a file that a thread of its own reads.
    ///
    /// - Returns: `false` when the file has come to its end.
    package mutating func consume(from reader: PrefetchThread) throws(CaptureError) -> Bool {
        try reader.next { follow($0) }
    }

    /// Follows what waits in a batch, while the memory of the next ones is on its way.
    @inline(never)
    mutating func follow(_ batch: borrowing Batch) {
        // The packet at which others are looked at that may be over.
        var next = Int(
            truncatingIfNeeded: ~tally.packets & (Self.packetsBetweenSteps &- 1)
        )
        tally.note(batch)
        for slot in 0..<Batch.slotReach { flows.table.prefetchSlot(of: batch.firstTag(slot)) }
        for slot in 0..<Batch.recordReach { flows.table.prefetchRecord(of: batch.firstTag(slot)) }
        for position in 0..<batch.count {
            let later = batch.tags(after: position)
            flows.table.prefetchSlot(of: later.nextSlot)
            flows.table.prefetchRecord(of: later.nextRecord)
            if position == next {
                age(to: batch[position].time)
                next &+= Int(Self.packetsBetweenSteps)
            }
            if batch[position].isPlain { follow(batch[position]) } else { consume(batch[position]) }
        }
    }

    @inline(always)
    private mutating func follow(_ segment: borrowing FlowSegment) {
        let index = flows.table.find(segment.key, tag: segment.tag)
        tally.segments &+= 1
        guard let index, index < FlowTable.firstRemnant, flows.table[index].absorbs(segment) else {
            follow(slowly: segment, on: index)
            return
        }
        if segment.payloadLength > 0 { observePayload(segment, on: index) }
    }

    /// Takes a plain segment that its flow declined, or that has none yet.
    @inline(never)
    private mutating func follow(slowly segment: borrowing FlowSegment, on index: Int?) {
        guard let index else {
            if !flows.encapsulations.isEmpty { return follow(apart: segment) }
            if !open(with: segment) { follow(declined: segment, on: nil) }
            return
        }
        if index < FlowTable.firstRemnant {
            follow(declined: segment, on: index)
        } else {
            follow(declined: segment, on: flows.makeFlow(of: index, tag: segment.tag, &tally))
        }
    }

    /// Takes a segment of a flow that is known.
    @inline(always)
    mutating func follow(_ segment: borrowing FlowSegment, on index: Int) {
        guard flows.table[index].absorbs(segment) else {
            return follow(declined: segment, on: index)
        }
        if segment.payloadLength > 0 { observePayload(segment, on: index) }
    }

    /// Takes a segment that its flow declined, or that has none yet.
    @inline(always)
    mutating func follow(declined segment: borrowing FlowSegment, on index: Int?) {
        guard let index = index ?? begin(with: segment) else { return }
        advance(index, with: segment)
        if segment.flags.contains(.rst) {
            noteReason(of: segment)
        } else if segment.payloadLength > 0 {
            observePayload(segment, on: index)
        }
        if flows.table[index].phase == .closed { flows.shrink(index, tag: segment.tag) }
    }

    @inline(always)
    private mutating func observePayload(_ segment: borrowing FlowSegment, on index: Int) {
        streams.observePayload(
            segment,
            on: &flows.table[index],
            &flows.eventLogs,
            &aggregates.slowAnswers
        )
    }

    /// Follows a segment in a VLAN or tunnel, or a plain one on whose four-tuple all flows have to
    /// do with such.
    @inline(never)
    mutating func follow(apart waiting: borrowing FlowSegment) {
        let known = flows.flow(of: waiting, &tally)
        guard let index = known ?? begin(apart: waiting) else { return }
        if !flows.table[index].knows(waiting.side) {
            flows.table[index].setEncapsulation(waiting.encapsulation, of: waiting.side)
        }
        follow(waiting, on: index)
    }

    private mutating func begin(apart waiting: borrowing FlowSegment) -> Int? {
        guard
            let duplicateIndex = waiting.encapsulation.isPlain
                ? 0 : flows.freeDuplicateIndex(for: waiting, &tally)
        else {
            tally.encapsulationsRefused &+= 1
            return nil
        }
        return begin(with: waiting, duplicateIndex: duplicateIndex)
    }

    /// Takes a frame layer by layer: all that is no plain segment in an untagged Ethernet frame.
    @inline(never)
    private mutating func consume(_ waiting: borrowing FlowSegment) {
        let frame = waiting.frame
        take(DecodedFrame(frame), in: frame)
    }

    /// Follows what was decoded of a frame, or of a datagram that was put together of fragments,
    /// which then takes the frame's slot.
    private mutating func take(_ decoded: DecodedFrame, in frame: borrowing Frame) {
        let encapsulation = flows.encapsulations.number(
            of: decoded.encapsulation,
            tunnelAt: decoded.tunnelOffset,
            in: frame.octets
        )
        var facts = FrameFacts(frame, encapsulation: encapsulation, link: decoded.link)
        if let payload = decoded.portmap(in: frame) {
            streams.portmap.note(payload, in: PacketMark(facts))
        }
        switch decoded.packet {
        case .segment(let segment):
            tally.segments &+= 1
            facts.link.checksum = segment.checksum
            if facts.link.direction == .incoming {
                aggregates.hosts.noteRemote(segment.source.address)
            }
            if facts.link.direction == .outgoing {
                aggregates.hosts.noteLocal(segment.source.address)
            }
            follow(segment, in: frame, facts)
        case .icmpError(let error):
            tally.icmpErrors &+= 1
            follow(error, in: facts)
        case .addressClaim(let claim):
            tally.unread[Int(UnreadReason.notTCP.rawValue)] &+= 1
            aggregates.neighbours.note(claim, in: facts)
        case .unread(let reason):
            tally.unread[Int(reason.rawValue)] &+= 1
            if reason == .incompleteFragment { join(decoded, in: frame, encapsulation) }
        }
    }

    @inline(always)
    private mutating func follow(
        _ decoded: Segment,
        in frame: borrowing Frame,
        _ facts: FrameFacts
    ) {
        var segment = FlowSegment(decoded, in: frame, facts)
        segment.tag = flows.table.tag(of: segment.key)
        guard segment.encapsulation.isPlain else { return follow(apart: segment) }
        let index = flows.find(segment.key, tag: segment.tag, &tally)
        if index == nil, !flows.encapsulations.isEmpty {
            follow(apart: segment)
        } else if let index {
            follow(segment, on: index)
        } else {
            follow(declined: segment, on: nil)
        }
    }

    /// Puts a fragment to the others of its datagram, and follows what is in that once it is whole:
    /// with the number and time of this frame, which completes it.
    @inline(never)
    private mutating func join(
        _ decoded: DecodedFrame,
        in frame: borrowing Frame,
        _ encapsulation: EncapsulationID
    ) {
        guard let offset = decoded.datagramOffset, fragments.depth < Fragments.deepest,
            let whole = fragments.add(
                frame.octets.extracting(droppingFirst: offset),
                in: encapsulation,
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
        let octets = datagram.frame.octets
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

extension Tracker {
    /// Follows all frames of a round, or the first `limit` of them.
    package mutating func consume(_ frames: inout LiveFrames, limit: Int = .max) {
        // A round in memory has no damage to tell of.
        _ = try? consume(next: limit, from: &frames)
    }

    @inline(never)
    private mutating func consume(
        next count: Int,
        from source: inout LiveFrames
    ) throws(CaptureError) -> Bool {
        try consumeAll(next: count, from: &source)
    }
}
