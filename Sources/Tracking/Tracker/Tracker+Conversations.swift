/// How dialogues end, and which of them a diagnosis will want.
extension Tracker {
    /// As many conversations are kept.
    private static let conversationLimit = 1 << 18
    /// As many of one four-tuple are.
    private static let conversationsOfFlow = 64

    /// Takes down how long all was quiet before the connection began to end.
    mutating func noteEnd(of index: Int, at time: Int64, after quiet: Int64) {
        let number = Int(flows[index].talk)
        if number != 0, talks[number].endBegin == 0 {
            talks[number].endBegin = time
            talks[number].quietBeforeEnd = quiet
        }
    }

    /// Ends the talk of a flow: it is kept if a diagnosis may have something to say of it, and forgotten if not.
    mutating func settleTalk(of index: Int, at time: Int64) {
        if !early.isEmpty { readEarly(of: index) }
        if isRemarkable(flows[index], at: time) { keepConversation(of: index, at: time) }
        if flows[index].talk != 0 { releaseTalk(of: index) }
    }

    /// Ends the talk of a flow that goes on no longer, unless that was done when its connection closed.
    mutating func settleOpenTalk(of index: Int, at time: Int64) {
        guard flows[index].marks.contains(.alive), flows[index].phase != .closed else { return }
        settleTalk(of: index, at: time)
    }

    /// Reads what waited for a hole to be filled, since none will be any more.
    @inline(never)
    private mutating func readEarly(of index: Int) {
        guard flows[index].isTLS else { return }
        let session = Int(talks[Int(flows[index].talk)].session)
        for side in [Side.low, .high] {
            // No hole will be filled any more.
            while early.isWaiting(side, in: session) {
                sessions[session].lose(side)
                readEarly(of: side, on: index)
            }
        }
    }

    private mutating func releaseTalk(of index: Int) {
        let number = flows[index].talk
        if flows[index].isTLS { sessions.release(Int(talks[Int(number)].session)) }
        if !repetitions.isEmpty {
            repetitions[Repetition.key(of: .low, in: number)] = nil
            repetitions[Repetition.key(of: .high, in: number)] = nil
        }
        talks.release(Int(number))
        flows[index].talk = 0
        flows[index].isTLS = false
    }

    @inline(never)
    private mutating func keepConversation(of index: Int, at time: Int64) {
        let flow = flows[index]
        flows[index].marks.insert(.noteworthy)
        guard conversations.count < Self.conversationLimit,
            conversations[index]?.count ?? 0 < Self.conversationsOfFlow
        else {
            tally.conversationsRefused &+= 1
            return
        }
        let conversation = conversation(on: flow, at: time)
        conversations[index, default: []].append(conversation)
        let kept = tapes.events(on: flow.tape)
        for event in lastWords(of: conversation, on: flow, beside: kept) {
            tapes.append(event, to: &flows[index].tape)
        }
    }

    /// What there is to say of a flow's present connection.
    borrowing func conversation(on flow: Flow, at time: Int64) -> Conversation {
        let talk = flow.talk == 0 ? Talk() : talks[Int(flow.talk)]
        let tls = flow.isTLS ? sessions[Int(talk.session)] : nil
        let dialogue = Dialogue(
            talk,
            of: flow,
            repeating: (
                repetitions[Repetition.key(of: .low, in: flow.talk)],
                repetitions[Repetition.key(of: .high, in: flow.talk)]
            )
        )
        return Conversation(
            incarnation: flow.incarnation,
            dialogue: dialogue,
            tls: tls,
            serverName: tls.flatMap { names[$0.serverName] },
            applicationProtocol: tls.flatMap { names[$0.applicationProtocol] },
            hasBeginning: !flow.marks.contains(.midstream),
            time: time,
            isClosed: flow.phase == .closed
        )
    }

    /// The data segments of a conversation that are not among the events of its flow.
    borrowing func lastWords(
        of conversation: Conversation,
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
                    context: flow.context,
                    incarnation: flow.incarnation,
                    contents: contents
                )
            )
        }
        for side in [Side.low, .high] where conversation.dialogue[side].hasSpoken {
            add(conversation.dialogue[side].last, from: side)
        }
        // Its event went when the handshake was confirmed.
        if let tls = conversation.tls, tls.hello.packet != 0 {
            add(tls.hello, from: tls.client, contents: TLSContents(.clientHello))
        }
        return words
    }
}
