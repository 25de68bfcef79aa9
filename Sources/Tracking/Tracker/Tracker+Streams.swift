/// How dialogues end, and which of them a diagnosis will want.
extension Tracker {
    /// As many conversations are kept.
    private static let streamLimit = 1 << 18
    /// As many of one four-tuple are.
    private static let streamsOfFlow = 64

    /// Takes down how long all was quiet before the connection began to end.
    mutating func noteEnd(of index: Int, at time: Int64, after quiet: Int64) {
        let number = Int(flows[index].streamState)
        if number != 0, streamStates[number].endBegin == 0 {
            streamStates[number].endBegin = time
            streamStates[number].quietBeforeEnd = quiet
        }
    }

    /// Ends the talk of a flow: it is kept if a diagnosis may have something to say of it, and forgotten if not.
    mutating func settleStream(of index: Int, at time: Int64) {
        if !early.isEmpty { readEarly(of: index) }
        if isSuspicious(flows[index], at: time) { keepStream(of: index, at: time) }
        if flows[index].streamState != 0 { releaseStream(of: index) }
    }

    /// Ends the talk of a flow that goes on no longer, unless that was done when its connection closed.
    mutating func settleOpenStream(of index: Int, at time: Int64) {
        guard flows[index].marks.contains(.alive), flows[index].phase != .closed else { return }
        settleStream(of: index, at: time)
    }

    /// Reads what waited for a hole to be filled, since none will be any more.
    @inline(never)
    private mutating func readEarly(of index: Int) {
        guard flows[index].isTLS else { return }
        let session = Int(streamStates[Int(flows[index].streamState)].session)
        for side in [Side.low, .high] {
            // No hole will be filled any more.
            while early.isWaiting(side, in: session) {
                sessions[session].lose(side)
                readEarly(of: side, on: index)
            }
        }
    }

    private mutating func releaseStream(of index: Int) {
        let number = flows[index].streamState
        if flows[index].isTLS { sessions.release(Int(streamStates[Int(number)].session)) }
        if !repetitions.isEmpty {
            repetitions[Repetition.key(of: .low, in: number)] = nil
            repetitions[Repetition.key(of: .high, in: number)] = nil
        }
        streamStates.release(Int(number))
        flows[index].streamState = 0
        flows[index].isTLS = false
    }

    @inline(never)
    private mutating func keepStream(of index: Int, at time: Int64) {
        let flow = flows[index]
        flows[index].marks.insert(.suspicious)
        guard streams.count < Self.streamLimit,
            streams[index]?.count ?? 0 < Self.streamsOfFlow
        else {
            tally.streamsRefused &+= 1
            return
        }
        let stream = stream(on: flow, at: time)
        streams[index, default: []].append(stream)
        let kept = eventLogs.events(on: flow.eventLog)
        for event in lastWords(of: stream, on: flow, beside: kept) {
            eventLogs.append(event, to: &flows[index].eventLog)
        }
    }

    /// What there is to say of a flow's present connection.
    borrowing func stream(on flow: Flow, at time: Int64) -> StreamSummary {
        let streamState =
            flow.streamState == 0 ? StreamState() : streamStates[Int(flow.streamState)]
        let tls = flow.isTLS ? sessions[Int(streamState.session)] : nil
        return StreamSummary(
            streamState,
            of: flow,
            repeating: (
                repetitions[Repetition.key(of: .low, in: flow.streamState)],
                repetitions[Repetition.key(of: .high, in: flow.streamState)]
            ),
            tls: (
                tls,
                tls.flatMap { names[$0.serverName] },
                tls.flatMap { names[$0.applicationProtocol] }
            ),
            at: time
        )
    }

    /// The data segments of a conversation that are not among the events of its flow.
    borrowing func lastWords(
        of stream: StreamSummary,
        on flow: Flow,
        beside events: [Event]
    ) -> [Event] {
        var words: [Event] = []
        func add(_ facts: SegmentFacts, from side: Side, contents: TLSContents = []) {
            let isKnown =
                events.contains { $0.packet == facts.packet }
                || words.contains { $0.packet == facts.packet }
            if isKnown { return }
            words.append(
                Event(
                    dataIn: facts,
                    from: side,
                    encapsulation: flow.encapsulation,
                    incarnation: flow.incarnation,
                    contents: contents
                )
            )
        }
        for side in [Side.low, .high] where stream[side].hasSentData {
            add(stream[side].last, from: side)
        }
        // Its event went when the handshake was confirmed.
        if let tls = stream.tls, tls.hello.packet != 0 {
            add(tls.hello, from: tls.client, contents: TLSContents(.clientHello))
        }
        return words
    }
}
