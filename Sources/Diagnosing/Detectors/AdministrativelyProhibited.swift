import Tracking

/// Speaks when a firewall rejects segments of the flow with an ICMP error that says so.
package struct AdministrativelyProhibited: Detector {
    package static let manual = Manual(
        id: "icmp-admin-prohibited",
        title: "firewall rejects with ICMP",
        group: .refusal,
        sees: """
            An ICMP destination unreachable (code 9, 10 or 13; for ICMPv6 code 1, 5 or 6) quotes a segment of \
            the flow: the four-tuple and the sequence number match. If RSTs of both ends or errors of three codes \
            come at the same moment, one device sent them all (device).
            """,
        means: """
            A packet filter has a REJECT rule for the quoted segment. If the destination of the segment sent the \
            error, it is that host's own firewall; otherwise it is a router on the path. A host that rejects the \
            answer to its own SYN has lost track of the connection: its connection tracking expects another \
            acknowledgment. A Linux client in SYN-SENT gives up at such an error. A Linux server in SYN-RECEIVED \
            ignores it and keeps sending SYN-ACKs.
            """,
        unless: """
            An error whose quote matches no sequence number of the flow is old, forged, or about another \
            connection. Linux sends at most about one error a second to a destination, so a missing error does \
            not prove a silent drop. Where all data was acknowledged nevertheless, a host that is not on the path \
            rejected a copy: a note.
            """,
        check: """
            The rules of the host that sent the error, with counters (iptables -nvL, nft list ruleset): does the \
            REJECT counter rise with every attempt? Established traffic should be accepted, and invalid segments \
            dropped, not rejected.
            """,
        elsewhere: """
            Wireshark: ICMP Destination unreachable (Host administratively prohibited).
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

    package static let needs: Signals? = [.icmpError]

    package static let needsClock = false

    package static func blame(for finding: Finding) -> [FaultSide] {
        if finding.reason == device { return [.network] }
        return finding.party("sent_by").map { [$0] } ?? [.network]
    }

    package init() {}

    package func examine(_ history: History) -> Finding? {
        guard
            let refusals = RefusedSegments(of: history, where: { error, _ in error.isProhibition })
        else { return nil }
        let incarnation = refusals.incarnation
        let isByDevice = isByDevice(refusals, in: history)
        var found = finding(
            in: history,
            incarnation: incarnation,
            reason: isByDevice
                ? Self.device : refusals.first.origin == .receiver ? "host-firewall" : "router",
            severity: isWithoutEffect(refusals, in: history)
                ? .note : history.severity(of: incarnation),
            confidence: .high,
            count: refusals.all.count,
            events: refusals.events,
            note: { refusals.note(at: $0) },
            metrics: refusals.metrics,
            causes: isOwn(refusals.first, in: history)
                ? ["conntrack-calls-the-answer-invalid", "reject-rule"] : ["reject-rule"],
            checks: checks(of: refusals.first),
            summary: isByDevice
                ? summary(of: refusals, breaking: history) : summary(of: refusals),
            explanation: isByDevice ? Self.act : explanation(of: refusals, in: history)
        )
        if !isByDevice, refusals.first.origin == .router, refusals.senders.count == 1 {
            found.obstacle = refusals.first.sender
        }
        return found
    }

    package func examine(_ survey: Survey) -> [Finding] {
        UncapturedRefusals.all(in: survey) { $0.isProhibition }.map { refusals in
            let isOwn = refusals.first.icmpSender == refusals.initiator
            return finding(
                on: refusals,
                in: survey,
                causes: ["reject-rule"],
                check: .rejectCounter(
                    on: refusals.first.icmpSender,
                    chain: isOwn ? "OUTPUT" : "FORWARD"
                )
            )
        }
    }

    package static func summary(of many: Finding) -> String {
        let name = many.evidence.first?.event.icmpName ?? "ICMP"
        return """
            A firewall rejected segments of \(many.flows) connections from \(many.source) to \(many.destination) \
            \(Wording.times(many.count)) (\(name) administratively prohibited).
            """
    }

    static let device = "device"
    /// What one device sends at once comes within such a time, in nanoseconds.
    private static let atOnce: UInt64 = 1_000_000
    private static let act = """
        At the same moment it sent other errors or RSTs about the connection, in the names of its ends: so an intrusion \
        prevention system breaks a connection.
        """

    /// Whether errors of several codes, or RSTs of both ends, came at once: no host's firewall
    /// sends them.
    private func isByDevice(_ refusals: RefusedSegments, in history: History) -> Bool {
        let time = history.events[refusals.first.event].time
        let others = history.events.filter { ($0.time - time).magnitude <= Self.atOnce }
        let codes = Set(others.filter { $0.kind == .icmp }.map(\.icmpCode))
        let resets = Set(others.filter { $0.kind == .rst }.map(\.side))
        return codes.count > 2 || resets.count > 1
    }

    /// Whether all that an end of a running connection had sent was acknowledged: what was rejected
    /// was a copy.
    private func isWithoutEffect(_ refusals: RefusedSegments, in history: History) -> Bool {
        guard refusals.incarnation.isEstablished, !isByDevice(refusals, in: history),
            refusals.first.origin == .router, refusals.kinds.isSubset(of: [.data, .ack, .fin]),
            let stream = history.stream(of: refusals.incarnation)
        else { return false }
        let side = history.events[refusals.first.event].side
        return stream[side].hasSentData && stream.isAcknowledged(side)
    }

    /// Whether the initiator itself refused it.
    private func isOwn(_ refusal: RefusedSegment, in history: History) -> Bool {
        refusal.sender == history.initiator.address
    }

    private func summary(of refusals: RefusedSegments, breaking history: History) -> String {
        """
        A device between \(history.initiator.address) and \(history.responder) broke their connection \
        (\(refusals.code)).
        """
    }

    private func summary(of refusals: RefusedSegments) -> String {
        let first = refusals.first
        let senders = refusals.senders
        let who =
            senders.count > 1
            ? "The firewalls of \(Wording.list(senders.map(\.description)))"
            : first.origin == .receiver
                ? "\(first.sender)'s own firewall"
                : "\(first.sender), a router or firewall on the path,"
        let often = refusals.all.count > 1 ? " \(Wording.times(refusals.all.count))" : ""
        return "\(who) rejected \(refusals.target)\(often) (\(refusals.code))."
    }

    private func explanation(of refusals: RefusedSegments, in history: History) -> String {
        let delays = refusals.delays
        let first = refusals.first
        let isByInitiator = isOwn(first, in: history)
        var sentences: [String] = []
        let isOne = refusals.all.count == 1
        if let least = delays.min(), let most = delays.max() {
            sentences.append(
                """
                \(first.sender) sent \(isOne ? "the" : "each") ICMP error \(Wording.range(least, most)) after the \
                packet that it rejects\(isByInitiator ? disbelief(refusals, in: history) : "").
                """
            )
        }
        if isByInitiator, isRepeatedAfter(first.event, in: history) {
            sentences.append(
                "\(history.responder.address) ignores this and keeps retransmitting."
            )
        }
        if isWithoutEffect(refusals, in: history) {
            sentences.append("All data arrived nevertheless: it rejected copies of the packets.")
        } else if refusals.all.allSatisfy({ $0.subject == nil }) {
            sentences.append("The rejected segment belongs to an established connection.")
        }
        return sentences.joined(separator: " ")
    }

    /// Whether the responder sent an answer again after the first refusal.
    private func isRepeatedAfter(_ event: Int, in history: History) -> Bool {
        history.answers().contains { $0.event > event && $0.answer.copy > 1 }
    }

    private func disbelief(_ refusals: RefusedSegments, in history: History) -> String {
        let isToSYN = refusals.all.contains { refusal in
            refusal.subject.map { history.events[$0].kind != .data } ?? false
        }
        guard isToSYN else { return ": its connection tracking has lost this connection" }
        let object =
            refusals.all.count == 1 ? "that packet as an answer" : "these packets as answers"
        return ": its connection tracking does not recognise \(object) to its SYN"
    }

    private func checks(of first: RefusedSegment) -> [Check] {
        [.rejectCounter(on: first.sender, chain: first.origin == .receiver ? "INPUT" : "FORWARD")]
    }
}
