import Tracking

/// Where the cause of an incident lies, as far as the packets tell.
package enum FaultSide: String, Sendable, CaseIterable {
    case client
    case server
    /// The way between them, with all devices on it.
    case network
    /// What was captured, and not what happened.
    case capture

    /// The other end; `nil` for what is no end.
    var peer: FaultSide? {
        switch self {
        case .client: .server
        case .server: .client
        case .network, .capture: nil
        }
    }

    /// Where a capture made at this end is made; `nil` for what is no end.
    var vantage: Vantage? {
        switch self {
        case .client: .client
        case .server: .server
        case .network, .capture: nil
        }
    }

    /// As a sentence about a subject names it, with its address where that is known.
    fileprivate func words(for subject: Subject) -> String {
        if let address = address(in: subject) { return "\(rawValue) (\(address))" }
        return self == .client ? "the clients" : rawValue
    }

    fileprivate func address(in subject: Subject) -> Address? {
        switch self {
        case .client: subject.initiatorAddress
        case .server: subject.responderAddress
        case .network, .capture: nil
        }
    }
}

extension Finding {
    /// The end that a metric names.
    func party(_ metric: String) -> FaultSide? {
        guard case .text(let name)? = self[metric: metric] else { return nil }
        return FaultSide(rawValue: name)
    }
}

extension [FaultSide] {
    /// The last words of a verdict: where the fault lies, or what would decide; empty where nothing
    /// points anywhere.
    func sentence(about root: Finding) -> String {
        guard let first else { return "" }
        let subject = root.subject
        if root.isOfServerBehind, let proxy = subject.responderAddress {
            return "Fault: the server behind \(proxy)."
        }
        guard count > 1 else { return "Fault: \(first.words(for: subject))." }
        let both = "Fault: \(first.words(for: subject)), or \(self[1].words(for: subject))"
        guard let end = deciding(about: root) else { return "\(both)." }
        return "\(both); a capture on \(end) would decide."
    }

    /// The host on which a capture would tell the network's fault from its own; `nil` where that is
    /// not the question, or this capture was made there.
    func deciding(about root: Finding) -> Address? {
        guard count > 1, contains(.network), !contains(.capture) else { return nil }
        let end: FaultSide = contains(.server) ? .server : .client
        return root.viewpoint.vantage == end.vantage ? nil : end.address(in: root.subject)
    }
}
