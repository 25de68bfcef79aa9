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

    /// As part of a sentence.
    var words: String {
        switch self {
        case .client: "the client"
        case .server: "the server"
        case .network: "the network between them"
        case .capture: "a capture that holds one direction only"
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
    /// One sentence on where to look, for findings with these subjects; empty where nothing points anywhere.
    func sentence(about subject: Subject) -> String {
        guard let first else { return "" }
        guard count > 1 else { return "This points to \(first.words)." }
        let second = self[1]
        let end = second == .client || first == .client ? subject.initiatorAddress : nil
        let place = contains(.server) ? subject.responderAddress : end
        guard contains(.network), let place else {
            return "This points to \(first.words), or else to \(second.words)."
        }
        return """
            This points to \(first.words), or else to \(second.words); a capture on \(place) would tell.
            """
    }
}
