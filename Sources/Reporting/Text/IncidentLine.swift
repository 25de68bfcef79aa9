import Diagnosing
import Tracking

/// One line of the overview: an incident, or many of one kind of failure.
struct IncidentLine {
    /// Incidents of one severity and root that are more than this many share a line.
    private static let standAlone = 4

    /// The indices of its incidents in the report, the worst first.
    let members: [Int]
    let severity: Severity
    let failed: Int
    let connections: Int
    let clients: Int
    let firstSeen: Int64
    let lastSeen: Int64
    /// Cause, then who and how many.
    let title: String

    /// The lines for `incidents`, the worst first.
    ///
    /// - Parameter incidents: as the report has them, the worst first.
    /// - Returns: each incident in one of them.
    static func lines(for incidents: [Incident]) -> [IncidentLine] {
        var kinds: [Kind: [Int]] = [:]
        for (index, incident) in incidents.enumerated() {
            let kind = Kind(severity: incident.severity, pathology: incident.root.pathology)
            kinds[kind, default: []].append(index)
        }
        let groups = kinds.values.flatMap { members in
            members.count > standAlone ? [members] : members.map { [$0] }
        }
        // Two that are equal stay in the order of the report.
        return groups.sorted { $0[0] < $1[0] }.map { IncidentLine(of: $0, in: incidents) }
            .enumerated().sorted { left, right in
                left.element.isWorse(than: right.element) ?? (left.offset < right.offset)
            }.map(\.element)
    }

    private struct Kind: Hashable {
        let severity: Severity
        let pathology: String
    }

    private init(of members: [Int], in all: [Incident]) {
        self.members = members
        let incidents = members.map { all[$0] }
        let worst = incidents[0]
        severity = worst.severity
        failed = incidents.reduce(0) { $0 + $1.failed }
        connections = incidents.reduce(0) { $0 + $1.connections }
        firstSeen = incidents.map(\.firstSeen).min() ?? 0
        lastSeen = incidents.map(\.lastSeen).max() ?? 0
        guard members.count > 1 else {
            clients = worst.clientCount
            title = worst.headline
            return
        }
        let hosts = incidents.reduce(into: Set<Address>()) { $0.formUnion($1.clients) }
        clients = max(hosts.count, incidents.map(\.clientCount).max() ?? 0)
        let known = incidents.compactMap(\.root.subject.responder)
        let services = Set(known)
        let targets =
            known.count < incidents.count
            ? "several services"
            : services.count == 1
                ? known[0].description : Wording.count(services.count, "service")
        let sources =
            hosts.count == 1
            ? hosts.first?.description ?? "" : Wording.count(clients, "client")
        title =
            "\(worst.root.title): \(sources) of \(targets), \(Wording.count(members.count, "incident"))"
    }

    /// Whether it comes before another one; `nil` where both are equal.
    private func isWorse(than other: IncidentLine) -> Bool? {
        if severity != other.severity { return severity > other.severity }
        if failed != other.failed { return failed > other.failed }
        if clients != other.clients { return clients > other.clients }
        if firstSeen != other.firstSeen { return firstSeen < other.firstSeen }
        return nil
    }
}
