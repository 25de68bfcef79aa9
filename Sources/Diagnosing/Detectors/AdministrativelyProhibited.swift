import Tracking

/// Speaks when a firewall rejects segments of the flow with an ICMP error that says so.
package struct AdministrativelyProhibited: Detector {
    package static let manual = Manual(
        id: "icmp-admin-prohibited",
        title: "firewall rejects with ICMP administratively prohibited",
        sees: """
            An ICMP destination unreachable of code 9, 10 or 13, or an ICMPv6 one of code 1, 5 or 6, that \
            quotes a segment of the flow: the four-tuple and the sequence number match.
            """,
        means: """
            A packet filter has a REJECT rule for the quoted segment. If the error comes from the host that \
            the segment was sent to, it is that host's own firewall; else a router on the way. A host that \
            rejects the answer to its own SYN no longer knows the connection: its connection tracking \
            expects another acknowledgment. A Linux client in SYN-SENT gives up at such an error, a Linux \
            server in SYN-RECEIVED ignores it and goes on sending SYN-ACKs.
            """,
        unless: """
            An error whose quote matches no sequence number of the flow is old, forged, or about another \
            connection. Linux limits its errors to about one a second and destination: a missing error is no \
            sign of a silent drop.
            """,
        check: """
            The rules of the host that sent the error, with counters (iptables -nvL, nft list ruleset): does the \
            REJECT counter rise with every attempt? Established traffic should be accepted, and invalid \
            segments dropped, not rejected.
            """,
        sources: [
            .rfc(1812, section: "5.2.7.1"), .rfc(4443, section: "3.1"),
            .rfc(1122, section: "4.2.3.9"),
            .rfc(5927, section: "4.1"),
        ],
        followsFrom: ["syn-ack-stale", "syn-ack-unseen", "syn-burst"],
        example: Exchange {
            client.syn(seq: 1000)
            server.refuses(.hostProhibited).flagged
        },
        nearMiss: Exchange {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
            client.data(seq: 1001, ack: 5001, length: 1400)
            router.refuses(.fragmentationNeeded, about: .client)
            server.ack(seq: 5001, ack: 2401)
        }
    )

    package init() {}

    package func examine(_ history: History) -> Finding? {
        let refusals = history.events.indices.compactMap { refusal(at: $0, in: history) }
        guard let first = refusals.first, let last = refusals.last else { return nil }
        let life = history.life(of: last.event)
        return finding(
            in: history,
            life: life,
            reason: first.isByReceiver ? "host-firewall" : "router",
            severity: history.severity(of: life),
            confidence: .high,
            count: refusals.count,
            events: refusals.map(\.event),
            note: { note(on: refusals[$0], in: history) },
            metrics: metrics(of: refusals, in: history),
            causes: first.isByInitiator
                ? ["conntrack-calls-the-answer-invalid", "reject-rule"] : ["reject-rule"],
            checks: checks(of: first),
            summary: summary(of: refusals, in: history),
            explanation: explanation(of: refusals, in: history)
        )
    }

    package static func summary(of many: Finding) -> String {
        """
        A firewall refused segments of \(many.flows) connections of \(many.source) to \(many.destination) \
        \(Wording.times(many.count)) (ICMP administratively prohibited).
        """
    }

    private func refusal(at index: Int, in history: History) -> RefusedSegment? {
        let event = history.events[index]
        guard case .icmp(let subject) = history.readings[index], event.isProhibition else {
            return nil
        }
        return RefusedSegment(
            event: index,
            subject: subject,
            sender: event.icmpSender,
            isByReceiver: history.isRefusedByReceiver(index),
            isByInitiator: event.icmpSender == history.initiator.address
        )
    }

    private func note(on refusal: RefusedSegment, in history: History) -> String {
        guard let subject = refusal.subject else {
            return "refuses a segment of the running connection"
        }
        let delay = history.delay(from: subject, to: refusal.event)
        return
            "refuses packet \(history.events[subject].packet), \(Wording.duration(delay)) after it"
    }

    private func summary(of refusals: [RefusedSegment], in history: History) -> String {
        let first = refusals[0]
        let code = history.events[first.event].icmpMeaning
        let senders = Set(refusals.map(\.sender)).sorted()
        let who =
            senders.count > 1
            ? "The firewalls of \(Wording.list(senders.map(\.description)))"
            : first.isByReceiver
                ? "\(first.sender)'s own firewall"
                : "\(first.sender), a router or firewall on the way,"
        let what = target(of: refusals, in: history)
        let often = refusals.count > 1 ? " \(Wording.times(refusals.count))" : ""
        return "\(who) refused \(what)\(often) (ICMP \(code))."
    }

    /// What was refused, as the object of a sentence.
    private func target(of refusals: [RefusedSegment], in history: History) -> String {
        let kinds = Set(refusals.compactMap { $0.subject.map { history.events[$0].kind } })
        let isByInitiator = refusals.allSatisfy(\.isByInitiator)
        switch kinds {
        case [.syn]:
            return "\(history.initiator.address)'s SYN to \(history.responder)"
        case [.synAck]:
            let subjects = refusals.compactMap {
                $0.subject.map { history.events[$0].acknowledgment }
            }
            return Set(subjects).count == 1
                ? "the SYN-ACK of \(history.responder.address)"
                : "the SYN-ACKs of \(history.responder.address)"
        case [.data]:
            return "data of the connection to \(history.responder)"
        default:
            return isByInitiator && !kinds.isEmpty
                ? "the answers of \(history.responder.address)"
                : "segments of the connection to \(history.responder)"
        }
    }

    private func explanation(of refusals: [RefusedSegment], in history: History) -> String {
        let delays = refusals.compactMap { refusal in
            refusal.subject.map { history.delay(from: $0, to: refusal.event) }
        }
        let first = refusals[0]
        var sentences: [String] = []
        let isOne = refusals.count == 1
        if let least = delays.min(), let most = delays.max() {
            sentences.append(
                """
                \(first.sender) rejects \(isOne ? "it" : "each of them") \(Wording.range(least, most)) later\
                \(first.isByInitiator ? disbelief(isOne) : "").
                """
            )
        }
        if first.isByInitiator, isRepeatedAfter(first.event, in: history) {
            sentences.append(
                "This does not stop the retransmissions of \(history.responder.address)."
            )
        }
        if refusals.allSatisfy({ $0.subject == nil }) {
            sentences.append("What it refuses belongs to a running connection.")
        }
        return sentences.joined(separator: " ")
    }

    /// Whether the responder sent an answer again after the first refusal.
    private func isRepeatedAfter(_ event: Int, in history: History) -> Bool {
        history.answers().contains { $0.event > event && $0.answer.copy > 1 }
    }

    private func disbelief(_ isOne: Bool) -> String {
        let object = isOne ? "it for an answer" : "them for answers"
        return ": its connection tracking does not take \(object) to its SYN"
    }

    private func metrics(of refusals: [RefusedSegment], in history: History) -> [Metric] {
        func count(_ kind: Event.Kind) -> Int {
            refusals.filter { $0.subject.map { history.events[$0].kind } == kind }.count
        }
        let first = history.events[refusals[0].event]
        let delays = refusals.compactMap { refusal in
            refusal.subject.map { history.delay(from: $0, to: refusal.event) }
        }
        return [
            Metric("icmp_errors", refusals.count),
            Metric("icmp_type", Int(first.icmpType)),
            Metric("icmp_code", Int(first.icmpCode)),
            Metric("sender", refusals[0].sender.description),
            Metric(
                "sent_by",
                refusals[0].isByInitiator
                    ? "client" : refusals[0].isByReceiver ? "server" : "router"
            ),
            Metric("refused_syns", count(.syn)),
            Metric("refused_synacks", count(.synAck)),
            Metric("least_delay_us", nanoseconds: delays.min() ?? 0),
            Metric("most_delay_us", nanoseconds: delays.max() ?? 0),
            Metric("established", history.isEverEstablished),
        ]
    }

    private func checks(of first: RefusedSegment) -> [Check] {
        let host = first.sender.description
        let chain = first.isByReceiver ? "INPUT" : "FORWARD"
        return [
            Check(
                on: host,
                first.sender.isIPv4 ? "iptables -nvL \(chain)" : "ip6tables -nvL \(chain)",
                "does the REJECT counter rise with every attempt? (nft list ruleset where nftables is used)"
            )
        ]
    }
}

/// One ICMP error, and the segment that it refuses.
private struct RefusedSegment {
    let event: Int
    let subject: Int?
    let sender: Address
    /// Whether the host that the segment was sent to refused it.
    let isByReceiver: Bool
    let isByInitiator: Bool
}
