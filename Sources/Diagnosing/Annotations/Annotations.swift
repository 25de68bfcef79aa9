import Tracking

/// What Synopsis says beside each packet of a timeline: the rule that explains it, with its
/// numbers.
package struct Annotations: Sendable {
    let history: History
    /// Of each incarnation, by its number.
    private let bursts: [Int: [Burst]]

    package init(_ history: History) {
        self.history = history
        bursts = Dictionary(
            uniqueKeysWithValues: history.incarnations.map { ($0.number, history.bursts(of: $0)) }
        )
    }

    /// The remark on one event; `nil` where its row says it all.
    package func remark(on index: Int) -> String? {
        let remarks = [rule(behind: index), onRecords(index), onReason(index)].compactMap(\.self)
        return remarks.isEmpty ? nil : remarks.joined(separator: " ")
    }

    private func rule(behind index: Int) -> String? {
        let event = history.events[index]
        switch history.interpretations[index] {
        case .syn(let ordinal, let sending):
            return sending == 1
                ? onFirst(ordinal, index) : onRepeat(ordinal, sending, index)
        case .responderSyn:
            return onResponderSyn(index)
        case .answer(let answer):
            return on(answer, index)
        case .completion(let ordinal):
            let others = history.incarnation(of: index).attempts.count > 1
            return others
                ? "Completes the handshake of SYN \(ordinal)." : "Completes the handshake."
        case .challenge(let ordinal, let state):
            return onChallenge(ordinal, state, index)
        case .reset(let reset):
            return on(reset, index)
        case .icmp(let subject):
            return onError(index, subject)
        case .duplicate(let original):
            return "Packet \(packet(original)) once more, captured twice."
        case .former:
            return onFormer(event)
        case .plain:
            return onPlain(index)
        }
    }

    /// `SYN 2`, or `the SYN` where there is but one.
    func name(of ordinal: Int, at index: Int) -> String {
        history.incarnation(of: index).attempts.count > 1 ? "SYN \(ordinal)" : "the SYN"
    }

    func packet(_ index: Int) -> String { String(history.events[index].packet) }

    private func onFirst(_ ordinal: Int, _ index: Int) -> String? {
        let incarnation = history.incarnation(of: index)
        let event = history.events[index]
        var sentences: [String] = []
        if let burst = bursts[incarnation.number]?.first(where: { $0.contains(ordinal) }) {
            sentences.append(inBurst(burst, ordinal))
        } else if ordinal > 1 {
            sentences.append("SYN \(ordinal), a new attempt with a new sequence number.")
        } else if incarnation.attempts.count > 1 {
            sentences.append("SYN 1.")
        }
        if event.hasTimestamps, event.timestampEcho != 0 {
            sentences.append(
                "TSecr is not 0 and the window is \(event.window): a timestamp of an earlier connection."
            )
        }
        return sentences.isEmpty ? nil : sentences.joined(separator: " ")
    }

    private func inBurst(_ burst: Burst, _ ordinal: Int) -> String {
        let first = burst.attempts[0].ordinal
        let position = ordinal - first + 1
        let count = burst.attempts.count
        if position == 1 { return "SYN \(ordinal)." }
        let number =
            first == 1 ? "SYN \(ordinal)" : "SYN \(ordinal), the \(Wording.ordinal(position))"
        let ending = position == count ? " The client now accepts only an answer to this SYN." : ""
        let attempt = burst.attempts[position - 1]
        let isOpen = burst.attempts[position - 2].answers.allSatisfy { $0 > attempt.first }
        return """
            \(number) of \(count) in \(Wording.duration(burst.span(in: history))) on the same port\
            \(isOpen ? ", while SYN \(ordinal - 1) is unanswered" : "").\(ending)
            """
    }

    private func onRepeat(_ ordinal: Int, _ sending: Int, _ index: Int) -> String {
        let sendings = history.incarnation(of: index).attempt(ordinal).sendings
        let gap = history.delay(from: sendings[sending - 2], to: index)
        let which = history.incarnation(of: index).attempts.count > 1 ? "SYN \(ordinal)" : "The SYN"
        let before = sending == 2 ? Backoff.elapsed(before: gap) : nil
        let hadECN = history.events[sendings[sending - 2]].flags.contains(.ece)
        let lacksECN = hadECN && !history.events[index].flags.contains(.ece)
        let remark =
            "\(which) again, after \(Wording.duration(gap))\(lacksECN ? ", without ECN" : "")"
        guard let before else {
            return "\(remark): \(Wording.ordinal(sending - 1)) retransmission."
        }
        return
            "\(remark). Judging by the backoff, connect() began \(before) before packet \(packet(sendings[0]))."
    }

    /// An earlier SYN-ACK to the same SYN that had another ISN, without a RST between that cleared
    /// it.
    private func otherAnswer(than index: Int, to ordinal: Int, in incarnation: Incarnation) -> Int?
    {
        guard ordinal <= incarnation.attempts.count else { return nil }
        let former = incarnation.attempt(ordinal).answers.last {
            $0 < index && history.events[$0].kind == .synAck
                && history.events[$0].sequence != history.events[index].sequence
        }
        return former.flatMap { answer in
            (answer..<index).contains { history.events[$0].kind == .rst } ? nil : answer
        }
    }

    private func on(_ answer: Answer, _ index: Int) -> String? {
        let event = history.events[index]
        let incarnation = history.incarnation(of: index)
        switch answer.subject {
        case .current(let ordinal):
            let which = incarnation.attempts.count > 1 ? "SYN \(ordinal)" : "the SYN"
            if answer.copy > 1 {
                return "Retransmitted SYN-ACK for \(which) (\(Wording.ordinal(answer.copy)) copy)."
            }
            if let former = otherAnswer(than: index, to: ordinal, in: incarnation) {
                return "Answers \(which) with another ISN than packet \(packet(former)) did."
            }
            return incarnation.attempts.count > 1 ? "Answers \(which)." : nil
        case .stale(let ordinal, let reason):
            return onStale(ordinal, reason, index)
        case .former:
            return "Acknowledges the previous connection on this port, not the SYN."
        case .unseen:
            let linked =
                answer.linked.isEmpty
                ? "" : " But TSecr is that of \(echoed(by: event, in: incarnation))."
            return "Acknowledges a sequence number that no captured SYN had.\(linked)"
        case .unsolicited:
            return "Answers a SYN that was not captured."
        }
    }

    private func onStale(_ ordinal: Int, _ reason: Answer.StaleReason, _ index: Int) -> String {
        let incarnation = history.incarnation(of: index)
        let newest =
            incarnation.attempts.last { $0.first < index }?.ordinal ?? incarnation.attempts.count
        switch reason {
        case .crossed, .late:
            return "Answers SYN \(ordinal), already superseded by SYN \(newest)."
        case .retained:
            return "The same answer to SYN \(ordinal) again."
        case .halfOpenEntry:
            return """
                Still answers SYN \(ordinal), although TSecr is that of \(echoed(by: history.events[index], in: incarnation)): \
                \(history.responder.address) matched the newer SYN to its old entry.
                """
        case .delayedDuplicate:
            return "A late copy of the answer to SYN \(ordinal)."
        }
    }

    private func echoed(by event: Event, in incarnation: Incarnation) -> String {
        let sending = incarnation.attempts.flatMap(\.sendings).sorted().last {
            history.events[$0].timestampValue == event.timestampEcho
                && history.events[$0].packet < event.packet
        }
        return sending.map { "packet \(packet($0))" } ?? "a newer SYN"
    }

    private func onError(_ index: Int, _ subject: Int?) -> String {
        let event = history.events[index]
        let isOwn = history.endpoint(of: event).address == event.icmpSender
        let who =
            history.isRefusedByReceiver(index)
            ? event.isProhibition
                ? "\(event.icmpSender)'s own firewall" : "\(event.icmpSender) itself"
            : isOwn ? "\(event.icmpSender)'s own stack" : "\(event.icmpSender), on the path,"
        let verb =
            event.isUnreachable ? "rejects" : event.isTimeExceeded ? "drops" : "complains about"
        guard let subject else { return "\(who) \(verb) a segment of the established connection." }
        return "\(who) \(verb) packet \(packet(subject))."
    }

    private func onFormer(_ event: Event) -> String {
        let end =
            if event.flags.contains(.fin) {
                event.flags.contains(.ack) ? "closed" : "closed by one end"
            } else if event.flags.contains(.rst) {
                "reset"
            } else {
                "close not captured"
            }
        return "Previous connection on the same port: last packet \(event.packet), \(end)."
    }
}
