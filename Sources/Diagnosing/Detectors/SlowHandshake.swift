import Tracking

/// Speaks when a connection came up, but late: a SYN or its answer was lost, or one end took its
/// time.
package struct SlowHandshake: Detector {
    package static let manual = Manual(
        id: "slow-handshake",
        title: "slow handshake",
        group: .slowness,
        sees: """
            A handshake was completed, but its SYN or SYN-ACK had to be retransmitted first. Or it took longer \
            than 200 ms and than three times the median of other handshakes with the same server. The median \
            counts if there are five or more of them.
            """,
        means: """
            Steps of 1 s, 3 s or 7 s are the retransmission timer of a lost SYN or SYN-ACK: a full queue, a race \
            in connection tracking, a lossy path. A delay without loss belongs to the leg where it shows: \
            between SYN and SYN-ACK to the server and the path to it, between SYN-ACK and ACK to the client.
            """,
        unless: """
            A long path makes all handshakes with a host equally slow, so none of them stands out. A \
            retransmission that crosses the late answer was not a loss: the echoed timestamp shows which SYN is \
            answered. Only the leg beyond the capture point can be measured there.
            """,
        check: """
            On both ends: nstat -az TcpExtTCPSynRetrans TcpRetransSegs. On the path: conntrack -S \
            (insert_failed). A capture at the other end shows which of the two was lost.
            """,
        elsewhere: """
            Wireshark: TCP Retransmission of the SYN; tcp.analysis.initial_rtt.
            """,
        sources: [.rfc(6298, section: "2"), .rfc(6298, section: "5.7")],
        followsFrom: [
            "bad-checksum", "ecn-fallback", "tfo-fallback", "challenge-ack", "time-wait-collision",
            "syn-ack-retransmission", "accept-queue-overflow", "simultaneous-open",
            "split-handshake", "syn-flood",
        ],
        example: Exchange(to: "198.51.100.20:8080") {
            client.syn(seq: 1000).flagged
            pause(.seconds(1))
            client.syn(seq: 1000).flagged
            server.synAck(seq: 5000, ack: 1001).flagged
            client.ack(seq: 1001, ack: 5001).flagged
        },
        nearMiss: Exchange(to: "198.51.100.20:8080") {
            client.syn(seq: 1000)
            pause(.milliseconds(90))
            server.synAck(seq: 5000, ack: 1001)
            pause(.milliseconds(90))
            client.ack(seq: 1001, ack: 5001)
        }
    )

    /// A leg that takes so large a part of the time, in percent, is where the delay lies.
    private static let mainPart: Int64 = 75

    package static let needs: Signals? = [.completion, .answer]

    // Its round trips are those of two handshakes.
    package static let yieldsTo: [any Detector.Type] = [SimultaneousOpen.self]

    package static func blame(for finding: Finding) -> [FaultSide] {
        switch finding.reason {
        case "slow-responder": [.server, .network]
        case "slow-initiator": [.client, .network]
        case "synack-lost": [.network]
        default: [.network, .server]
        }
    }

    package init() {}

    package func examine(_ history: History) -> Finding? {
        let slow = history.incarnations.compactMap { measure($0, in: history) }
        guard let worst = slow.max(by: { $0.total < $1.total }) else { return nil }
        return finding(
            in: history,
            incarnation: worst.incarnation,
            reason: worst.reason,
            severity: .note,
            confidence: .high,
            count: slow.count,
            events: worst.events,
            note: { note(on: worst.events[$0], of: worst, in: history) },
            metrics: metrics(of: worst, in: history),
            causes: worst.isLoss && !worst.isFirstAnswered
                ? ["loss-on-the-way", "listen-queue-full", "conntrack-insert-race"]
                : ["long-path", "slow-host", "syn-proxy"],
            checks: checks(of: worst, in: history),
            summary: """
                \(history.initiator) took \(Wording.duration(worst.total)) to connect to \(history.responder): \
                \(worst.reasonInWords(history)).
                """,
            explanation: explanation(of: worst, in: history)
        )
    }

    package static func summary(of many: Finding) -> String {
        "\(many.flows) connections from \(many.source) to \(many.destination) were slow to establish."
    }

    private func measure(_ incarnation: Incarnation, in history: History) -> Slow? {
        guard let completion = incarnation.completion,
            case .completion(let ordinal) = history.interpretations[completion],
            (1...max(1, incarnation.attempts.count)).contains(ordinal),
            !incarnation.attempts.isEmpty
        else { return nil }
        let attempt = incarnation.attempt(ordinal)
        let answers = attempt.answers.filter {
            $0 < completion && history.events[$0].kind == .synAck
        }
        guard let answer = answers.first else { return nil }
        let sending = history.sending(of: attempt, answeredBy: answer)
        let slow = Slow(
            incarnation: incarnation,
            first: attempt.first,
            sending: sending,
            answer: answer,
            lastAnswer: answers[answers.count - 1],
            firstAnswer: history.firstAnswer(of: answers, to: attempt, by: completion),
            isAnswerLost: isAnswerLost(answer, to: sending, of: attempt, in: history),
            completion: completion,
            sendings: attempt.sendings.filter { $0 < completion },
            wait: history.delay(from: attempt.first, to: sending),
            answerLeg: history.delay(from: sending, to: answer),
            completionLeg: history.delay(from: answer, to: completion)
        )
        guard slow.total > history.capture.thresholds.slowHandshake else { return nil }
        return slow.isLoss || standsOut(slow.total, in: history) ? slow : nil
    }

    /// Whether the answer comes at the heels of a SYN sent again, and echoes the one before: that
    /// had arrived, and a SYN-ACK to it was lost.
    private func isAnswerLost(
        _ answer: Int,
        to sending: Int,
        of attempt: Attempt,
        in history: History
    ) -> Bool {
        guard let again = attempt.sendings.last(where: { $0 < answer }), again > sending else {
            return false
        }
        return history.isAtHeels(answer, of: again, after: sending)
    }

    private func standsOut(_ total: Int64, in history: History) -> Bool {
        let times = history.capture.handshakeTimes
        return times.isSlow(
            UInt32(clamping: total / 1000),
            beyond: history.capture.thresholds.slowHandshake,
            with: history.responder.address
        )
    }

    private func note(on event: Int, of slow: Slow, in history: History) -> String {
        switch event {
        case slow.answer:
            "answers \(Wording.duration(slow.answerLeg)) after packet \(history.events[slow.sending].packet)"
        case slow.completion:
            "completes the handshake \(Wording.duration(slow.total)) after packet \(history.events[slow.first].packet)"
        case slow.first: "begins to connect"
        default: history.events[event].kind == .syn ? "the SYN again" : "the SYN-ACK again"
        }
    }

    private func metrics(of slow: Slow, in history: History) -> [Metric] {
        var metrics = [
            Metric("total_us", nanoseconds: slow.total),
            Metric("waited_for_retransmission_us", nanoseconds: slow.wait),
            Metric("syn_to_synack_us", nanoseconds: slow.answerLeg),
            Metric("synack_to_ack_us", nanoseconds: slow.completionLeg),
            Metric("syn_retransmissions", slow.sendings.count - 1),
            Metric("source_port", Int(history.initiator.port)),
            Metric("destination_port", Int(history.responder.port)),
        ]
        let usual = history.capture.handshakeTimes.usual(of: history.responder.address)
        if let usual, usual.count > 1 {
            metrics.append(Metric("median_us", nanoseconds: usual.median))
        }
        return metrics
    }

    private func explanation(of slow: Slow, in history: History) -> String {
        let delays = """
            SYN to SYN-ACK took \(Wording.duration(slow.answerLeg)), SYN-ACK to ACK \
            \(Wording.duration(slow.completionLeg)).
            """
        var text =
            slow.wait > 0
            ? "The SYN that was answered came after \(Wording.duration(slow.wait)). \(delays)"
            : delays
        let usual = history.capture.handshakeTimes.usual(of: history.responder.address)
        if let usual, usual.count > 5 {
            text +=
                " The median of the last \(usual.count) handshakes with the same server is \(Wording.duration(usual.median))."
        }
        return text
    }

    private func checks(of slow: Slow, in history: History) -> [Check] {
        if slow.isFirstAnswered {
            return [.roundTrip(from: history.responder, to: history.initiator)]
        }
        if slow.reason == "synack-lost" || slow.firstAnswer == .ackLost {
            return [.losses(from: history.responder, to: history.initiator)]
        }
        let host = slow.reason == "slow-initiator" ? history.initiator : history.responder
        return [
            Check(
                on: host.address.description,
                "nstat -az TcpExtTCPSynRetrans TcpExtListenDrops TcpRetransSegs",
                "The counter that rises with every slow connection shows what was lost. If none rises, it was lost on the way."
            )
        ]
    }

    /// One late handshake.
    private struct Slow {
        let incarnation: Incarnation
        let first: Int
        /// The sending of the SYN that was answered.
        let sending: Int
        let answer: Int
        let lastAnswer: Int
        /// What became of the first SYN-ACK, where more followed.
        let firstAnswer: History.FirstAnswer?
        /// Whether the answer echoes a SYN that was sent again before it: the one before was lost.
        let isAnswerLost: Bool
        var isFirstAnswered: Bool { firstAnswer == .late }
        let completion: Int
        let sendings: [Int]
        /// In nanoseconds, as all that follow.
        let wait: Int64
        let answerLeg: Int64
        let completionLeg: Int64

        var total: Int64 { wait + answerLeg + completionLeg }
        var isLoss: Bool {
            wait > 0 || isAnswerLost || lastAnswer != answer && completionLeg > answerLeg
        }
        var events: [Int] { Array(Set(sendings + [answer, lastAnswer, completion])).sorted() }

        var reason: String {
            if wait > 0 { return "syn-lost" }
            if isAnswerLost { return "synack-lost" }
            let part = total / 100 * SlowHandshake.mainPart
            if answerLeg >= part { return "slow-responder" }
            return completionLeg >= part
                ? lastAnswer == answer || isFirstAnswered ? "slow-initiator" : "completion-lost"
                : "slow-path"
        }

        func reasonInWords(_ history: History) -> String {
            switch reason {
            case "syn-lost":
                "the SYN was answered only on its \(Wording.ordinal((sendings.firstIndex(of: sending) ?? 0) + 1)) transmission"
            case "slow-responder": "the SYN-ACK came \(Wording.duration(answerLeg)) after the SYN"
            case "slow-initiator" where isFirstAnswered:
                "the ACK to its first SYN-ACK came only after \(Wording.duration(completionLeg))"
            case "slow-initiator":
                "the ACK came \(Wording.duration(completionLeg)) after the SYN-ACK"
            case "synack-lost":
                "the SYN-ACK to its first SYN was lost on the way to \(history.initiator.address)"
            case "completion-lost" where firstAnswer == .ackLost:
                "the ACK to its first SYN-ACK was lost"
            case "completion-lost": "the SYN-ACK had to be retransmitted before the ACK came"
            default: "both directions were slow"
            }
        }
    }
}
