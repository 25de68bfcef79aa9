import Tracking

/// Speaks when the responder sends its right SYN-ACK again although the SYN did not come again.
package struct RetransmittedSYNACK: Detector {
    package static let manual = Manual(
        id: "syn-ack-retransmission",
        title: "SYN-ACK retransmitted",
        group: .slowness,
        sees: """
            The SYN-ACK for the newest SYN comes again with the same ISN, at least 0.9 s after the previous one, \
            without a SYN just before. Or it comes again for every retransmission of the SYN, and the handshake \
            is never completed.
            """,
        means: """
            The server did not receive, or did not accept, what should follow. The finding names what the client \
            did. Nothing: a firewall, a wrong return path or a damaged SYN-ACK. An ICMP error, or a RST that did \
            not arrive. An ACK that the server does not accept: lost beyond the capture point, a full accept \
            queue, or TCP_DEFER_ACCEPT. Or more SYNs, as if no SYN-ACK had come.
            """,
        unless: """
            A SYN-ACK that answers a retransmitted SYN, or crosses it within 1 ms, is not a retransmission of \
            its own. SYN-ACKs for older or unseen SYNs are reported separately.
            """,
        check: """
            Capture at the other end: does the SYN-ACK arrive at the client, and its ACK at the server? On the \
            client: the firewall's counters and nstat -az TcpInCsumErrors TcpExtIPReversePathFilter. On the \
            server: ss -lnt for a full accept queue.
            """,
        elsewhere: """
            Wireshark: TCP Retransmission. Zeek: repeated_SYN_reply_wo_ack.
            """,
        sources: [
            .rfc(6298, section: "2"), .rfc(9293, section: "3.8.1"), .rfc(9293, section: "3.10.7.4"),
        ],
        followsFrom: [
            "icmp-admin-prohibited", "rst-loop", "syn-burst", "accept-queue-overflow",
            "bad-checksum", "syn-flood", "tcp-authentication-mismatch",
        ],
        example: Exchange(from: "192.0.2.10:50200", to: "198.51.100.20:25") {
            client.syn(seq: 2_626_710_025)
            server.synAck(seq: 4_081_695_106, ack: 2_626_710_026)
            pause(.milliseconds(1017))
            server.synAck(seq: 4_081_695_106, ack: 2_626_710_026).flagged
            pause(.milliseconds(2016))
            server.synAck(seq: 4_081_695_106, ack: 2_626_710_026).flagged
            pause(.milliseconds(4032))
            server.synAck(seq: 4_081_695_106, ack: 2_626_710_026).flagged
        },
        nearMiss: Exchange(from: "192.0.2.10:50200", to: "198.51.100.20:25") {
            client.syn(seq: 2_626_710_025)
            server.synAck(seq: 4_081_695_106, ack: 2_626_710_026)
            pause(.milliseconds(1017))
            client.syn(seq: 2_626_710_025)
            server.synAck(seq: 4_081_695_106, ack: 2_626_710_026)
            client.ack(seq: 2_626_710_026, ack: 4_081_695_107)
        }
    )

    /// A retransmitted SYN so soon after a SYN-ACK crossed it, in nanoseconds.
    private static let crossing: Int64 = 1_000_000
    /// A SYN explains a SYN-ACK within a fifth of the time since the one before.
    private static let shareOfMaximum: Int64 = 5
    /// The initiator's reaction may take so long, in nanoseconds.
    private static let answerTimeout: Int64 = 3_000_000_000
    /// The timer of a SYN-ACK doubles (RFC 6298 §5.5); it may be late by half.
    private static let backoff: Int64 = 3
    /// So many SYNs after a right SYN-ACK show that it does not reach its socket.
    private static let deafSendings = 2

    package static let needs: Signals? = [.severalAnswers]

    package static let saysToo: [any Detector.Type] = [SlowHandshake.self]

    package static func blame(for finding: Finding) -> [FaultSide] {
        switch Reason(rawValue: finding.reason ?? "") {
        case .refusedByICMP, .reset: [.client]
        case .notAccepted: [.server, .network]
        case .ackLost: [.network]
        case .ignored, .notDelivered, .answeredLate, .firstAnswered, nil:
            finding.viewpoint.vantage == .client ? [.client, .network] : [.network, .client]
        }
    }

    package init() {}

    package func examine(_ history: History) -> Finding? {
        let stories = history.incarnations.compactMap { story(of: $0, in: history) }
        guard let story = stories.last(where: { $0.incarnation.completion == nil }) ?? stories.last
        else { return nil }
        let copies = story.copies
        let isPending =
            story.reason == .ignored
            && history.end - history.events[story.first].time < Self.answerTimeout
        return finding(
            in: history,
            incarnation: story.incarnation,
            reason: story.reason.rawValue,
            severity: severity(of: story, isPending: isPending),
            confidence: [.answeredLate, .firstAnswered].contains(story.reason) || isPending
                ? .medium : .high,
            status: isPending ? .pending : .confirmed,
            count: copies.count,
            events: copies,
            note: { note(on: copies[$0], after: story.first, in: history) },
            metrics: [
                Metric("synacks", copies.count + 1),
                Metric("retransmissions", copies.count),
                Metric("reason", story.reason.rawValue),
                Metric("acks", story.acks),
                Metric("syns", story.attempt.sendings.count),
                Metric("span_us", nanoseconds: history.delay(from: story.first, to: story.last)),
                Metric(
                    "timestamp_moves",
                    Set(copies.map { history.events[$0].timestampValue }).count > 1
                ),
                Metric("source_port", Int(history.initiator.port)),
                Metric("destination_port", Int(history.responder.port)),
                Metric("established", history.isEverEstablished),
            ],
            causes: story.reason.causes,
            checks: checks(for: story.reason, in: history),
            summary: summary(of: story, in: history),
            explanation: explanation(of: story, in: history)
        )
    }

    package static func summary(of many: Finding) -> String {
        "The SYN-ACK had to be retransmitted on \(many.flows) connections from \(many.source) to \(many.destination)."
    }

    /// What the initiator did about the SYN-ACKs.
    private enum Reason: String {
        case ignored = "synack-ignored"
        case refusedByICMP = "refused-by-icmp"
        case reset
        case notAccepted = "ack-not-accepted"
        case notDelivered = "synack-not-delivered"
        case answeredLate = "answered-late"
        /// The ACK to the first one was only late.
        case firstAnswered = "first-answered-late"
        /// The ACK to the first one was lost.
        case ackLost = "ack-lost"

        var causes: [String] {
            switch self {
            case .ignored: ["synack-dropped-on-the-way", "firewall-of-the-initiator"]
            case .refusedByICMP: ["firewall-of-the-initiator"]
            case .reset: ["rst-filtered-on-the-way"]
            case .notAccepted:
                ["ack-lost-behind-the-capture", "accept-queue-full", "deferred-accept"]
            case .notDelivered:
                ["firewall-of-the-initiator", "reverse-path-filter", "damaged-on-the-way"]
            case .answeredLate: ["synack-lost", "round-trip-above-one-second"]
            case .firstAnswered: ["round-trip-above-one-second"]
            case .ackLost: ["ack-lost"]
            }
        }
    }

    private struct Story {
        let incarnation: Incarnation
        let attempt: Attempt
        /// The first SYN-ACK of the run.
        let first: Int
        /// Its retransmissions that nothing else explains.
        let copies: [Int]
        let last: Int
        /// How often it was sent, from the first to the last.
        let sendings: Int
        let reason: Reason
        /// ACKs of the initiator that were captured before the last copy.
        let acks: Int
    }

    private func story(of incarnation: Incarnation, in history: History) -> Story? {
        let answers = answersByAttempt(in: incarnation, history)
        for attempt in incarnation.attempts.reversed() {
            guard let own = answers[attempt.ordinal], let first = own.first else { continue }
            let run = own.filter {
                history.events[$0].sequence == history.events[first].sequence
            }
            let unasked = zip(run, run.dropFirst()).filter { before, copy in
                history.delay(from: before, to: copy) >= TimingTolerance.shortestHandshakeTimer
                    && !isAsked(copy, after: before, by: attempt, first: first, in: history)
            }.map(\.1)
            guard let last = unasked.last ?? run.dropFirst().last else { continue }
            let reason = reason(first, last, of: attempt, in: incarnation, history)
            let isDeaf =
                reason == .notDelivered
                && run.count > Self.deafSendings
                && attempt.sendings.count {
                    history.delay(from: first, to: $0) >= TimingTolerance.shortestHandshakeTimer
                } >= Self.deafSendings
            let isTooLate = reason == .ignored && unasked.count == 1 && history.isRejected(last)
            guard isDeaf || !unasked.isEmpty, !isTooLate,
                reason != .ignored || !isCut(after: run, in: history)
            else { continue }
            let acks = incarnation.events.filter { index in
                index >= incarnation.completion ?? last && index < last
                    && history.isFromInitiator(history.events[index])
                    && history.events[index].flags.contains(.ack)
            }
            return Story(
                incarnation: incarnation,
                attempt: attempt,
                first: first,
                copies: unasked.isEmpty ? Array(run.dropFirst()) : unasked,
                last: last,
                sendings: run.count { $0 <= last },
                reason: reason,
                acks: acks.count
            )
        }
        return nil
    }

    /// Whether the responder stopped after one repetition, which no stack does while nothing
    /// answers: the answer lies outside the capture.
    private func isCut(after run: [Int], in history: History) -> Bool {
        guard run.count == 2 else { return false }
        let gap = history.delay(from: run[0], to: run[1])
        return history.end - history.events[run[1]].time
            > Self.answerTimeout + Self.backoff * gap
    }

    /// The SYN-ACKs that answer each attempt, by its ordinal.
    private func answersByAttempt(
        in incarnation: Incarnation,
        _ history: History
    ) -> [Int: [Int]] {
        var answers: [Int: [Int]] = [:]
        for index in incarnation.events {
            guard case .answer(let answer) = history.interpretations[index],
                case .current(let ordinal) = answer.subject
            else { continue }
            answers[ordinal, default: []].append(index)
        }
        return answers
    }

    /// Whether a SYN was sent again just before the SYN-ACK at `copy`, or crossed it.
    private func isAsked(
        _ copy: Int,
        after before: Int,
        by attempt: Attempt,
        first: Int,
        in history: History
    ) -> Bool {
        let gap = history.delay(from: before, to: copy)
        let syn = history.sending(of: attempt, answeredBy: first)
        let roundTrip = max(0, history.delay(from: syn, to: first))
        let reach = max(gap / Self.shareOfMaximum, roundTrip + roundTrip / 2)
        return attempt.sendings.dropFirst().contains {
            (-Self.crossing...reach).contains(history.delay(from: $0, to: copy))
        }
    }

    private func reason(
        _ first: Int,
        _ last: Int,
        of attempt: Attempt,
        in incarnation: Incarnation,
        _ history: History
    ) -> Reason {
        // An ACK for another machine's SYN-ACK does not stop this one's timer.
        let acknowledged = incarnation.completion.map { history.events[$0].acknowledgment }
        let isOther = incarnation.answers.contains {
            history.events[$0].sequence != history.events[first].sequence
                && history.events[$0].sequenceEnd == acknowledged
        }
        if let completion = incarnation.completion, !isOther {
            if history.delay(from: completion, to: last) > TimingTolerance.reordering {
                return .notAccepted
            }
            let answers = incarnation.answers.filter { $0 >= first && $0 < completion }
            return switch history.firstAnswer(of: answers, to: attempt, by: completion) {
            case .late: .firstAnswered
            case .ackLost: .ackLost
            case nil: .answeredLate
            }
        }
        let rest = incarnation.events.suffix(from: first)
        let isRefused = rest.contains {
            if case .icmp(let subject?) = history.interpretations[$0] {
                history.events[subject].kind == .synAck && history.events[$0].isUnreachable
            } else {
                false
            }
        }
        if isRefused { return .refusedByICMP }
        let isReset = rest.contains {
            $0 < last && history.events[$0].kind == .rst
                && history.isFromInitiator(history.events[$0])
        }
        if isReset { return .reset }
        return attempt.last > first ? .notDelivered : .ignored
    }

    private func severity(of story: Story, isPending: Bool) -> Severity {
        guard story.incarnation.completion != nil else { return isPending ? .warning : .error }
        return story.reason == .notAccepted && story.copies.count > 1
            ? .warning : .note
    }

    private func note(on copy: Int, after first: Int, in history: History) -> String {
        "the same SYN-ACK again, \(Wording.duration(history.delay(from: first, to: copy))) after the first"
    }

    private func summary(of story: Story, in history: History) -> String {
        let initiator = history.initiator.address
        let deed =
            switch story.reason {
            case .ignored: ", and \(initiator) never reacted"
            case .refusedByICMP: ": an ICMP error rejected it"
            case .reset: ", although \(initiator) had answered it with a RST"
            case .notAccepted:
                ", although \(initiator) had acknowledged it\(acknowledgment(of: story, in: history))"
            case .notDelivered:
                ": \(initiator) kept retransmitting its SYN as if it had received no SYN-ACK"
            case .answeredLate: " before \(initiator) completed the handshake"
            case .firstAnswered: " before the ACK to the first one came: no SYN-ACK was lost"
            case .ackLost:
                ": the ACK to the first one was lost on the way to \(history.responder.address)"
            }
        let often = Wording.times(story.sendings)
        return """
            \(history.responder) sent its SYN-ACK to \(history.initiator) \(often) within \
            \(Wording.duration(history.delay(from: story.first, to: story.last)))\(deed).
            """
    }

    private func explanation(of story: Story, in history: History) -> String {
        let run = [story.first] + story.copies
        let gaps = zip(run, run.dropFirst()).map {
            Wording.duration(history.delay(from: $0, to: $1))
        }
        let echo =
            [.firstAnswered, .ackLost].contains(story.reason)
            ? """
             The ACK\(acknowledgment(of: story, in: history)) echoes the timestamp of the first, packet \
            \(history.events[story.first].packet).
            """ : ""
        let retransmitted =
            story.copies.count + 1 < story.sendings ? ", not counting answers to SYNs," : ""
        return """
            The SYN-ACKs with Seq=\(history.events[story.first].sequence) came\(retransmitted) \
            \(Wording.list(gaps, limit: 10)) apart.\(echo)
            """
    }

    /// ` (packet 3)`.
    private func acknowledgment(of story: Story, in history: History) -> String {
        story.incarnation.completion.map { " (packet \(history.events[$0].packet))" } ?? ""
    }

    private func checks(for reason: Reason, in history: History) -> [Check] {
        let initiator = Check(
            on: history.initiator.address.description,
            "nstat -az TcpInCsumErrors TcpExtIPReversePathFilter; nft list ruleset",
            "A counter that rises with every SYN-ACK shows that this host drops it."
        )
        if reason == .ackLost { return [.losses(from: history.responder, to: history.initiator)] }
        if reason == .firstAnswered {
            return [.roundTrip(from: history.responder, to: history.initiator)]
        }
        // Who acknowledged the SYN-ACK did not drop it.
        let isTaken = [.notAccepted, .answeredLate, .reset].contains(reason)
        return (isTaken ? [] : [initiator]) + [
            Check(
                on: history.responder.address.description,
                "ss -lnt sport = :\(history.responder.port)",
                "Recv-Q at or above Send-Q: the accept queue is full."
            )
        ]
    }
}
