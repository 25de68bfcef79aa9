import Tracking

/// Speaks when a four-tuple goes through SYN, reply and RST again and again.
package struct ResetLoop: Detector {
    package static let manual = Manual(
        id: "rst-loop",
        title: "RST loop",
        group: .staleState,
        sees: """
            On one four-tuple, SYN, reply (SYN-ACK or bare ACK) and RST repeat three times or more within 10 s, \
            without payload and without a completed handshake. Fewer or slower cycles are a note.
            """,
        means: """
            One end cannot accept the other's reply. A client in SYN-SENT resets an answer to an older SYN (RFC \
            9293 §3.10.7.3) and any segment for which it has no socket (§3.10.7.1). A server that gets a second \
            SYN within the window of a half-open entry destroys the entry. Its RST acknowledges the second SYN \
            (§3.10.7.4). The finding names who resets what, and by which rule.
            """,
        unless: """
            A RST in direct answer to the SYN, without a reply in between, is a refused connection however often \
            it is retried. Health checks that reset on purpose come from changing ports.
            """,
        check: """
            Whether the client really has a socket on the port when the answer arrives (ss -tanp), whether two \
            programs or a raw-socket tool share one port, and half-open entries on the server.
            """,
        elsewhere: """
            Wireshark: Connection reset (RST), TCP Retransmission. Suricata: \
            stream-event:3whs_syn_resend_diff_seq_on_syn_recv.
            """,
        sources: [
            .rfc(9293, section: "3.5.2"), .rfc(9293, section: "3.10.7.3"),
            .rfc(9293, section: "3.10.7.4"),
        ],
        followsFrom: [
            "syn-burst", "syn-ack-stale", "syn-ack-unseen", "timestamp-mismatch", "port-reuse",
            "challenge-ack",
        ],
        example: Exchange(from: "192.0.2.10:815", to: "198.51.100.20:2049") {
            for cycle: UInt32 in 0..<3 {
                client.syn(seq: 3677241340 + cycle * 80000, win: 14600)
                server.synAck(seq: 1365940280 + cycle * 65000, ack: 3677241341 + cycle * 80000)
                client.rst(seq: 3677241341 + cycle * 80000).flagged
                pause(.milliseconds(4))
            }
        },
        nearMiss: Exchange(from: "192.0.2.10:815", to: "198.51.100.20:2049") {
            for retry: UInt32 in 0..<4 {
                client.syn(seq: 3677241340 + retry * 80000)
                server.rstAck(ack: 3677241341 + retry * 80000)
                pause(.milliseconds(200))
            }
        }
    )

    /// Three cycles must lie within this time, in nanoseconds.
    private static let window: Int64 = 10_000_000_000
    private static let cyclesOfALoop = 3
    private static let cyclesOfANote = 2

    package static let needs: Signals? = [.severalResets]

    package static func blame(for finding: Finding) -> [FaultSide] {
        finding[metric: "socket_waits"] == .flag(true) ? [.network, .client] : [.client, .network]
    }

    package init() {}

    package func examine(_ history: History) -> Finding? {
        let found = history.incarnations.map {
            (incarnation: $0, cycles: history.cycles(of: $0))
        }
        .max { $0.cycles.count < $1.cycles.count }
        guard let found, found.cycles.count >= Self.cyclesOfANote else { return nil }
        let isLoop = isDense(found.cycles, in: history)
        let resets = found.cycles.flatMap(\.resets)
        let byInitiator = resets.filter { history.isFromInitiator(history.events[$0]) }
        let byResponder = resets.filter { !history.isFromInitiator(history.events[$0]) }
        let generator =
            byResponder.isEmpty ? "C-rejects-ack" : byInitiator.isEmpty ? "S-rejects-syn" : "both"
        return finding(
            in: history,
            incarnation: found.incarnation,
            reason: generator,
            severity: isLoop ? history.severity(of: found.incarnation) : .note,
            confidence: isLoop ? .high : .medium,
            count: found.cycles.count,
            events: resets,
            note: { note(on: resets[$0], in: history) },
            metrics: [
                Metric("cycles", found.cycles.count),
                Metric("resets_by_client", byInitiator.count),
                Metric("resets_by_server", byResponder.count),
                Metric("span_us", nanoseconds: span(of: found.cycles, in: history)),
                Metric("socket_waits", socketWaits(found.incarnation, byResponder, in: history)),
                Metric("established", history.isEverEstablished),
            ],
            causes: byResponder.isEmpty
                ? ["no-socket-behind-the-syn", "answer-to-an-older-syn"]
                : ["two-connects-on-one-port"],
            checks: checks(in: history),
            summary: summary(of: found.cycles, byInitiator, byResponder, in: history),
            explanation: explanation(byInitiator, byResponder, in: history)
        )
    }

    package static func summary(of many: Finding) -> String {
        "\(many.flows) connections from \(many.source) to \(many.destination) loop through SYN, reply and RST."
    }

    /// Whether a socket of the initiator goes on waiting for an answer while its host rejects those
    /// captured here.
    ///
    /// The same SYN comes again by its timer: then what the host gets is not what the responder
    /// sent.
    private func socketWaits(
        _ incarnation: Incarnation,
        _ byResponder: [Int],
        in history: History
    ) -> Bool {
        guard byResponder.isEmpty, incarnation.attempts.count == 1,
            history.vantage == .server
        else { return false }
        let sendings = incarnation.attempts[0].sendings
        return sendings.count > 1
            && zip(sendings, sendings.dropFirst()).allSatisfy {
                history.delay(from: $0, to: $1) >= TimingTolerance.shortestHandshakeTimer
                    && history.events[$0].timestampValue != history.events[$1].timestampValue
            }
    }

    private func isDense(_ cycles: [ResetCycle], in history: History) -> Bool {
        guard cycles.count >= Self.cyclesOfALoop else { return false }
        return cycles.indices.dropFirst(Self.cyclesOfALoop - 1).contains { last in
            let first = cycles[last - Self.cyclesOfALoop + 1]
            return history.delay(from: first.begin, to: cycles[last].resets[0]) <= Self.window
        }
    }

    private func span(of cycles: [ResetCycle], in history: History) -> Int64 {
        guard let first = cycles.first, let last = cycles.last?.resets.last else { return 0 }
        return history.delay(from: first.begin, to: last)
    }

    private func note(on reset: Int, in history: History) -> String {
        guard case .reset(let interpretation) = history.interpretations[reset] else { return "RST" }
        switch interpretation.rule {
        case .rejects(let event): return "rejects packet \(history.events[event].packet)"
        case .answersSecondSyn(let ordinal): return "destroys the half-open entry at SYN \(ordinal)"
        case .refusesSyn(let ordinal): return "refuses SYN \(ordinal)"
        case .aborts: return "aborts"
        }
    }

    private func summary(
        of cycles: [ResetCycle],
        _ byInitiator: [Int],
        _ byResponder: [Int],
        in history: History
    ) -> String {
        let from = history.initiator.address
        let to = history.responder.address
        let time = Wording.duration(span(of: cycles, in: history))
        let times = Wording.times(cycles.count)
        if byResponder.isEmpty {
            return """
                \(from) rejected \(answers(byInitiator, in: history)) from \(to) with a RST. SYN, reply and RST \
                repeated \(times) within \(time).
                """
        }
        if byInitiator.isEmpty {
            return """
                \(to) reset what it had answered. SYN, reply and RST repeated \(times) within \(time).
                """
        }
        return """
            \(from) rejected the answer with a RST and \(to) reset the other SYN. This happened \
            \(times) within \(time).
            """
    }

    private func answers(_ resets: [Int], in history: History) -> String {
        let isCurrent = resets.contains { reset in
            guard case .reset(let interpretation) = history.interpretations[reset],
                case .rejects(let event) = interpretation.rule,
                case .answer(let answer) = history.interpretations[event],
                case .current = answer.subject
            else { return false }
            return true
        }
        return isCurrent ? "the correct answer" : "every answer"
    }

    private func explanation(
        _ byInitiator: [Int],
        _ byResponder: [Int],
        in history: History
    ) -> String {
        var sentences: [String] = []
        if !byInitiator.isEmpty {
            let total = Wording.count(byInitiator.count, "RST")
            let parts = rejected(byInitiator, in: history)
            sentences.append("\(history.initiator.address) sent \(total): \(Wording.list(parts)).")
        }
        let aside = " They do not answer the other end's RST."
        let second = byResponder.filter {
            if case .reset(let reset) = history.interpretations[$0],
                case .answersSecondSyn = reset.rule
            {
                true
            } else {
                false
            }
        }
        if let first = second.first {
            let event = history.events[first]
            sentences.append(
                """
                \(history.responder.address) sent \(Wording.count(byResponder.count, "RST")) with Seq=0 that \
                acknowledge the second SYN (first: Ack=\(event.acknowledgment)): an in-window SYN destroys \
                the half-open entry (RFC 9293 §3.10.7.4).\(byInitiator.isEmpty ? "" : aside)
                """
            )
        } else if !byResponder.isEmpty {
            sentences.append(
                "\(history.responder.address) sent \(Wording.count(byResponder.count, "RST"))."
            )
        }
        return sentences.joined(separator: " ")
    }

    /// What the initiator's RSTs reject, with the rule for each kind.
    private func rejected(_ resets: [Int], in history: History) -> [String] {
        var (stale, current, other) = (0, 0, 0)
        for reset in resets {
            guard case .reset(let interpretation) = history.interpretations[reset],
                case .rejects(let event) = interpretation.rule,
                case .answer(let answer) = history.interpretations[event]
            else {
                other += 1
                continue
            }
            if case .current = answer.subject { current += 1 } else { stale += 1 }
        }
        let kinds = [
            (stale, "to a SYN-ACK for a SYN other than the one still waiting (RFC 9293 §3.10.7.3)"),
            (
                current,
                "to the right SYN-ACK, for which no socket was waiting (RFC 9293 §3.10.7.1)"
            ),
            (other, "to an ACK that matches no connection (RFC 9293 §3.10.7.1)"),
        ].filter { $0.0 > 0 }
        return kinds.map { kinds.count == 1 && $0.0 > 1 ? "each \($0.1)" : "\($0.0) \($0.1)" }
    }

    private func checks(in history: History) -> [Check] {
        let port = history.initiator.port
        return [
            Check(
                on: history.initiator.address.description,
                "ss -tanp sport = :\(port)",
                "An empty list means that no socket waits on port \(port) for the SYN-ACK."
            ),
            Check(
                on: history.responder.address.description,
                "nstat -az TcpAttemptFails TcpExtEmbryonicRsts TcpOutRsts",
                "The counters that rise with every cycle show which end resets."
            ),
        ]
    }
}
