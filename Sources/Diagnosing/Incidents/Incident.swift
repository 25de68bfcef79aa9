import Tracking

/// One trouble of one pair of ends, from its root to its last consequence.
package struct Incident: Sendable {
    /// 64 bits in hexadecimal, the same for the same trouble in two overlapping captures.
    package let id: String
    /// Root first.
    package private(set) var chain: [Link]
    package let knownIssues: [KnownIssue]
    /// The next checks, of the known issues first.
    package let checks: [Check]
    /// How many flows are part of it.
    package let flows: Int
    /// Where its cause lies, the likelier first: one or two, or none where more remain.
    package let blame: [FaultSide]
    /// What became of it, where the capture shows it.
    package let state: State?
    /// How many of them failed for the client.
    package let failed: Int
    /// How many connections its parties made: those that failed, and those that came up.
    package let connections: Int
    /// The initiating hosts, as far as they are told apart.
    package let clients: Set<Address>
    package let headline: String
    /// Two or three sentences to paste into a ticket.
    package let verdict: String
    /// The flows to show: the first of each kind.
    package let histories: [History]
    /// That of the gravest finding.
    package private(set) var severity: Severity
    /// When anything of it happened first, in nanoseconds since 1970.
    package let firstSeen: Int64
    package let lastSeen: Int64

    /// What became of the failures.
    package enum State: String, Sendable {
        /// A connection came up after the last failure.
        case recovered
        /// Several failed, and the last attempt did.
        case ongoing
    }

    /// A finding, and its part in the incident.
    package struct Link: Sendable {
        package let finding: Finding
        /// The finding's id.
        package let id: String
        package let role: Role
        /// The Community ID of the finding's subject, if that is a single four-tuple.
        package let communityID: String?

        /// The same with no more than this much evidence.
        func keeping(evidence limit: Int) -> Link {
            var finding = self.finding
            finding.details.evidence = Array(finding.evidence.prefix(limit))
            return Link(finding: finding, id: id, role: role, communityID: communityID)
        }

        func regraded(_ severities: [String: Severity]) -> Link {
            guard let severity = severities[finding.pathology] else { return self }
            var finding = self.finding
            finding.severity = severity
            return Link(finding: finding, id: id, role: role, communityID: communityID)
        }

        /// The same without the proof that some packets are, which was shown before.
        package func leavingOut(_ packets: Set<UInt64>) -> Link {
            var finding = self.finding
            finding.details.evidence.removeAll { packets.contains($0.event.packet) }
            return Link(finding: finding, id: id, role: role, communityID: communityID)
        }

        /// The same, taken back.
        package var withdrawn: Link {
            var finding = self.finding
            finding.status = .withdrawn
            return Link(finding: finding, id: id, role: role, communityID: communityID)
        }
    }

    /// What a finding has to do with the others of its incident.
    package enum Role: String, Sendable {
        case root
        case consequence
        /// It neither follows from another finding nor do others follow from it.
        case single
    }

    package init(
        chain: [Link],
        knownIssues: [KnownIssue],
        checks: [Check],
        flows: Int,
        blame: [FaultSide],
        state: State?,
        failed: Int,
        connections: Int,
        clients: Set<Address>,
        headline: String,
        verdict: String,
        histories: [History],
        origin: Origin
    ) {
        self.chain = chain
        self.knownIssues = knownIssues
        self.checks = checks
        self.flows = flows
        self.blame = blame
        self.state = state
        self.failed = failed
        self.connections = connections
        self.clients = clients
        self.headline = headline
        self.verdict = verdict
        self.histories = histories
        severity = chain.map(\.finding.severity).max() ?? .note
        firstSeen = chain.map(\.finding.firstSeen).min() ?? 0
        lastSeen = chain.map(\.finding.lastSeen).max() ?? 0
        // Of the flow that began it, so that it keeps its id when another cause comes to light.
        id = StableID.hexadecimal(of: "incident|\(origin.identity)|\(origin.begin)")
    }

    /// When and between whom something began.
    package struct Origin: Comparable, Sendable {
        let begin: Int64
        let identity: String

        package static func < (left: Origin, right: Origin) -> Bool {
            left.begin == right.begin ? left.identity < right.identity : left.begin < right.begin
        }
    }

    /// What the server said first, for who asked to have it quoted.
    package var quote: ShownText? { chain.lazy.compactMap(\.finding.quote).first }

    package var root: Finding { chain[0].finding }

    /// How many hosts initiated its connections, as far as they are told apart.
    package var clientCount: Int {
        guard clients.isEmpty, case .integer(let sources)? = root[metric: "sources"] else {
            return clients.count
        }
        return sources
    }

    /// The same with other severities for some pathologies.
    package func regraded(_ severities: [String: Severity]) -> Incident {
        var incident = self
        incident.chain = chain.map { $0.regraded(severities) }
        incident.severity = incident.chain.map(\.finding.severity).max() ?? severity
        return incident
    }

    /// The same with no more than this much evidence for each finding.
    func keeping(evidence limit: Int) -> Incident {
        var incident = self
        incident.chain = chain.map { $0.keeping(evidence: limit) }
        return incident
    }

}

/// What decides which of two incidents is reported first.
private struct Rank {
    private let severity: Severity
    private let failed: Int
    private let clientCount: Int
    private let firstSeen: Int64
    private let id: String

    init(_ incident: Incident) {
        severity = incident.severity
        failed = incident.failed
        clientCount = incident.clientCount
        firstSeen = incident.firstSeen
        id = incident.id
    }

    func isWorse(than other: Rank) -> Bool {
        if severity != other.severity { return severity > other.severity }
        if failed != other.failed { return failed > other.failed }
        if clientCount != other.clientCount { return clientCount > other.clientCount }
        if firstSeen != other.firstSeen { return firstSeen < other.firstSeen }
        return id < other.id
    }
}

extension [Incident] {
    /// In the order of the report: the graver first, then the one with more failed connections,
    /// then with more clients, then the earlier.
    package var worstFirst: [Incident] {
        // Incidents are large: only places are moved.
        let ranks = map(Rank.init)
        return indices.sorted { ranks[$0].isWorse(than: ranks[$1]) }.map { self[$0] }
    }
}
