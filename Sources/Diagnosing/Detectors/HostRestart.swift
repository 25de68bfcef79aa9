import Tracking

/// Speaks when a host does not know its connections any more, and refuses what it had served.
package struct HostRestart: Detector {
    package static let manual = Manual(
        id: "host-restart",
        title: "host restarted",
        group: .staleState,
        sees: """
            A host answered a segment of a live connection with a bare RST, as a stack without a socket does. It had sent \
            neither FIN nor RST on it before. Within five minutes it refused new connections to a service that it \
            had served, and served no client meanwhile.
            """,
        means: """
            The host was restarted, or failed over to another one: its stack is up again and knows no connection, its \
            service is not up yet. Connections that were open are lost, and the next attempts fail until the service \
            listens.
            """,
        unless: """
            A process that ends closes its connections by FIN, or by a RST with ACK. A device that forgot one connection \
            leaves the service as it was. RSTs from another network card than the SYN-ACKs are another host's. A firewall that begins to reject with tcp-reset looks alike: no capture at the \
            client tells the two apart.
            """,
        check: """
            On the host: uptime, last reboot, and the log of its cluster or hypervisor at that time. \
            systemctl status shows since when the service runs.
            """,
        sources: [.rfc(9293, section: "3.5.1"), .rfc(9293, section: "3.10.7.1")],
        followsFrom: ["port-reuse"],
        example: Exchange(to: "198.51.100.20:2049") {
            ScriptOpening.tcp
            client.data([UInt8](repeating: 46, count: 120))
            server.data([UInt8](repeating: 46, count: 80))
            client.ack()
            client.data([UInt8](repeating: 46, count: 120)).after(.seconds(60))
            server.rst(seq: 5081).flagged
            for port: UInt16 in 40_001...40_003 {
                client.syn(seq: 1000).between(clientPort: port).after(.seconds(3))
                server.rstAck(ack: 1001).between(clientPort: port).flagged
            }
        },
        nearMiss: Exchange(to: "198.51.100.20:2049") {
            ScriptOpening.tcp
            client.data([UInt8](repeating: 46, count: 120))
            server.data([UInt8](repeating: 46, count: 80))
            client.ack()
            client.data([UInt8](repeating: 46, count: 120)).after(.seconds(60))
            server.rst(seq: 5081)
            client.syn(seq: 1000).between(clientPort: 40_001).after(.seconds(3))
            server.synAck(seq: 5000, ack: 1001).between(clientPort: 40_001)
            client.ack(seq: 1001, ack: 5001).between(clientPort: 40_001)
        }
    )

    /// A host that starts has its services up by then, in nanoseconds.
    private static let mostDelay: Int64 = 300_000_000_000

    package static let needs: Signals? = nil

    package static let saysToo: [any Detector.Type] = [
        AbortiveClose.self, ConnectionRefused.self, ServiceRestart.self,
    ]

    package static func blame(for finding: Finding) -> [FaultSide] {
        finding.party("restarted").map { [$0] } ?? [.server]
    }

    package init() {}

    package func examine(_ survey: Survey) -> [Finding] {
        let outcomes = survey.aggregates.outcomes
        let crashed = Set(survey.aggregates.massResets.all.map(\.service.address))
        return survey.aggregates.forgotten.hosts.flatMap { host, connections -> [Finding] in
            guard !crashed.contains(host) else { return [] }
            let connections = connections.filter { !survey.isElsewhere($0.reset, of: host) }
            let services = outcomes.refusingServices.filter { $0.address == host }
            let restarts = services.compactMap { restart(at: $0, connections, in: survey) }
            // A host that serves anything meanwhile is up.
            let isUp = restarts.contains { restart in
                services.contains { service in
                    outcomes.attempts(at: service).contains {
                        $0.outcome == .served && $0.begin >= restart.begin
                            && $0.begin <= restart.end
                    }
                }
            }
            return isUp ? [] : restarts.compactMap { finding($0, in: survey) }
        }
    }

    /// What a service that its host had served refused after the host forgot a connection; `nil`
    /// where it did not.
    private func restart(
        at service: Endpoint,
        _ connections: [ForgottenConnections.Connection],
        in survey: Survey
    ) -> Restart? {
        let attempts = survey.ownAttempts(at: service)
        for connection in connections {
            let time = connection.reset.time
            let wasServed =
                connection.holder == service
                || attempts.contains { $0.outcome == .served && $0.begin < time }
            let refusals = attempts.filter {
                $0.outcome == .refused && (time...time + Self.mostDelay).contains($0.begin)
            }
            guard wasServed, let last = refusals.map(\.end).max(), last >= time else { continue }
            let again = attempts.first { $0.outcome == .served && $0.begin > last }
            return Restart(
                service: service,
                connections: connections.filter { $0.reset.time >= time && $0.reset.time <= last },
                refusals: refusals,
                servedAgain: again?.begin,
                begin: time,
                end: last
            )
        }
        return nil
    }

    private func finding(_ restart: Restart, in survey: Survey) -> Finding? {
        guard let first = restart.connections.first else { return nil }
        let service = restart.service
        let initiators = Set(restart.refusals.map(\.initiator))
        let evidence = evidence(of: restart)
        return finding(
            in: survey,
            severity: restart.servedAgain == nil ? .error : .warning,
            confidence: .medium,
            status: .likely,
            subject: Subject(
                initiator: initiators.count == 1 ? initiators.first : nil,
                responder: service.address,
                responderPort: service.port,
                encapsulation: first.reset.encapsulation
            ),
            summary: summary(of: restart),
            explanation: """
                The RST of packet \(first.reset.packet) has no ACK and takes its number from the segment that it answers. \
                \(service.address) had sent neither FIN nor RST on that connection before.
                """,
            count: restart.connections.count,
            flows: restart.refusals.count,
            metrics: [
                Metric("forgotten_connections", restart.connections.count),
                Metric("refusals", restart.refusals.count),
                Metric("refused_us", nanoseconds: restart.end - restart.begin),
                Metric("restarted", "server"),
                Metric("destination_port", Int(service.port)),
            ]
                + (restart.servedAgain.map {
                    [Metric("served_again_after_us", nanoseconds: $0 - restart.begin)]
                } ?? []),
            evidence: evidence,
            causes: ["host-restarted", "failover", "firewall-tcp-reset"],
            checks: [
                Check(
                    on: service.address.description,
                    "uptime --since; last -x reboot shutdown",
                    "When did this host start?"
                )
            ],
            firstSeen: restart.begin,
            lastSeen: restart.servedAgain ?? restart.end,
            isEstablished: false
        )
    }

    private func summary(of restart: Restart) -> String {
        let (service, host) = (restart.service, restart.service.address)
        let forgotten = Wording.count(restart.connections.count, "open connection")
        let refused = Wording.count(restart.refusals.count, "connection")
        let end =
            restart.servedAgain.map {
                ", and served again \(Wording.duration($0 - restart.begin)) after the first sign"
            } ?? ""
        return """
            \(host) did not know \(forgotten) any more, then refused \(refused) to port \(service.port) for \
            \(Wording.duration(restart.end - restart.begin))\(end): it was restarted.
            """
    }

    private func evidence(of restart: Restart) -> [Evidence] {
        let resets = restart.connections.map { connection in
            Evidence(
                event: connection.reset,
                isFromInitiator: connection.holder != restart.service,
                ends: Evidence.Ends(source: connection.holder, destination: connection.peer),
                errorSender: .other,
                note: "knows nothing of a connection that was open"
            )
        }
        let refusals = restart.refusals.compactMap { entry in
            entry.refusal.map { event in
                Evidence(
                    event: event,
                    isFromInitiator: false,
                    ends: Evidence.Ends(
                        source: restart.service,
                        destination: Endpoint(entry.initiator, port: entry.initiatorPort)
                    ),
                    errorSender: .other,
                    note: "refuses what it had served before"
                )
            }
        }
        return (resets + refusals).sorted { $0.event.packet < $1.event.packet }
    }

    /// What a service went through when its host was restarted.
    private struct Restart {
        let service: Endpoint
        /// Never empty.
        let connections: [ForgottenConnections.Connection]
        let refusals: [ConnectOutcomes.Entry]
        let servedAgain: Int64?
        /// The first RST to an open connection, and the last refusal, in nanoseconds since 1970.
        let begin: Int64
        let end: Int64
    }
}
