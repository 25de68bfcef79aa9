import Tracking

/// Something that was found in one connection, for counters.
package struct Occurrence: Hashable, Sendable {
    package let pathology: String
    package let severity: Severity
    /// `nil` where it is about no single service.
    package let port: UInt16?
    /// `nil` where it is about several hosts, too.
    package let responder: Endpoint?

    /// - Parameters:
    ///   - finding: what was found.
    ///   - isPlaced: whether it matters at which service.
    fileprivate init(_ finding: Finding, isPlaced: Bool = true) {
        pathology = finding.pathology
        severity = finding.severity
        port = isPlaced ? finding.subject.responderPort : nil
        responder = isPlaced ? finding.subject.responder : nil
    }
}

/// Counts each connection once for each pathology, however often it is examined.
struct Occurrences: Sendable {
    /// Remember the counts of this many findings about many connections.
    private static let surveyLimit = 4096
    /// Keep this many apart until they are asked for; others are at no single service.
    private static let newsLimit = 16_384

    /// What was counted of one flow: the newest connection on its four-tuple, by pathology.
    typealias Counted = [String: UInt16]

    private var news: [Occurrence: Int] = [:]
    /// The connections of findings about many that are counted, by their ids.
    private var counted: [String: Int] = [:]

    /// Takes down what was found in a flow.
    ///
    /// - Parameters:
    ///   - findings: all that was found in it.
    ///   - counted: what was counted of the same flow before.
    /// - Returns: what is counted of it now.
    mutating func note(_ findings: [Finding], after counted: Counted = [:]) -> Counted {
        var counted = counted
        for finding in findings where finding.status != .pending {
            let connection = finding.evidence.last?.event.incarnation ?? 0
            if let last = counted[finding.pathology], connection <= last { continue }
            counted[finding.pathology] = connection
            add(1, finding)
        }
        return counted
    }

    /// Takes down what many connections show together, as far as there are more than before.
    mutating func note(_ survey: SurveyExamination) {
        let findings = survey.findings.map(\.finding)
        if counted.count + findings.count > Self.surveyLimit {
            let ids = Set(findings.map(\.id))
            counted = counted.filter { ids.contains($0.key) }
        }
        for finding in findings where finding.status != .pending {
            let id = finding.id
            let before = counted[id] ?? 0
            guard finding.flows > before else { continue }
            add(finding.flows - before, finding)
            counted[id] = finding.flows
        }
    }

    private mutating func add(_ count: Int, _ finding: Finding) {
        var occurrence = Occurrence(finding)
        if news[occurrence] == nil, news.count >= Self.newsLimit {
            occurrence = Occurrence(finding, isPlaced: false)
        }
        news[occurrence, default: 0] += count
    }

    /// What was counted since the last time.
    mutating func take() -> [Occurrence: Int] {
        defer { news.removeAll() }
        return news
    }
}
