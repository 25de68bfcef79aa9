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
    package internal(set) var neighbours = Neighbours()
    /// What port mappers said.
    package internal(set) var portmap = PortmapLog()
    /// What many flows together tell.
    package internal(set) var aggregates = Aggregates()
    /// SYN-ACKs on four-tuples of which no SYN was captured.
    package private(set) var unsolicitedSYNACKs = UnsolicitedSYNACKs()
    /// Hosts whose packets were captured before their network card had them.
    package internal(set) var localHosts: Set<Address> = []
    /// Hosts whose packets came in from elsewhere.
    var remoteHosts: Set<Address> = []
    /// How long handshakes usually take.
    package internal(set) var handshakeTimes = HandshakeTimes()
    /// What services take their time.
    var slowAnswers = SlowAnswers()
    /// Hosts between which ECN was agreed upon.
    private(set) var pairsWithECN: Set<HostPair> = []
    /// The VLANs and tunnels of the packets.
    package internal(set) var encapsulations = EncapsulationTable()
    var fragments = Fragments()
    /// What clocks connections came up with.
    var acceptedTimestamps = AcceptedTimestamps()

    /// What was said on connections that came up.
    var streamStates = RecycledStore(blank: StreamState())
    /// What is sent again on them, by `Repetition.key`.
    var repetitions: [UInt64: Repetition] = [:]
    var sessions = RecycledStore(blank: TLSSession())
    var early = EarlySegments()
    var names = NameTable()
    /// What RSTs say of their reasons.
    var resetReasons = ResetReasons()
    /// Dialogues that a diagnosis will want, by the numbers of their flows' records.
    var streams: [Int: [StreamSummary]] = [:]
    /// How many connections came up between whom, of those that were forgotten when they were over.
    var formerConnections: [FormerPair: Int] = [:]
    private let anchor = Anchor()
    var flows: FlowTable
    var eventLogs: EventLogStore
    /// Once the capture is closed: the noteworthy flows with their first packets.
    var suspicious: [(firstPacket: UInt64, index: Int)] = []
    let collectsHandshakes: Bool
    let fewFlows: Int
    /// Flows that a diagnosis may want before the end, if it asked for them.
    var changes = ChangedFlows()
    /// When packets were dropped, the newest `dropLimit` times.
    private(set) var drops: [ClosedRange<Int64>] = []

    /// As many one-way initiators as are remembered.
    private static let oneWayLimit = 1024
    private static let dropLimit = 64
    /// As many pairs of hosts are remembered.
    private static let pairLimit = 4096
    /// Without a packet for so long, a new SYN begins a new episode, in nanoseconds.
    static let incarnationGap: Int64 = 300_000_000_000

    /// - Parameters:
    ///   - flowLimit: the most flows at a time; beyond it the quietest go first.
    ///   - collectsHandshakes: whether `handshakes` is filled.
    ///   - fewFlows: with no more flows than this, none is forgotten because it is over.
    package init(
        flowLimit: Int = 2_000_000,
        collectsHandshakes: Bool = false,
        fewFlows: Int = 1 << 16
    ) {
        self.fewFlows = fewFlows
        flows = FlowTable(capacity: flowLimit)
        let events = min(flowLimit, Int(UInt32.max / 4)) * 2 + 65_536
        eventLogs = EventLogStore(capacity: UInt32(events))
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
        if flows.isFull { evict() }
        var flow = Flow(beginningWith: segment)
        flow.duplicateIndex = duplicateIndex
        flow.setEncapsulation(segment.encapsulation, of: segment.side)
        flow.meet(segment)
        tally.flows &+= 1
        if segment.flags.contains(.syn) { tally.attempts &+= 1 }
        guard let index = flows.insert(flow) else {
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
        let change = Self.advance(
            &flows[index],
            with: segment,
            below: newerClock,
            &eventLogs,
            &tally
        )
        if control != 0 { note(segment, change.marks, after: change.quiet, on: index) }
        if change.isClosed {
            settleStream(of: index, at: segment.time)
            flows[index].forget(&eventLogs)
        }
        if change.marks.contains(.completed) {
            Self.noteCompletion(of: flows[index], &handshakeTimes, &acceptedTimestamps)
        }
        if change.marks.contains(.oneWay), oneWayInitiators.count < Self.oneWayLimit {
            oneWayInitiators.insert(segment.source.address)
        }
        if changes.areWanted { noteChange(of: index) }
    }

    /// Makes a flow ready for a SYN, which may begin its next life.
    ///
    /// - Returns: a timestamp above that of the SYN, which the responder accepted before.
    @inline(always)
    private mutating func prepare(
        _ index: Int,
        for segment: borrowing FlowSegment
    ) -> UInt32? {
        if flows[index].isReborn(by: segment, at: segment.time) {
            rebirth(index, by: segment)
        }
        guard flows[index].syns == 0 else { return nil }
        return acceptedTimestamps.newer(
            than: segment.options.timestampValue,
            at: segment.time,
            of: segment.source.address,
            with: segment.destination.address
        )
    }

    /// Takes down what a SYN, FIN or RST tells beyond its flow; `news` are the flow's marks that came with it.
    @inline(never)
    private mutating func note(
        _ segment: borrowing FlowSegment,
        _ news: Flow.Marks,
        after quiet: Int64,
        on index: Int
    ) {
        if !segment.flags.isDisjoint(with: [.fin, .rst]) {
            noteEnd(of: index, at: segment.time, after: quiet)
        }
        if segment.flags.contains(.rst), segment.side != flows[index].initiator {
            noteMassReset(by: segment, news, on: index)
        }
        guard segment.flags.contains(.syn) else { return }
        noteChecksum(of: segment)
        guard segment.flags.contains(.ack) else { return }
        if flows[index].syns == 0 {
            unsolicitedSYNACKs.note(segment, Event(segment))
        }
        if segment.flags.contains(.ece), pairsWithECN.count < Self.pairLimit {
            pairsWithECN.insert(
                HostPair(segment.destination.address, segment.source.address)
            )
        }
    }

    /// Takes down what the checksum of a SYN tells of where it was captured.
    @inline(always)
    mutating func noteChecksum(of segment: borrowing FlowSegment) {
        tally.note(segment.link.checksum)
        if segment.link.checksum == .unfilled { noteLocal(segment.source.address) }
    }

    /// Advances a flow in its place, which is looked up but once.
    ///
    /// `newerClock` is a timestamp above that of the SYN, which the responder had accepted before.
    ///
    /// - Returns: the marks that are new, how long no packet had come, and whether the connection has just come to its
    ///   orderly end.
    @inline(always)
    private static func advance(
        _ flow: inout Flow,
        with segment: borrowing FlowSegment,
        below newerClock: UInt32?,
        _ eventLogs: inout EventLogStore,
        _ tally: inout Tally
    ) -> (marks: Flow.Marks, quiet: Int64, isClosed: Bool) {
        let quiet = segment.time &- flow.lastTime
        let wasAnswered = flow.phase != .halfOpen
        let marks = flow.marks
        let wasClosed = flow.phase == .closed
        let actions = flow.advance(with: segment)
        if actions.contains(.showsLoss) { tally.lossSigns &+= 1 }
        if actions.contains(.record) {
            var event = Event(segment)
            event.incarnation = flow.incarnation
            // The flow takes neither from a segment that fell back, nor from a RST.
            if actions.contains(.fallsBack) { event.formerTimestamp = flow[segment.side].timestamp }
            if let newerClock { event.formerTimestamp = newerClock }
            if event.kind == .rst {
                event.note(
                    formerTimeToLive: flow[segment.side].timeToLive,
                    newestTimestamp: flow[segment.side].timestamp
                )
            }
            eventLogs.append(event, to: &flow.eventLog)
        }
        if actions.contains(.suspicious) { flow.marks.insert(.suspicious) }
        let isClosed = flow.phase == .closed && !wasClosed
        // Of a connection at its end its dialogue is to be looked at first.
        if actions.contains(.forget), !isClosed { flow.forget(&eventLogs) }
        if !wasAnswered, flow.phase == .answered {
            tally.noteAnswer(after: UInt64(flow.synToSYNACK))
        }
        let news = flow.marks.subtracting(marks)
        if news.contains(.completed) { tally.established &+= 1 }
        return (news, quiet, isClosed)
    }
}

extension Flow {
    /// Erases the tape unless somebody will want it.
    @inline(always)
    mutating func forget(_ eventLogs: inout EventLogStore) {
        if !isSuspicious, !marks.contains(.slow) { eventLogs.erase(&eventLog) }
    }
}
