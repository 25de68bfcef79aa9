import Diagnosing
import Tracking

/// The ladder of a flow that a report shows.
extension LadderDiagram {
    /// The same packets as the timeline has, with the same numbers.
    ///
    /// - Parameters:
    ///   - flow: what is shown.
    ///   - proofs: the packets that prove what is said.
    init(_ flow: ShownFlow, proofs: Set<UInt64>) {
        let drawing = FlowDrawing(flow, proofs: proofs)
        var rows: [Row] = []
        var positions: [Int: Int] = [:]
        var last: Int64?
        for item in flow.items {
            switch item {
            case .packet(let index, let row, let remark):
                let event = flow.history.events[index]
                var rung = drawing.rung(of: index, row, remark)
                if let last {
                    let delay = event.time &- last
                    rung.delay = "+\(Wording.duration(delay))"
                    if delay >= Self.shownSilence { rows.append(.wait(Wording.duration(delay))) }
                }
                last = event.time
                rung.original = drawing.original(of: index).flatMap { positions[$0] }
                positions[index] = rows.count
                rows.append(.rung(rung))
            case .fold(let fold):
                rows.append(Self.row(for: fold, clock: drawing.clock))
                last = fold.end
            case .aside(let row, let remark):
                rows.append(.note("packet \(row.number): \(row.info)"))
                if let remark { rows.append(.note(remark)) }
            case .remark(let text):
                rows.append(.note(text))
            case .logs:
                continue
            }
        }
        lifelines = drawing.lifelines
        self.rows = rows
        let count = Wording.count(flow.history.events.count, "packet")
        summary = "Ladder of \(count) between \(flow.ends); the table of packets holds the same."
    }

    private static func row(for fold: ShownFlow.Fold, clock: LocalTime) -> Row {
        guard let (cycle, times) = fold.repetition else {
            return .note("\(Wording.count(fold.count, "packet")) not shown")
        }
        let again = times == 1 ? "once more" : "\(times) more times"
        return .again("\(again), until \(clock.time(fold.end))", cycle: cycle)
    }
}

/// What is known of the packets of one flow before they are drawn.
private struct FlowDrawing {
    let history: History
    let proofs: Set<UInt64>
    let names: (initiator: String, responder: String)
    let clock: LocalTime
    /// The device that sent ICMP errors between the ends.
    private let device: Address?
    /// By the event that was refused, the lifeline of who refused it.
    private var refusals: [Int: Int] = [:]
    private var unanswered: Set<Int> = []

    init(_ flow: ShownFlow, proofs: Set<UInt64>) {
        history = flow.history
        names = flow.names
        clock = flow.clock
        self.proofs = proofs
        let ends = [flow.history.initiator.address, flow.history.responder.address]
        device =
            flow.history.events.first { $0.kind == .icmp && !ends.contains($0.icmpSender) }?
            .icmpSender
        for index in history.events.indices { noteRefusal(by: index) }
        for incarnation in history.incarnations { noteSilence(in: incarnation) }
    }

    /// From left to right.
    var lifelines: [LadderDiagram.Lifeline] {
        let client = LadderDiagram.Lifeline(name: names.initiator, role: "client")
        let server = LadderDiagram.Lifeline(name: names.responder, role: "server")
        guard let device else { return [client, server] }
        return [client, .init(name: device.description, role: "on the path"), server]
    }

    private var right: Int { device == nil ? 1 : 2 }

    private func lifeline(of side: Side) -> Int { side == history.initiatorSide ? 0 : right }

    /// The lifeline of whoever sent an ICMP error.
    private func lifeline(sending event: Event) -> Int {
        if event.icmpSender == history.initiator.address { return 0 }
        return event.icmpSender == history.responder.address ? right : 1
    }

    private mutating func noteRefusal(by index: Int) {
        let event = history.events[index]
        switch history.interpretations[index] {
        case .icmp(let subject?) where event.isProhibition || event.isUnreachability:
            refusals[subject] = lifeline(sending: event)
        case .reset(let reset):
            guard let subject = subject(of: reset.rule, before: index) else { return }
            refusals[subject] = lifeline(of: event.side)
        case .icmp, .syn, .responderSyn, .answer, .completion, .challenge, .duplicate, .former,
            .plain:
            return
        }
    }

    /// The segment that a RST refuses; `nil` where it ends a connection.
    private func subject(of rule: Reset.Rule, before index: Int) -> Int? {
        switch rule {
        case .rejects(let subject): return subject
        case .refusesSyn(let ordinal), .answersSecondSyn(let ordinal):
            let attempts = history.incarnation(of: index).attempts
            guard attempts.indices.contains(ordinal - 1) else { return nil }
            return attempts[ordinal - 1].sendings.last { $0 < index }
        case .aborts: return nil
        }
    }

    /// A SYN that nothing answers may have been lost, unless it was captured where it arrived or an
    /// answer shows its timestamp.
    private mutating func noteSilence(in incarnation: Incarnation) {
        guard history.vantage != .server else { return }
        var linked: Set<Int> = []
        for index in incarnation.events {
            if case .answer(let answer) = history.interpretations[index] {
                linked.formUnion(answer.linked)
            }
        }
        for attempt in incarnation.attempts
        where attempt.answers.isEmpty && attempt.end == nil && !linked.contains(attempt.ordinal) {
            unanswered.formUnion(attempt.sendings)
        }
    }

    func rung(of index: Int, _ row: PacketRow, _ remark: String?) -> LadderDiagram.Rung {
        let event = history.events[index]
        let isError = event.kind == .icmp
        let from = isError ? lifeline(sending: event) : lifeline(of: event.side)
        var rung = LadderDiagram.Rung(
            number: row.number,
            from: from,
            to: isError ? lifeline(of: event.side) : right - from,
            form: form(of: index),
            name: name(of: index),
            fields: isError ? event.icmpMeaning : Self.fields(of: event)
        )
        rung.isProof = proofs.contains(event.packet)
        rung.remark = remark
        rung.isRepeated = original(of: index) != nil
        if let refuser = refusals[index] {
            rung.end = .refusal
            if refuser == 1, right == 2 { rung.to = 1 }
        } else if unanswered.contains(index) {
            rung.end = .silence
        }
        return rung
    }

    private func form(of index: Int) -> LadderDiagram.Form {
        let event = history.events[index]
        switch event.kind {
        case .syn, .synAck: return .handshake
        case .ack:
            if case .completion = history.interpretations[index] { return .handshake }
            return .acknowledgment
        case .rst: return .reset
        case .fin: return .fin
        case .icmp: return .icmp
        case .data: return isTLS(index) ? .tls : .data
        case .formerConnection, .addressClaim, .portmap: return .message
        }
    }

    private func isTLS(_ index: Int) -> Bool {
        let event = history.events[index]
        if !event.contents.isEmpty { return true }
        guard let session = history.stream(of: history.incarnation(of: index))?.tls else {
            return false
        }
        let records = session[event.side]
        let plaintext = records.plaintextPacket
        return records.lastType != nil && (plaintext == 0 || event.packet < plaintext)
    }

    /// The flags, with the number of the SYN where there are several.
    private func name(of index: Int) -> String {
        let event = history.events[index]
        switch history.interpretations[index] {
        case .syn(let ordinal, _) where hasSeveralAttempts(index):
            return "\(event.flags)".replacing("SYN", with: "SYN \(ordinal)", maxReplacements: 1)
        case .answer(let answer) where hasSeveralAttempts(index):
            switch answer.subject {
            case .current(let ordinal), .stale(let ordinal, _):
                return "\(event.flags) for SYN \(ordinal)"
            case .former, .unseen, .unsolicited: return "\(event.flags)"
            }
        case .icmp(let subject):
            let about = subject.map { " about packet \(history.events[$0].packet)" } ?? ""
            return "\(event.icmpName)\(about)"
        case .syn, .responderSyn, .answer, .completion, .challenge, .reset, .duplicate, .former,
            .plain:
            return event.kind == .data && isTLS(index)
                ? "TLS \(records(in: event))" : "\(event.flags)"
        }
    }

    private func records(in event: Event) -> String {
        let names = event.contents.messages.map(\.name)
        if let first = names.first {
            return names.count == 1 ? first : "\(first) and \(names.count - 1) more"
        }
        return event.contents.contains(.alert) ? "alert" : "records"
    }

    private func hasSeveralAttempts(_ index: Int) -> Bool {
        history.incarnation(of: index).attempts.count > 1
    }

    private static func fields(of event: Event) -> String {
        var fields = ["Seq=\(event.sequence)"]
        if event.flags.contains(.ack) { fields.append("Ack=\(event.acknowledgment)") }
        if event.payloadLength > 0 { fields.append("Len=\(event.payloadLength)") }
        return fields.joined(separator: " ")
    }

    /// The first event that an event repeats: the same segment sent again, or captured twice.
    func original(of index: Int) -> Int? {
        let event = history.events[index]
        switch history.interpretations[index] {
        case .syn(let ordinal, let sending):
            return sending > 1 ? history.incarnation(of: index).attempt(ordinal).first : nil
        case .duplicate(let original): return original
        case .answer(let answer) where answer.copy < 2: return nil
        case .responderSyn, .answer, .completion, .challenge, .reset, .icmp, .former, .plain:
            guard event.kind == .synAck || event.kind == .data || event.kind == .fin else {
                return nil
            }
            return history.events[..<index].firstIndex { $0.isSent(as: event) }
        }
    }
}

extension Event {
    /// Whether another segment of the same end carries the same bytes.
    fileprivate func isSent(as other: Event) -> Bool {
        kind == other.kind && side == other.side && sequence == other.sequence
            && payloadLength == other.payloadLength && incarnation == other.incarnation
            && (kind != .synAck || acknowledgment == other.acknowledgment)
    }
}
