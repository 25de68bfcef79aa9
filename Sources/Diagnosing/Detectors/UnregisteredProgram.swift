import Tracking

/// Speaks when a port mapper knows nothing of a program that somebody wants to call.
package struct UnregisteredProgram: Detector {
    package static let manual = Manual(
        id: "rpc-not-registered",
        title: "RPC program not registered",
        group: .refusal,
        sees: """
            A port mapper or rpcbind (port 111, over UDP or TCP) answers GETPORT with port 0, or GETADDR with an \
            empty address; or it refuses the query, and the client gets no other answer from it.
            """,
        means: """
            The service that the client wants is not running on that host, has ended, or never registered. The \
            client has no port to connect to, so a mount, a lock or a quota request fails or hangs before its \
            first SYN.
            """,
        unless: """
            A client that is refused one version or transport and gets a port for another has fallen back, which \
            is a note. Versions 4 and 3 of rpcbind are tried before version 2, so a refusal does not count if a \
            later query is answered. A service that starts late registers late; the finding then says when.
            """,
        check: """
            On the host of the port mapper, rpcinfo -p lists what is registered. From the client, rpcinfo -p \
            HOST shows whether it sees the same. Then check the service itself (systemctl status, its log).
            """,
        sources: [.rfc(1833, section: "3.2"), .rfc(5531, section: "9")],
        example: Exchange(from: "192.0.2.10:1022", to: "198.51.100.20:111") {
            client.getPort(of: 100_021, version: 4, call: 71).flagged
            server.port(0, call: 71).flagged
            pause(.seconds(5))
            client.getPort(of: 100_021, version: 4, call: 72).flagged
            server.port(0, call: 72).flagged
        },
        nearMiss: Exchange(from: "192.0.2.10:1022", to: "198.51.100.20:111") {
            client.getPort(of: 100_021, version: 4, call: 71)
            server.port(0, call: 70)
            server.port(304, call: 71)
        }
    )

    package static let needs: Signals? = nil

    package static func blame(for finding: Finding) -> [FaultSide] {
        [.server]
    }

    package init() {}

    package func examine(_ survey: Survey) -> [Finding] {
        PortmapInquiry.all(in: survey.portmap).compactMap { inquiry in
            let failures = inquiry.failures
            guard let worst = failures.min(by: { $0.outcome.rank < $1.outcome.rank }) else {
                return nil
            }
            return finding(on: inquiry, failures, worst, in: survey)
        }
    }

    private func finding(
        on inquiry: PortmapInquiry,
        _ failures: [PortmapInquiry.Failure],
        _ worst: PortmapInquiry.Failure,
        in survey: Survey
    ) -> Finding {
        let reported = failures.filter { $0.outcome.reason == worst.outcome.reason }
        let exchanges = failures.map(\.exchange)
        let (first, last) = (exchanges[0], exchanges[exchanges.count - 1])
        let omitted = exchanges.reduce(into: Set<PortmapExchange.Topic>()) { $0.insert($1.topic) }
            .reduce(0) { $0 + survey.portmap.repeated[$1, default: 0] }
        let count = exchanges.count + omitted
        let ports = Set(exchanges.map(\.client.port))
        let evidence = exchanges.flatMap(evidence)
        let service = worst.exchange.question.service
        let words = Words(inquiry: inquiry, reported: reported, worst: worst, count: count)
        var subject = Subject(
            initiator: inquiry.client,
            initiatorPort: ports.count == 1 ? ports.first : nil,
            responder: inquiry.server.address,
            responderPort: inquiry.server.port,
            encapsulation: first.call.encapsulation
        )
        subject.transport = first.transport
        return finding(
            in: survey,
            reason: worst.outcome.reason,
            severity: worst.outcome.isFallback ? .note : .warning,
            confidence: .high,
            status: .confirmed,
            subject: subject,
            summary: words.summary,
            explanation: words.explanation,
            count: count,
            headline: words.headline,
            metrics: [
                Metric("source_port", Int(first.client.port)),
                Metric("destination_port", Int(inquiry.server.port)),
                Metric("program", Int(service.program)),
                Metric("version", Int(service.version)),
                Metric("transport", service.transport?.name.lowercased() ?? "other"),
                Metric("portmap_version", Int(worst.exchange.question.version)),
                Metric("questions", count),
                Metric("services", Set(reported.map(\.exchange.question.service)).count),
            ],
            evidence: evidence,
            proofCount: evidence.count + 2 * omitted,
            causes: worst.outcome.causes,
            checks: words.checks,
            firstSeen: first.call.time,
            lastSeen: last.reply.time,
            isEstablished: true
        )
    }

    private func evidence(of exchange: PortmapExchange) -> [Evidence] {
        [
            Evidence(
                event: exchange.call.event,
                isFromInitiator: true,
                ends: .init(source: exchange.client, destination: exchange.server),
                errorSender: .other,
                note: exchange.callText
            ),
            Evidence(
                event: exchange.reply.event,
                isFromInitiator: false,
                ends: .init(source: exchange.server, destination: exchange.client),
                errorSender: .other,
                note: exchange.replyText
            ),
        ]
    }
}

/// What a finding says.
private struct Words {
    let inquiry: PortmapInquiry
    /// The failures to be told: the worst, and those like it.
    let reported: [PortmapInquiry.Failure]
    let worst: PortmapInquiry.Failure
    let count: Int

    private var service: RPCService { worst.exchange.question.service }
    private var host: Address { inquiry.server.address }

    /// Each service once.
    private var services: [RPCService] {
        reported.map(\.exchange.question.service).reduce(into: []) { list, service in
            if !list.contains(service) { list.append(service) }
        }
    }

    var headline: String { "\(inquiry.client) finds no \(service.name) at \(host)" }

    var summary: String {
        let names = services.enumerated().map { index, service in
            let isNew = !services[..<index].contains { $0.program == service.program }
            return service.nameWithTransport + (isNew ? " (program \(service.program))" : "")
        }
        let asked = """
            \(inquiry.client) asked the port mapper of \(host) \(Wording.times(count)) for \(Wording.list(names))
            """
        switch worst.outcome {
        case .never:
            let which = services.count > 1 ? "none of which is" : "which is not"
            return "\(asked), \(which) registered there."
        case .gone(let before):
            let packets = (before.reply.packet, worst.exchange.reply.packet)
            return
                "\(asked), which was registered there in packet \(packets.0) and no longer in \(packets.1)."
        case .refused(let refusal):
            return "\(asked) and got no answer: \(refusal.meaning)."
        case .later(let later):
            let time = Wording.duration(later.reply.time - worst.exchange.reply.time)
            return "\(asked), which registered only \(time) later (packet \(later.reply.packet))."
        case .other(let other):
            let instead = other.question.service.nameWithTransport
            return "\(asked), which is not registered there, and got a port for \(instead) instead."
        }
    }

    var explanation: String {
        let packet = worst.exchange.reply.packet
        switch worst.outcome {
        case .never:
            return """
                Packet \(packet) answers \(procedure) with \(nothing): the service does not run on \(host), or \
                could not register. The client has no port to connect to.
                """
        case .gone:
            return
                "Packet \(packet) answers \(procedure) with \(nothing): the service has ended since."
        case .refused:
            return "Packet \(packet) refuses the call itself, and no later query was answered."
        case .later:
            return
                "Packet \(packet) answers \(procedure) with \(nothing): the service had not started yet."
        case .other:
            return
                "A client that tries one version or transport after the other is not harmed."
        }
    }

    private var procedure: String { worst.exchange.question.procedure.rawValue }

    private var nothing: String {
        worst.exchange.question.procedure == .getPort ? "port 0" : "an empty address"
    }

    var checks: [Check] {
        let program = service.program
        let transport: Command = service.transport == .udp ? "udp" : "tcp"
        return [
            Check(
                on: host.description,
                "rpcinfo -p | grep -w \(program)",
                "Shows whether \(service.programName) is registered, and for which versions."
            ),
            Check(
                on: inquiry.client.description,
                "rpcinfo -T \(transport) \(host) \(program) \(service.version)",
                "Shows whether the client sees the same."
            ),
        ]
    }
}
