import Diagnosing
import Tracking

/// What a live analysis says of its incidents, and when: each finding once, and again only when it
/// became another.
struct IncidentNotifier {
    /// An incident of which nothing is settled yet is told if it stands for so long, in
    /// nanoseconds.
    private static let holdBack: Int64 = 800_000_000
    /// What grew is told again after so long, in nanoseconds; each time after twice as long.
    private static let firstUpdateInterval: Int64 = 1_000_000_000
    /// And after no longer than that.
    private static let longestUpdateInterval: Int64 = 60_000_000_000
    /// That its connections come up again, or fail again, is told after so long at the latest.
    private static let stateInterval: Int64 = 10_000_000_000

    /// One thing to say.
    enum Statement {
        case finding(Incident.Link, Incident)
        case withdrawnFinding(Incident.Link, Incident)
        /// An incident with its findings behind it, and whether it is told for the first time.
        case incident(Incident, isNew: Bool)
        case withdrawnIncident(Incident)
        case closedIncident(Incident)
    }

    /// What was said of an incident, and when.
    private struct Said {
        var incident: Incident
        var latest: Int64
        /// Before it is told again that it grew, in nanoseconds.
        var interval: Int64
        /// The packets that were shown, by finding.
        var shown: [String: Set<UInt64>]
    }

    private var said: [String: Said] = [:]
    /// The incidents that wait to be told, by their ids, and since when.
    private var waiting: [String: Int64] = [:]

    /// What is to be said of the incidents as they stand.
    ///
    /// - Parameters:
    ///   - incidents: all that stand.
    ///   - now: the time of a clock that is never set, in nanoseconds.
    /// - Returns: what to say, in that order.
    mutating func update(_ incidents: [Incident], at now: Int64) -> [Statement] {
        let findings = Set(incidents.flatMap { $0.chain.map(\.id) })
        var statements = withdraw(missingFrom: incidents, findings)
        for incident in incidents {
            if let last = said[incident.id] {
                guard Self.isDue(incident, after: last, at: now) else { continue }
                statements += retell(incident, after: last, at: now, findings)
            } else if isRipe(incident, at: now) {
                statements += tell(incident, at: now)
            }
        }
        let ids = Set(incidents.map(\.id))
        waiting = waiting.filter { ids.contains($0.key) }
        return statements
    }

    /// What is left to say at the end: of every incident its last state.
    mutating func finish(_ incidents: [Incident], at now: Int64) -> [Statement] {
        let findings = Set(incidents.flatMap { $0.chain.map(\.id) })
        var statements = withdraw(missingFrom: incidents, findings)
        for incident in incidents {
            guard let last = said[incident.id] else {
                statements += tell(incident, at: now)
                continue
            }
            let links = incident.chain.filter { link in
                !last.incident.chain.contains { $0 == link }
            }
            guard
                !links.isEmpty || incident.chain.count != last.incident.chain.count
                    || incident.verdict != last.incident.verdict
                    || incident.state != last.incident.state
            else { continue }
            statements += retell(incident, after: last, at: now, findings)
        }
        return statements
    }

    /// Forgets incidents that are closed.
    mutating func close(_ incidents: [Incident]) -> [Statement] {
        incidents.compactMap { incident in
            said.removeValue(forKey: incident.id).map { .closedIncident($0.incident) }
        }
    }

    private mutating func isRipe(_ incident: Incident, at now: Int64) -> Bool {
        if incident.chain.contains(where: { $0.finding.status != .pending }) { return true }
        let since = waiting[incident.id] ?? now
        waiting[incident.id] = since
        return now - since >= Self.holdBack
    }

    private static func isDue(_ incident: Incident, after last: Said, at now: Int64) -> Bool {
        let pause = now - last.latest
        guard pause >= firstUpdateInterval else { return false }
        if !incident.chain.elementsEqual(last.incident.chain, by: { $0.isOfOneKind(as: $1) }) {
            return true
        }
        if incident.state != last.incident.state {
            return pause >= min(last.interval, stateInterval)
        }
        let hasGrown =
            incident.flows != last.incident.flows
            || zip(incident.chain, last.incident.chain)
                .contains { $0.finding.count != $1.finding.count }
        return hasGrown && pause >= last.interval
    }

    private mutating func tell(_ incident: Incident, at now: Int64) -> [Statement] {
        waiting[incident.id] = nil
        said[incident.id] = Said(
            incident: incident,
            latest: now,
            interval: Self.firstUpdateInterval,
            shown: Dictionary(
                incident.chain.map { ($0.id, $0.packets) },
                uniquingKeysWith: { $0.union($1) }
            )
        )
        return incident.chain.map { .finding($0, incident) } + [.incident(incident, isNew: true)]
    }

    private mutating func retell(
        _ incident: Incident,
        after last: Said,
        at now: Int64,
        _ findings: Set<String>
    ) -> [Statement] {
        var shown = last.shown.filter { id, _ in incident.chain.contains { $0.id == id } }
        for link in incident.chain { shown[link.id, default: []].formUnion(link.packets) }
        said[incident.id] = Said(
            incident: incident,
            latest: now,
            interval: min(2 * last.interval, Self.longestUpdateInterval),
            shown: shown
        )
        let changed = incident.chain.filter { link in
            !last.incident.chain.contains { $0 == link }
        }
        let gone = last.incident.chain.filter { !findings.contains($0.id) }
        return gone.map { .withdrawnFinding($0, last.incident) }
            + changed.map { .finding($0.leavingOut(last.shown[$0.id] ?? []), incident) }
            + [.incident(incident, isNew: false)]
    }

    /// Takes back what no longer holds; a finding that went over to another incident is not taken
    /// back.
    private mutating func withdraw(
        missingFrom incidents: [Incident],
        _ findings: Set<String>
    ) -> [Statement] {
        let present = Set(incidents.map(\.id))
        let missing = said.filter { !present.contains($0.key) }.map(\.value)
        guard !missing.isEmpty else { return [] }
        return missing.sorted { $0.incident.id < $1.incident.id }.flatMap { last in
            said[last.incident.id] = nil
            let gone = last.incident.chain.filter { !findings.contains($0.id) }
            let words = gone.map { Statement.withdrawnFinding($0, last.incident) }
            return words + [.withdrawnIncident(last.incident)]
        }
    }
}

extension Incident.Link {
    /// The packets that prove it.
    fileprivate var packets: Set<UInt64> { Set(finding.evidence.map(\.event.packet)) }

    /// Whether the other says the same but for counts and times.
    fileprivate func isOfOneKind(as other: Incident.Link) -> Bool {
        id == other.id && role == other.role && finding.severity == other.finding.severity
            && finding.status == other.finding.status && finding.reason == other.finding.reason
    }

    fileprivate static func == (left: Incident.Link, right: Incident.Link) -> Bool {
        left.id == right.id && left.role == right.role && left.finding == right.finding
    }
}
