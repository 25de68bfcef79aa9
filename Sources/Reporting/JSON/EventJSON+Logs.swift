import Diagnosing
import Tracking

extension EventJSON {
    /// One log, and how much of it was of use.
    func log(_ summary: LogSummary) -> JSONValue {
        .members(
            ("name", .string(summary.name)),
            ("offset_us", .microseconds(summary.offset)),
            ("lines", .integer(summary.lines)),
            ("lines_without_time", .integer(summary.headless)),
            ("entries_near", .integer(summary.kept)),
            ("entries_refused", .integer(summary.refused)),
            ("first", summary.times.map { time($0.lowerBound) }),
            ("last", summary.times.map { time($0.upperBound) }),
            ("first_day", summary.assumedDay.map { .string($0.description) })
        )
    }

    /// The entries beside the incidents, in the order of those.
    func logEntries(_ merge: LogMerge, of incidents: [Incident]) -> [JSONValue] {
        incidents.enumerated().flatMap { index, incident in
            (merge.placed[index] ?? []).map { entry($0, of: merge.logs, beside: incident) }
        }
    }

    private func entry(
        _ placed: LogMerge.PlacedEntry,
        of logs: Logs,
        beside incident: Incident
    ) -> JSONValue {
        let entry = logs.entries[placed.entry]
        let flow = placed.history.map { incident.histories[$0] }
        return .members(
            ("incident", .string(incident.id)),
            ("timestamp", time(entry.time)),
            ("log", .string(logs.summaries[entry.log].name)),
            ("line", .integer(entry.number)),
            ("tie", .string(placed.tie.rawValue)),
            ("src_ip", flow.map { .string($0.initiator.address.description) }),
            ("src_port", flow.map { .unsigned($0.initiator.port) }),
            ("dest_ip", flow.map { .string($0.responder.address.description) }),
            ("dest_port", flow.map { .unsigned($0.responder.port) }),
            ("text", .string(entry.text)),
            ("continuation", .strings(entry.continuation)),
            (
                "continuation_omitted",
                entry.continuationOmitted == 0 ? nil : .integer(entry.continuationOmitted)
            )
        )
    }
}
