import Tracking

/// The findings of one pair of ends as they come in, merged by pathology.
struct IncidentAccumulator {
    /// As many flows are kept to be shown.
    private static let shownFlows = 3
    /// As many initiators are told apart; further ones are not counted.
    private static let distinguishedInitiators = 65_536

    private(set) var findings: [Finding] = []
    /// Flows that were examined, and those that findings about many flows stand for.
    private var countedFlows = 0
    /// The most flows of a finding about many of which each may be examined, too.
    private var overlappingFlows = 0
    /// Flows that did not come up, of those that were examined or that a finding stands for.
    private var countedFailures = 0
    /// Flows that did not come up either, though their initiators got what they wanted elsewhere.
    private var notedFailures = 0
    /// The most of them that a finding counts of which each may be examined, too.
    private var overlappingFailures = 0
    /// Of each of the findings, the flows with it that failed.
    private var failedFlows: [Int] = []
    /// Connections between the same parties that came up, with or without a finding.
    var established = 0
    /// Those of them that had trouble afterwards.
    private(set) var troubled = 0
    /// When the last of them began, and when the last failure was, in nanoseconds since 1970.
    private var lastSuccess = Int64.min
    private var lastFailure = Int64.min
    private var examples: [Example] = []
    /// The sets of pathologies of which a flow is kept.
    private var shown: Set<[String]> = []
    private(set) var initiators: Set<Address> = []

    /// The pathologies of which no further example is wanted: their evidence is complete.
    private var pathologiesWithExamples: [String] = []

    /// Whether any of the findings in a flow is to be described, beside those that are here
    /// already.
    func needsDetails(of findings: [Finding]) -> Bool {
        !findings.indices.allSatisfy {
            hasExamples(of: findings[$0].pathology) && !isGraver(findings[$0])
        }
    }

    /// Whether a finding is graver than those of its pathology that are here already: then it
    /// speaks for them.
    private func isGraver(_ finding: Finding) -> Bool {
        findings.contains {
            Self.isSame($0.pathology, finding.pathology) && $0.severity < finding.severity
        }
    }

    /// Whether there is nothing but notes.
    var holdsNotes: Bool { findings.indices.allSatisfy { findings[$0].severity == .note } }

    /// Whether any flow failed that has this pathology, or none failed at all.
    func concernsFailures(_ pathology: String) -> Bool {
        let index = index(of: pathology)
        return failures == 0 || index.map { failedFlows[$0] > 0 } ?? false
    }

    /// Whether at least half of the failures have this pathology: if not, another one explains
    /// them.
    func explainsFailures(_ pathology: String) -> Bool {
        index(of: pathology).map { failedFlows[$0] >= (failures + 1) / 2 } ?? false
    }

    /// Findings are large: they are looked at where they lie.
    private func index(of pathology: String) -> Int? {
        findings.indices.first { Self.isSame(findings[$0].pathology, pathology) }
    }

    var flows: Int { max(countedFlows, overlappingFlows) }

    /// Flows that did not come up.
    var failures: Int {
        max(countedFailures + (holdsNotes ? 0 : notedFailures), overlappingFailures)
    }

    /// When anything of it happened last.
    var lastSeen: Int64 { findings.map(\.lastSeen).max() ?? .min }

    mutating func add(_ new: [Finding], of history: History) {
        countedFlows += 1
        let isFailure = new.contains(where: \.isFailure)
        if isFailure {
            countedFailures += 1
            lastFailure = max(lastFailure, new.map(\.lastSeen).max() ?? .min)
            // It will be counted among those that came up, and did not come up for whoever waits
            // for it.
            let last = history.incarnations.indices.last
            if let last, history.incarnations[last].isEstablished { established -= 1 }
        } else if new.contains(where: { $0.severity > .note }) {
            troubled += 1
        } else if !history.isEverEstablished, new.contains(where: { !$0.isEstablished }) {
            notedFailures += 1
        }
        if initiators.count < Self.distinguishedInitiators {
            initiators.insert(history.initiator.address)
        }
        for index in new.indices { merge(new[index], failed: isFailure ? 1 : 0) }
        if examples.count < Self.shownFlows {
            keep(Example(history: history, pathologies: new.map(\.pathology), isFailure: isFailure))
        }
    }

    /// A finding about many flows, which are counted in it.
    mutating func add(_ finding: Finding) {
        let detector = Catalog.detector(named: finding.pathology)
        let failed = finding.severity == .error ? finding.flows : 0
        if detector?.explainsPayloadlessFlows == true {
            // Among them are those that had to go before, and were examined then.
            countedFlows = max(countedFlows, finding.flows)
            countedFailures = max(countedFailures, failed)
        } else {
            overlappingFlows = max(overlappingFlows, finding.flows)
            overlappingFailures = max(overlappingFailures, failed)
        }
        if finding.severity == .error { lastFailure = max(lastFailure, finding.lastSeen) }
        if let initiator = finding.subject.initiatorAddress { initiators.insert(initiator) }
        // What many flows show together stands for all that failed.
        merge(finding, failed: .max)
    }

    /// Takes connections that came up, the last of them at a time in nanoseconds since 1970.
    mutating func noteEstablished(_ count: Int, lastAt time: Int64) {
        established += count
        lastSuccess = max(lastSuccess, time)
    }

    /// What became of the failures.
    var state: Incident.State? {
        guard failures > 0 else { return nil }
        if lastSuccess > lastFailure { return .recovered }
        return failures > 1 ? .ongoing : nil
    }

    /// Adds a guard to all findings.
    mutating func note(_ guardOfAll: Guard) {
        for index in findings.indices where !findings[index].guards.contains(guardOfAll) {
            findings[index].details.guards.append(guardOfAll)
        }
    }

    /// Takes over everything of another draft.
    mutating func absorb(_ other: IncidentAccumulator) {
        countedFlows += other.countedFlows
        overlappingFlows += other.overlappingFlows
        countedFailures += other.countedFailures
        notedFailures += other.notedFailures
        overlappingFailures += other.overlappingFailures
        established += other.established
        troubled += other.troubled
        lastSuccess = max(lastSuccess, other.lastSuccess)
        lastFailure = max(lastFailure, other.lastFailure)
        if initiators.count < Self.distinguishedInitiators {
            initiators.formUnion(other.initiators)
        }
        for index in other.findings.indices {
            merge(other.findings[index], failed: other.failedFlows[index])
        }
        for example in other.examples where examples.count < Self.shownFlows {
            examples.append(example)
        }
    }

    private mutating func merge(_ finding: Finding, failed count: Int) {
        let known = index(of: finding.pathology)
        if let known {
            findings[known].absorb(finding)
        } else {
            findings.append(finding)
            failedFlows.append(0)
        }
        let position = known ?? findings.count - 1
        let (sum, isTooMuch) = failedFlows[position].addingReportingOverflow(count)
        failedFlows[position] = isTooMuch ? .max : sum
        if findings[position].evidence.count >= Finding.evidenceLimit,
            !hasExamples(of: finding.pathology)
        {
            pathologiesWithExamples.append(finding.pathology)
        }
    }

    private func hasExamples(of pathology: String) -> Bool {
        pathologiesWithExamples.contains { Self.isSame($0, pathology) }
    }

    /// Whether two names are one, of which most differ in length already.
    private static func isSame(_ one: String, _ other: String) -> Bool {
        one.utf8.count == other.utf8.count && one == other
    }

    private mutating func keep(_ example: Example) {
        if shown.insert(example.pathologies).inserted { examples.append(example) }
    }

    /// The flows that are shown: first those that failed by the root, then others that have it.
    func histories(showing root: String) -> [History] {
        examples.enumerated().sorted { left, right in
            let ranks = (left.element.rank(beside: root), right.element.rank(beside: root))
            return ranks.0 != ranks.1 ? ranks.0 > ranks.1 : left.offset < right.offset
        }.map(\.element.history)
    }

    /// A flow that is shown.
    private struct Example {
        let history: History
        let pathologies: [String]
        let isFailure: Bool

        func rank(beside root: String) -> Int {
            pathologies.contains(root) ? isFailure ? 2 : 1 : 0
        }
    }
}

extension Finding {
    /// Whether whoever asked for the connection did not get it, or not yet.
    fileprivate var isFailure: Bool {
        severity == .error || severity == .warning && !isEstablished
    }

    /// Takes the words of a graver one: what is shown of several is one that made their severity.
    private mutating func speak(as other: Finding) {
        reason = other.reason
        confidence = other.confidence
        (details.summary, details.explanation) = (other.summary, other.explanation)
        (details.metrics, details.causes, details.checks) = (
            other.metrics, other.causes, other.checks
        )
        let kept = max(0, Finding.evidenceLimit - other.evidence.count)
        details.evidence = Array(evidence.prefix(kept))
    }

    /// Makes this a finding about both subjects.
    mutating func absorb(_ other: Finding) {
        if other.severity > severity, !other.summary.isEmpty { speak(as: other) }
        severity = max(severity, other.severity)
        count += other.count
        flows += other.flows
        proofCount += other.proofCount
        firstSeen = min(firstSeen, other.firstSeen)
        lastSeen = max(lastSeen, other.lastSeen)
        if other.begin < begin {
            firstSubject = other.firstSubject ?? other.subject
            begin = other.begin
        } else if firstSubject == nil {
            firstSubject = subject
        }
        isEstablished = isEstablished && other.isEstablished
        if status != other.status, other.status == .confirmed { status = .confirmed }
        if shared != other.shared { shared = nil }
        if obstacle != other.obstacle { obstacle = nil }
        if quote == nil { quote = other.quote }
        if !other.guards.isEmpty {
            details.guards += other.guards.filter { !guards.contains($0) }
        }
        if !other.summary.isEmpty, viewpoint.vantage != other.viewpoint.vantage {
            details.viewpoint = .unknown
        }
        let room = Finding.evidenceLimit - evidence.count
        if room > 0, !other.evidence.isEmpty {
            details.evidence += other.evidence.prefix(room)
            details.evidence.sort { $0.event.packet < $1.event.packet }
        }
        subject.merge(other.subject)
    }
}

extension Subject {
    fileprivate mutating func merge(_ other: Subject) {
        if initiatorAddress != other.initiatorAddress { initiatorAddress = nil }
        if initiatorPort != other.initiatorPort || initiatorAddress == nil { initiatorPort = nil }
        if responderAddress != other.responderAddress { responderAddress = nil }
        if responderPort != other.responderPort { responderPort = nil }
        if encapsulation != other.encapsulation { encapsulation = .plain }
    }
}
