import Tracking

/// What was found in one flow, kept so that it need not be looked for again until the flow changes.
///
/// By reference, since a live analysis brings thousands of them into order at every look.
final class Examination: Sendable {
    let key: FlowKey
    let history: History
    /// Described; empty where nothing was found.
    let findings: [Finding]

    init(key: FlowKey, history: History, findings: [Finding]) {
        self.key = key
        self.history = history
        self.findings = findings
    }

    var isPending: Bool { findings.contains { $0.status == .pending } }
}

/// What many flows showed together when they were counted last.
struct SurveyExamination: Sendable {
    var services = ServiceNames()
    /// And whether each stands for the flows without payload of its subject.
    var findings: [(finding: Finding, explainsPayloadlessFlows: Bool)] = []
}
