import Diagnosing

/// What two findings of the same trouble have in common, wherever the numbers lie.
struct Essence: Hashable {
    let pathology: String
    let reason: String?
    let severity: Severity
    let status: Status
    let subject: Subject
    let count: Int
    let begin: Int64

    init(_ finding: Finding) {
        pathology = finding.pathology
        reason = finding.reason
        severity = finding.severity
        status = finding.status
        subject = finding.subject
        count = finding.count
        begin = finding.begin
    }
}

extension Observation {
    var essences: Set<Essence> { Set(findings.map { Essence($0) }) }

    var subjects: Set<Subject> { Set(findings.map(\.subject)) }
}
