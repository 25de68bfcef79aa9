import Diagnosing
import Tracking

/// Incidents, findings and handshakes as events: the same object in the report and on a stream.
package struct EventJSON {
    static let schemaVersion = "1.1"

    let hasNanoseconds: Bool
    /// The names of the inputs, in the report's order.
    let inputs: [String]
    /// Where each packet came from; `nil` for one input.
    let origins: FrameOrigins?

    /// What listens where.
    let services: ServiceNames

    /// What the numbers of VLANs and tunnels stand for.
    let encapsulations: EncapsulationTable

    /// Who captured live, and on which interface; several have no one name.
    let sensor: String?
    let interface: String?
    /// When an event of a live analysis is reported, and as the how manieth; `nil` in a report.
    package var stamp: Stamp?
    package var form = Form.flat

    /// When a live analysis reports an event.
    package struct Stamp: Sendable {
        /// In nanoseconds since 1970.
        package let time: Int64
        /// Rises by one with each event, from 1.
        package let sequence: UInt64

        package init(time: Int64, sequence: UInt64) {
            self.time = time
            self.sequence = sequence
        }
    }

    /// How an event is wrapped.
    package enum Form: Sendable {
        /// As the schema has it, with a flat envelope.
        case flat
        /// In the fields of the Elastic Common Schema.
        case ecs
    }

    package init(
        hasNanoseconds: Bool,
        inputs: [String],
        origins: FrameOrigins? = nil,
        services: ServiceNames = ServiceNames(),
        encapsulations: EncapsulationTable = EncapsulationTable(),
        sensor: String? = nil,
        interface: String? = nil
    ) {
        self.sensor = sensor
        self.interface = interface
        self.hasNanoseconds = hasNanoseconds
        self.inputs = inputs
        self.origins = origins
        self.services = services
        self.encapsulations = encapsulations
    }

    /// The event of one incident.
    package func incident(_ incident: Incident) -> JSONValue {
        written { write(incident, to: &$0) }
    }

    /// The event of one finding of `incident`.
    package func finding(_ link: Incident.Link, of incident: Incident) -> JSONValue {
        written { write(link, of: incident, to: &$0) }
    }

    /// What is written to a writer of its own.
    func written(_ body: (inout JSONWriter) -> Void) -> JSONValue {
        var json = JSONWriter()
        body(&json)
        return .written(json.octets)
    }

    /// Writes the event of one incident; `state` is what became of it live, unless its connections
    /// came up again.
    func write(_ incident: Incident, state: String? = nil, to json: inout JSONWriter) {
        let root = incident.chain[0]
        let about = Envelope.About(
            id: incident.id,
            pathology: incident.root.pathology,
            severity: incident.severity,
            message: incident.headline,
            end: incident.lastSeen
        )
        beginEvent("incident", at: incident.firstSeen, root, about, to: &json)
        json.beginObject()
        json.member("id", incident.id)
        let hasRecovered = incident.state == .recovered && state != "withdrawn"
        json.member("state", hasRecovered ? "recovered" : state ?? incident.state?.rawValue)
        json.member("severity", incident.severity.name)
        json.member("title", incident.headline)
        if !incident.blame.isEmpty {
            json.memberOfAll("blame", incident.blame.lazy.map(\.rawValue))
        }
        json.member("pathology", incident.root.pathology)
        json.member("verdict", incident.verdict)
        json.memberOfAll("chain", incident.chain.lazy.map(\.id))
        if !incident.knownIssues.isEmpty {
            json.name("known_issues")
            json.beginArray()
            for issue in incident.knownIssues { write(issue, to: &json) }
            json.endArray()
        }
        json.member("next", incident.checks.map(\.line))
        json.member("first_seen", text(of: incident.firstSeen))
        json.member("last_seen", text(of: incident.lastSeen))
        json.member("flows", incident.flows)
        json.member("connections", incident.connections)
        json.member("failed", incident.failed)
        json.member("clients", incident.clientCount)
        endEvent(&json)
    }

    /// Writes the event of one finding of `incident`.
    func write(_ link: Incident.Link, of incident: Incident, to json: inout JSONWriter) {
        let finding = link.finding
        let about = Envelope.About(
            id: link.id,
            pathology: finding.pathology,
            severity: finding.severity,
            message: services.introduced(in: finding.summary, of: finding.subject),
            end: finding.lastSeen
        )
        beginEvent("finding", at: finding.firstSeen, link, about, to: &json)
        json.beginObject()
        json.member("id", link.id)
        json.member("pathology", finding.pathology)
        json.member("reason", finding.reason)
        json.member("severity", finding.severity.name)
        json.member("confidence", finding.confidence.rawValue)
        json.member("status", finding.status.rawValue)
        json.member("incident", incident.id)
        json.member("role", link.role.rawValue)
        json.member("vantage", finding.viewpoint.vantage.rawValue)
        json.member("vantage_confidence", finding.viewpoint.confidence.rawValue)
        json.memberOfAll("guards", finding.guards.lazy.map(\.rawValue))
        json.member("summary", about.message)
        if !finding.explanation.isEmpty { json.member("explanation", finding.explanation) }
        json.member("quote", finding.quote?.text)
        json.member("first_seen", text(of: finding.firstSeen))
        json.member("last_seen", text(of: finding.lastSeen))
        json.member("duration_us", microsecondsOf: finding.lastSeen - finding.firstSeen)
        json.member("count", finding.count)
        json.name("metrics")
        json.beginObject()
        for metric in finding.metrics {
            json.name(text: metric.name)
            write(metric.value, to: &json)
        }
        json.endObject()
        json.name("evidence")
        json.beginArray()
        for evidence in finding.evidence {
            write(evidence, since: finding.firstSeen, to: &json)
        }
        json.endArray()
        json.member("evidence_omitted", finding.evidenceOmitted)
        json.member("causes", finding.causes)
        json.member("next", finding.checks.map(\.line))
        json.member("refs", Catalog.references(of: finding.pathology))
        json.member(
            "related",
            incident.chain.map(\.finding.pathology).filter { $0 != finding.pathology }
        )
        endEvent(&json)
    }

    /// Writes the event of one handshake.
    func write(_ handshake: Handshake, to json: inout JSONWriter) {
        let envelope = Envelope(
            time: handshake.begin,
            frame: handshake.firstPacket,
            source: (handshake.initiator.address, handshake.initiator.port),
            destination: (handshake.responder.address, handshake.responder.port),
            communityID: CommunityID.text(handshake.initiator, handshake.responder),
            encapsulation: handshake.encapsulation,
            begin: handshake.begin
        )
        beginEvent("handshake", envelope, to: &json)
        json.beginObject()
        json.member("outcome", handshake.outcome.name)
        json.member("history", handshake.history.text)
        json.member("syns", Int(handshake.syns))
        json.member("synacks", Int(handshake.synAcks))
        json.member("isns", Int(handshake.attempts))
        json.member("icmp_errors", Int(handshake.icmpErrors))
        json.member("syn_to_synack_us", handshake.answerDelay)
        json.member("synack_to_ack_us", handshake.completionDelay)
        json.member("total_us", total(of: handshake))
        endEvent(&json)
    }

    private func total(of handshake: Handshake) -> UInt64? {
        guard let first = handshake.answerDelay, let second = handshake.completionDelay else {
            return nil
        }
        return UInt64(first) + UInt64(second)
    }

    func time(_ nanoseconds: Int64) -> JSONValue { .string(text(of: nanoseconds)) }

    func text(of nanoseconds: Int64) -> String {
        UTCTime.text(nanoseconds, hasNanoseconds: hasNanoseconds)
    }

    private func write(_ issue: KnownIssue, to json: inout JSONWriter) {
        json.beginObject()
        json.member("id", issue.id)
        json.member("title", issue.title)
        json.member("reference", issue.reference)
        json.member("cure", issue.cure)
        json.endObject()
    }

    private func write(_ value: Metric.Value, to json: inout JSONWriter) {
        switch value {
        case .integer(let number): json.write(number)
        case .number(let number): json.write(number)
        case .flag(let isSet): json.write(isSet)
        case .text(let text): json.write(text)
        }
    }
}

extension Check {
    /// On one line: where, what, and what it tells.
    package var line: String {
        let prefix = host.map { "on \($0): " } ?? ""
        return command.isEmpty ? prefix + tells : "\(prefix)\(command.text)   # \(tells)"
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

/// What a service is called, and who says so.
extension EventJSON {
    func service(at endpoint: (address: Address?, port: UInt16?)) -> ServiceName? {
        guard let port = endpoint.port else { return nil }
        return endpoint.address.map { services.name(of: Endpoint($0, port: port)) }
            ?? ServiceNames.name(of: port)
    }

    /// What the ClientHello of a finding about TLS asked for.
    func name(of finding: Finding) -> JSONValue? {
        for (metric, source) in [("server_name", "tls-sni"), ("alpn", "tls-alpn")] {
            guard case .text(let name)? = finding[metric: metric] else { continue }
            return .members(("name", .string(name)), ("source", .string(source)))
        }
        return nil
    }
}
