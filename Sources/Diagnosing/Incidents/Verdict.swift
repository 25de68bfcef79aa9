import Tracking

/// Words the outcome of an incident: a headline, and the sentences under it.
struct Verdict {
    /// As many findings the verdict tells; the rest stands in the chain.
    private static let statedFindings = 3

    let chain: [Finding]
    let flows: Int
    /// Flows that did not come up, and connections of the same parties that did.
    let failures: Int
    let established: Int
    let initiators: Int

    private var root: Finding { chain[0] }
    private var isFailure: Bool { chain.contains { $0.severity == .error } }

    var headline: String {
        if let headline = root.headline { return headline }
        let to = root.destination
        let many = flows > 1 ? " (\(flows) connections)" : ""
        if isFailure, established > 0 {
            return
                "\(source) cannot always connect to \(to) (\(failures) of \(failures + established) failed)"
        }
        if isFailure { return "\(source) cannot connect to \(to)\(many)" }
        if chain.contains(where: { $0.status == .pending }) {
            return "\(source) has no answer from \(to) yet\(many)"
        }
        if chain.contains(where: { $0.severity == .warning }) {
            return "\(source) connects to \(to) only with trouble\(many)"
        }
        let failed = root.isEstablished ? "" : ", and it did not come up"
        return "\(source) → \(to): \(root.title)\(failed)\(many)"
    }

    /// Why a connection that could not be made again had been closed: for being idle.
    private var prelude: Finding? {
        guard isFailure, !root.isEstablished else { return nil }
        return chain.first {
            $0.pathology == IdleTimeoutClose.manual.id && $0.lastSeen <= root.firstSeen
        }
    }

    private var source: String {
        root.subject.initiatorAddress == nil && initiators > 1 ? "\(initiators) hosts" : root.source
    }

    var text: String {
        let relevant = chain.filter { $0.severity > .note }
        var sentences = (relevant.isEmpty ? chain : relevant).prefix(Self.statedFindings).map(
            \.summary
        )
        if let last = sentences.popLast() {
            sentences.append(last.dropLast() + outcome(after: last))
        }
        if isFailure, established > 0 {
            let others = Wording.count(established, "other connection")
            sentences.append("\(others) to \(root.destination) came up.")
        }
        if let prelude { sentences.append("Before that, \(prelude.summary)") }
        return sentences.map(\.capitalizedFirst).joined(separator: " ")
    }

    /// How it ended, as the end of the last sentence: a full stop where the findings say it
    /// themselves.
    private func outcome(after sentence: String) -> String {
        let saysSo = ["connection-refused", "syn-unanswered", "port-reuse"]
        guard flows == 1, isFailure, !saysSo.contains(root.pathology), !root.isEstablished else {
            return "."
        }
        let span = (chain.map(\.lastSeen).max() ?? 0) - (chain.map(\.firstSeen).min() ?? 0)
        let isTimed = sentence.place(of: " within ") != nil || span < 1_000_000_000
        let time = isTimed ? "" : " within \(Wording.duration(span))"
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
