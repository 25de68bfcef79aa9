import Tracking

/// Speaks when a service refused all clients for a while, between times in which it served.
package struct ServiceRestart: Detector {
    package static let manual = Manual(
        id: "service-restart",
        title: "service restarted",
        group: .refusal,
        sees: """
            A service served, then refused two connections or more for a second or longer, and then served again. No \
            client was served meanwhile, and no connection stayed open through it. If that happens several times, the \
            reason is repeatedly.
            """,
        means: """
            The service was away: it was restarted, or it crashed and something started it again. Clients that came \
            meanwhile were refused. Repeatedly means that it crashes again and again.
            """,
        unless: """
            Where connections stay open while others are refused, a limit or a firewall rule refuses them. Where served \
            and refused connections alternate without a gap of their own, one of several back ends is down. \
            RSTs from another network card than the SYN-ACKs are another host's.
            """,
        check: """
            The journal of the service at that time: who stopped it, or why did it end? systemctl status shows since when \
            it runs, and how often it was restarted.
            """,
        sources: [.rfc(9293, section: "3.10.7.1"), .page("systemd.service(5): Restart=")],
        followsFrom: ["host-restart", "listener-crash"],
        example: Exchange(to: "198.51.100.20:8080") {
            answered(on: 40_001)
            for port: UInt16 in 40_002...40_004 {
                client.syn(seq: 1000).between(clientPort: port).after(.seconds(2))
                server.rstAck(ack: 1001).between(clientPort: port).flagged
            }
            pause(.seconds(2))
            answered(on: 40_005)
        },
        nearMiss: Exchange(to: "198.51.100.20:8080") {
            answered(on: 40_001)
            for port: UInt16 in 40_002...40_004 {
                client.syn(seq: 1000).between(clientPort: port).after(.seconds(2))
                server.rstAck(ack: 1001).between(clientPort: port)
                answered(on: port + 10)
            }
        }
    )

    @ExchangeBuilder private static func answered(on port: UInt16) -> [ScriptStep] {
        client.syn(seq: 1000).between(clientPort: port)
        server.synAck(seq: 5000, ack: 1001).between(clientPort: port)
        client.ack(seq: 1001, ack: 5001).between(clientPort: port)
        client.data(seq: 1001, ack: 5001, length: 80).between(clientPort: port)
        server.data(seq: 5001, ack: 1081, length: 80).between(clientPort: port)
        server.fin(seq: 5081, ack: 1081).between(clientPort: port)
        client.fin(seq: 1081, ack: 5082).between(clientPort: port)
        server.ack(seq: 5082, ack: 1082).between(clientPort: port)
    }

    /// One refusal may have another reason.
    private static let leastRefusals = 2
    /// Back ends that take turns refuse for less, in nanoseconds.
    private static let leastGap: Int64 = 1_000_000_000
    /// What is away more often is no service that is restarted.
    private static let mostGaps = 16

    package static let needs: Signals? = nil

    package static let saysToo: [any Detector.Type] = [ConnectionRefused.self]

    package static func blame(for finding: Finding) -> [FaultSide] { [.server] }

    package init() {}

    package func examine(_ survey: Survey) -> [Finding] {
        let outcomes = survey.aggregates.outcomes
        // What is missing from the list may be a connection that stayed open.
        guard outcomes.refused == 0 else { return [] }
        return outcomes.refusingServices.compactMap { service in
            gaps(at: service, in: survey).flatMap { finding(on: service, $0, in: survey) }
        }
    }

    /// The times in which a service was away; `nil` where refusals have another reason.
    private func gaps(at service: Endpoint, in survey: Survey) -> [Gap]? {
        let attempts = survey.ownAttempts(at: service)
        let known = survey.aggregates.forgotten.connections(to: service).map(\.reset.time)
        var gaps: [Gap] = []
        var refusals: [ConnectOutcomes.Entry] = []
        var lastServed: Int64?
        for attempt in attempts {
            switch attempt.outcome {
            case .refused: refusals.append(attempt)
            case .served:
                if let first = refusals.first {
                    // What went on meanwhile is looked at below.
                    let before = (lastServed ?? known.last { $0 <= first.begin })
                        .map { min($0, first.begin) }
                    if let before {
                        gaps.append(Gap(before: before, refusals: refusals, after: attempt.begin))
                    }
                }
                refusals = []
                lastServed = max(lastServed ?? .min, attempt.end)
            case .unanswered, .rejected, .reset: break
            }
        }
        guard (1...Self.mostGaps).contains(gaps.count) else { return nil }
        let areWhole = gaps.allSatisfy { gap in
            gap.refusals.count >= Self.leastRefusals && gap.end - gap.begin >= Self.leastGap
                && gap.after >= gap.end
                && !attempts.contains {
                    $0.outcome == .served && $0.begin < gap.begin && $0.end > gap.end
                }
        }
        return areWhole ? gaps : nil
    }

    private func finding(on service: Endpoint, _ gaps: [Gap], in survey: Survey) -> Finding? {
        let refusals = gaps.flatMap(\.refusals)
        guard let first = refusals.first, let last = gaps.last else { return nil }
        let events = refusals.compactMap { entry in
            entry.refusal.map { (Endpoint(entry.initiator, port: entry.initiatorPort), $0) }
        }
        let initiators = Set(refusals.map(\.initiator))
        return finding(
            in: survey,
            reason: gaps.count > 1 ? "repeatedly" : "once",
            severity: .warning,
            confidence: .medium,
            status: .likely,
            subject: Subject(
                initiator: initiators.count == 1 ? initiators.first : nil,
                responder: service.address,
                responderPort: service.port,
                encapsulation: events.first?.1.encapsulation ?? .plain
            ),
            summary: summary(of: gaps, at: service),
            explanation: """
                The last packet of a connection that was served came \
                \(Wording.duration(first.begin - gaps[0].before)) before the first refusal, and the next one \(Wording.duration(last.after - last.end)) after the last refusal.
                """,
            count: gaps.count,
            flows: refusals.count,
            metrics: [
                Metric("restarts", gaps.count),
                Metric("refusals", refusals.count),
                Metric("away_us", nanoseconds: gaps.map { $0.after - $0.begin }.max() ?? 0),
                Metric("destination_port", Int(service.port)),
            ],
            evidence: events.map { initiator, event in
                Evidence(
                    event: event,
                    isFromInitiator: false,
                    ends: Evidence.Ends(source: service, destination: initiator),
                    errorSender: .other,
                    note: "refuses a connection while the service is away"
                )
            },
            causes: gaps.count > 1
                ? ["service-crashes", "restart-policy"] : ["service-restarted", "service-crashed"],
            checks: [
                Check(
                    on: service.address.description,
                    "journalctl -b --since '1 hour ago' | grep -Ei 'start|stop|killed|dumped'",
                    "Which service ended and was started at that time, and why?"
                )
            ],
            firstSeen: first.begin,
            lastSeen: last.after,
            isEstablished: false
        )
    }

    private func summary(of gaps: [Gap], at service: Endpoint) -> String {
        let refusals = Wording.count(gaps.reduce(0) { $0 + $1.refusals.count }, "connection")
        guard gaps.count == 1 else {
            let longest = gaps.map { $0.after - $0.begin }.max() ?? 0
            return """
                \(service) was down \(Wording.times(gaps.count)), for up to \(Wording.duration(longest)), refused \(refusals) \
                meanwhile, and served before and after each time.
                """
        }
        return """
            \(service) was down for \(Wording.range(gaps[0].end - gaps[0].begin, gaps[0].after - gaps[0].before)) and \
            refused \(refusals) in that time. It served before and after.
            """
    }

    /// A time in which a service refused everybody.
    private struct Gap {
        /// When the last connection before it was made, and the first one after it, in nanoseconds
        /// since 1970.
        let before: Int64
        /// Never empty.
        let refusals: [ConnectOutcomes.Entry]
        let after: Int64

        var begin: Int64 { refusals.first?.begin ?? before }
        var end: Int64 { refusals.map(\.end).max() ?? before }
    }
}
