/// What is said on connections that came up, and how that ends.
///
/// Its records belong to flows, which it is lent: it holds no flow and decides of none.
struct StreamTracker: ~Copyable {
    /// By the number that a flow has as its `streamState`.
    var states = RecycledStore(blank: StreamState())
    /// What is sent again on them, by `Repetition.key`.
    var repetitions: [UInt64: Repetition] = [:]
    /// What was received behind holes, by the `Repetition.key` of its sender.
    var selective: [UInt64: SelectiveAcknowledgment] = [:]
    /// What makes no progress on them, by the numbers of their flows' records.
    var stalls: [Int: Stall] = [:]
    var sessions = RecycledStore(blank: TLSSession())
    var early = EarlySegments()
    var names = NameTable()
    /// Streams that a diagnosis will want, by the numbers of their flows' records.
    var summaries: [Int: [StreamSummary]] = [:]
    /// The records of flows on which an end asked again and again and may not have been heard.
    private(set) var unheard: [Int] = []
    /// What port mappers said.
    var portmap = PortmapLog()
    /// What is to be quoted.
    var words = ServerWords()
    /// Which clients leave TLS sessions unused.
    var unusedSessions = UnusedSessions()
    /// What a connection is kept for.
    var kept = Signals.keepingStreams
    private let anchor = Anchor()

    /// As many summaries are kept.
    private static let summaryLimit = 1 << 18
    /// Remember at most this many flows on which an end may not have been heard.
    private static let unheardLimit = 1 << 10
    /// As many of one four-tuple are.
    private static let summariesOfFlow = 64

    /// Takes down how long all was quiet before a connection began to end; `number` is its stream
    /// state's, 0 for none.
    ///
    /// - Returns: `false` where it had begun to end before, or nothing was said on it.
    mutating func noteEnd(of number: Int, at time: Int64, after quiet: Int64) -> Bool {
        guard number != 0, states[number].endBegin == 0 else { return false }
        states[number].endBegin = time
        states[number].quietBeforeEnd = quiet
        return true
    }

    /// Ends the stream of a flow: it is kept if a diagnosis may have something to say of it, and
    /// forgotten if not.
    ///
    /// `index` is the flow's record, `time` up to when nothing came of it, in nanoseconds since
    /// 1970.
    mutating func settle(
        _ flow: inout Flow,
        at index: Int,
        _ time: Int64,
        _ eventLogs: inout EventLogStore,
        _ tally: inout Tally
    ) {
        if !early.isEmpty { readEarly(of: &flow, &eventLogs) }
        let signals = signals(of: flow, at: index, time)
        if !signals.isDisjoint(with: kept) {
            keep(&flow, showing: signals, at: index, time, &eventLogs, &tally)
        }
        if !stalls.isEmpty { stalls[index] = nil }
        if flow.streamState != 0 { release(&flow) }
    }

    /// Reads what waited for a hole to be filled, since none will be any more.
    @inline(never)
    private mutating func readEarly(of flow: inout Flow, _ eventLogs: inout EventLogStore) {
        guard flow.isTLS else { return }
        let session = Int(states[Int(flow.streamState)].session)
        for side in [Side.low, .high] {
            while early.isWaiting(side, in: session) {
                sessions[session].lose(side)
                readEarly(of: side, on: &flow, &eventLogs)
            }
        }
    }

    private mutating func release(_ flow: inout Flow) {
        let number = flow.streamState
        if flow.isTLS { sessions.release(Int(states[Int(number)].session)) }
        if !repetitions.isEmpty {
            repetitions[Repetition.key(of: .low, in: number)] = nil
            repetitions[Repetition.key(of: .high, in: number)] = nil
        }
        if !selective.isEmpty {
            selective[Repetition.key(of: .low, in: number)] = nil
            selective[Repetition.key(of: .high, in: number)] = nil
        }
        if !words.isEmpty { words.forget(number) }
        states.release(Int(number))
        flow.streamState = 0
        flow.isTLS = false
    }

    @inline(never)
    private mutating func keep(
        _ flow: inout Flow,
        showing signals: Signals,
        at index: Int,
        _ time: Int64,
        _ eventLogs: inout EventLogStore,
        _ tally: inout Tally
    ) {
        flow.marks.insert(.suspicious)
        guard summaries.count < Self.summaryLimit,
            summaries[index]?.count ?? 0 < Self.summariesOfFlow
        else {
            tally.streamsRefused &+= 1
            return
        }
        let summary = summary(of: flow, showing: signals, at: index, time)
        summaries[index, default: []].append(summary)
        if summary.isUnheard, unheard.count < Self.unheardLimit { unheard.append(index) }
        let kept = eventLogs.events(on: flow.eventLog)
        for event in summary.lastWords(on: flow, beside: kept) {
            eventLogs.append(event, to: &flow.eventLog)
        }
    }

    /// What there is to say of the present connection of the flow with this record.
    borrowing func summary(
        of flow: Flow,
        showing signals: Signals,
        at index: Int,
        _ time: Int64
    ) -> StreamSummary {
        let state = flow.streamState == 0 ? StreamState() : states[Int(flow.streamState)]
        let tls = flow.isTLS ? sessions[Int(state.session)] : nil
        return StreamSummary(
            state,
            showing: signals,
            of: flow,
            repeating: (
                repetitions[Repetition.key(of: .low, in: flow.streamState)],
                repetitions[Repetition.key(of: .high, in: flow.streamState)]
            ),
            behindHoles: (
                selective[Repetition.key(of: .low, in: flow.streamState)],
                selective[Repetition.key(of: .high, in: flow.streamState)]
            ),
            tls: (
                tls,
                tls.flatMap { names[$0.serverName] },
                tls.flatMap { names[$0.applicationProtocol] }
            ),
            stall: stalls[index],
            words: summaries.count < ServerWords.limit ? words[flow.streamState] : nil,
            at: time
        )
    }
}

extension StreamSummary {
    /// Sent so often again, or asked so often, without an answer, that the other end may not have
    /// got it.
    private static let manySendings: UInt16 = 3

    /// Whether an end asked again and again and may not have been heard, or both said nothing: then
    /// it matters what others got.
    fileprivate var isUnheard: Bool {
        !hasData || max(low.repetitions, high.repetitions) >= Self.manySendings
            || stall.map { max($0.low.probes, $0.high.probes) >= Stall.leastProbes } ?? false
    }

    /// The data segments of a stream that are not among the events of its flow.
    func lastWords(on flow: Flow, beside events: [Event]) -> [Event] {
        var words: [Event] = []
        func add(_ facts: SegmentFacts, from side: Side, _ contents: TLSContents = []) {
            let isKnown =
                events.contains { $0.packet == facts.packet }
                || words.contains { $0.packet == facts.packet }
            if !isKnown { words.append(Event(facts, from: side, of: flow, contents)) }
        }
        for side in [Side.low, .high] where self[side].hasSentData {
            add(self[side].last, from: side)
        }
        // Its event went when the handshake was confirmed.
        if let tls, tls.hello.packet != 0 {
            add(tls.hello, from: tls.client, TLSContents(.clientHello))
        }
        return words
    }
}
