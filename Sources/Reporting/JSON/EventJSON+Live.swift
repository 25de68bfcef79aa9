import Diagnosing
import Tracking

/// What a live analysis says beside its findings.
extension EventJSON {
    /// A finding that later packets took back, in its last wording.
    package func withdrawn(_ link: Incident.Link, of incident: Incident) -> JSONValue {
        finding(link.withdrawn, of: incident)
    }

    /// An incident that is over: `closed` once it was quiet for long, `withdrawn` where another
    /// took its place.
    package func ended(_ incident: Incident, isWithdrawn: Bool) -> JSONValue {
        written { write(incident, state: isWithdrawn ? "withdrawn" : "closed", to: &$0) }
    }

    /// What has been counted.
    package func stats(_ statistics: LiveStatistics) -> JSONValue {
        let interfaces = statistics.interfaces.map { interface in
            JSONValue.members(
                ("name", .string(interface.name)),
                ("dropped_by_kernel", .unsigned(interface.drops.byKernel)),
                ("dropped_by_interface", .unsigned(interface.drops.byInterface))
            )
        }
        let outputs = statistics.outputs.map { output in
            JSONValue.members(
                ("name", .string(output.name)),
                ("written", .unsigned(output.written)),
                ("dropped", .unsigned(output.dropped)),
                ("errors", .unsigned(output.errors))
            )
        }
        return event(
            "stats",
            at: statistics.time,
            .members(
                ("uptime_us", .microseconds(statistics.uptime)),
                ("interval_us", .microseconds(statistics.interval)),
                ("packets", .unsigned(statistics.packets)),
                ("octets", .unsigned(statistics.octets)),
                ("segments", .unsigned(statistics.segments)),
                ("interval_packets", .unsigned(statistics.newPackets)),
                ("dropped_by_kernel", .unsigned(statistics.drops.byKernel)),
                ("dropped_by_interface", .unsigned(statistics.drops.byInterface)),
                ("interfaces", .array(interfaces)),
                ("flows", .unsigned(statistics.flows)),
                ("flows_tracked", .integer(statistics.flowsTracked)),
                ("flows_evicted", .unsigned(statistics.flowsEvicted)),
                ("changes_refused", .unsigned(statistics.changesRefused)),
                ("incidents", .integer(statistics.incidents)),
                (
                    "findings",
                    .object(
                        Severity.allCases.reversed().map { severity in
                            let count = statistics.findings[severity] ?? 0
                            return .init(name: severity.name, value: .integer(count))
                        }
                    )
                ),
                ("outputs", statistics.outputs.isEmpty ? nil : .array(outputs))
            )
        )
    }

    /// Something that happened around the capture.
    ///
    /// - Parameters:
    ///   - code: a short name in kebab-case, for machines.
    ///   - message: one sentence.
    ///   - time: when, in nanoseconds since 1970.
    /// - Returns: the event.
    package func notice(_ code: String, _ message: String, at time: Int64) -> JSONValue {
        event(
            "notice",
            at: time,
            .members(("code", .string(code)), ("message", .string(message)))
        )
    }

    private func event(_ type: String, at time: Int64, _ body: JSONValue) -> JSONValue {
        if form == .ecs { return ecs(type, at: time, body) }
        return .members(
            ("schema", .string(Self.schemaVersion)),
            ("timestamp", self.time(time)),
            ("event_type", .string(type)),
            ("emitted", stamp.map { self.time($0.time) }),
            ("seq", stamp.map { .unsigned($0.sequence) }),
            ("sensor", sensor.map { .string($0) }),
            ("in_iface", interface.map { .string($0) }),
            (type, body)
        )
    }
}

/// What a live analysis has counted up to some time.
package struct LiveStatistics: Sendable {
    /// When it was counted, in nanoseconds since 1970.
    package var time: Int64 = 0
    /// Since the begin, in nanoseconds.
    package var uptime: Int64 = 0
    /// Since the last statistics, in nanoseconds.
    package var interval: Int64 = 0
    package var packets: UInt64 = 0
    package var octets: UInt64 = 0
    package var segments: UInt64 = 0
    /// Packets since the last statistics.
    package var newPackets: UInt64 = 0
    package var drops = LiveDrops()
    package var interfaces: [(name: String, drops: LiveDrops)] = []
    /// Flows ever seen.
    package var flows: UInt64 = 0
    /// Flows that are followed now.
    package var flowsTracked = 0
    package var flowsEvicted: UInt64 = 0
    /// Changes of flows that found no place between two looks, or came when the flow had been filed
    /// for good.
    package var changesRefused: UInt64 = 0
    /// Incidents that stand.
    package var incidents = 0
    /// Their findings, by severity.
    package var findings: [Severity: Int] = [:]
    /// What became of the events, by the names of the outputs.
    package var outputs: [(name: String, written: UInt64, dropped: UInt64, errors: UInt64)] = []

    package init() {}
}

extension JSONValue {
    /// The text without white space, and a line feed.
    package var line: [UInt8] {
        var octets = self.octets
        octets.append(UInt8(ascii: "\n"))
        return octets
    }
}
