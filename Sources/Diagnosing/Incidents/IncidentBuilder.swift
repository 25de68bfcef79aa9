import Tracking

/// Orders the findings of one draft from root to consequence and makes the incident of them.
struct IncidentBuilder: Sendable {
    let knownIssues: KnownIssueIndex
    let services: ServiceNames

    func incident(of accumulator: IncidentAccumulator) -> Incident? {
        let worded = accumulator.findings.map(Self.worded)
        let ordered = Self.ordered(worded, of: accumulator)
        guard !ordered.isEmpty else { return nil }
        let histories = accumulator.histories(showing: ordered[0].pathology)
        let present = Set(ordered.map(\.pathology))
        let identities = Self.identities(of: ordered)
        var links: [Incident.Link] = []
        links.reserveCapacity(ordered.count)
        for (index, finding) in ordered.enumerated() {
            let link = Incident.Link(
                finding: finding,
                id: finding.id(of: identities[index].first),
                role: Self.role(of: finding, at: index, among: ordered, present: present),
                communityID: identities[index].communityID
            )
            links.append(link)
        }
        let origin = ordered.indices.map {
            Incident.Origin(begin: ordered[$0].begin, identity: identities[$0].first)
        }.min()
        let issues = knownIssues.matches(
            accumulator.findings,
            among: links,
            // What only connections had that did not fail has no share in the failures.
            sharing: { accumulator.concernsFailures($0) },
            beside: max(0, accumulator.established)
        )
        let verdict = Verdict(
            chain: ordered,
            flows: accumulator.flows,
            failures: accumulator.failures,
            established: max(0, accumulator.established),
            untroubled: max(0, accumulator.established - accumulator.troubled),
            initiators: accumulator.initiators.count
        )
        let (headline, text) = introduced(verdict, of: ordered[0].subject)
        let blame = Self.blame(for: ordered[0], among: accumulator.findings)
        let pointer =
            ordered[0].severity > .note ? blame.sentence(about: ordered[0]) : ""
        return Incident(
            chain: links,
            knownIssues: issues,
            checks: Self.checks(of: issues, then: ordered, blame, on: histories),
            flows: accumulator.flows,
            blame: blame,
            state: accumulator.state,
            failed: accumulator.failures,
            connections: max(
                accumulator.flows,
                accumulator.failures + max(0, accumulator.established)
            ),
            clients: accumulator.initiators,
            headline: headline,
            verdict: pointer.isEmpty ? text : "\(text) \(pointer)",
            histories: histories,
            origin: origin ?? Incident.Origin(begin: ordered[0].begin, identity: "")
        )
    }

    /// Where the cause of the root lies: by its first example, since one that speaks of many has no
    /// numbers of its own.
    private static func blame(for root: Finding, among findings: [Finding]) -> [FaultSide] {
        let example = findings.first { $0.pathology == root.pathology } ?? root
        let sides = Catalog.detector(named: root.pathology)?.blame(for: example) ?? []
        // Within one host there is no network.
        let isLocal =
            root.subject.responderAddress.map {
                $0.isLoopback || $0 == root.subject.initiatorAddress
            } ?? false
        return isLocal && sides.count > 1 ? sides.filter { $0 != .network } : sides
    }

    /// Of each finding, the text that tells its first subject from others, and the Community ID of
    /// its subject: made once where all findings are about the same.
    private static func identities(
        of findings: [Finding]
    ) -> [(first: String, communityID: String?)] {
        var known: [(subject: Subject, identity: String, communityID: String?)] = []
        func entry(_ subject: Subject) -> (identity: String, communityID: String?) {
            if let entry = known.first(where: { $0.subject == subject }) {
                return (entry.identity, entry.communityID)
            }
            let communityID = subject.communityID
            let identity = communityID ?? subject.identity
            known.append((subject, identity, communityID))
            return (identity, communityID)
        }
        return findings.map { finding in
            let first = finding.firstSubject.map { entry($0).identity }
            let (identity, communityID) = entry(finding.subject)
            return (first ?? identity, communityID)
        }
    }

    /// Headline and text, with the name of the service at its first mention: in full where a port
    /// mapper said it, once more in the text, which is read alone.
    private func introduced(
        _ verdict: Verdict,
        of subject: Subject
    ) -> (headline: String, text: String) {
        let headline = verdict.headline
        guard let endpoint = subject.responder, let name = services.name(of: endpoint) else {
            return (headline, verdict.text)
        }
        let isSaid = name.source != .registry
        // A port that was named and refuses is no longer the service's.
        let isStale = isSaid && verdict.root.pathology == ConnectionRefused.manual.id
        let text = verdict.text + (isStale ? " The port mapper's entry is stale." : "")
        let reported =
            isSaid ? ServiceNames.introduce(name.introduction, for: endpoint, in: text) : nil
        let words = reported == nil ? name.introduction : name.name
        return (
            ServiceNames.introduce(words, for: endpoint, in: headline) ?? headline, reported ?? text
        )
    }

    /// Describes all flows of a finding about many, and the first as an example.
    private static func worded(_ finding: Finding) -> Finding {
        guard finding.flows > 1, !finding.speaksForAll,
            let detector = Catalog.detector(named: finding.pathology)
        else {
            return finding
        }
        var many = finding
        many.details.explanation = "Example: \(finding.summary) \(finding.explanation)"
        many.details.summary = detector.summary(of: finding).capitalizedFirst
        many.severity = detector.severity(of: finding)
        // Those of the first flow would be read as those of all.
        many.details.metrics = [Metric("flows", finding.flows)]
        return many
    }

    /// What most of the failures have before what few of them have, causes before their
    /// consequences, then the graver and the earlier first.
    private static func ordered(
        _ findings: [Finding],
        of accumulator: IncidentAccumulator
    ) -> [Finding] {
        let present = Set(findings.map(\.pathology))
        let explaining = present.filter(accumulator.explainsFailures)
        return findings.sorted { left, right in
            let (first, second) = (left.severity > .note, right.severity > .note)
            if first != second { return first }
            let (explains, other) = (
                explaining.contains(left.pathology), explaining.contains(right.pathology)
            )
            if explains != other { return explains }
            let depths = (
                depth(of: left.pathology, in: present), depth(of: right.pathology, in: present)
            )
            if depths.0 != depths.1 { return depths.0 < depths.1 }
            let effects = (hasConsequence(left, in: present), hasConsequence(right, in: present))
            if effects.0 != effects.1 { return effects.0 }
            if left.severity != right.severity { return left.severity > right.severity }
            if left.firstSeen != right.firstSeen { return left.firstSeen < right.firstSeen }
            return left.pathology < right.pathology
        }
    }

    /// How many causes stand one behind the other before a pathology.
    private static func depth(of pathology: String, in present: Set<String>) -> Int {
        let causes = Catalog.causes(of: pathology).filter {
            present.contains($0) && $0 != "port-reuse"
        }
        return causes.map { depth(of: $0, in: present) + 1 }.max() ?? 0
    }

    private static func role(
        of finding: Finding,
        at index: Int,
        among findings: [Finding],
        present: Set<String>
    ) -> Incident.Role {
        let earlier = Set(findings[..<index].map(\.pathology))
        if Catalog.causes(of: finding.pathology).contains(where: { earlier.contains($0) }) {
            return .consequence
        }
        let isRoot = hasConsequence(finding, in: present) && finding.severity > .note
        return index == 0 && findings.count > 1 || isRoot ? .root : .single
    }

    private static func hasConsequence(_ finding: Finding, in present: Set<String>) -> Bool {
        present.contains { Catalog.causes(of: $0).contains(finding.pathology) }
    }

    /// The capture that the verdict asks for, unless a finding asks for it in better words.
    private static func capture(on end: Address, of findings: [Finding]) -> Check? {
        let subject = findings[0].subject
        let isAsked = findings.lazy.flatMap(\.checks).contains {
            $0.host == end.description && $0.command.text.hasPrefix("tcpdump")
        }
        guard !isAsked, let port = subject.responderPort else { return nil }
        let tells =
            "What leaves here and is not in this capture is lost on the way; so is what does not arrive."
        guard
            let peer = end == subject.responderAddress
                ? subject.initiatorAddress : subject.responderAddress
        else { return Check(on: end.description, "tcpdump -ni any tcp port \(port)", tells) }
        return Check(
            on: end.description,
            "tcpdump -ni any host \(peer) and tcp port \(port)",
            tells
        )
    }

    private static func checks(
        of issues: [KnownIssue],
        then findings: [Finding],
        _ blame: [FaultSide],
        on histories: [History]
    ) -> [Check] {
        let subject = findings[0].subject
        let known = issues.flatMap { $0.checks ?? [] }.map { check in
            let address =
                check.host == "initiator" ? subject.initiatorAddress : subject.responderAddress
            return Check(on: address?.description, check.shellCommand, check.tells)
        }
        let windows = histories.flatMap(\.windowsHosts).map(\.description)
        var list = CheckList()
        for check in known { list.add(check.fitting(windows)) }
        if let first = findings[0].checks.first { list.add(first.fitting(windows)) }
        let end = findings[0].severity > .note ? blame.deciding(about: findings[0]) : nil
        if let end, let capture = capture(on: end, of: findings) { list.add(capture) }
        // The first check of each finding tells more than all checks of the first.
        for rank in 0..<CheckList.limit {
            for finding in findings where finding.checks.indices.contains(rank) {
                list.add(finding.checks[rank].fitting(windows))
            }
        }
        return list.checks
    }
}

extension Check {
    /// The same for what the host's system has: nstat and ss are Linux's.
    fileprivate func fitting(_ windowsHosts: [String]) -> Check {
        guard let host, windowsHosts.contains(host) else { return self }
        if command.text.hasPrefix("nstat") {
            return Check(on: host, "netstat -s -p tcp", "Which counter rises with each of them?")
        }
        guard command.text.hasPrefix("ss ") else { return self }
        return Check(on: host, "netstat -ano -p tcp", tells)
    }
}

extension History {
    /// Windows begins to count hops from this.
    private static let windowsTimeToLive: UInt8 = 128

    /// The ends of which all packets but RSTs have what remains of Windows' time to live.
    fileprivate var windowsHosts: [Address] {
        [Side.low, .high].compactMap { side in
            var isAny = false
            for event in events where event.side == side && event.isOfConnection {
                let timeToLive = event.timeToLive
                guard timeToLive <= Self.windowsTimeToLive,
                    timeToLive >= Self.windowsTimeToLive - Hops.most
                else { return nil }
                isAny = true
            }
            guard isAny else { return nil }
            return side == initiatorSide ? initiator.address : responder.address
        }
    }
}
