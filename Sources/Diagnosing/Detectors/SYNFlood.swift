import Tracking

/// Speaks when SYNs pour in on one service and hardly any connection comes up.
package struct SYNFlood: Detector {
    package static let manual = Manual(
        id: "syn-flood",
        title: "SYN flood",
        group: .network,
        sees: """
            At least 200 new attempts to one service within a second. Fewer than one in ten were established, \
            fewer than one in five sent their SYN again, and fewer than half were refused.
            """,
        means: """
            An attack, with forged sources or from one host, or a load generator that never completes a \
            handshake. The server keeps a half-open entry for each, or falls back to SYN cookies. Real clients \
            wait or fail.
            """,
        unless: """
            When a service dies, its real clients also arrive in large numbers. They retransmit the same SYN \
            with growing gaps, and a closed port refuses them. One host that tries many ports is a scan.
            """,
        check: """
            On the server: nstat -az TcpExtSyncookiesSent TcpExtListenDrops, and ss -tan state syn-recv; \
            net.ipv4.tcp_syncookies should be 1. Upstream, the sources or the rate can be filtered.
            """,
        elsewhere: """
            Suricata: stream-event:3whs_syn_flood. Zeek: many conn_state S0.
            """,
        sources: [.rfc(4987, section: "3.6"), .rfc(4732, section: "3.1")],
        example: Exchange(to: "198.51.100.20:80") {
            for number: UInt32 in 0..<240 {
                let step = client.syn(seq: 7_000_000 &* number).between(
                    clientPort: 1024 + UInt16(number),
                    client: "203.0.113.\(number)"
                )
                number < 32 ? step.after(.milliseconds(2)).flagged : step.after(.milliseconds(2))
            }
        },
        nearMiss: Exchange(to: "198.51.100.20:80") {
            for number: UInt32 in 0..<240 {
                client.syn(seq: 7_000_000 &* number)
                    .between(clientPort: 1024 + UInt16(number), client: "203.0.113.\(number)")
                    .after(.milliseconds(8))
            }
        }
    )

    /// At most so many in a hundred came up, were sent again, or refused.
    private static let mostCompleted = 10
    private static let mostPersistent = 20
    private static let mostRefused = 50
    /// With so many sources it is not one host's doing.
    private static let manySources = 50

    /// Within this time honest clients send their SYN again, in nanoseconds.
    private static let answerTimeout: Int64 = 1_200_000_000

    package static let explainsPayloadlessFlows = true

    package static let needs: Signals? = nil

    package static func blame(for finding: Finding) -> [FaultSide] {
        [.client]
    }

    package init() {}

    package func examine(_ survey: Survey) -> [Finding] {
        let rate = Int(survey.capture.thresholds.floodRate)
        let floods = survey.aggregates.serviceCounters.filter { isFlood($0, of: rate) }
        guard !floods.isEmpty, !isUnansweredEverywhere(beside: floods, in: survey) else {
            return []
        }
        return floods.map { finding(on: $0, in: survey) }
    }

    /// Whether other services got as many SYNs from other hosts, and answered nearly none: the
    /// answers take another way.
    private func isUnansweredEverywhere(
        beside floods: [ServiceCounter],
        in survey: Survey
    ) -> Bool {
        let flooded = Set(floods.map(\.service))
        let others = survey.aggregates.serviceCounters.filter { !flooded.contains($0.service) }
        let clients = others.reduce(into: Set<Address>()) { clients, counter in
            if clients.count < Self.manySources { clients.formUnion(counter.sources) }
        }
        let attempts = others.reduce(0) { $0 + $1.attempts }
        let answered = others.reduce(0) { $0 + $1.answered }
        return attempts >= floods.reduce(0) { $0 + $1.attempts } && answered * 10 < attempts
            && clients.count >= Self.manySources
    }

    private func isFlood(_ serviceCounter: ServiceCounter, of rate: Int) -> Bool {
        guard serviceCounter.attempts >= rate, serviceCounter.peak() >= rate else { return false }
        return serviceCounter.established * 100
            < (serviceCounter.attempts + serviceCounter.established) * Self.mostCompleted
            && serviceCounter.persistent * 100 < serviceCounter.attempts * Self.mostPersistent
            && serviceCounter.refusals * 100 < serviceCounter.attempts * Self.mostRefused
    }

    private func finding(on serviceCounter: ServiceCounter, in survey: Survey) -> Finding {
        let sources = serviceCounter.sources.sorted()
        let isSingle = sources.count == 1
        let kind =
            isSingle
            ? "single-source" : sources.count >= Self.manySources ? "many-sources" : "few-sources"
        let from =
            isSingle
            ? sources[0].description
            : serviceCounter.hasMoreSources
                ? "more than \(sources.count) hosts" : "\(sources.count) hosts"
        let time = Wording.duration(serviceCounter.lastTime - serviceCounter.firstTime)
        let span = serviceCounter.lastTime - serviceCounter.firstTime
        let service = serviceCounter.service
        let rate = span > 1_000_000_000 ? ", up to \(serviceCounter.peak()) within a second" : ""
        let isPending = max(span, survey.capture.end - serviceCounter.lastTime) < Self.answerTimeout
        return finding(
            in: survey,
            reason: kind,
            severity: isPending ? .warning : .error,
            confidence: isPending ? .medium : .high,
            status: isPending ? .pending : .confirmed,
            subject: Subject(
                initiator: isSingle ? sources[0] : nil,
                responder: service.address,
                responderPort: service.port,
                encapsulation: serviceCounter.examples.first?.syn.encapsulation ?? .plain
            ),
            guards: isPending ? [.captureEnded] : [],
            summary: """
                \(service) got \(serviceCounter.attempts) SYNs from \(from) in \(time)\(rate), \
                and \(established(in: serviceCounter)) established meanwhile.
                """,
            explanation: explanation(of: serviceCounter, isPending: isPending),
            count: serviceCounter.attempts,
            flows: serviceCounter.attempts,
            headline: "\(service) is flooded with SYNs",
            metrics: [
                Metric("syns", serviceCounter.attempts),
                Metric("peak_per_second", serviceCounter.peak()),
                Metric("sources", sources.count),
                Metric("answered", serviceCounter.answered),
                Metric("synacks", serviceCounter.answers),
                Metric("established", serviceCounter.established),
                Metric("span_us", nanoseconds: span),
                Metric("destination_port", Int(service.port)),
            ],
            evidence: serviceCounter.examples.map { example in
                Evidence(
                    event: example.syn,
                    isFromInitiator: true,
                    ends: Evidence.Ends(source: example.initiator, destination: service),
                    errorSender: .other,
                    note: "SYN from \(example.initiator)"
                )
            },
            proofCount: serviceCounter.attempts,
            causes: ["denial-of-service", "load-generator"],
            checks: [
                Check(
                    on: service.address.description,
                    "nstat -az TcpExtSyncookiesSent TcpExtListenDrops",
                    "SyncookiesSent that rises: real clients are still served, by cookies."
                )
            ],
            firstSeen: serviceCounter.firstTime,
            lastSeen: serviceCounter.lastTime,
            isEstablished: false
        )
    }

    private func established(in serviceCounter: ServiceCounter) -> String {
        switch serviceCounter.established {
        case 0: "no connection was"
        case 1: "only one connection was"
        case let count: "only \(count) connections were"
        }
    }

    private func explanation(of serviceCounter: ServiceCounter, isPending: Bool) -> String {
        let answers =
            serviceCounter.answered == 0
            ? "No SYN was answered."
            : "\(serviceCounter.answered) SYNs were answered, with \(Wording.count(serviceCounter.answers, "SYN-ACK")) in all."
        // Honest clients have had no time yet to send their SYN again.
        if isPending { return answers }
        // Whoever was answered had no reason to.
        if serviceCounter.answered * 2 >= serviceCounter.attempts {
            return "\(answers) Real clients would have completed the handshake."
        }
        let retransmitted =
            serviceCounter.persistent == 0
            ? "none of these was" : "only \(serviceCounter.persistent) of these were"
        return "\(answers) Real clients retransmit unanswered SYNs; \(retransmitted) retransmitted."
    }
}
