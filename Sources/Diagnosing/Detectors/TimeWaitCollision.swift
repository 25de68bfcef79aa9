import Tracking

/// Speaks when a SYN meets the TIME-WAIT state of the connection before, and is not accepted.
package struct TimeWaitCollision: Detector {
    package static let manual = Manual(
        id: "time-wait-collision",
        title: "TIME-WAIT collision",
        group: .staleState,
        sees: """
            The server was first to close the previous connection, at most 240 s ago, so it is in TIME-WAIT. By \
            RFC 6191 it does not accept the new SYN: its timestamp is older than the last of the old connection, \
            or its ISN is not above the old sequence numbers, without a newer timestamp. The answer is a bare \
            ACK with the old numbers, or silence within 60 s.
            """,
        means: """
            The four-tuple is reused too soon and from too low in the sequence space: a small port range, a \
            fixed or reserved source port, two hosts behind one NAT address, or timestamps switched off. Sending \
            more than 15.6 MB/s also overtakes the clock of ISNs. A RST from the client clears the state, unless \
            tcp_rfc1337 protects it; then every attempt fails until TIME-WAIT is over.
            """,
        unless: """
            If the client closed first, TIME-WAIT is on the client, and the server has no state. A SYN that the \
            rule accepts, or that is answered normally, is harmless reuse.
            """,
        check: """
            Let the client close first, widen its port range, keep timestamps on at both ends, and let NAT reuse \
            ports late. On the server: nstat -az TcpExtPAWSEstab and TcpExtTW.
            """,
        elsewhere: """
            Wireshark: TCP Port numbers reused. Suricata: stream-event:timewait_ack_wrong_seq.
            """,
        sources: [
            .rfc(6191, section: "2"), .rfc(9293, section: "3.6.1"), .rfc(7323, section: "5.3"),
            .rfc(1337, section: "3"),
        ],
        followsFrom: ["port-reuse"],
        example: Exchange(from: "192.0.2.10:50100", to: "198.51.100.20:80") {
            client.syn(seq: 3_000_000_000, tsval: 900_000)
            server.synAck(seq: 3_305_086_535, ack: 3_000_000_001)
            client.ack(seq: 3_000_000_001, ack: 3_305_086_536).timestamps(900_001)
            client.data(seq: 3_000_000_001, ack: 3_305_086_536, length: 48).timestamps(900_002)
            server.data(seq: 3_305_086_536, ack: 3_000_000_049, length: 372)
            server.fin(seq: 3_305_086_908, ack: 3_000_000_049)
            client.fin(seq: 3_000_000_049, ack: 3_305_086_909).timestamps(900_004)
            server.ack(seq: 3_305_086_909, ack: 3_000_000_050)
            pause(.milliseconds(700))
            client.syn(seq: 3_000_600_000, tsval: 12_000).flagged
            server.ack(seq: 3_305_086_909, ack: 3_000_000_050).flagged
            client.rst(seq: 3_000_000_050)
            pause(.milliseconds(10))
            client.syn(seq: 3_000_600_000, tsval: 12_010)
            server.synAck(seq: 3_316_254_840, ack: 3_000_600_001)
            client.ack(seq: 3_000_600_001, ack: 3_316_254_841)
        },
        nearMiss: Exchange(from: "192.0.2.10:50100", to: "198.51.100.20:80") {
            client.syn(seq: 3_000_000_000, tsval: 900_000)
            server.synAck(seq: 3_305_086_535, ack: 3_000_000_001)
            client.ack(seq: 3_000_000_001, ack: 3_305_086_536).timestamps(900_001)
            client.data(seq: 3_000_000_001, ack: 3_305_086_536, length: 48).timestamps(900_002)
            server.data(seq: 3_305_086_536, ack: 3_000_000_049, length: 372)
            server.fin(seq: 3_305_086_908, ack: 3_000_000_049)
            client.fin(seq: 3_000_000_049, ack: 3_305_086_909).timestamps(900_004)
            server.ack(seq: 3_305_086_909, ack: 3_000_000_050)
            pause(.milliseconds(700))
            client.syn(seq: 2_900_000_000, tsval: 900_705)
            server.synAck(seq: 3_316_254_840, ack: 2_900_000_001)
            client.ack(seq: 2_900_000_001, ack: 3_316_254_841)
        }
    )

    /// Silence is laid to TIME-WAIT no longer than Linux keeps it, in nanoseconds.
    private static let usualTimeWait: Int64 = 60_000_000_000
    /// An answer may take so long, in nanoseconds.
    private static let answerTimeout: Int64 = 3_000_000_000

    package static let needs: Signals? = [.former]

    package static let saysToo: [any Detector.Type] = [ChallengeACK.self]

    package static func blame(for finding: Finding) -> [FaultSide] {
        [.client, .server]
    }

    package init() {}

    package func examine(_ history: History) -> Finding? {
        let collisions = history.incarnations.compactMap { collision(in: $0, of: history) }
        let unresolved = collisions.last { !cameUp(after: $0, in: history) }
        guard let reported = unresolved ?? collisions.last else { return nil }
        let isResolved = unresolved == nil
        let isPending =
            !isResolved
            && history.end - history.events[reported.syn].time < Self.answerTimeout
        let events = collisions.flatMap(\.events)
        return finding(
            in: history,
            incarnation: reported.incarnation,
            reason: reported.reason,
            severity: isResolved || isPending ? .warning : .error,
            confidence: reported.acks.isEmpty ? .medium : .high,
            status: isPending ? .pending : reported.acks.isEmpty ? .likely : .confirmed,
            count: collisions.count,
            events: events,
            note: { note(on: events[$0], in: history) },
            metrics: metrics(of: reported, isResolved: isResolved, in: history),
            causes: reported.reason == "old-timestamp"
                ? ["two-hosts-behind-one-address", "timestamp-clock-restarted"]
                : ["small-port-range", "fixed-source-port", "timestamps-off"],
            checks: checks(in: history),
            summary: summary(of: reported, isResolved: isResolved, in: history),
            explanation: explanation(of: reported, in: history)
        )
    }

    package static func summary(of many: Finding) -> String {
        "\(many.flows) connections from \(many.source) collided with the TIME-WAIT state of earlier ones at \(many.destination)."
    }

    private struct Collision {
        let incarnation: Incarnation
        let former: FormerConnection
        let syn: Int
        let verdict: FormerConnection.Verdict
        /// The bare ACKs with the old numbers.
        let acks: [Int]
        /// The RSTs of the initiator to them.
        let resets: [Int]
        /// What proves it: the SYN, and the ACKs or the SYN's retransmissions.
        let events: [Int]

        var reason: String {
            switch verdict {
            case .oldTimestamp: "old-timestamp"
            case .oldSequence, .accepts: "old-sequence"
            }
        }
    }

    private func collision(in incarnation: Incarnation, of history: History) -> Collision? {
        guard let memory = incarnation.former, let attempt = incarnation.attempts.first else {
            return nil
        }
        let former = FormerConnection(history.events[memory])
        let syn = history.events[attempt.first]
        let verdict = former.verdict(on: syn)
        guard former.isInTimeWait(at: incarnation.initiator.other, time: syn.time),
            verdict != .accepts,
            !former.mayHaveBegun(with: syn)
        else { return nil }
        let acks = incarnation.events.filter { index in
            guard case .challenge(_, let state) = history.interpretations[index] else {
                return false
            }
            return state == .timeWait || state == .paws
        }
        let isSilent = isUnanswered(attempt, of: incarnation, after: former, in: history)
        guard !acks.isEmpty || isSilent else { return nil }
        let resets = incarnation.events.filter { index in
            guard case .reset(let reset) = history.interpretations[index],
                case .rejects(let subject) = reset.rule
            else { return false }
            return acks.contains(subject)
        }
        return Collision(
            incarnation: incarnation,
            former: former,
            syn: attempt.first,
            verdict: verdict,
            acks: acks,
            resets: resets,
            events: acks.isEmpty ? attempt.sendings : [attempt.first] + acks
        )
    }

    /// Whether the SYN went unanswered until it was sent again, while Linux would be in TIME-WAIT.
    private func isUnanswered(
        _ attempt: Attempt,
        of incarnation: Incarnation,
        after former: FormerConnection,
        in history: History
    ) -> Bool {
        incarnation.completion == nil && incarnation.answers.isEmpty && attempt.sendings.count > 1
            && incarnation.attempts.allSatisfy { $0.answers.isEmpty && $0.end == nil }
            && history.events[attempt.first].time - former.lastTime <= Self.usualTimeWait
    }

    private func cameUp(after collision: Collision, in history: History) -> Bool {
        history.incarnations.contains {
            $0.number >= collision.incarnation.number && $0.isEstablished
        }
    }

    private func note(on index: Int, in history: History) -> String {
        let event = history.events[index]
        return event.kind == .syn
            ? "ISN \(event.sequence) collides with TIME-WAIT"
            : "Ack=\(event.acknowledgment) of the previous connection"
    }

    private func metrics(
        of reported: Collision,
        isResolved: Bool,
        in history: History
    ) -> [Metric] {
        let syn = history.events[reported.syn]
        var metrics = [Metric("isn_minus_old_rcv_nxt", Int(reported.former.sequenceAge(of: syn)))]
        if let age = reported.former.timestampAge(of: syn) {
            metrics.append(Metric("tsval_minus_ts_recent", Int(age)))
        }
        return metrics + [
            Metric("since_close_us", nanoseconds: syn.time - reported.former.lastTime),
            Metric("predicted", "reject"),
            Metric("acks", reported.acks.count),
            Metric("resets", reported.resets.count),
            Metric("resolved", isResolved),
            Metric("source_port", Int(history.initiator.port)),
            Metric("destination_port", Int(history.responder.port)),
            Metric("established", history.isEverEstablished),
        ]
    }

    private func summary(of reported: Collision, isResolved: Bool, in history: History) -> String {
        let quiet = history.events[reported.syn].time - reported.former.lastTime
        let answer =
            reported.acks.isEmpty
            ? "left the new SYN unanswered" : "answered the new SYN with the old connection's ACK"
        let end = isResolved ? "; then the connection was established" : ""
        return """
            \(history.responder.address) still held port \(history.initiator.port) in TIME-WAIT, \
            \(Wording.duration(quiet)) after it had closed the previous connection, and \(answer)\(end).
            """
    }

    private func explanation(of reported: Collision, in history: History) -> String {
        let syn = history.events[reported.syn]
        let distance = reported.former.sequenceAge(of: syn)
        let position = distance > 0 ? "above" : "below"
        var sentences = [
            """
            The ISN \(syn.sequence) is \(distance.magnitude) \(position) the \(reported.former.initiatorNext) that the \
            server expects next in the old connection (last packet \(reported.former.lastPacket)).
            """
        ]
        if let age = reported.former.timestampAge(of: syn) {
            let order = age < 0 ? "older" : "newer"
            sentences.append(
                "TSval \(syn.timestampValue) is \(age.magnitude) ticks \(order) than the last one seen."
            )
        } else {
            sentences.append("There is no timestamp that would let the SYN in.")
        }
        switch reported.verdict {
        case .oldTimestamp:
            sentences.append("An older timestamp is refused whatever the ISN (RFC 7323 §5.3).")
        case .oldSequence, .accepts:
            sentences.append("TIME-WAIT therefore does not accept it (RFC 6191 §2).")
        }
        if let reset = reported.resets.first, let last = reported.acks.last, last > reset {
            sentences.append(
                """
                TIME-WAIT outlived the RST in packet \(history.events[reset].packet): either it never arrived, \
                or net.ipv4.tcp_rfc1337 is on.
                """
            )
        }
        return sentences.joined(separator: " ")
    }

    private func checks(in history: History) -> [Check] {
        let (initiator, responder) = (history.initiator, history.responder)
        return [
            Check(
                on: responder.address.description,
                "ss -tano state time-wait dst \(initiator.address) sport = :\(responder.port)",
                "If port \(initiator.port) is listed, the old connection is still in TIME-WAIT."
            ),
            Check(
                on: initiator.address.description,
                "sysctl net.ipv4.ip_local_port_range net.ipv4.tcp_timestamps",
                "A small port range or timestamps off make collisions likely."
            ),
        ]
    }
}
