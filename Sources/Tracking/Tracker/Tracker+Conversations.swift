/// How dialogues end, and which of them a diagnosis will want.
extension Tracker {
    /// As many conversations are kept.
    private static let conversationLimit = 1 << 18
    /// As many of one four-tuple are.
    private static let conversationsOfFlow = 64

    /// Takes down how long all was quiet before the connection began to end.
    mutating func noteEnd(of index: Int, after quiet: Int64) {
        let number = Int(flows[index].dialogue)
        if number != 0, dialogues[number].quietBeforeEnd == nil {
            dialogues[number].quietBeforeEnd = quiet
        }
    }

    /// Ends the dialogue of a flow: it is kept if a diagnosis may have something to say of it, and forgotten if not.
    mutating func settleDialogue(of index: Int, at time: Int64) {
        let number = Int(flows[index].dialogue)
        if number != 0 { complete(number, of: index) }
        if isRemarkable(flows[index], at: time) { keepDialogue(of: index, at: time) }
        if number != 0 { release(number, of: index) }
    }

    /// Ends the dialogue of a flow that goes on no longer, unless that was done when its connection closed.
    mutating func settleOpenDialogue(of index: Int, at time: Int64) {
        if flows[index].phase != .closed { settleDialogue(of: index, at: time) }
    }

    private mutating func complete(_ number: Int, of index: Int) {
        dialogues[number].take(flows[index])
        let session = Int(dialogues[number].session)
        guard session != 0, !early.isEmpty else { return }
        for side in [Side.low, .high] {
            // No hole will be filled any more.
            while early.isWaiting(side, in: session) {
                sessions[session][side].lose()
                readEarly(of: side, on: index)
            }
        }
    }

    private mutating func release(_ number: Int, of index: Int) {
        let session = Int(dialogues[number].session)
        if session != 0 { sessions.release(session) }
        dialogues.release(number)
        flows[index].dialogue = 0
    }

    private mutating func keepDialogue(of index: Int, at time: Int64) {
        let flow = flows[index]
        flows[index].marks.insert(.noteworthy)
        guard conversations.count < Self.conversationLimit,
            conversations[index]?.count ?? 0 < Self.conversationsOfFlow
        else {
            tally.conversationsRefused &+= 1
            return
        }
        let number = Int(flow.dialogue)
        var dialogue = number == 0 ? Dialogue() : dialogues[number]
        if number == 0 { dialogue.take(flow) }
        let session = Int(dialogue.session)
        let tls = session == 0 ? nil : sessions[session]
        let conversation = Conversation(
            incarnation: flow.incarnation,
            dialogue: dialogue,
            tls: tls,
            serverName: tls.flatMap { names[$0.serverName] },
            applicationProtocol: tls.flatMap { names[$0.applicationProtocol] },
            time: time,
            isClosed: flow.phase == .closed
        )
        conversations[index, default: []].append(conversation)
        for side in [Side.low, .high] where dialogue[side].hasSpoken {
            keep(dialogue[side].last, from: side, of: index)
        }
        // Its event went when the handshake was confirmed.
        if let tls, tls.hello.packet != 0 {
            keep(tls.hello, from: tls.client, of: index, contents: TLSContents(.clientHello))
        }
    }

    /// Takes a data segment on the tape, unless it is there.
    private mutating func keep(
        _ glimpse: Glimpse,
        from side: Side,
        of index: Int,
        contents: TLSContents = []
    ) {
        let tape = flows[index].tape
        if tapes.events(on: tape).contains(where: { $0.packet == glimpse.packet }) { return }
        let flow = flows[index]
        var event = glimpse.event(from: side, vlan: flow.vlan, incarnation: flow.incarnation)
        event.contents = contents
        tapes.append(event, to: &flows[index].tape)
    }
}
