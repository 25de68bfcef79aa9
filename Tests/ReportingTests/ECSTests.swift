import Diagnosing
import Foundation
import Reporting
import Testing
import Tracking

/// Events for Elastic.
@Suite struct `An event in the Elastic Common Schema` {
    private func events(_ form: EventJSON.Form) throws -> [[String: Any]] {
        let report = try report(on: burst)
        var events = EventJSON(
            hasNanoseconds: false,
            inputs: [],
            sensor: "probe",
            interface: "eth0"
        )
        events.form = form
        events.stamp = EventJSON.Stamp(time: 1_700_000_000_000_000_000, sequence: 7)
        let incident = try #require(report.incidents.first)
        let all =
            incident.chain.map { events.finding($0, of: incident) }
            + [events.incident(incident), events.stats(LiveStatistics())]
            + [events.notice("output", "It is back.", at: 0)]
        return try all.map { event in
            let value = try JSONSerialization.jsonObject(with: Data(event.text.utf8))
            return try #require(value as? [String: Any])
        }
    }

    /// The leaves of an object, by their names with points.
    private func leaves(_ value: Any, _ name: String = "") -> [(String, Any)] {
        guard let object = value as? [String: Any] else { return [(name, value)] }
        return object.flatMap { key, value in
            leaves(value, name.isEmpty ? key : "\(name).\(key)")
        }
    }

    private func fits(_ value: Any, _ type: String?) -> Bool {
        if let list = value as? [Any] { return list.allSatisfy { fits($0, type) } }
        switch type {
        case "long": return value is Int
        case "keyword", "ip", "wildcard", "match_only_text": return value is String
        case "date": return (value as? String)?.hasSuffix("Z") == true
        default: return false
        }
    }

    @Test func `has no field but those of the schema, and its own`() throws {
        let events = try events(.ecs)

        #expect(events.count > 4)
        for event in events {
            #expect(event["@timestamp"] != nil && event["ecs"] != nil && event["event"] != nil)
            for (name, value) in leaves(event) where !name.hasPrefix("synopsis.") {
                #expect(fits(value, ECSFields.types[name]), "\(name): \(value)")
            }
        }
    }

    @Test func `holds the same object under synopsis`() throws {
        for (flat, ecs) in zip(try events(.flat), try events(.ecs)) {
            let type = try #require(flat["event_type"] as? String)
            let own = try #require(flat[type] as? NSDictionary)
            let inner = try #require(ecs["synopsis"] as? [String: Any])

            #expect(inner[type] as? NSDictionary == own)
            #expect((ecs["event"] as? [String: Any])?["dataset"] as? String == "synopsis.\(type)")
        }
    }

    @Test func `is stamped with the time and number of its report`() throws {
        let flat = try events(.flat)
        let ecs = try events(.ecs)

        for event in flat {
            #expect(event["emitted"] as? String == "2023-11-14T22:13:20.000000Z")
            #expect(event["seq"] as? Int == 7)
            #expect(event["sensor"] as? String == "probe")
            #expect(event["host"] == nil)
        }
        for event in ecs {
            #expect(event["@timestamp"] as? String == "2023-11-14T22:13:20.000000Z")
            #expect((event["event"] as? [String: Any])?["sequence"] as? Int == 7)
        }
    }
}

/// The schema documents what it allows.
@Suite struct `The schema of events` {
    private func object(_ text: String) throws -> [String: Any] {
        let value = try JSONSerialization.jsonObject(with: Data(text.utf8))
        return try #require(value as? [String: Any])
    }

    /// The properties without a description, by their paths.
    private func bare(_ value: Any, _ path: String = "") -> [String] {
        if let list = value as? [Any] { return list.flatMap { bare($0, path) } }
        guard let object = value as? [String: Any] else { return [] }
        return object.flatMap { key, value -> [String] in
            guard key == "properties", let properties = value as? [String: Any] else {
                return key == "if" ? [] : bare(value, "\(path)/\(key)")
            }
            return properties.flatMap { name, property -> [String] in
                let isBare = (property as? [String: Any])?["description"] == nil
                return (isBare ? ["\(path)/\(name)"] : []) + bare(property, "\(path)/\(name)")
            }
        }
    }

    @Test func `describes every field`() throws {
        #expect(bare(try object(Schemas.event)) == [])
        #expect(bare(try object(Schemas.report)) == [])
    }

    @Test func `describes every metric of every pathology`() throws {
        let definitions = try object(Schemas.event)["$defs"] as? [String: Any]
        let finding = (definitions?["finding"] as? [String: Any])?["properties"] as? [String: Any]
        let metrics = (finding?["metrics"] as? [String: Any])?["properties"] as? [String: Any]
        let described = Set(try #require(metrics).keys)

        for manual in Catalog.manuals {
            let capture = try TrackedCapture(of: manual.example.frames)
            for finding in Diagnosis(of: capture).incidents.flatMap(\.chain).map(\.finding) {
                let names = Set(finding.metrics.map(\.name))
                #expect(names.isSubset(of: described), "\(names.subtracting(described))")
            }
        }
    }
}
