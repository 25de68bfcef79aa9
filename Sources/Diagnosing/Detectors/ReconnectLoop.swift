import Tracking

/// Speaks when connections come up, close without a word of the responder, and are opened again and
/// again.
package struct ReconnectLoop: Detector {
    package static let manual = Manual(
        id: "reconnect-loop",
        title: "reconnect loop",
        group: .ending,
        sees: """
            Within 60 s five or more connections of one host to one service were established and ended alike, \
            one after the other. The server closed or reset each without having sent any data (closed-by-server, \
            reset-by-server). Or each was turned away, met another protocol, or was left at the certificate \
            (turned-away, protocol-mismatch, certificate-rejected). The reason is crash if the service refused \
            SYNs in between.
            """,
        means: """
            TCP works and the application does not. The service turns the client away (a limit of connections or \
            descriptors, access rules, no backend behind a load balancer), or accepts requests that it never \
            answers. The client tries again and again, as a mount or a connection pool does.
            """,
        unless: """
            A client that opens connections and closes them itself without a request is a health check, a probe, \
            or a browser's spare connection. Connections on which the server sent anything else are work, \
            however short.
            """,
        check: """
            The service's log at the time of the first close; there, the number of its open descriptors, its \
            connection limit and its access rules (hosts.allow); on a load balancer, the state of the backends.
            """,
        sources: [
            .rfc(9293, section: "3.5"),
            .page("nfs-ganesha issue 1131, ntirpc issue 265: accept, then close"),
        ],
        followsFrom: [
            "turned-away", "protocol-mismatch", "certificate-rejected", "listener-crash",
            "port-scan",
        ],
        example: Exchange(to: "198.51.100.20:2049") {
            for visit: UInt16 in 0..<6 {
                client.syn(seq: 1000).between(clientPort: 900 + visit).after(.milliseconds(700))
                    .flagged
                server.synAck(seq: 5000, ack: 1001).between(clientPort: 900 + visit)
                client.ack(seq: 1001, ack: 5001).between(clientPort: 900 + visit)
                server.fin(seq: 5001, ack: 1001).between(clientPort: 900 + visit)
                client.fin(seq: 1001, ack: 5002).between(clientPort: 900 + visit)
                server.ack(seq: 5002, ack: 1002).between(clientPort: 900 + visit)
            }
        },
        nearMiss: Exchange(to: "198.51.100.20:2049") {
            for visit: UInt16 in 0..<6 {
                client.syn(seq: 1000).between(clientPort: 900 + visit).after(.seconds(2))
                server.synAck(seq: 5000, ack: 1001).between(clientPort: 900 + visit)
                client.ack(seq: 1001, ack: 5001).between(clientPort: 900 + visit)
                client.fin(seq: 1001, ack: 5001).between(clientPort: 900 + visit)
                server.fin(seq: 5001, ack: 1002).between(clientPort: 900 + visit)
                client.ack(seq: 1002, ack: 5002).between(clientPort: 900 + visit)
            }
        }
    )

    /// In nanoseconds.
    private static let window: Int64 = 60_000_000_000

    package static let needs: Signals? = nil

    package static func blame(for finding: Finding) -> [FaultSide] {
        switch Manner(rawValue: finding.reason ?? "") {
        case .turnedAway, .certificate: [.server, .client]
        case .mismatch: [.client, .server]
        case .closed, .reset, .crash, nil: [.server]
        }
    }

    package init() {}

    package func examine(_ survey: Survey) -> [Finding] {
        let pairs = survey.aggregates.emptyConnections.sorted {
            ($0.key.initiator, $0.key.service) < ($1.key.initiator, $1.key.service)
        }
        let least = Int(survey.capture.thresholds.reconnects)
        return pairs.compactMap { pair, connections in
            guard connections.visits.count >= least else { return nil }
            let visits = connections.visits.sorted {
                ($0.begin, $0.firstPacket) < ($1.begin, $1.firstPacket)
            }
            for manner in Manner.allCases {
                let alike = Self.oneAfterTheOther(visits.filter { self.manner(of: $0) == manner })
                if isLoop(alike, of: least) {
                    let isCrash =
                        manner == .reset && isCrashing(pair.service, alike, in: survey)
                    return finding(
                        on: alike,
                        isCrash ? .crash : manner,
                        of: pair,
                        connections,
                        in: survey
                    )
                }
            }
            return nil
        }
    }

    /// Without those that began before the one before them had ended: connections side by side are
    /// no loop.
    private static func oneAfterTheOther(
        _ visits: [EmptyConnections.Visit]
    ) -> [EmptyConnections.Visit] {
        visits.reduce(into: []) { line, visit in
            if visit.begin >= line.last?.end ?? .min { line.append(visit) }
        }
    }

    /// How a connection was turned away; `nil` if nobody turned anybody away.
    private func manner(of visit: EmptyConnections.Visit) -> Manner? {
        switch visit.reason {
        case .turnedAway: .turnedAway
        case .protocolMismatch: .mismatch
        case .certificate: .certificate
        case nil: visit.isClosedByInitiator ? nil : visit.isReset ? .reset : .closed
        }
    }

    /// Whether the service refused anybody between two connections that it reset: it dies of each,
    /// and is started again.
    private func isCrashing(
        _ service: Endpoint,
        _ visits: [EmptyConnections.Visit],
        in survey: Survey
    ) -> Bool {
        guard let first = visits.first, let last = visits.last else { return false }
        return survey.capture.outcomes.attempts(at: service).contains {
            $0.outcome == .refused && $0.begin > first.end && $0.begin < last.begin
        }
    }

    private func isLoop(_ visits: [EmptyConnections.Visit], of least: Int) -> Bool {
        guard visits.count >= least else { return false }
        return zip(visits, visits.dropFirst(least - 1)).contains {
            $1.begin - $0.begin <= Self.window
        }
    }

    private func finding(
        on visits: [EmptyConnections.Visit],
        _ manner: Manner,
        of pair: Aggregates.Pair,
        _ connections: EmptyConnections,
        in survey: Survey
    ) -> Finding {
        let (first, last) = (visits[0], visits[visits.count - 1])
        let count = visits.count + connections.omitted
        let time = Wording.duration(last.end - first.begin)
        let ports = Set(visits.map(\.initiatorPort))
        let requests = visits.count(where: \.hasRequest)
        return finding(
            in: survey,
            reason: manner.rawValue,
            // Whoever only sends at times, as loggers do, may be closed without an answer.
            severity: manner == .closed && requests > 0 && requests < visits.count
                ? .note : .warning,
            confidence: .medium,
            status: .likely,
            subject: Subject(
                initiator: pair.initiator,
                initiatorPort: ports.count == 1 ? ports.first : nil,
                responder: pair.service.address,
                responderPort: pair.service.port,
                encapsulation: first.encapsulation
            ),
            summary: """
                \(pair.initiator) connected to \(pair.service) \(Wording.times(count)) in \(time), and each time \
                \(manner.inWords(pair)).
                """,
            explanation: """
                \(requests == 0 ? "No request was sent" : "\(requests) of them carried a request") before that; the \
                first closed \(Wording.duration(first.end - first.begin)) after its SYN.
                """,
            count: count,
            flows: count,
            headline: "\(pair.initiator) reconnects to \(pair.service) again and again",
            metrics: [
                Metric("connections", count),
                Metric("with_request", requests),
                Metric("first_lasted_us", nanoseconds: first.end - first.begin),
                Metric("span_us", nanoseconds: last.end - first.begin),
                Metric("destination_port", Int(pair.service.port)),
            ],
            evidence: visits.map { visit in
                Evidence(
                    event: visit.syn,
                    isFromInitiator: true,
                    ends: Evidence.Ends(
                        source: Endpoint(pair.initiator, port: visit.initiatorPort),
                        destination: pair.service
                    ),
                    errorSender: .other,
                    note: "its connection ended with packet \(visit.lastPacket)"
                )
            },
            proofCount: count,
            causes: manner.causes,
            checks: [
                Check(
                    on: pair.service.address.description,
                    "ss -tanp sport = :\(pair.service.port)",
                    "Counts the connections that the service holds."
                )
            ],
            firstSeen: first.begin,
            lastSeen: last.end,
            isEstablished: true
        )
    }

    /// How the connections ended.
    private enum Manner: String, CaseIterable {
        case turnedAway = "turned-away"
        case mismatch = "protocol-mismatch"
        case certificate = "certificate-rejected"
        case crash
        case closed = "closed-by-server"
        case reset = "reset-by-server"

        func inWords(_ pair: Aggregates.Pair) -> String {
            let server = pair.service.address
            switch self {
            case .turnedAway: return "\(server) turned it away with a refusal"
            case .mismatch: return "\(server) answered in another protocol"
            case .certificate:
                return "\(pair.initiator) left as soon as it had the certificate of \(server)"
            case .crash:
                return """
                    \(server) reset the connection, and refused SYNs in between as a service does that crashes
                    """
            case .closed: return "\(server) closed the connection without having sent any data"
            case .reset: return "\(server) reset the connection without having sent any data"
            }
        }

        var causes: [String] {
            switch self {
            case .turnedAway: ["turned-away-by-the-application"]
            case .mismatch: ["different-protocols"]
            case .certificate: ["certificate-rejected", "monitor"]
            case .crash: ["crash-loop"]
            case .closed, .reset:
                ["turned-away-by-the-application", "connection-limit", "no-backend"]
            }
        }
    }
}
