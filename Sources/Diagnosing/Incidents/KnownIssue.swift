/// A case that others met before: which findings give it away, and what cured it.
///
/// Known issues are data, so that whoever solved a case can add it without touching code.
package struct KnownIssue: Codable, Hashable, Sendable {
    package let id: String
    package let title: String
    package let reference: String
    package let cure: String?
    package let checks: [HostCheck]?
    /// How many connections between the same parties must have come up beside the ones that failed.
    package let established: Bound?
    /// It matches if all conditions of any variant hold.
    package let variants: [[Condition]]

    /// A finding of the incident that must be there.
    package struct Condition: Codable, Hashable, Sendable {
        package let pathology: String
        package let reason: String?
        /// Any of these instead of one.
        package let reasons: [String]?
        /// How many flows must suffer alike.
        package let flows: Bound?
        package let metrics: [String: Bound]?
    }

    /// What a metric must be: within bounds, both inclusive, equal, or begin so.
    package struct Bound: Codable, Hashable, Sendable {
        package let min: Int?
        package let max: Int?
        package let flag: Bool?
        package let text: String?
        package let prefix: String?
    }

    /// A check on one of the two ends: `initiator` or `responder`.
    package struct HostCheck: Codable, Hashable, Sendable {
        package let host: String
        /// As its author wrote it.
        private let command: String

        package var shellCommand: Command { Command(writtenByAuthor: command) }

        package let tells: String
    }

    /// Whether the findings of one incident show this issue, and it is about what they follow from.
    ///
    /// - Parameters:
    ///   - findings: those of the incident.
    ///   - roots: the pathologies among them that follow from no other.
    ///   - connections: how many of the same parties were established.
    /// - Returns: `false` where it is about a consequence alone.
    package func matches(
        _ findings: [Finding],
        roots: Set<String>,
        beside connections: Int = 0
    ) -> Bool {
        guard established?.admits(.integer(connections)) ?? true else { return false }
        return variants.contains { variant in
            guard variant.isEmpty || variant.contains(where: { roots.contains($0.pathology) })
            else { return false }
            return variant.allSatisfy { condition in
                findings.contains { condition.holds(for: $0) }
            }
        }
    }
}

extension KnownIssue.Condition {
    func holds(for finding: Finding) -> Bool {
        guard finding.pathology == pathology, reason == nil || finding.reason == reason,
            reasons?.contains(finding.reason ?? "") ?? true,
            flows?.admits(.integer(finding.flows)) ?? true
        else { return false }
        return (metrics ?? [:]).allSatisfy { name, bound in
            finding[metric: name].map { bound.admits($0) } ?? false
        }
    }
}

extension KnownIssue.Bound {
    func admits(_ value: Metric.Value) -> Bool {
        switch value {
        case .integer(let number): number >= min ?? .min && number <= max ?? .max
        case .number(let number):
            number >= Double(min ?? .min) && number <= Double(max ?? .max)
        case .flag(let isSet): flag == isSet
        case .text(let word): text.map { word == $0 } ?? prefix.map(word.hasPrefix) ?? false
        }
    }
}
