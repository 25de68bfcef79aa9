import Diagnosing
import Tracking

/// What services are called in labels: each port by one name for good, and no more ports than the
/// limit.
package struct ServiceLabels: Sendable {
    /// Give this many ports a name of their own.
    package static let limit = 64
    /// All other services, and what is about no single one.
    package static let other = "other"

    private var labels: [UInt16: String] = [:]

    package init() {}

    /// All names that were given, each once, in order.
    package var all: [String] { Set(labels.values).sorted() }

    /// The label of a service: its name, its port where it has none, or `other`.
    ///
    /// - Parameters:
    ///   - port: the responder's port; `nil` where there is no single one.
    ///   - responder: the responder; `nil` where there are several.
    ///   - names: what listens where.
    /// - Returns: the label.
    package mutating func label(
        of port: UInt16?,
        _ responder: Endpoint?,
        _ names: ServiceNames
    ) -> String {
        guard let port else { return Self.other }
        if let label = labels[port] { return label }
        guard labels.count < Self.limit else { return Self.other }
        let label =
            responder.flatMap { names.name(of: $0)?.name }
            ?? ServiceNames.name(of: port)?.name ?? String(port)
        labels[port] = label
        return label
    }
}
