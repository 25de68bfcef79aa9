import Tracking

/// Speaks when a SYN-ACK acknowledges a sequence number that no captured SYN had.
package struct UnseenSYNACK: Detector {
    package static let manual = Manual(
        id: "syn-ack-unseen",
        title: "SYN-ACK for an unseen SYN",
        group: .staleState,
        sees: """
            A SYN of the four-tuple was captured. A later SYN-ACK acknowledges none of the captured ISNs, no \
            data they carried, and nothing of an earlier captured connection.
            """,
        means: """
            The server answers from a half-open entry that is older than the capture. Or a device between the \
            capture point and the server rewrites sequence numbers in one direction only. If the acknowledgment \
            stays the same over several SYNs, it is an old entry; if it keeps a constant distance to them, a \
            translation. If no SYN was captured at all and the SYN-ACK is repeated (one-way), the two directions \
            take different paths.
            """,
        unless: """
            Without any captured SYN, a SYN-ACK that comes once only shows that the capture began too late. A \
            SYN-ACK may be captured up to 3 ms before its SYN. TCP Fast Open acknowledges data in the SYN. Where \
            both ends go on with data, both took the SYN-ACK: its numbers were rewritten or made up.
            """,
        check: """
            A capture that begins before the connection went idle; the half-open entries of the server; the same \
            exchange captured on both sides of every firewall and load balancer.
            """,
        elsewhere: """
            Wireshark: TCP ACKed unseen segment. Suricata: stream-event:3whs_synack_with_wrong_ack.
            """,
        sources: [
            .rfc(9293, section: "3.10.7.3"), .rfc(5961, section: "4"),
            .page("Red Hat solution 3031391, RHSA-2017:1723"),
        ],
        followsFrom: ["syn-burst", "port-reuse"],
        example: Exchange(from: "192.0.2.10:866", to: "198.51.100.20:304") {
            client.syn(seq: 4115864593, win: 14600)
            server.synAck(seq: 2901992808, ack: 956456355).flagged
            client.refuses(.hostProhibited)
            pause(.seconds(3))
            server.synAck(seq: 2901992808, ack: 956456355).flagged
            client.refuses(.hostProhibited)
        },
        nearMiss: Exchange(from: "192.0.2.10:866", to: "198.51.100.20:304") {
            server.synAck(seq: 2901992808, ack: 956456355)
            client.ack(seq: 956456355, ack: 2901992809)
            client.data(seq: 956456355, ack: 2901992809, length: 40)
        }
    )

    package static let needs: Signals? = [.unseenAnswer]

    package static let needsClock = false

    package static func blame(for finding: Finding) -> [FaultSide] {
        switch finding.reason {
        case "one-way": [.network, .capture]
        case "rewritten": [.network]
        default: [.server, .client]
        }
    }

    package init() {}

    package func examine(_ history: History) -> Finding? {
        let unseen = history.answers().filter {
            // What was damaged on the way tells nothing of its sender.
            $0.answer.subject == .unseen && !isAccepted($0.event, in: history)
                && history.events[$0.event].linkFacts.checksum != .wrong
        }
        guard let first = unseen.first, let last = unseen.last else { return oneWay(in: history) }
        let incarnation = history.incarnation(of: last.event)
        let acknowledgments = Set(unseen.map { history.events[$0.event].acknowledgment })
        let translation = constantDistance(of: unseen.map(\.event), in: history)
        let isLinked = unseen.contains { !$0.answer.linked.isEmpty }
        return finding(
            in: history,
            incarnation: incarnation,
            reason: translation != nil
                ? "rewritten" : acknowledgments.count == 1 ? "half-open-entry" : "random",
            severity: history.severity(of: incarnation),
            confidence: unseen.count > 1 || isLinked ? .high : .medium,
            status: .likely,
            count: unseen.count,
            events: unseen.map(\.event),
            note: { "acknowledges \(history.events[unseen[$0].event].acknowledgment)" },
            metrics: [
                Metric("synacks", unseen.count),
                Metric("distinct_acks", acknowledgments.count),
                Metric("echoes_current_syn", isLinked),
                Metric("entry_age_us", nanoseconds: age(of: first.event, in: history)),
                Metric("source_port", Int(history.initiator.port)),
                Metric(
                    "syn_window",
                    incarnation.attempts.map { Int(history.events[$0.first].window) }.max() ?? 0
                ),
                Metric("established", history.isEverEstablished),
            ],
            causes: translation != nil
                ? ["one-way-isn-translation"] : ["half-open-entry-from-before-the-capture"],
            checks: translation == nil ? checks(in: history) : [],
            summary: summary(of: unseen.map(\.event), translation: translation, in: history),
            explanation: explanation(
                of: unseen,
                age: age(of: first.event, in: history),
                isTranslated: translation != nil,
                in: history
            )
        )
    }

    package static func summary(of many: Finding) -> String {
        """
        \(many.destination) acknowledged sequence numbers that no captured SYN had, on \(many.flows) connections from \
        \(many.source).
        """
    }

    /// A SYN-ACK that is sent again and again and never completed, and no SYN to it: that went
    /// another way.
    private func oneWay(in history: History) -> Finding? {
        guard let incarnation = history.incarnations.last, incarnation.attempts.isEmpty,
            incarnation.completion == nil, incarnation.former == nil,
            incarnation.number == 0,
            !history.capture.oneWayInitiators.contains(history.initiator.address)
        else { return nil }
        let answers = unasked(in: incarnation, history)
        guard !answers.isEmpty else { return nil }
        let (initiator, responder) = (history.initiator, history.responder)
        return finding(
            in: history,
            incarnation: incarnation,
            reason: "one-way",
            severity: history.capture.hasBothDirections ? .warning : .note,
            confidence: .medium,
            status: .likely,
            count: answers.count,
            events: answers,
            note: {
                "acknowledges \(history.events[answers[$0]].acknowledgment): that SYN was not captured"
            },
            metrics: [
                Metric("synacks", answers.count),
                Metric("distinct_acks", 1),
                Metric("source_port", Int(initiator.port)),
                Metric("established", false),
            ],
            causes: ["asymmetric-path", "one-direction-captured", "backscatter"],
            checks: [
                Check(
                    on: nil,
                    "ip route get \(initiator.address) from \(responder.address)",
                    "On each firewall and router between them: do both directions pass here?"
                )
            ],
            summary: """
                \(responder) sent its SYN-ACK to \(initiator) \(Wording.times(answers.count)); neither the SYN it answers \
                nor any reply was captured.
                """,
            explanation: """
                The SYN took another path, so a stateful firewall here would drop the answer. A capture of one direction \
                looks the same, and so does an answer to SYNs with a forged source address.
                """
        )
    }

    /// The SYN-ACKs of a flow that holds nothing else, if a timer sent them.
    private func unasked(in incarnation: Incarnation, _ history: History) -> [Int] {
        let answers = incarnation.events.filter { index in
            if case .answer(let answer) = history.interpretations[index] {
                answer.subject == .unsolicited
            } else {
                false
            }
        }
        let others = incarnation.events.filter { !answers.contains($0) }
        // An end that goes on after its last SYN-ACK was answered: the capture has one direction.
        guard let first = answers.first, let last = answers.last,
            history.lastTime <= history.events[incarnation.events.upperBound - 1].time,
            others.allSatisfy(history.isDuplicate),
            history.capture.unsolicitedSYNACKs.contain(
                history.events[first],
                to: history.initiator,
                from: history.responder
            ),
            Set(answers.map { history.events[$0].sequence }).count == 1,
            history.delay(from: first, to: last) >= TimingTolerance.shortestHandshakeTimer
        else { return [] }
        return answers
    }

    /// Whether the initiator completed a handshake by this answer: then the capture merely missed
    /// its SYN.
    private func isAccepted(_ event: Int, in history: History) -> Bool {
        let (incarnation, answer) = (history.incarnation(of: event), history.events[event])
        if isServed(after: event, in: history) { return true }
        if let completion = incarnation.completion {
            return history.events[completion].sequence == answer.acknowledgment
        }
        // A client that goes on with its own numbers read another acknowledgment than the capture
        // holds.
        guard let syn = history.newestSYN(before: event) else { return false }
        return incarnation.events.suffix(from: event + 1).contains { later in
            let reply = history.events[later]
            return reply.side != answer.side && reply.kind != .rst && reply.kind != .syn
                && reply.acknowledgment == answer.sequence.advanced(by: 1)
                && reply.sequence == history.events[syn].sequence.advanced(by: 1)
        }
    }

    /// Whether both ends went on with data right behind this answer: then both took it, whatever
    /// its numbers.
    private func isServed(after answer: Int, in history: History) -> Bool {
        let rest = history.incarnation(of: answer).events.suffix(from: answer + 1).prefix {
            ![.syn, .synAck, .icmp].contains(history.events[$0].kind)
        }
        func begins(_ kind: Event.Kind, by isInitiator: Bool) -> Int? {
            rest.first {
                history.events[$0].kind == kind
                    && history.isFromInitiator(history.events[$0]) == isInitiator
            }
        }
        guard let request = begins(.data, by: true), let reply = begins(.data, by: false) else {
            return false
        }
        let isRejected = rest.contains {
            $0 < max(request, reply) && history.events[$0].kind == .rst
        }
        return !isRejected
    }

    /// How far ahead of the ISNs the acknowledgments are, if it is the same for two or more
    /// attempts.
    private func constantDistance(of events: [Int], in history: History) -> Int32? {
        var distances: [Int: Int32] = [:]
        for event in events {
            guard let syn = history.newestSYN(before: event) else { continue }
            let distance = history.events[syn].sequence.advanced(by: 1)
                .distance(to: history.events[event].acknowledgment)
            if let known = distances[syn], known != distance { return nil }
            distances[syn] = distance
        }
        guard distances.count > 1, Set(distances.values).count == 1 else { return nil }
        return distances.first?.value
    }

    /// How long before the newest SYN the acknowledged one was sent, by a Linux ISN clock of 64 ns
    /// a tick, modulo 274.88 s.
    private func age(of event: Int, in history: History) -> Int64 {
        guard let newest = history.incarnation(of: event).attempts.last(where: { $0.first < event })
        else {
            return 0
        }
        let acknowledged = history.events[event].acknowledgment.rawValue &- 1
        return Int64(newest.initialSequence.rawValue &- acknowledged) * Self.oneTick
    }

    /// Of a Linux ISN clock, in nanoseconds.
    private static let oneTick: Int64 = 64

    private func summary(of events: [Int], translation: Int32?, in history: History) -> String {
        let first = history.events[events[0]]
        let responder = history.responder.address
        if let translation {
            return """
                Every SYN-ACK of \(responder) acknowledges a number that is off by the same \(translation): \
                a device on the path translates sequence numbers in one direction only.
                """
        }
        return """
            \(responder) answered \(history.initiator.address)'s SYN to port \(history.responder.port) with \
            Ack=\(first.acknowledgment), a sequence number that no captured SYN had\
            \(events.count > 1 ? ", \(Wording.times(events.count))" : "").
            """
    }

    private func explanation(
        of unseen: [(event: Int, answer: Answer)],
        age: Int64,
        isTranslated: Bool,
        in history: History
    ) -> String {
        let first = unseen[0].event
        let newest = history.incarnation(of: first).attempts.last { $0.first < first }
        var sentences: [String] = []
        if let newest {
            sentences.append(
                """
                The SYN has Seq=\(newest.initialSequence), so Ack=\(newest.initialSequence.advanced(by: 1)) \
                was expected.
                """
            )
        }
        if !isTranslated { sentences += entry(unseen, age: age, in: history) }
        if let newest, let before = history.elapsed(before: newest) {
            sentences.append(
                "Judging by the backoff of its SYNs, this attempt began \(before) before the first captured SYN."
            )
        }
        return sentences.joined(separator: " ")
    }

    /// What is to be said of the half-open entry that the responder answers from.
    private func entry(
        _ unseen: [(event: Int, answer: Answer)],
        age: Int64,
        in history: History
    ) -> [String] {
        let isLinked = unseen.contains { !$0.answer.linked.isEmpty }
        let responder = history.responder.address
        if age == Self.oneTick {
            return [
                "It acknowledges the ISN itself, which is one less than \(responder) should have sent."
            ]
        }
        return [
            isLinked
                ? "TSecr is that of the captured SYN: \(responder) matched it to a half-open entry from before this capture."
                : "\(responder) seems to hold a half-open entry from before this capture.",
            """
            If \(history.initiator.address) runs Linux, the SYN of that entry was sent about \
            \(Wording.duration(age)) earlier, or 275 s, 550 s … before that: the clock of its ISNs wraps.
            """,
        ]
    }

    private func checks(in history: History) -> [Check] {
        [
            Check(
                on: history.responder.address.description,
                "ss -tan state syn-recv sport = :\(history.responder.port)",
                "An entry for port \(history.initiator.port) that is older than the capture is what answers."
            ),
            Check(
                on: nil,
                "",
                "A capture that begins before the previous connection closed would show the answered SYN."
            ),
        ]
    }
}
