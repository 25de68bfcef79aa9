import Tracking

/// Speaks when a RST answers a SYN that nothing else had answered.
package struct ConnectionRefused: Detector {
    package static let manual = Manual(
        id: "connection-refused",
        title: "connection refused",
        group: .refusal,
        sees: """
            A RST with ACK acknowledges the SYN (its ISN + 1, and any data it carried). The server had sent no \
            SYN-ACK on the four-tuple before. A RST that acknowledges the ISN itself is reported as a note \
            (malformed-refusal), because stacks ignore it.
            """,
        means: """
            No socket listens on the port, the listen backlog of a Windows host is full, or a firewall answers \
            for the server (REJECT with tcp-reset). The SYN reached the host that answered. If an earlier \
            connection on the same four-tuple had been established, the service has stopped since. A RST whose \
            time to live differs from the server's other segments came from a device on the path (middlebox). \
            One that comes in less than half the usual time may have (fast). One that comes a second late or \
            more suggests a proxy that tried something else first (late).
            """,
        unless: """
            After a SYN-ACK on the same four-tuple, the same RST is the stack's answer to a second SYN within \
            the window of a half-open entry. That is part of a burst or a loop, not a closed port. Refused ident \
            queries and the probes of strangers from the Internet are only notes.
            """,
        check: """
            Whether the service listens on that address and port (ss -ltn), when it was last restarted, and \
            whether the counter of a firewall rule with tcp-reset rises. Compare the TTL of the RST with that of \
            the host's other packets.
            """,
        elsewhere: """
            Wireshark: Connection reset (RST) after a SYN. Zeek: conn_state REJ.
            """,
        sources: [.rfc(9293, section: "3.10.7.1"), .rfc(9293, section: "3.5.2")],
        followsFrom: [
            "port-scan", "rst-injected", "duplicate-address", "listener-crash", "host-restart",
            "service-restart", "tcp-authentication-mismatch",
        ],
        example: Exchange(to: "198.51.100.20:6379") {
            client.syn(seq: 3677241340)
            server.rstAck(ack: 3677241341).flagged
        },
        nearMiss: Exchange(to: "198.51.100.20:6379") {
            client.syn(seq: 3677241340)
            server.synAck(seq: 1365940280, ack: 3677241341)
            client.syn(seq: 3677245016)
            server.rstAck(ack: 3677245017)
            client.syn(seq: 3677248016)
            server.synAck(seq: 1365950280, ack: 3677248017)
            client.ack(seq: 3677248017, ack: 1365950281)
        }
    )

    package static let needs: Signals? = [.reset]

    package static let needsClock = false

    package static func blame(for finding: Finding) -> [FaultSide] {
        switch Reason(rawValue: finding.reason ?? "") {
        case .middlebox: [.network]
        case .fast: [.network, .server]
        case .late, .closedPort, .afterEstablished, .malformed, nil: [.server]
        }
    }

    package init() {}

    /// A refusal that takes so long is not that of a host's stack alone, in nanoseconds.
    private static let lateness: Int64 = 1_000_000_000
    /// Below this the usual time to answer is no matter of distance, in nanoseconds.
    private static let leastDistance: Int64 = 5_000_000

    package func examine(_ history: History) -> Finding? {
        let timeout = history.refusalTimeout
        let refusals = history.resets().compactMap { reset -> Refusal? in
            guard case .refusesSyn(let ordinal) = reset.rule else { return nil }
            let attempt = history.incarnation(of: reset.event).attempt(ordinal)
            guard !history.isLater(reset.event, than: timeout, after: attempt),
                !isIgnored(reset.event, by: attempt, in: history)
            else { return nil }
            return refusal(of: attempt, reset.event)
        }
        guard let first = refusals.first, let last = refusals.last else {
            return malformed(in: history)
        }
        let incarnation = history.incarnation(of: last.event)
        let delays = refusals.map { history.delay(from: $0.syn, to: $0.event) }
        let reason = reason(of: refusals, in: history)
        return finding(
            in: history,
            incarnation: incarnation,
            reason: reason.rawValue,
            severity: relief(in: history) != nil ? .note : history.severity(of: incarnation),
            confidence: reason == .fast ? .medium : .high,
            count: refusals.count,
            events: refusals.map(\.event),
            note: { note(on: refusals[$0], in: history) },
            metrics: metrics(of: refusals, delays: delays, in: history),
            causes: reason.causes,
            checks: [
                Check(
                    on: history.responder.address.description,
                    "ss -ltn sport = :\(history.responder.port)",
                    "Empty, or other addresses only: nothing listens there. Otherwise a firewall refuses: look for REJECT with tcp-reset in its rules."
                )
            ],
            summary: summary(of: refusals, reason, in: history),
            explanation: [
                explanation(of: first, reason, delays: delays, in: history),
                relief(in: history)?.sentence,
            ].compactMap(\.self).joined(separator: " ")
        )
    }

    /// Servers ask there who their client is (RFC 1413), and mind no refusal.
    private static let portOfIdent: UInt16 = 113

    /// Why nobody misses the connection; `nil` where somebody may.
    private func relief(in history: History) -> Relief? {
        if history.responder.port == Self.portOfIdent { return .ident }
        let isStray = history.capture.isStray(
            from: history.initiator.address,
            to: history.responder
        )
        return isStray ? .stray(history.responder.address) : nil
    }

    /// Why a refusal troubles no one.
    private enum Relief {
        case ident
        case stray(Address)

        var sentence: String {
            switch self {
            case .ident:
                "A server that asks for the user's name (ident) goes on without it."
            case .stray(let responder):
                """
                Several strangers were refused at ports of \(responder) that served no client: every address of the \
                Internet gets such probes.
                """
            }
        }
    }

    /// Whether the same SYN was answered after the RST, and the client completed that handshake: it
    /// had not taken the RST, which somebody else may have sent.
    private func isIgnored(_ reset: Int, by attempt: Attempt, in history: History) -> Bool {
        guard let completion = history.incarnation(of: reset).completion else { return false }
        return attempt.answers.contains { $0 > reset && $0 < completion }
    }

    package static func summary(of many: Finding) -> String {
        """
        \(many.destination) refused \(many.count) SYNs on \(many.flows) connections from \(many.source), each with a RST.
        """
    }

    private func refusal(of attempt: Attempt, _ event: Int) -> Refusal? {
        attempt.sendings.last { $0 < event }.map { Refusal(event: event, syn: $0) }
    }

    /// RSTs that no stack heeds, where there are none that count.
    private func malformed(in history: History) -> Finding? {
        let refusals = history.events.indices.compactMap { index in
            history.attemptRefusedInVain(at: index).flatMap { refusal(of: $0, index) }
        }
        guard let first = refusals.first, let last = refusals.last else { return nil }
        let delays = refusals.map { history.delay(from: $0.syn, to: $0.event) }
        let acknowledgment = history.events[first.event].acknowledgment
        return finding(
            in: history,
            incarnation: history.incarnation(of: last.event),
            reason: Reason.malformed.rawValue,
            severity: .note,
            confidence: .high,
            count: refusals.count,
            events: refusals.map(\.event),
            note: {
                "means packet \(history.events[refusals[$0].syn].packet), but acknowledges its ISN"
            },
            metrics: metrics(of: refusals, delays: delays, in: history),
            causes: Reason.malformed.causes,
            checks: [],
            summary: """
                \(history.responder) refused the SYN from \(history.initiator.address) \
                \(Wording.times(refusals.count)) with a RST that stacks ignore.
                """,
            explanation: """
                It acknowledges \(acknowledgment), the ISN itself, although the SYN occupies one sequence number. A stack \
                in SYN-SENT does not accept that and keeps trying (RFC 9293 §3.10.7.3).
                """
        )
    }

    private func metrics(
        of refusals: [Refusal],
        delays: [Int64],
        in history: History
    ) -> [Metric] {
        [
            Metric("refused_syns", refusals.count),
            Metric("least_delay_us", nanoseconds: delays.min() ?? 0),
            Metric("most_delay_us", nanoseconds: delays.max() ?? 0),
            Metric("ttl", Int(history.events[refusals[0].event].timeToLive)),
            Metric("ttl_of_responder", history.responderTimesToLive.first.map { Int($0) } ?? 0),
            Metric("source_port", Int(history.initiator.port)),
            Metric("destination_port", Int(history.responder.port)),
            Metric("established", history.isEverEstablished),
        ]
    }

    private func reason(of refusals: [Refusal], in history: History) -> Reason {
        let times = history.responderTimesToLive
        let isForeign = refusals.allSatisfy { !times.contains(history.events[$0.event].timeToLive) }
        if times.count == 1, isForeign { return .middlebox }
        if refusals.allSatisfy({ history.hopsNearer($0.event) != nil }) { return .middlebox }
        if isByNearerDevice(refusals, in: history) { return .middlebox }
        let delays = refusals.map { history.delay(from: $0.syn, to: $0.event) }
        if let usual = history.leastAnswerDelay, usual >= Self.leastDistance,
            delays.allSatisfy({ $0 < usual / 2 })
        {
            return .fast
        }
        let incarnation = history.incarnation(of: refusals[0].event)
        let wasEstablished =
            incarnation.former != nil
            || history.incarnations.contains { $0.number < incarnation.number && $0.isEstablished }
        if wasEstablished { return .afterEstablished }
        return delays.allSatisfy { $0 >= Self.lateness } ? .late : .closedPort
    }

    /// Whether RSTs that no stack sends to a SYN passed fewer routers than any other packet of the
    /// responder.
    private func isByNearerDevice(_ refusals: [Refusal], in history: History) -> Bool {
        let least = history.capture.sightings.leastHops(of: history.responder.address)
        guard let least, least <= Hops.most else { return false }
        return refusals.allSatisfy {
            let event = history.events[$0.event]
            return event.sequence.rawValue != 0 && Hops.passed(event.timeToLive) < least
        }
    }

    private func explanation(
        of first: Refusal,
        _ reason: Reason,
        delays: [Int64],
        in history: History
    ) -> String {
        let event = history.events[first.event]
        let responder = history.responder
        let time = Wording.range(delays.min() ?? 0, delays.max() ?? 0)
        let form = "The RST has Seq=\(event.sequence) and acknowledges the SYN, \(time) after it"
        if let proof = history.proofOfOtherCard(first.event) { return "\(form). \(proof)" }
        switch reason {
        case .middlebox: return "\(form). \(distance(of: event, in: history))"
        case .fast:
            let usual = Wording.duration(history.leastAnswerDelay ?? 0)
            return """
                \(form). \(responder.address) itself takes \(usual) to answer: a device that is nearer may have \
                refused.
                """
        case .afterEstablished:
            return """
                \(form). An earlier connection on the same ports was established, so the service on port \
                \(responder.port) has stopped since, or its host has restarted.
                """
        case .late:
            return """
                \(form). A host's own stack answers immediately; a proxy or firewall seems to have tried \
                \(responder) first.
                """
        case .closedPort, .malformed:
            if let delay = delayUntilStart(after: first.event, in: history) {
                return """
                    \(form). \(responder) served no client before, and others from \(Wording.duration(delay)) later on: the \
                    service was probably not started yet.
                    """
            }
            if history.isServiceAlive {
                return """
                    \(form). \(responder) served other connections in this capture: the service was down for a while, \
                    reached its connection limit, or a firewall answers in its place.
                    """
            }
            guard event.sequence.rawValue == 0 else {
                return """
                    \(form). Because Seq is not 0, it does not come from a closed port: \(responder.address) still \
                    holds another connection on that port, or a device on the path answers.
                    """
            }
            return """
                \(form): nothing was listening on port \(responder.port), or a firewall answered in place of \
                \(responder.address).
                """
        }
    }

    /// What a RST's time to live says of who sent it.
    private func distance(of event: Event, in history: History) -> String {
        let responder = history.responder.address
        guard let other = history.responderTimesToLive.first else {
            return """
                It passed fewer routers than other packets from \(responder): a device on the path answers in its place.
                """
        }
        return """
            Its time to live is \(event.timeToLive), that of \(responder)'s other segments \(other): a device on the path answers \
            in its place.
            """
    }

    /// How long after a refusal the service was served for the first time, in nanoseconds; `nil`
    /// where it was before, or refused anybody after that.
    private func delayUntilStart(after refusal: Int, in history: History) -> Int64? {
        let attempts = history.capture.outcomes.attempts(at: history.responder)
        guard let start = attempts.first(where: { $0.outcome == .served })?.begin,
            attempts.allSatisfy({ $0.outcome != .refused || $0.begin < start }),
            !history.isEverEstablished
        else { return nil }
        let delay = start - history.events[refusal].time
        return delay > 0 ? delay : nil
    }

    private func note(on refusal: Refusal, in history: History) -> String {
        let delay = Wording.duration(history.delay(from: refusal.syn, to: refusal.event))
        return "refuses packet \(history.events[refusal.syn].packet), \(delay) after it"
    }

    private func summary(
        of refusals: [Refusal],
        _ reason: Reason,
        in history: History
    ) -> String {
        let from = history.initiator
        let who =
            reason == .middlebox
            ? "A device on the path to \(history.responder)" : history.responder.description
        guard refusals.count > 1 else {
            return "\(who) refused the connection from \(from.address) with a RST."
        }
        return """
            \(who) refused \(refusals.count) attempts by \(from.address) from port \(from.port), \
            each with a RST.
            """
    }

    private struct Refusal {
        let event: Int
        let syn: Int
    }

    /// Who refused, and when.
    private enum Reason: String {
        case closedPort = "closed-port"
        case afterEstablished = "after-established"
        case middlebox
        case fast
        case late
        case malformed = "malformed-refusal"

        var causes: [String] {
            switch self {
            case .closedPort: ["nothing-listens", "backlog-full-on-windows", "firewall-tcp-reset"]
            case .afterEstablished: ["service-stopped", "host-restarted"]
            case .middlebox, .fast: ["firewall-tcp-reset"]
            case .late: ["proxy-without-backend", "firewall-tcp-reset"]
            case .malformed: ["faulty-stack"]
            }
        }
    }
}
