import Diagnosing
import Tracking

/// The members that every event of a flow has.
extension EventJSON {
    /// Flow ids fit a number of JavaScript.
    private static let flowIDBits: UInt64 = 1 << 51

    /// What every event of a flow begins with.
    struct Envelope {
        let time: Int64
        let frame: UInt64?
        let source: (address: Address?, port: UInt16?)
        let destination: (address: Address?, port: UInt16?)
        /// `nil` for what is about more than one four-tuple.
        let communityID: String?
        let encapsulation: EncapsulationID
        var transport = Transport.tcp
        let begin: Int64
        var service: JSONValue?
        var about: About?

        /// What an event says in a nutshell.
        struct About {
            let id: String
            let pathology: String
            let severity: Severity
            let message: String
            /// In nanoseconds since 1970.
            let end: Int64
        }
    }

    func beginEvent(
        _ type: StaticString,
        at time: Int64,
        _ link: Incident.Link,
        _ about: Envelope.About,
        to json: inout JSONWriter
    ) {
        let (finding, subject) = (link.finding, link.finding.subject)
        let envelope = Envelope(
            time: time,
            frame: finding.evidence.first?.event.packet,
            source: (subject.initiatorAddress, subject.initiatorPort),
            destination: (subject.responderAddress, subject.responderPort),
            communityID: link.communityID,
            encapsulation: subject.encapsulation,
            transport: subject.transport,
            begin: finding.begin,
            service: name(of: finding),
            about: about
        )
        beginEvent(type, envelope, to: &json)
    }

    /// Closes the typed object of an event, and the event.
    func endEvent(_ json: inout JSONWriter) {
        json.endObject()
        if form == .ecs { json.endObject() }
        json.endObject()
    }

    /// Writes an event up to its last member, whose value comes next.
    func beginEvent(
        _ type: StaticString,
        _ envelope: Envelope,
        to json: inout JSONWriter
    ) {
        if form == .ecs { return beginECS(type, envelope, to: &json) }
        let (source, destination) = (envelope.source, envelope.destination)
        let flowID = envelope.communityID.map {
            StableID.number(of: "\($0)|\(envelope.begin)") % Self.flowIDBits
        }
        let wrapping = encapsulations.name(of: envelope.encapsulation)
        json.beginObject()
        json.member("schema", Self.schemaVersion)
        json.member("timestamp", text(of: envelope.time))
        json.member("event_type", type.description)
        if let stamp {
            json.member("emitted", text(of: stamp.time))
            json.member("seq", stamp.sequence)
        }
        json.member("sensor", sensor)
        json.member("in_iface", interface)
        json.member("pcap_filename", fileName(of: envelope.frame))
        json.member("pcap_cnt", envelope.frame)
        json.member("flow_id", flowID)
        json.member("community_id", envelope.communityID)
        json.member("src_ip", source.address?.description)
        json.member("src_port", source.port)
        json.member("dest_ip", destination.address?.description)
        json.member("dest_port", destination.port)
        json.member("proto", envelope.transport.name)
        if let address = source.address ?? destination.address {
            json.member("ip_v", address.isIPv4 ? 4 : 6)
        }
        if !wrapping.vlans.isEmpty {
            json.name("vlan")
            json.beginArray()
            for vlan in wrapping.vlans { json.write(Int(vlan)) }
            json.endArray()
        }
        json.member("tunnel", wrapping.tunnel)
        if let service = envelope.service ?? self.service(at: destination).map(\.json) {
            json.name("service")
            service.write(to: &json)
        }
        json.name(type)
    }

    /// The input that a packet came from.
    private func fileName(of frame: UInt64?) -> String? {
        guard let origins else { return inputs.first }
        guard let frame, let origin = origins.origin(of: frame) else { return nil }
        return inputs.indices.contains(origin.input) ? inputs[origin.input] : nil
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
