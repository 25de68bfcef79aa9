import Diagnosing
import Tracking

/// Incidents, findings and handshakes as events: the same object in the report and on a stream.
package struct EventJSON {
    static let schemaVersion = "1.0"
    /// Flow ids fit a number of JavaScript.
    private static let flowIDBits: UInt64 = 1 << 51

    let hasNanoseconds: Bool
    /// The names of the inputs, in the report's order.
    let inputs: [String]
    /// Where each packet came from; `nil` for one input.
    let origins: FrameOrigins?

    /// What listens where.
    let services: ServiceNames

    /// What the numbers of VLANs and tunnels stand for.
    let contexts: Contexts

    /// Which host's which interface an event was seen on, where it was; several have no one name.
    let host: String?
    let interface: String?

    package init(
        hasNanoseconds: Bool,
        inputs: [String],
        origins: FrameOrigins? = nil,
        services: ServiceNames = ServiceNames(),
        contexts: Contexts = Contexts(),
        host: String? = nil,
        interface: String? = nil
    ) {
        self.host = host
        self.interface = interface
        self.hasNanoseconds = hasNanoseconds
        self.inputs = inputs
        self.origins = origins
        self.services = services
        self.contexts = contexts
    }

    /// The event of one incident.
    package func incident(_ incident: Incident) -> JSONValue {
        self.incident(incident, state: nil)
    }

    /// The event of one incident, and what became of it: a report names no state.
    func incident(_ incident: Incident, state: String?) -> JSONValue {
        let body = JSONValue.members(
            ("id", .string(incident.id)),
            ("state", state.map { .string($0) }),
            ("severity", .string(incident.severity.name)),
            ("verdict", .string(incident.verdict)),
            ("chain", .array(incident.chain.map { .string($0.id) })),
            (
                "known_issues",
                incident.knownIssues.isEmpty ? nil : .array(incident.knownIssues.map(issue))
            ),
            ("next", .strings(incident.checks.map(\.line))),
            ("first_seen", time(incident.firstSeen)),
            ("last_seen", time(incident.lastSeen)),
            ("flows", .integer(incident.flows))
        )
        let frame = incident.root.evidence.first?.event.packet
        return envelope("incident", at: incident.firstSeen, frame, incident.root, body)
    }

    /// The event of one finding of `incident`.
    package func finding(_ link: Incident.Link, of incident: Incident) -> JSONValue {
        let finding = link.finding
        let related = incident.chain.map(\.finding.pathology).filter { $0 != finding.pathology }
        let body = JSONValue.members(
            ("id", .string(link.id)),
            ("pathology", .string(finding.pathology)),
            ("reason", finding.reason.map { .string($0) }),
            ("severity", .string(finding.severity.name)),
            ("confidence", .string(finding.confidence.rawValue)),
            ("status", .string(finding.status.rawValue)),
            ("incident", .string(incident.id)),
            ("role", .string(link.role.rawValue)),
            ("vantage", .string(finding.viewpoint.vantage.rawValue)),
            ("vantage_confidence", .string(finding.viewpoint.confidence.rawValue)),
            ("guards", .array(finding.guards.map { .string($0.rawValue) })),
            ("summary", .string(services.introduced(in: finding.summary, of: finding.subject))),
            ("explanation", finding.explanation.isEmpty ? nil : .string(finding.explanation)),
            ("first_seen", time(finding.firstSeen)),
            ("last_seen", time(finding.lastSeen)),
            ("duration_us", .microseconds(finding.lastSeen - finding.firstSeen)),
            ("count", .integer(finding.count)),
            ("metrics", .object(metrics(of: finding))),
            ("evidence", .array(finding.evidence.map { evidence($0, since: finding.firstSeen) })),
            ("evidence_omitted", .integer(finding.evidenceOmitted)),
            ("causes", .strings(finding.causes)),
            ("next", .strings(finding.checks.map(\.line))),
            ("refs", .strings(Catalog.references(of: finding.pathology))),
            ("related", .strings(related))
        )
        return envelope(
            "finding",
            at: finding.firstSeen,
            finding.evidence.first?.event.packet,
            finding,
            body
        )
    }

    package func handshake(_ handshake: Handshake) -> JSONValue {
        let body = JSONValue.members(
            ("outcome", .string(handshake.outcome.name)),
            ("history", .string(handshake.history.text)),
            ("syns", .integer(handshake.syns)),
            ("synacks", .integer(handshake.synAcks)),
            ("isns", .integer(handshake.attempts)),
            ("icmp_errors", .integer(handshake.icmpErrors)),
            ("syn_to_synack_us", handshake.answerDelay.map { .unsigned($0) }),
            ("synack_to_ack_us", handshake.completionDelay.map { .unsigned($0) }),
            ("total_us", total(of: handshake).map { .unsigned($0) })
        )
        return envelope(
            "handshake",
            at: handshake.begin,
            handshake.firstPacket,
            (handshake.initiator.address, handshake.initiator.port),
            (handshake.responder.address, handshake.responder.port),
            in: handshake.context,
            begin: handshake.begin,
            body
        )
    }

    private func total(of handshake: Handshake) -> UInt64? {
        guard let first = handshake.answerDelay, let second = handshake.completionDelay else {
            return nil
        }
        return UInt64(first) + UInt64(second)
    }

    /// The input that a packet came from.
    private func fileName(of frame: UInt64?) -> String? {
        guard let origins else { return inputs.first }
        guard let frame, let origin = origins.origin(of: frame) else { return nil }
        return inputs.indices.contains(origin.input) ? inputs[origin.input] : nil
    }

    func time(_ nanoseconds: Int64) -> JSONValue {
        .string(UTCTime.text(nanoseconds, hasNanoseconds: hasNanoseconds))
    }

    private func envelope(
        _ type: String,
        at time: Int64,
        _ frame: UInt64?,
        _ finding: Finding,
        _ body: JSONValue
    ) -> JSONValue {
        let subject = finding.subject
        return envelope(
            type,
            at: time,
            frame,
            (subject.initiatorAddress, subject.initiatorPort),
            (subject.responderAddress, subject.responderPort),
            in: subject.context,
            transport: subject.transport,
            begin: finding.begin,
            service: name(of: finding),
            body
        )
    }

    private func envelope(
        _ type: String,
        at time: Int64,
        _ frame: UInt64?,
        _ source: (address: Address?, port: UInt16?),
        _ destination: (address: Address?, port: UInt16?),
        in context: Context,
        transport: Transport = .tcp,
        begin: Int64,
        service: JSONValue? = nil,
        _ body: JSONValue
    ) -> JSONValue {
        var communityID: String?
        if let from = source.address, let fromPort = source.port, let to = destination.address,
            let toPort = destination.port
        {
            communityID = CommunityID.text(
                Endpoint(from, port: fromPort),
                Endpoint(to, port: toPort),
                over: transport
            )
        }
        let flowID = communityID.map { StableID.number(of: "\($0)|\(begin)") % Self.flowIDBits }
        let wrapping = contexts.name(of: context)
        let version = (source.address ?? destination.address).map { $0.isIPv4 ? 4 : 6 }
        return .members(
            ("schema", .string(Self.schemaVersion)),
            ("timestamp", self.time(time)),
            ("event_type", .string(type)),
            ("host", host.map { .string($0) }),
            ("in_iface", interface.map { .string($0) }),
            ("pcap_filename", fileName(of: frame).map { .string($0) }),
            ("pcap_cnt", frame.map { .unsigned($0) }),
            ("flow_id", flowID.map { .unsigned($0) }),
            ("community_id", communityID.map { .string($0) }),
            ("src_ip", source.address.map { .string($0.description) }),
            ("src_port", source.port.map { .unsigned($0) }),
            ("dest_ip", destination.address.map { .string($0.description) }),
            ("dest_port", destination.port.map { .unsigned($0) }),
            ("proto", .string(transport.name)),
            ("ip_v", version.map { .integer($0) }),
            ("vlan", wrapping.vlans.isEmpty ? nil : .array(wrapping.vlans.map { .unsigned($0) })),
            ("tunnel", wrapping.tunnel.map { .string($0) }),
            ("service", service ?? self.service(at: destination).map(\.json)),
            (type, body)
        )
    }

    private func issue(_ issue: KnownIssue) -> JSONValue {
        .members(
            ("id", .string(issue.id)),
            ("title", .string(issue.title)),
            ("reference", .string(issue.reference)),
            ("cure", issue.cure.map { .string($0) })
        )
    }

    private func metrics(of finding: Finding) -> [JSONValue.Member] {
        finding.metrics.map { metric in
            let value: JSONValue =
                switch metric.value {
                case .integer(let number): .integer(number)
                case .number(let number): .number(number)
                case .flag(let isSet): .boolean(isSet)
                case .text(let text): .string(text)
                }
            return JSONValue.Member(name: metric.name, value: value)
        }
    }
}

extension ServiceName {
    fileprivate var json: JSONValue {
        switch source {
        case .portmap(let service, let packet):
            .members(
                ("name", .string(name)),
                ("source", .string("portmap")),
                ("program", .unsigned(service.program)),
                ("version", .unsigned(service.version)),
                ("frame", .unsigned(packet))
            )
        case .registry:
            .members(("name", .string(name)), ("source", .string("registry")))
        }
    }
}

extension Check {
    /// On one line: where, what, and what it tells.
    package var line: String {
        let place = host.map { "on \($0): " } ?? ""
        return command.isEmpty ? place + tells : "\(place)\(command)   # \(tells)"
    }
}

extension Event.Kind {
    var name: String {
        switch self {
        case .syn: "SYN"
        case .synAck: "SYN-ACK"
        case .rst: "RST"
        case .fin: "FIN"
        case .data, .portmap: "DATA"
        case .ack, .formerConnection: "ACK"
        // The schema has no word for ARP; its IPv6 counterpart is of ICMPv6.
        case .icmp, .addressClaim: "ICMP"
        }
    }
}
