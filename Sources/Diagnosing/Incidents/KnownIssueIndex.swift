/// Known issues by the pathologies that give them away, so that an incident is compared with few of
/// them.
struct KnownIssueIndex: Sendable {
    private let issues: [KnownIssue]
    /// The indices of the issues that have a variant which begins with a pathology.
    private var indices: [String: [Int]] = [:]
    /// Those that need no pathology at all.
    private var always: [Int] = []

    init(_ issues: [KnownIssue]) {
        self.issues = issues
        for (index, issue) in issues.enumerated() {
            for variant in issue.variants {
                if let first = variant.first {
                    indices[first.pathology, default: []].append(index)
                } else {
                    always.append(index)
                }
            }
        }
    }

    /// The issues that the findings of one incident show, and that are about one of its roots, in
    /// the order of the library.
    func matches(
        _ findings: [Finding],
        among links: [Incident.Link],
        sharing isShared: (String) -> Bool,
        beside connections: Int
    ) -> [KnownIssue] {
        var candidates = always
        for finding in findings { candidates += indices[finding.pathology] ?? [] }
        if candidates.isEmpty { return [] }
        var roots: Set<String> = []
        for link in links where link.role != .consequence {
            let finding = link.finding
            if finding.severity > .note || isShared(finding.pathology) {
                roots.insert(finding.pathology)
            }
        }
        return Set(candidates).sorted().map { issues[$0] }
            .filter { $0.matches(findings, roots: roots, beside: connections) }
    }
}
