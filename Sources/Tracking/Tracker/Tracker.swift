/// Follows every four-tuple of a capture, and remembers what a diagnosis will need.
///
/// The whole per-packet path: decode, look up, absorb. Time comes only from packets. A healthy
/// connection leaves nothing but counts; a suspicious one keeps its events.
package struct Tracker: ~Copyable {
    package internal(set) var tally = Tally()
    /// The flows themselves, and what is kept of their packets.
    var flows: FlowTracker
    /// What is said on them.
    var streams = StreamTracker()
    /// What many of them tell together.
    var aggregates = Aggregates()
    var fragments = Fragments()
    /// When packets were dropped, the newest `dropLimit` times.
    private(set) var drops: [ClosedRange<Int64>] = []
    private let anchor = Anchor()

    private static let dropLimit = 64

    /// - Parameters:
    ///   - flowLimit: the most flows at a time; beyond it the quietest go first.
    ///   - collectsHandshakes: whether the finished incarnations are listed.
    ///   - fewFlows: with no more flows than this, none is forgotten because it is over.
    ///   - handshakeLimit: the most finished incarnations that are listed.
    ///   - quotesServers: whether words by which servers turn clients away are kept: payload is
    ///     private.
    ///   - thresholds: what connections are judged by.
    ///   - kept: what an established connection is kept for.
    package init(
        flowLimit: Int = 2_000_000,
        collectsHandshakes: Bool = false,
        fewFlows: Int = 1 << 16,
        handshakeLimit: Int = 1_000_000,
        quotesServers: Bool = false,
        thresholds: Thresholds = Thresholds(),
        keeping kept: Signals = .keepingStreams
    ) {
        flows = FlowTracker(
            flowLimit: flowLimit,
            fewFlows: fewFlows,
            collectsHandshakes: collectsHandshakes,
            handshakeLimit: handshakeLimit,
            thresholds: thresholds
        )
        streams.words.areWanted = quotesServers
        streams.kept = kept
    }

    /// The flows that had to go before the end although something was suspicious; drained by the
    /// caller.
    package var departed: [FlowEvents] { flows.departed }

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
        from source: inout MergedFiles
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

    /// Takes down that packets were dropped between two counts.
    package mutating func noteDrops(during time: ClosedRange<Int64>) {
        if drops.count >= Self.dropLimit { drops.removeFirst() }
        drops.append(time)
    }

    @inline(never)
    mutating func begin(
        with segment: borrowing FlowSegment,
        duplicateIndex: UInt16 = 0
    ) -> Int? {
        if flows.table.isFull { evict() }
        var flow = Flow(beginningWith: segment)
        if !flows.collectsHandshakes { flow.history = .unwanted }
        flow.duplicateIndex = duplicateIndex
        flow.setEncapsulation(segment.encapsulation, of: segment.side)
        flow.meet(segment)
        tally.flows &+= 1
        if segment.flags.contains(.syn) {
            tally.attempts &+= 1
            noteSignature(of: segment)
            if flows.attempts.isWanted { flows.attempts.begin() }
        }
        guard let index = flows.table.insert(flow) else {
            tally.flowsEvicted &+= 1
            return nil
        }
        return index
    }

    @inline(never)
    mutating func advance(_ index: Int, with segment: borrowing FlowSegment) {
        let control = segment.flags.intersection([.syn, .fin, .rst]).rawValue
        var newerClock: UInt32?
        if control & TCPFlags.syn.rawValue != 0 {
            newerClock = prepare(index, for: segment)
        }
        let change = flows.advance(index, with: segment, below: newerClock, &tally)
        if control != 0 { note(segment, change.marks, after: change.quiet, on: index) }
        if change.isClosed {
            settleStream(of: index, at: segment.time)
            flows.table[index].forget(&flows.eventLogs)
        }
        if change.marks.isSuperset(of: [.completed, .alive]) {
            aggregates.noteCompletion(of: flows.table[index])
        }
        let phase = flows.table[index].phase
        if phase == .stalled || phase == .closing && mayStall(segment, index) {
            streams.noteStall(segment, on: &flows.table[index], at: index, &flows.eventLogs)
        }
        if segment.options.presence.contains(.selectiveBlocks) {
            streams.noteSelective(segment, on: flows.table[index])
        }
        if change.marks.contains(.oneWay) { aggregates.hosts.noteOneWay(segment.source.address) }
        if flows.changes.areWanted { flows.noteChange(of: index) }
        if flows.attempts.isWanted {
            flows.noteDecision(of: index, change.marks, at: segment.time)
        }
    }

    /// Whether a segment of a connection that ends shows that it makes no progress.
    @inline(always)
    private borrowing func mayStall(_ segment: borrowing FlowSegment, _ index: Int) -> Bool {
        segment.window == 0 || !streams.stalls.isEmpty
            || segment.flags == .ack && segment.payloadLength == 0
                && segment.sequence != flows.table[index][segment.side].next
    }

    /// Makes a flow ready for a SYN, which may begin its next incarnation.
    ///
    /// - Returns: a timestamp above that of the SYN, which the responder accepted before.
    @inline(always)
    private mutating func prepare(
        _ index: Int,
        for segment: borrowing FlowSegment
    ) -> UInt32? {
        if flows.table[index].isReborn(by: segment, at: segment.time) {
            rebirth(index, by: segment)
        } else if flows.attempts.isWanted {
            flows.noteNewAttempt(on: index, by: segment)
        }
        guard flows.table[index].syns == 0 else { return nil }
        return aggregates.acceptedTimestamps.newer(
            than: segment.options.timestampValue,
            at: segment.time,
            of: segment.source.address,
            with: segment.destination.address
        )
    }

    /// Takes down what a SYN, FIN or RST tells beyond its flow; `news` are the flow's marks that
    /// came with it.
    @inline(never)
    private mutating func note(
        _ segment: borrowing FlowSegment,
        _ news: Flow.Marks,
        after quiet: Int64,
        on index: Int
    ) {
        if !segment.flags.isDisjoint(with: [.fin, .rst]) {
            let isFirst = streams.noteEnd(
                of: Int(flows.table[index].streamState),
                at: segment.time,
                after: quiet
            )
            if isFirst {
                noteFirstEnd(by: segment, after: quiet, on: index)
                if segment.flags == .rst { noteForgotten(by: segment, on: index) }
            }
        }
        if segment.flags.contains(.rst), segment.side != flows.table[index].initiator {
            noteMassReset(by: segment, news, on: index)
        } else if segment.flags == .rst, news.contains(.wasReset) {
            noteRejection(on: index)
        }
        guard segment.flags.contains(.syn) else { return }
        noteChecksum(of: segment)
        noteSignature(of: segment)
        guard segment.flags.contains(.ack) else {
            aggregates.translations.note(segment)
            aggregates.askCards.noteOfEither(segment)
            return
        }
        aggregates.answerCards.note(segment)
        if flows.table[index].syns == 0 {
            aggregates.unsolicitedSYNACKs.note(segment, Event(segment))
        }
        if segment.flags.contains(.ece) {
            aggregates.hosts.noteECN(
                between: segment.destination.address,
                segment.source.address
            )
        }
    }

    /// Takes down the first FIN or RST of a connection on which something was said.
    @inline(always)
    private mutating func noteFirstEnd(
        by segment: borrowing FlowSegment,
        after quiet: Int64,
        on index: Int
    ) {
        if quiet >= IdleCloses.shortest { noteIdleClose(by: segment, quiet, on: index) }
        let number = Int(flows.table[index].streamState)
        let opening = streams.states[number][flows.table[index].initiator.other].opening
        if flows.table[index].isTLS || opening == .refusal || opening == .tlsAlert {
            noteRefusal(by: segment, on: index)
        }
    }

    /// Takes down why the initiator of a connection that ends now was not served, where that is
    /// known.
    @inline(never)
    private mutating func noteRefusal(by segment: borrowing FlowSegment, on index: Int) {
        let flow = flows.table[index]
        var reason = streams.reasonOfRefusal(on: flow, endedBy: segment.side, at: segment.time)
        if flow.isTLS,
            streams.noteDeparture(from: flow, closedBy: segment.side, at: segment.time)
        {
            reason = .certificate
        }
        guard let reason, flow.marks.contains(.completed) else { return }
        aggregates.noteUnserved(
            flow,
            closedBy: segment.side,
            isReset: segment.flags.contains(.rst),
            reason
        )
    }

    /// Takes down that a connection was closed when nobody used it, nor owed an answer.
    @inline(never)
    private mutating func noteIdleClose(
        by segment: borrowing FlowSegment,
        _ quiet: Int64,
        on index: Int
    ) {
        let flow = flows.table[index]
        guard flow.lastDataSender != flow.initiator else { return }
        aggregates.idleCloses.note(
            IdleCloses.Close(
                event: Event(segment),
                initiator: flow.key[flow.initiator],
                isByResponder: segment.side != flow.initiator,
                quiet: quiet,
                unused: segment.time
                    - streams.states[Int(flow.streamState)][flow.lastDataSender].last.time
            ),
            of: flow.responder
        )
    }

    /// Takes down the only SYN-ACK of a flow, which its initiator rejects.
    @inline(never)
    private mutating func noteRejection(on index: Int) {
        guard flows.table[index].synAcks == 1, flows.table[index].attempts == 1,
            aggregates.unsolicitedSYNACKs.wantsRejected
        else { return }
        let flow = flows.table[index]
        guard !flow.marks.contains(.completed),
            let answer = flows.eventLogs.events(on: flow.eventLog).last(where: {
                $0.kind == .synAck
            })
        else { return }
        aggregates.unsolicitedSYNACKs.noteRejected(
            answer,
            of: flow.key[flow.initiator],
            by: flow.responder
        )
    }

    /// Takes down a live connection that the sender of a RST does not know, unless the RST comes
    /// from another distance than all else of it.
    @inline(never)
    private mutating func noteForgotten(by reset: borrowing FlowSegment, on index: Int) {
        guard flows.table[index].phase == .reset, flows.table[index].marks.contains(.alive) else {
            return
        }
        let flow = flows.table[index]
        let sender = flow[reset.side]
        guard sender.marks.contains(.seen),
            sender.timeToLive == 0 || sender.timeToLive == reset.timeToLive
        else { return }
        var event = Event(reset)
        event.incarnation = flow.incarnation
        aggregates.forgotten.note(
            ForgottenConnections.Connection(
                reset: event,
                holder: reset.source,
                peer: reset.destination
            )
        )
    }

    /// Takes down that a SYN or SYN-ACK is signed.
    @inline(always)
    private mutating func noteSignature(of segment: borrowing FlowSegment) {
        if !segment.options.presence.isDisjoint(with: .signature) {
            aggregates.hosts.signed.note(segment.source.address, segment.destination.address)
        }
    }

    /// Takes down what the checksum of a SYN tells of where it was captured.
    @inline(always)
    mutating func noteChecksum(of segment: borrowing FlowSegment) {
        tally.note(segment.link.checksum)
        if segment.link.checksum == .unfilled { aggregates.hosts.noteLocal(segment.source.address) }
    }
}
