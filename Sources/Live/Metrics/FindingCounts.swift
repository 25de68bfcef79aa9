import Diagnosing

/// How many findings there were, by what they are and at which service: bounded, whatever the
/// traffic is.
package struct FindingCounts: Hashable, Sendable {
    /// What findings are counted by.
    package struct Kind: Hashable, Sendable {
        package let pathology: String
        package let severity: Severity
    }

    /// Findings of one pathology at one service.
    package struct Place: Hashable, Sendable {
        package let pathology: String
        /// Its name, its port where it has none, or `other`.
        package let service: String
    }

    /// As many services have a name of their own; all others are `other`.
    package static let serviceLimit = 64
    /// Where no more are told apart, and where a finding is about no single service.
    package static let otherService = "other"

    package private(set) var byKind: [Kind: UInt64] = [:]
    package private(set) var byPlace: [Place: UInt64] = [:]
    private var services: Set<String> = []

    /// Counts all pathologies from 0, so that the first finding of each is a rise.
    package init() {
        for manual in Catalog.manuals {
            for severity in Severity.allCases {
                byKind[Kind(pathology: manual.id, severity: severity)] = 0
            }
        }
    }

    /// Counts a finding that is new.
    ///
    /// - Parameters:
    ///   - finding: the finding.
    ///   - names: what listens where.
    package mutating func count(_ finding: Finding, _ names: ServiceNames) {
        byKind[Kind(pathology: finding.pathology, severity: finding.severity), default: 0] += 1
        let place = Place(pathology: finding.pathology, service: service(of: finding, names))
        byPlace[place, default: 0] += 1
    }

    private mutating func service(of finding: Finding, _ names: ServiceNames) -> String {
        guard let port = finding.subject.responderPort else { return Self.otherService }
        let name =
            finding.subject.responder.flatMap { names.name(of: $0)?.name }
            ?? ServiceNames.name(of: port)?.name ?? String(port)
        if services.contains(name) { return name }
        guard services.count < Self.serviceLimit else { return Self.otherService }
        services.insert(name)
        return name
    }
}
