import Tracking

/// Speaks when a SYN was sent again and nothing ever answered.
package struct UnansweredSYN: Detector {
    package static let manual = Manual(
        id: "syn-unanswered",
        title: "SYN without any answer",
        sees: """
            A SYN was sent at least twice, or two attempts half a second apart were made, and neither a \
            SYN-ACK nor a RST, an ICMP error or a bare ACK came back on the four-tuple. Before 3 s have passed \
            the finding is pending.
            """,
        means: """
            Something drops the SYN or its answer in silence: a firewall's DROP rule, a host that is down, a \
            full listen queue, a return path that leads elsewhere, or a middlebox that still remembers an old \
            connection on the port.
            """,
        unless: """
            A capture that holds one direction only proves nothing: where the initiator goes on as if it had been \
            answered, the detector is silent for that host. A single SYN without retransmission is not yet \
            a failure.
            """,
        check: """
            A capture on the responder: does the SYN arrive? There, nstat -az for ListenDrops, ListenOverflows \
            and IPReversePathFilter, and the counters of its firewall.
            """,
        sources: [.rfc(9293, section: "3.8.3"), .rfc(6298, section: "2")],
        followsFrom: ["time-wait-collision"],
        example: Exchange(to: "198.51.100.20:5432") {
            client.syn(seq: 1000).flagged
            pause(.seconds(1))
            client.syn(seq: 1000).flagged
            pause(.seconds(2))
            client.syn(seq: 1000).flagged
            pause(.seconds(4))
            client.syn(seq: 1000).flagged
        },
        nearMiss: Exchange(to: "198.51.100.20:5432") {
            client.syn(seq: 1000)
            pause(.seconds(1))
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
        }
    )

    /// An answer may take so long, in nanoseconds.
    private static let patience: Int64 = 3_000_000_000
    /// Two attempts so far apart are a retry, in nanoseconds.
    private static let retryGap: Int64 = 500_000_000

    package init() {}

    package func examine(_ history: History) -> Finding? {
        guard !history.capture.oneWayInitiators.contains(history.initiator.address),
            let life = history.incarnations.last(where: { isUnanswered($0, in: history) })
        else { return nil }
        let attempts = life.attempts
        let sendings = attempts.flatMap(\.sendings).sorted()
        guard let first = sendings.first, let last = sendings.last else { return nil }
        let end = endOfWaiting(of: life, in: history)
        let waited = end - history.events[first].time
        let isPending = waited < Self.patience
        let cameUpLater = history.incarnations.contains {
            $0.number > life.number && $0.isEstablished
        }
        return finding(
            in: history,
            life: life,
            severity: isPending || cameUpLater ? .warning : .error,
            confidence: isPending ? .medium : .high,
            status: isPending ? .pending : .confirmed,
            count: attempts.count,
            events: sendings,
            note: { note(on: sendings[$0], in: history) },
            metrics: [
                Metric("syns", sendings.count),
                Metric("attempts", attempts.count),
                Metric("span_us", nanoseconds: history.delay(from: first, to: last)),
                Metric("waited_us", nanoseconds: waited),
                Metric("destination_port", Int(history.responder.port)),
                Metric("established", history.isEverEstablished),
            ],
            causes: ["dropped-on-the-way", "host-down", "listen-queue-full"],
            checks: checks(in: history),
            summary: summary(of: attempts, sendings, waited: waited, in: history),
            explanation: explanation(of: attempts, in: history)
        )
    }

    package static func summary(of many: Finding) -> String {
        let never = many.status == .pending ? "has not answered" : "never answered"
        let yet = many.status == .pending ? " yet" : ""
        return
            "\(many.destination) \(never) the SYNs of \(many.flows) connections of \(many.source)\(yet)."
    }

    private func isUnanswered(_ life: Incarnation, in history: History) -> Bool {
        guard life.completion == nil, life.answers.isEmpty, !life.attempts.isEmpty,
            life.attempts.allSatisfy({ $0.answers.isEmpty && $0.end == nil }),
            !history.readings[life.events].contains(.responderSyn)
        else { return false }
        let attempts = life.attempts
        let hasRetransmission = attempts.contains { $0.sendings.count > 1 }
        let hasRetry = zip(attempts, attempts.dropFirst()).contains {
            history.delay(from: $0.first, to: $1.first) >= Self.retryGap
        }
        return hasRetransmission || hasRetry
    }

    /// When the next life of the four-tuple began, or the capture ended.
    private func endOfWaiting(of life: Incarnation, in history: History) -> Int64 {
        let next = history.incarnations.first { $0.number > life.number }?.attempts.first
        return next.map { history.events[$0.first].time } ?? history.capture.end
    }

    private func note(on sending: Int, in history: History) -> String {
        guard case .syn(let ordinal, let number) = history.readings[sending] else { return "SYN" }
        return number == 1 ? "SYN \(ordinal)" : "SYN \(ordinal), \(Wording.ordinal(number)) sending"
    }

    private func summary(
        of unanswered: [Attempt],
        _ sendings: [Int],
        waited: Int64,
        in history: History
    ) -> String {
        let attempts = unanswered.count > 1 ? " in \(unanswered.count) attempts" : ""
        return """
            \(history.responder) answered none of \(sendings.count) SYNs that \(history.initiator.address) \
            sent\(attempts) from port \(history.initiator.port), within \(Wording.duration(waited)).
            """
    }

    private func explanation(of attempts: [Attempt], in history: History) -> String {
        guard let attempt = attempts.max(by: { $0.sendings.count < $1.sendings.count }) else {
            return ""
        }
        let gaps = zip(attempt.sendings, attempt.sendings.dropFirst()).map {
            history.delay(from: $0, to: $1)
        }
        guard !gaps.isEmpty else { return "" }
        let times = Wording.list(gaps.map { Wording.duration($0) }, limit: 10)
        let which = attempts.count == 1 ? "The SYN" : "SYN \(attempt.ordinal)"
        var text = "\(which) was sent \(Wording.times(attempt.sendings.count)), \(times) apart."
        if let before = history.elapsed(before: attempt) {
            text +=
                " By that backoff, connect began \(before) before the capture shows its first SYN."
        }
        return text
    }

    private func checks(in history: History) -> [Check] {
        let responder = history.responder
        return [
            Check(
                on: responder.address.description,
                "tcpdump -ni any host \(history.initiator.address) and tcp port \(responder.port)",
                "does the SYN arrive there at all?"
            ),
            Check(
                on: responder.address.description,
                "nstat -az TcpExtListenDrops TcpExtListenOverflows TcpExtIPReversePathFilter",
                "which of them rises with every SYN?"
            ),
        ]
    }
}
