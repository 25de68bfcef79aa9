import Tracking

/// Words the outcome of an incident: a headline, and the sentences under it.
package struct Verdict {
    /// The most findings that the verdict states; the chain has the others.
    package static let statedFindings = 3

    let chain: [Finding]
    let flows: Int
    /// Flows that were not established, and connections of the same parties that were.
    let failures: Int
    let established: Int
    /// Those of them on which nothing else went wrong.
    let untroubled: Int
    let initiators: Int

    var root: Finding { chain[0] }
    private var isFailure: Bool { chain.contains { $0.severity == .error } }

    /// The cause, then who, then how many.
    var headline: String {
        if let headline = root.headline { return headline }
        let (cause, to) = (self.cause, root.destination)
        let extent = affected > 1 ? " (\(affected) connections)" : ""
        guard isFailure || failures > 0 else { return "\(cause): \(source) to \(to)\(extent)" }
        let all = max(connections, flows)
        // Those of other services are not the root's.
        let isOneService = chain.allSatisfy { $0.subject.responder == root.subject.responder }
        if failures > 0, all > failures, isOneService || root.subject.responder == nil {
            return "\(cause): \(source) to \(to), \(failures) of \(all) connections failed"
        }
        return root.isOfTLS
            ? "\(cause): \(source) cannot set up TLS with \(to)\(extent)"
            : root.isEstablished
                ? "\(cause): \(source) to \(to)\(extent)"
                : "\(cause): \(source) cannot connect to \(to)\(extent)"
    }

    /// The connections on which the root, or what follows from it, was found; other findings may
    /// have other peers.
    private var affected: Int {
        // What is counted by the root itself is not by what may follow from it.
        guard root.flows == 1 else { return root.flows }
        return chain.filter {
            Catalog.causes(of: $0.pathology).contains(root.pathology)
                && $0.destination == root.destination
        }.map(\.flows).reduce(root.flows, max)
    }

    /// What the root is called, with the doubt that remains.
    private var cause: String {
        switch root.status {
        case .likely, .possible: "\(root.title) (\(root.status.rawValue))"
        case .confirmed, .pending, .withdrawn: root.title
        }
    }

    /// Whether a device on the way ended the connection, so that nothing else that was found about
    /// its end holds.
    private var isByDevice: Bool {
        root.pathology == InjectedReset.manual.id && root.severity > .note
            || root.reason == AdministrativelyProhibited.device
    }

    /// Pathologies of which the root's sentence says all.
    private var saidByRoot: Set<String> {
        Set(Catalog.detector(named: root.pathology)?.saysToo.map { $0.manual.id } ?? [])
    }

    private var connections: Int { failures + established }

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
        // What a device does to a connection needs no other words.
        let relevant =
            isByDevice
            ? [root]
            : chain.filter { $0.severity > .note && !saidByRoot.contains($0.pathology) }
        var sentences = (relevant.isEmpty ? chain : relevant).prefix(Self.statedFindings).map(
            \.summary
        )
        if let last = sentences.popLast() {
            sentences.append(last.dropLast() + outcome(after: last))
        }
        if isFailure, established > 0 {
            // What failed after its handshake was established, too.
            let (count, fate) =
                root.isEstablished
                ? (untroubled, untroubled == 1 ? "shows no fault" : "show no fault")
                : (established, established == 1 ? "was established" : "were established")
            if count > 0 {
                sentences.append(
                    "\(count) of \(connections) connections to \(root.destination) \(fate)."
                )
            }
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
        let isTimed = sentence.offset(of: " within ") != nil || span < 1_000_000_000
        return isTimed
            ? "\(furtherSYNs), and the connection was never established."
            : "\(furtherSYNs), and the connection was still not established after \(Wording.duration(span))."
    }

    /// The SYNs of a burst's connection beyond the burst.
    private var furtherSYNs: String {
        guard case .integer(let all)? = root[metric: "syns"], root.count == 1,
            case .integer(let burst)? = root[metric: "burst_syns"], all > burst
        else { return "" }
        return ", \(Wording.count(all - burst, "more SYN")) did not help"
    }
}

extension Finding {
    /// Whether TCP did its part, and TLS did not.
    fileprivate var isOfTLS: Bool {
        pathology.hasPrefix("tls-") && pathology != TLSEarlyShutdown.manual.id
    }
}
