import Tracking

/// Speaks when a SYN-ACK acknowledges an earlier SYN of the four-tuple than the newest.
package struct StaleSYNACK: Detector {
    package static let manual = Manual(
        id: "syn-ack-stale",
        title: "SYN-ACK for a superseded SYN",
        group: .staleState,
        sees: """
            The acknowledgment of a SYN-ACK is one more than the ISN of an earlier SYN on the four-tuple, or \
            belongs to the previous connection. A SYN with another ISN had been captured in between.
            """,
        means: """
            The server has a half-open entry that the client has given up. In SYN-SENT the client must answer an \
            unacceptable acknowledgment with a RST. A stateful firewall on the path may call the SYN-ACK invalid \
            and reject or drop it, and then the entry lives on. If the echoed timestamp is that of the newest \
            SYN, the server matched the new SYN to its old entry.
            """,
        unless: """
            With TCP Fast Open the acknowledgment may be within the data of the SYN. A capture may show a \
            SYN-ACK up to 3 ms before its SYN. A delayed copy that comes after the newest SYN was answered is \
            harmless and only a note.
            """,
        check: """
            The half-open entry on the server (ss -tan state syn-recv), the connection tracking of every \
            firewall on the path (conntrack -L, nf_conntrack_log_invalid), and why the client started again.
            """,
        elsewhere: """
            Suricata: stream-event:3whs_synack_with_wrong_ack.
            """,
        sources: [
            .rfc(9293, section: "3.10.7.3"), .rfc(9293, section: "3.5.1"), .rfc(5961, section: "4"),
        ],
        followsFrom: ["syn-burst", "port-reuse"],
        example: Exchange(from: "192.0.2.10:705", to: "198.51.100.20:2049") {
            client.syn(seq: 2301595334, win: 14600)
            pause(.milliseconds(1500))
            client.syn(seq: 4241129203, win: 14600)
            server.synAck(seq: 1488229741, ack: 2301595335).flagged
            client.rst(seq: 2301595335)
        },
        nearMiss: Exchange(from: "192.0.2.10:705", to: "198.51.100.20:2049") {
            client.syn(seq: 2301595334)
            pause(.milliseconds(1500))
            client.syn(seq: 4241129203)
            server.synAck(seq: 1488229741, ack: 4241129204)
            client.ack(seq: 4241129204, ack: 1488229742)
        }
    )

    package static let needs: Signals? = [.staleAnswer]

    package static func blame(for finding: Finding) -> [FaultSide] {
        [.server, .client]
    }

    package init() {}

    package func examine(_ history: History) -> Finding? {
        let stale = history.answers().filter { isStale($0.event, $0.answer, in: history) }
        guard let last = stale.last else { return nil }
        let incarnation = history.incarnation(of: last.event)
        let reasons = stale.compactMap { reason(of: $0.answer) }
        let isHarmless =
            incarnation.completion != nil && reasons.allSatisfy { $0 == .delayedDuplicate }
            && reasons.count == stale.count
        let attempts = acknowledgedAttempts(stale.map(\.answer))
        return finding(
            in: history,
            incarnation: incarnation,
            reason: strongest(of: reasons)?.rawValue ?? "former-connection",
            severity: isHarmless ? .note : history.severity(of: incarnation),
            confidence: .high,
            count: stale.count,
            events: stale.map(\.event),
            note: { note(on: stale[$0].answer) },
            metrics: metrics(of: stale, attempts: attempts, in: history),
            causes: ["half-open-entry-not-cleared", "rst-filtered-on-the-way"],
            checks: checks(in: history),
            summary: summary(of: stale, attempts: attempts, incarnation: incarnation, in: history),
            explanation: explanation(of: stale, reasons: reasons, in: history)
        )
    }

    package static func summary(of many: Finding) -> String {
        "\(many.destination) answered superseded SYNs from \(many.source) in \(many.flows) connections."
    }

    private func isStale(_ event: Int, _ answer: Answer, in history: History) -> Bool {
        switch answer.subject {
        case .stale:
            return true
        case .former:
            // The old connection's own SYN-ACK once more is its retransmission, not an answer to
            // the new SYN.
            let incarnation = history.incarnation(of: event)
            return !history.incarnations.prefix(while: { $0.number < incarnation.number }).contains
            {
                $0.answers.contains {
                    history.events[$0].sequence == history.events[event].sequence
                }
            } && !incarnation.attempts.isEmpty
        case .current, .unseen, .unsolicited:
            return false
        }
    }

    private func reason(of answer: Answer) -> Answer.StaleReason? {
        if case .stale(_, let reason) = answer.subject { reason } else { nil }
    }

    private func strongest(of reasons: [Answer.StaleReason]) -> Answer.StaleReason? {
        [.halfOpenEntry, .retained, .late, .crossed, .delayedDuplicate].first {
            reasons.contains($0)
        }
    }

    private func acknowledgedAttempts(_ answers: [Answer]) -> [Int] {
        var ordinals: [Int] = []
        for answer in answers {
            if case .stale(let ordinal, _) = answer.subject, !ordinals.contains(ordinal) {
                ordinals.append(ordinal)
            }
        }
        return ordinals
    }

    private func note(on answer: Answer) -> String {
        switch answer.subject {
        case .stale(let ordinal, let reason): "acknowledges SYN \(ordinal) (\(reason.rawValue))"
        case .former, .current, .unseen, .unsolicited: "acknowledges the previous connection"
        }
    }

    private func summary(
        of stale: [(event: Int, answer: Answer)],
        attempts: [Int],
        incarnation: Incarnation,
        in history: History
    ) -> String {
        let responder = history.responder.address
        let often = stale.count > 1 ? " \(Wording.times(stale.count))" : ""
        guard let first = attempts.first else {
            return """
                \(responder) answered the new SYN\(often) with the numbers of the previous connection from port \
                \(history.initiator.port).
                """
        }
        if attempts.count > 1 {
            return """
                \(responder) answered SYN \(Wording.list(attempts.map(String.init))), each already superseded by a newer \
                SYN.
                """
        }
        let newest = newestSYN(before: stale[stale.count - 1].event, in: incarnation)
        let which = first == 1 ? "the first SYN" : "SYN \(first)"
        let replaced =
            newest == first + 1
            ? "which SYN \(newest) had already superseded"
            : "which later SYNs had already superseded"
        let isAnswered = incarnation.attempts.last.map { newest in
            newest.answers.contains { history.events[$0].kind == .synAck }
        }
        let also = isAnswered == true ? " It answered the newest SYN, too." : ""
        return "\(responder) replied\(often) to \(which), \(replaced).\(also)"
    }

    private func newestSYN(before event: Int, in incarnation: Incarnation) -> Int {
        incarnation.attempts.last { $0.first < event }?.ordinal ?? incarnation.attempts.count
    }

    private func explanation(
        of stale: [(event: Int, answer: Answer)],
        reasons: [Answer.StaleReason],
        in history: History
    ) -> String {
        let responder = history.responder.address
        let first = history.events[stale[0].event]
        let isSame = stale.allSatisfy {
            history.events[$0.event].sequence == first.sequence
                && history.events[$0.event].acknowledgment == first.acknowledgment
        }
        var sentences: [String] = []
        if reasons.contains(.halfOpenEntry) {
            sentences.append(
                """
                \(responder) keeps its old half-open entry and matches newer SYNs to it: TSecr follows the \
                newest SYN, Ack does not.
                """
            )
        }
        if stale.count > 1, isSame {
            sentences.append(
                "The same Seq=\(first.sequence) and Ack=\(first.acknowledgment) came \(Wording.times(stale.count))."
            )
        }
        if reasons.contains(.crossed) {
            let crossed = reasons.count { $0 == .crossed }
            let which =
                stale.count == 1
                ? "The SYN-ACK" : crossed == 1 ? "The first SYN-ACK" : "Each SYN-ACK"
            sentences.append(
                "\(which) crossed a newer SYN, which \(responder) had not received yet."
            )
        }
        if sentences.isEmpty { sentences.append("It acknowledges \(first.acknowledgment).") }
        return sentences.joined(separator: " ")
    }

    private func metrics(
        of stale: [(event: Int, answer: Answer)],
        attempts: [Int],
        in history: History
    ) -> [Metric] {
        func count(_ reason: Answer.StaleReason) -> Int {
            stale.filter { self.reason(of: $0.answer) == reason }.count
        }
        return [
            Metric("synacks", stale.count),
            Metric("acked_syn_index", attempts.first ?? 0),
            Metric("crossed", count(.crossed)),
            Metric("retained", count(.retained)),
            Metric("half_open_entry", count(.halfOpenEntry)),
            Metric("delayed_duplicate", count(.delayedDuplicate)),
            Metric("established", history.isEverEstablished),
        ]
    }

    private func checks(in history: History) -> [Check] {
        let responder = history.responder
        let port = history.initiator.port
        return [
            Check(
                on: responder.address.description,
                "ss -tan state syn-recv sport = :\(responder.port)",
                "An entry for port \(port) is the stale half-open connection."
            ),
            Check(
                on: history.initiator.address.description,
                "conntrack -L -p tcp --orig-port-src \(port)",
                "Shows which SYN connection tracking remembers."
            ),
        ]
    }
}
