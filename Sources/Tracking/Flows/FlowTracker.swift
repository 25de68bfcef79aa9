/// The flows of a capture, by four-tuple, and the events that are kept of each.
struct FlowTracker: ~Copyable {
    var table: FlowTable
    var eventLogs: EventLogStore
    /// The VLANs and tunnels of the packets.
    var encapsulations = EncapsulationTable()
    /// What RSTs say of their reasons.
    var resetReasons = ResetReasons()
    /// How many connections came up between whom, of those that were forgotten when they were over.
    var formerConnections: [FormerPair: Int] = [:]
    /// The flows that had to go before the end although something was suspicious.
    var departed: [FlowEvents] = []
    /// Once the capture is closed: the suspicious flows with their first packets.
    var suspicious: [(firstPacket: UInt64, index: Int)] = []
    /// The finished incarnations, if asked for; the tally counts those beyond the limit.
    private(set) var handshakes: [Handshake] = []
    let collectsHandshakes: Bool
    private let handshakeLimit: Int
    /// With no more flows than this, none is forgotten because it is over.
    let fewFlows: Int
    /// With more flows than this, those that ended well are put into remnants.
    private static let wholeFlows = 1 << 14
    /// Flows that a diagnosis may want before the end, if it asked for them.
    var changes = ChangedFlows()
    /// How attempts to connect ended, where somebody watches.
    var attempts = AttemptCounter()
    /// What connections are judged by.
    let thresholds: Thresholds
    private let anchor = Anchor()

    init(
        flowLimit: Int,
        fewFlows: Int,
        collectsHandshakes: Bool,
        handshakeLimit: Int,
        thresholds: Thresholds
    ) {
        table = FlowTable(capacity: flowLimit)
        let events = min(flowLimit, Int(UInt32.max / 4)) * 2 + 65_536
        eventLogs = EventLogStore(capacity: UInt32(events))
        self.fewFlows = fewFlows
        self.collectsHandshakes = collectsHandshakes
        self.handshakeLimit = handshakeLimit
        self.thresholds = thresholds
    }

    /// Takes down that a flow changed, where a diagnosis may want it for that.
    @inline(never)
    mutating func noteChange(of index: Int) {
        let (phase, marks) = (table[index].phase, table[index].marks)
        let isWanted = !marks.isDisjoint(with: [.suspicious, .reused, .slow])
        if isWanted || phase == .closing || phase == .reset { changes.note(index) }
    }

    /// Leaves a remnant of a closed connection, if that ended well and there are many flows.
    @inline(never)
    mutating func shrink(_ index: Int, tag: UInt32) {
        guard table.count > min(fewFlows, Self.wholeFlows), !collectsHandshakes,
            table[index].fitsRemnant(isCounted: attempts.isWanted)
        else { return }
        table.shrink(index, tag: tag)
    }

    /// As many pairs are remembered of which connections came up and are forgotten.
    private static let formerLimit = 65_536

    /// Who had connected to what.
    struct FormerPair: Hashable {
        let initiator: Address
        let responder: Endpoint
    }

    mutating func noteFormer(_ flow: Flow) {
        let pair = FormerPair(
            initiator: flow.key[flow.initiator].address,
            responder: flow.responder
        )
        guard formerConnections[pair] != nil || formerConnections.count < Self.formerLimit else {
            return
        }
        formerConnections[pair, default: 0] += 1
    }

    /// Takes down an incarnation that is over.
    mutating func noteHandshake(of flow: Flow, _ tally: inout Tally) {
        if handshakes.count < handshakeLimit {
            handshakes.append(flow.handshake)
        } else {
            tally.handshakesOmitted += 1
        }
    }

    /// Advances a flow by a segment.
    ///
    /// `newerClock` is a timestamp above that of the SYN, which the responder had accepted before.
    ///
    /// - Returns: the marks that are new, how long no packet had come, and whether the connection
    ///   has just come to its orderly end.
    @inline(always)
    mutating func advance(
        _ index: Int,
        with segment: borrowing FlowSegment,
        below newerClock: UInt32?,
        _ tally: inout Tally
    ) -> (marks: Flow.Marks, quiet: Int64, isClosed: Bool) {
        Self.advance(
            &table[index],
            with: segment,
            below: newerClock,
            slowness: thresholds.slowHandshake,
            &eventLogs,
            &tally
        )
    }

    /// The same in the flow's place, which is looked up but once.
    @inline(always)
    private static func advance(
        _ flow: inout Flow,
        with segment: borrowing FlowSegment,
        below newerClock: UInt32?,
        slowness: Int64,
        _ eventLogs: inout EventLogStore,
        _ tally: inout Tally
    ) -> (marks: Flow.Marks, quiet: Int64, isClosed: Bool) {
        let quiet = segment.time &- flow.lastTime
        let wasAnswered = flow.phase != .halfOpen
        let marks = flow.marks
        let wasClosed = flow.phase == .closed
        let actions = flow.advance(with: segment)
        if flow.marks.contains(.slow), !marks.contains(.slow),
            segment.time &- flow.begin <= slowness
        {
            flow.marks.remove(.slow)
        }
        if actions.contains(.showsLoss) { tally.lossSigns &+= 1 }
        if actions.contains(.record) {
            var event = Event(segment)
            event.incarnation = flow.incarnation
            // The flow takes neither from a segment that fell back, nor from a RST.
            if actions.contains(.fallsBack) { event.formerTimestamp = flow[segment.side].timestamp }
            if let newerClock { event.formerTimestamp = newerClock }
            if segment.flags.contains(.rst) {
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
    /// Erases the log unless somebody will want it.
    @inline(always)
    mutating func forget(_ eventLogs: inout EventLogStore) {
        if !isSuspicious, !marks.contains(.slow) { eventLogs.erase(&eventLog) }
    }
}
