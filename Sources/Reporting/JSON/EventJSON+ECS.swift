import Diagnosing
import Tracking

/// Events in the fields of the Elastic Common Schema; what those have no field for is under
/// `synopsis`, in the words of our own schema.
extension EventJSON {
    /// The version of the Elastic Common Schema.
    package static let ecsVersion = "8.17.0"

    /// Writes an event up to its typed object, which comes next.
    func beginECS(_ type: StaticString, _ envelope: Envelope, to json: inout JSONWriter) {
        let about = envelope.about
        json.beginObject()
        json.member("@timestamp", text(of: stamp?.time ?? envelope.time))
        json.member("message", about?.message)
        writeEvent(type, envelope, to: &json)
        if let about { write(about, to: &json) }
        write(envelope.source, as: "source", to: &json)
        write(envelope.destination, as: "destination", to: &json)
        writeNetwork(envelope, to: &json)
        json.name("ecs")
        JSONValue.members(("version", .string(Self.ecsVersion))).write(to: &json)
        json.name("observer")
        observer.write(to: &json)
        json.name("synopsis")
        json.beginObject()
        json.member("schema", Self.schemaVersion)
        json.name(type)
    }

    /// An event about no connection.
    func ecs(_ type: String, at time: Int64, _ body: JSONValue) -> JSONValue {
        .members(
            ("@timestamp", self.time(stamp?.time ?? time)),
            (
                "event",
                .members(
                    ("kind", .string(type == "stats" ? "metric" : "event")),
                    ("module", .string("synopsis")),
                    ("dataset", .string("synopsis.\(type)")),
                    ("created", self.time(time)),
                    ("sequence", stamp.map { .unsigned($0.sequence) })
                )
            ),
            ("ecs", .members(("version", .string(Self.ecsVersion)))),
            ("observer", observer),
            ("synopsis", .members(("schema", .string(Self.schemaVersion)), (type, body)))
        )
    }

    private var observer: JSONValue {
        let ingress = interface.map { name in
            JSONValue.members(("interface", .members(("name", .string(name)))))
        }
        return .members(
            ("type", .string("sensor")),
            ("product", .string("synopsis")),
            ("version", .string(Report.toolVersion)),
            ("name", sensor.map { .string($0) }),
            ("ingress", ingress)
        )
    }

    private func writeEvent(
        _ type: StaticString,
        _ envelope: Envelope,
        to json: inout JSONWriter
    ) {
        json.name("event")
        json.beginObject()
        json.member("kind", envelope.about == nil ? "event" : "alert")
        json.memberOfAll("category", ["network"])
        json.memberOfAll("type", ["connection", "info"])
        json.member("module", "synopsis")
        json.member("dataset", "synopsis.\(type)")
        json.member("id", envelope.about?.id)
        json.member("sequence", stamp?.sequence)
        if let about = envelope.about { json.member("severity", about.severity.rawValue + 1) }
        json.member("start", text(of: envelope.time))
        if let about = envelope.about {
            json.member("end", text(of: about.end))
            json.member("duration", Int(max(0, about.end - envelope.time)))
        }
        if let stamp { json.member("created", text(of: stamp.time)) }
        json.endObject()
    }

    private func write(_ about: Envelope.About, to json: inout JSONWriter) {
        json.name("log")
        json.beginObject()
        json.member("level", about.severity.name)
        json.endObject()
        json.name("rule")
        json.beginObject()
        json.member("id", about.pathology)
        json.member("name", Catalog.detector(named: about.pathology)?.manual.title)
        json.member("ruleset", "synopsis")
        json.endObject()
    }

    private func write(
        _ end: (address: Address?, port: UInt16?),
        as name: StaticString,
        to json: inout JSONWriter
    ) {
        guard end.address != nil || end.port != nil else { return }
        json.name(name)
        json.beginObject()
        json.member("address", end.address?.description)
        json.member("ip", end.address?.description)
        json.member("port", end.port)
        json.endObject()
    }

    private func writeNetwork(_ envelope: Envelope, to json: inout JSONWriter) {
        json.name("network")
        json.beginObject()
        json.member("transport", envelope.transport.name.lowercased())
        if let address = envelope.source.address ?? envelope.destination.address {
            json.member("type", address.isIPv4 ? "ipv4" : "ipv6")
        }
        json.member("community_id", envelope.communityID)
        if let vlan = encapsulations.name(of: envelope.encapsulation).vlans.first {
            json.name("vlan")
            json.beginObject()
            json.member("id", String(vlan))
            json.endObject()
        }
        json.endObject()
        let addresses = [envelope.source.address, envelope.destination.address].compactMap { $0 }
        guard !addresses.isEmpty else { return }
        json.name("related")
        json.beginObject()
        json.memberOfAll("ip", addresses.lazy.map(\.description))
        json.endObject()
    }
}
