import Tracking

/// Speaks when a SYN that asks for ECN failed and one that does not was answered.
package struct ECNFallback: Detector {
    package static let manual = Manual(
        id: "ecn-fallback",
        title: "SYN with ECN dropped",
        group: .options,
        sees: """
            A SYN with ECE and CWR (and AE, where it asks for accurate ECN) that nothing answered, or that a RST \
            answered; then the same SYN or a new one without these flags, which a SYN-ACK answered within half \
            a second.
            """,
        means: """
            A firewall or a host mistakes the two flags for an attack, or does not know them. Each connection \
            then waits for a retransmission, or fails immediately if the client does not retry without ECN. One lost \
            SYN looks the same, because stacks retransmit without ECN. So it is a note on one connection and a \
            warning when several connections to the same server suffer.
            """,
        unless: """
            A SYN with ECN that was answered, however late, was accepted. If one host answered another's ECN SYN \
            with ECE even once, packets were lost. If plain SYNs are lost or refused too, ECN is not the cause.
            """,
        check: """
            Whether every connection succeeds without delay with net.ipv4.tcp_ecn=0 on the client, and whether a \
            SYN with ECE and CWR arrives at the server: capture there.
            """,
        sources: [
            .rfc(3168, section: "6.1.1.1"), .rfc(9768, section: "3.1.4"), .rfc(3360, section: "2"),
        ],
        example: Exchange {
            client.syn(seq: 1000).flags([.ece, .cwr]).flagged
            pause(.seconds(1))
            client.syn(seq: 1000).flagged
            server.synAck(seq: 5000, ack: 1001).flagged
            client.ack(seq: 1001, ack: 5001)
        },
        nearMiss: Exchange {
            client.syn(seq: 1000).flags([.ece, .cwr])
            pause(.seconds(1))
            client.syn(seq: 1000).flags([.ece, .cwr])
            server.synAck(seq: 5000, ack: 1001).flags(.ece)
            client.ack(seq: 1001, ack: 5001)
        }
    )

    /// So soon after the plain SYN its answer must come, in nanoseconds: later, it may be one to
    /// the SYN before.
    private static let promptAnswer: Int64 = 500_000_000
    /// A plain SYN so long after the one with ECN is no second try, in nanoseconds.
    private static let retryWindow: Int64 = 10_000_000_000
    /// So many four-tuples of one responder are no chance.
    private static let leastFlows = 2

    package static let needs: Signals? = [.mixedECN, .answer]

    package static let saysToo: [any Detector.Type] = [SlowHandshake.self]

    package static func blame(for finding: Finding) -> [FaultSide] {
        [.network]
    }

    package init() {}

    package func examine(_ history: History) -> Finding? {
        let pair = HostPair(history.initiator.address, history.responder.address)
        guard !history.capture.pairsWithECN.contains(pair) else { return nil }
        let fallbacks = history.incarnations.compactMap { fallback(in: $0, of: history) }
        guard let first = fallbacks.first, let last = fallbacks.last else { return nil }
        let events = fallbacks.flatMap(\.events)
        return finding(
            in: history,
            incarnation: last.incarnation,
            reason: first.refusal == nil ? "unanswered" : "refused",
            severity: .note,
            confidence: .low,
            status: .possible,
            count: fallbacks.count,
            events: events,
            note: { note(on: history.events[events[$0]]) },
            metrics: [
                Metric("ecn_syns", first.failed.count),
                Metric("accurate_ecn", history.events[first.failed[0]].flags.contains(.ae)),
                Metric(
                    "lost_us",
                    nanoseconds: history.delay(from: first.failed[0], to: first.plain)
                ),
                Metric("source_port", Int(history.initiator.port)),
                Metric("destination_port", Int(history.responder.port)),
                Metric("established", history.isEverEstablished),
            ],
            causes: ["middlebox-drops-ecn", "packet-loss"],
            checks: checks(in: history),
            summary: summary(of: first, in: history),
            explanation: explanation(of: first, in: history)
        )
    }

    package static func summary(of many: Finding) -> String {
        """
        \(many.destination) answered \(many.flows) connections from \(many.source) only after their SYNs came \
        without ECN.
        """
    }

    package static func severity(of many: Finding) -> Severity {
        many.flows >= leastFlows ? max(many.severity, .warning) : many.severity
    }

    /// The SYNs with ECN that failed before the first plain SYN that was answered.
    private func fallback(in incarnation: Incarnation, of history: History) -> Fallback? {
        let answered = incarnation.attempts.lazy.compactMap { attempt in
            plainSending(of: attempt, in: history).map { (attempt, $0.syn, $0.answer) }
        }.first
        guard let (attempt, plain, answer) = answered else { return nil }
        let earlier = incarnation.attempts.prefix(attempt.ordinal)
        let sendings = earlier.flatMap(\.sendings).filter { $0 < plain }
        let failed = sendings.filter { history.events[$0].asksForECN }
        // A plain SYN that failed too shows that ECN makes no difference.
        guard let first = failed.first, failed.count == sendings.count,
            history.delay(from: first, to: plain) <= Self.retryWindow,
            earlier.dropLast().allSatisfy({ $0.answers.isEmpty }), !isRejected(earlier)
        else { return nil }
        let refusals = earlier.compactMap { attempt -> Int? in
            if case .refused(let event) = attempt.end { event } else { nil }
        }
        return Fallback(
            incarnation: incarnation,
            failed: failed,
            refusal: refusals.first,
            plain: plain,
            events: failed + refusals + [plain, answer]
        )
    }

    /// The plain SYN of an attempt that the first of its SYN-ACKs answers, and that.
    private func plainSending(
        of attempt: Attempt,
        in history: History
    ) -> (syn: Int, answer: Int)? {
        guard let answer = attempt.answers.first, history.events[answer].kind == .synAck,
            let syn = attempt.sendings.last(where: { $0 < answer }),
            !history.events[syn].asksForECN,
            history.delay(from: syn, to: answer) <= Self.promptAnswer
        else { return nil }
        return (syn, answer)
    }

    private func isRejected(_ attempts: some Sequence<Attempt>) -> Bool {
        attempts.contains { if case .rejected = $0.end { true } else { false } }
    }

    private func note(on event: Event) -> String {
        switch event.kind {
        case .rst: "refuses it"
        case .synAck: "answers the SYN without ECN"
        default: event.asksForECN ? "SYN that asks for ECN" : "SYN without ECN"
        }
    }

    private func summary(of fallback: Fallback, in history: History) -> String {
        let count = fallback.failed.count
        let syns = count == 1 ? "the SYN" : "\(count) SYNs"
        let outcome = fallback.refusal == nil ? "did not answer" : "refused"
        let delay = history.delay(from: fallback.failed[0], to: fallback.plain)
        return """
            \(history.responder) \(outcome) \(syns) from \(history.initiator.address) that asked for ECN, and \
            accepted one without, \(Wording.duration(delay)) later.
            """
    }

    private func explanation(of fallback: Fallback, in history: History) -> String {
        let packet = history.events[fallback.failed[0]].packet
        let flags = history.events[fallback.failed[0]].flags
        return """
            Packet \(packet) has the flags \(flags), packet \(history.events[fallback.plain].packet) has SYN alone. A \
            lost packet looks the same; only several connections prove it.
            """
    }

    private func checks(in history: History) -> [Check] {
        let (initiator, responder) = (history.initiator, history.responder)
        return [
            Check(
                on: initiator.address.description,
                "sysctl -w net.ipv4.tcp_ecn=0",
                "If every connection then succeeds without delay, ECN is the cause."
            ),
            Check(
                on: responder.address.description,
                "tcpdump -ni any host \(initiator.address) and 'tcp[tcpflags] & (tcp-syn|tcp-ece) == (tcp-syn|tcp-ece)'",
                "If the SYN with ECN does not arrive, a device on the path drops it; otherwise look at this host's own firewall."
            ),
        ]
    }

    private struct Fallback {
        let incarnation: Incarnation
        /// The SYNs that asked for ECN; never empty.
        let failed: [Int]
        let refusal: Int?
        let plain: Int
        let events: [Int]
    }
}

extension Event {
    /// Whether a SYN asks for explicit congestion notification (RFC 3168 §6.1.1).
    var asksForECN: Bool { kind == .syn && flags.isSuperset(of: [.ece, .cwr]) }
}
