import Tracking

/// Speaks when connections come up, close without a word of the responder, and are opened again and again.
package struct ReconnectLoop: Detector {
    package static let manual = Manual(
        id: "reconnect-loop",
        title: "reconnect loop",
        group: .ending,
        sees: """
            Within 60 s five or more connections of one host to one service came up and closed in the same manner, one \
            after the other, \
            and the responder closed or reset each of them without having sent any data.
            """,
        means: """
            TCP works and the application does not: the service turns the client away (a limit of connections or \
            descriptors, access rules, no backend behind a load balancer), or takes requests that it never answers. \
            The client tries again and again, as a mount or a connection pool does.
            """,
        unless: """
            A client that opens connections and closes them itself without a word is a health check, a probe, or a \
            browser's preparation. Connections on which the responder said something are work, however short.
            """,
        check: """
            The service's log at the time of the first close; there, the number of its open descriptors, its \
            connection limit and its access rules (hosts.allow); on a load balancer, the state of the backends.
            """,
        sources: [
            .rfc(9293, section: "3.5"),
            .page("nfs-ganesha issue 1131, ntirpc issue 265: accept, then close at once"),
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

    /// So many connections within the window.
    private static let leastReconnects = 5
    /// In nanoseconds.
    private static let window: Int64 = 60_000_000_000

    package static let needs: History.Traits? = nil

    package static func blame(for finding: Finding) -> [FaultSide] {
        [.server]
    }

    package init() {}

    package func examine(_ survey: Survey) -> [Finding] {
        let pairs = survey.aggregates.emptyConnections.sorted {
            ($0.key.initiator, $0.key.service) < ($1.key.initiator, $1.key.service)
        }
        return pairs.compactMap { pair, connections in
            let visits = connections.visits.sorted {
                ($0.begin, $0.firstPacket) < ($1.begin, $1.firstPacket)
            }
            for manner in Manner.allCases {
                let alike = Self.oneAfterTheOther(visits.filter { self.manner(of: $0) == manner })
                if isLoop(alike) {
                    return finding(on: alike, manner, of: pair, connections, in: survey)
                }
            }
            return nil
        }
    }

    /// Without those that began before the one before them had ended: connections side by side are no loop.
    private static func oneAfterTheOther(
        _ visits: [EmptyConnections.Visit]
    ) -> [EmptyConnections.Visit] {
        visits.reduce(into: []) { line, visit in
            if visit.begin >= line.last?.end ?? .min { line.append(visit) }
        }
    }

    /// How a connection was turned away; `nil` if nobody turned anybody away.
    private func manner(of visit: EmptyConnections.Visit) -> Manner? {
        visit.isClosedByInitiator ? nil : visit.isReset ? .reset : .closed
    }

    private func isLoop(_ visits: [EmptyConnections.Visit]) -> Bool {
        guard visits.count >= Self.leastReconnects else { return false }
        return zip(visits, visits.dropFirst(Self.leastReconnects - 1)).contains {
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
        return Finding(
            pathology: Self.manual.id,
            reason: manner.rawValue,
            // Whoever only sends, as loggers do, may be closed without an answer.
            severity: manner == .closed && requests > 0 ? .note : .warning,
            confidence: .medium,
            status: .likely,
            subject: Subject(
                initiator: pair.initiator,
                initiatorPort: ports.count == 1 ? ports.first : nil,
                responder: pair.service.address,
                responderPort: pair.service.port,
                encapsulation: first.encapsulation
            ),
            guards: survey.guards,
            summary: """
                \(pair.initiator) connected to \(pair.service) \(Wording.times(count)) in \(time), and each time \
                \(manner.inWords(pair)) before \(pair.service.address) had sent any data.
                """,
            explanation: """
                \(requests == 0 ? "No request was sent" : "\(requests) of them carried a request") before that; the \
                first closed \(Wording.duration(first.end - first.begin)) after its SYN.
                """,
            count: count,
            flows: count,
            speaksForAll: true,
            headline: "\(pair.initiator) connects to \(pair.service) in vain, again and again",
            metrics: [
                Metric("connections", count),
                Metric("with_request", requests),
                Metric("first_lasted_us", nanoseconds: first.end - first.begin),
                Metric("span_us", nanoseconds: last.end - first.begin),
                Metric("destination_port", Int(pair.service.port)),
            ],
            evidence: visits.prefix(Finding.evidenceLimit).map { visit in
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
            evidenceOmitted: max(0, count - Finding.evidenceLimit),
            causes: ["turned-away-by-the-application", "connection-limit", "no-backend"],
            checks: [
                Check(
                    on: pair.service.address.description,
                    "ss -tanp sport = :\(pair.service.port)",
                    "how many connections does the service hold, and does it accept more?"
                )
            ],
            firstSeen: first.begin,
            lastSeen: last.end,
            begin: first.begin,
            isEstablished: true
        )
    }

    /// How the connections ended.
    private enum Manner: String, CaseIterable {
        case closed = "closed-by-server"
        case reset = "reset-by-server"

        func inWords(_ pair: Aggregates.Pair) -> String {
            switch self {
            case .closed: "\(pair.service.address) closed the connection"
            case .reset: "\(pair.service.address) reset the connection"
            }
        }
    }
}
