import Diagnosing

/// How many connections had which trouble, and at which service: bounded, whatever the traffic is.
package struct FailureCounts: Sendable {
    /// What connections are counted by.
    package struct Kind: Hashable, Sendable {
        package let pathology: String
        package let severity: Severity
        package let service: String
    }

    /// One count for each kind that was met; all others are 0.
    package private(set) var byKind: [Kind: UInt64] = [:]

    package init() {}

    /// Counts connections in which the same was found.
    ///
    /// - Parameters:
    ///   - occurrence: what was found.
    ///   - count: in how many connections.
    ///   - service: the label of their service.
    package mutating func count(_ occurrence: Occurrence, _ count: Int, at service: String) {
        let kind = Kind(
            pathology: occurrence.pathology,
            severity: occurrence.severity,
            service: service
        )
        byKind[kind, default: 0] &+= UInt64(clamping: count)
    }

    /// All series, those of known services from 0 on, so that their first failure is a rise.
    ///
    /// - Parameter services: the labels of the services that are kept apart.
    /// - Returns: one element for each series, in order.
    package func series(of services: [String]) -> [(kind: Kind, count: UInt64)] {
        var counts = byKind
        for id in Catalog.manuals.map(\.id) {
            let others = Severity.allCases.map {
                Kind(pathology: id, severity: $0, service: ServiceLabels.other)
            }
            let known = services.map { Kind(pathology: id, severity: .error, service: $0) }
            for kind in others + known { counts[kind, default: 0] += 0 }
        }
        return counts.map { (order: $0.key.order, kind: $0.key, count: $0.value) }
            .sorted { $0.order < $1.order }.map { ($0.kind, $0.count) }
    }
}

extension FailureCounts.Kind {
    fileprivate var order: String { "\(pathology) \(severity.rawValue) \(service)" }
}
