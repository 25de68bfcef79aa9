import Tracking

/// Words the outcome of an incident: a headline, and the sentences under it.
struct Verdict {
    /// As many findings the verdict tells; the rest stands in the chain.
    private static let toldFindings = 3

    let chain: [Finding]
    let flows: Int
    let initiators: Int

    private var root: Finding { chain[0] }
    private var isFailure: Bool { chain.contains { $0.severity == .error } }

    var headline: String {
        let to = destination
        let many = flows > 1 ? " (\(flows) connections)" : ""
        if isFailure { return "\(source) cannot connect to \(to)\(many)" }
        if chain.contains(where: { $0.status == .pending }) {
            return "\(source) has no answer from \(to) yet\(many)"
        }
        if chain.contains(where: { $0.severity == .warning }) {
            return "\(source) connects to \(to) only with trouble\(many)"
        }
        return "\(source) → \(to): \(root.title)\(many)"
    }

    private var source: String {
        if let address = root.subject.initiatorAddress { return address.description }
        return initiators > 1 ? "\(initiators) hosts" : "Several hosts"
    }

    private var destination: String {
        switch (root.subject.responderAddress, root.subject.responderPort) {
        case (let address?, let port?): Endpoint(address, port: port).description
        case (let address?, nil): "several ports of \(address)"
        case (nil, let port?): "port \(port) of several hosts"
        case (nil, nil): "several hosts"
        }
    }

    var text: String {
        let relevant = chain.filter { $0.severity > .note }
        var sentences = (relevant.isEmpty ? chain : relevant).prefix(Self.toldFindings).map(\.summary)
        if let outcome, let last = sentences.popLast() {
            sentences.append(last.hasSuffix(".") ? "\(last.dropLast())\(outcome)" : last + outcome)
        }
        return sentences.map(\.capitalizedFirst).joined(separator: " ")
    }

    /// How it ended, as the end of the last sentence, where the findings do not say so themselves.
    private var outcome: String? {
        let saysSo = ["connection-refused", "syn-unanswered", "port-reuse"]
        guard flows == 1, isFailure, !saysSo.contains(root.pathology) else { return nil }
        let span = (chain.map(\.lastSeen).max() ?? 0) - (chain.map(\.firstSeen).min() ?? 0)
        let time = span >= 1_000_000_000 ? " within \(Wording.duration(span))" : ""
        return "\(furtherSYNs), and the connection was never established\(time)."
    }

    /// The SYNs of a burst's connection beyond the burst.
    private var furtherSYNs: String {
        guard case .integer(let all)? = root[metric: "syns"], root.count == 1,
            case .integer(let burst)? = root[metric: "burst_syns"], all > burst
        else { return "" }
        return ", \(Wording.count(all - burst, "more SYN")) ended the same way"
    }
}

extension Finding {
    fileprivate var title: String {
        Catalog.detector(named: pathology)?.manual.title ?? pathology
    }
}

extension String {
    fileprivate var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
