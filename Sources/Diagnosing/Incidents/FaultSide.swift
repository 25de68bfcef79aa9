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

    /// As a sentence about a subject names it, with its address where that is known.
    fileprivate func words(for subject: Subject) -> String {
        let address =
            switch self {
            case .client: subject.initiatorAddress
            case .server: subject.responderAddress
            case .network, .capture: Address?.none
            }
        if let address { return "\(rawValue) (\(address))" }
        return self == .client ? "the clients" : rawValue
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
    /// The last words of a verdict: where the fault lies, or what would decide; empty where nothing points anywhere.
    func sentence(about subject: Subject) -> String {
        guard let first else { return "" }
        guard count > 1 else { return "Fault: \(first.words(for: subject))." }
        let both = "Fault: \(first.words(for: subject)), or \(self[1].words(for: subject))"
        let end = contains(.server) ? subject.responderAddress : subject.initiatorAddress
        guard contains(.network), !contains(.capture), let end else { return "\(both)." }
        return "\(both); a capture on \(end) would decide."
    }
}
