import Tracking

/// Speaks when two network cards claim one address in turn.
package struct DuplicateAddress: Detector {
    package static let manual = Manual(
        id: "duplicate-address",
        title: "duplicate IP address",
        group: .network,
        sees: """
            Within 60 s, ARP messages or neighbour advertisements claim an address for one network card, then \
            for another, then for the first again. A card that does so with several addresses is one finding \
            (one-card). Where one of the cards accepts connections to a service and the other one rejects them, that is an \
            error (wrong-host).
            """,
        means: """
            Two hosts use the same address. The one that was seen last gets the packets. Connections break in \
            the middle, the wrong host answers SYNs, and RSTs come from a host without state. One card that claims \
            several addresses of others takes their traffic (ARP spoofing).
            """,
        unless: """
            A single change is a failover or a new network card, and the virtual MAC addresses of VRRP, HSRP and \
            GLBP are shared by design. A router that answers for others (proxy ARP) claims many addresses and \
            keeps them. A host with two cards in one network, or a bond that balances by ARP, may claim its \
            address from either card.
            """,
        check: """
            Run arping -b -c 3 -I IFACE ADDRESS from a third host. The MAC address tables of the switches show the \
            ports of both hosts.
            """,
        elsewhere: """
            Wireshark: Duplicate IP address detected.
            """,
        sources: [.rfc(5227, section: "2.4"), .rfc(4862, section: "5.4")],
        example: Exchange(to: "198.51.100.20:22") {
            server.claims(mac: 2).flagged
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
            server.claims(mac: 7).flagged
            pause(.seconds(2))
            server.claims(mac: 2).flagged
        },
        nearMiss: Exchange(to: "198.51.100.20:22") {
            server.claims(mac: 2)
            pause(.seconds(10))
            server.claims(mac: 7)
            pause(.seconds(10))
            server.claims(mac: 7)
        }
    )

    package static let needs: Signals? = nil

    package static let saysToo: [any Detector.Type] = [AbortiveClose.self, ConnectionRefused.self]

    package static func blame(for finding: Finding) -> [FaultSide] {
        [.network]
    }

    /// Where more hosts claim one address, the capture is damaged, or a program makes them up.
    private static let mostOwners = 4

    package init() {}

    package func examine(_ survey: Survey) -> [Finding] {
        let contests = survey.neighbours.contested.compactMap { address, claims -> Contest? in
            let contest = Contest(address: address, claims: contest(in: claims))
            return (2...Self.mostOwners).contains(contest.owners.count) ? contest : nil
        }
        var rest = contests
        var findings: [Finding] = []
        let cards = Set(contests.flatMap(\.owners)).sorted { $0.description < $1.description }
        for card in cards {
            let own = rest.filter { $0.owners.contains(card) }
            // Two hosts that dispute several addresses are alike.
            let others = own.flatMap { $0.owners.subtracting([card]) }
            guard own.count >= Self.severalAddresses, Set(others).count == others.count else {
                continue
            }
            findings.append(finding(on: card, own, in: survey))
            rest.removeAll { $0.owners.contains(card) }
        }
        return findings
            + rest.flatMap { contest in
                let victims = victims(of: contest, in: survey)
                return victims.isEmpty
                    ? [finding(on: contest.address, contest.claims, in: survey)]
                    : victims.map { finding(on: $0, of: contest, in: survey) }
            }
    }

    /// Report at most this many services of one address.
    private static let mostServices = 8

    /// The services of a contested address whose connections were rejected from the card of a
    /// claimant that accepts none.
    private func victims(of contest: Contest, in survey: Survey) -> [Victim] {
        let (address, aggregates) = (contest.address, survey.aggregates)
        func isWrong(_ reset: Event) -> Bool {
            survey.isElsewhere(reset, of: address)
                && reset.linkFacts.source.map(contest.owners.contains) == true
        }
        let resets = aggregates.forgotten.hosts.filter { $0.host == address }
            .flatMap(\.connections).filter { isWrong($0.reset) }
        let services = aggregates.outcomes.refusingServices.filter { $0.address == address }
        return Set(services + resets.map(\.holder)).sorted().prefix(Self.mostServices).compactMap {
            service in
            let attempts = aggregates.outcomes.attempts(at: service)
            let victim = Victim(
                service: service,
                attempts: attempts.count,
                refusals: attempts.filter { $0.refusal.map(isWrong) ?? false },
                resets: resets.filter { $0.holder == service }
            )
            return victim.refusals.isEmpty && victim.resets.isEmpty ? nil : victim
        }
    }

    /// A service that clients reached only while its host had the address.
    private struct Victim {
        let service: Endpoint
        let attempts: Int
        let refusals: [ConnectOutcomes.Entry]
        let resets: [ForgottenConnections.Connection]

        var initiators: Set<Address> {
            Set(refusals.map(\.initiator) + resets.map(\.peer.address))
        }
        var events: [Event] { (refusals.compactMap(\.refusal) + resets.map(\.reset)) }
        var cards: [MACAddress] {
            Set(events.compactMap(\.linkFacts.source)).sorted { $0.description < $1.description }
        }
    }

    /// Whoever claims so many addresses of others is no host that was configured twice.
    private static let severalAddresses = 2

    /// The claims to one address in turn.
    private struct Contest {
        let address: Address
        let claims: [Neighbours.Claim]

        var owners: Set<MACAddress> { Set(claims.map(\.owner)) }
    }

    /// The claims from the first return of an owner on.
    private func contest(in claims: [Neighbours.Claim]) -> [Neighbours.Claim] {
        let returns = claims.indices.dropFirst(2).filter { index in
            claims[index - 2].owner == claims[index].owner
                && claims[index].time - claims[index - 2].time <= Neighbours.claimMemory
        }
        guard let first = returns.first, let last = returns.last else { return [] }
        return Array(claims[(first - 2)...last])
    }

    /// What one card does with the addresses of several others.
    private func finding(
        on card: MACAddress,
        _ contests: [Contest],
        in survey: Survey
    ) -> Finding {
        let claims = contests.flatMap(\.claims).sorted { $0.packet < $1.packet }
        let addresses = contests.map(\.address.description)
        let (first, last) = (claims[0], claims[claims.count - 1])
        return finding(
            in: survey,
            reason: "one-card",
            severity: .warning,
            confidence: .medium,
            status: .likely,
            subject: Subject(responder: contests[0].address, encapsulation: first.encapsulation),
            summary: """
                \(card) claims \(Wording.list(addresses)), in turn with their owners: \(claims.count) claims in \
                \(Wording.duration(last.time - first.time)).
                """,
            explanation: """
                A host that is set up twice has one address of others. This one takes the packets to \(addresses.count): \
                ARP spoofing, or a proxy that answers for hosts that are there.
                """,
            count: claims.count - contests.count,
            speaksForAll: false,
            headline: "\(card) claims \(addresses.count) addresses of other hosts",
            metrics: [
                Metric("addresses", addresses.count),
                Metric("changes", claims.count - contests.count),
                Metric("card", card.description),
            ],
            evidence: contests.flatMap { contest in
                contest.claims.map { Self.evidence(of: $0, to: contest.address) }
            }.sorted { $0.event.packet < $1.event.packet },
            causes: ["arp-spoofing", "proxy-arp"],
            checks: [
                Check(
                    on: nil,
                    "",
                    "At which port of the switches is \(card), and what host is there?"
                )
            ],
            firstSeen: first.time,
            lastSeen: last.time,
            isEstablished: false
        )
    }

    private func finding(
        on victim: Victim,
        of contest: Contest,
        in survey: Survey
    ) -> Finding {
        let (service, claims) = (victim.service, contest.claims)
        let initiators = victim.initiators
        let times = victim.events.map(\.time) + claims.map(\.time)
        return finding(
            in: survey,
            reason: "wrong-host",
            severity: victim.refusals.isEmpty ? .warning : .error,
            confidence: .high,
            status: .confirmed,
            subject: Subject(
                initiator: initiators.count == 1 ? initiators.first : nil,
                responder: service.address,
                responderPort: service.port,
                encapsulation: claims[0].encapsulation
            ),
            summary: summary(of: victim, of: contest, in: survey),
            explanation: """
                Packets to \(service.address) go to the host whose claim was seen last, and only one of the two serves \
                port \(service.port).
                """,
            count: claims.count - 1,
            flows: max(1, victim.refusals.count),
            headline: headline(of: victim, contest.owners.count, in: survey),
            metrics: [
                Metric("owners", contest.owners.count),
                Metric("changes", claims.count - 1),
                Metric("refusals", victim.refusals.count),
                Metric("forgotten_connections", victim.resets.count),
                Metric("first_owner", claims[0].owner.description),
                Metric("rejecting_card", victim.cards[0].description),
                Metric("destination_port", Int(service.port)),
            ],
            evidence: evidence(of: victim, of: contest),
            causes: ["address-configured-twice"],
            checks: [Self.probe(for: service.address)],
            firstSeen: times.min() ?? claims[0].time,
            lastSeen: times.max() ?? claims[0].time,
            isEstablished: false
        )
    }

    private func headline(of victim: Victim, _ owners: Int, in survey: Survey) -> String {
        let initiators = victim.initiators
        let whose =
            initiators.count == 1
            ? " from \(victim.initiators.map(\.description)[0])"
            : " from \(initiators.count) clients"
        let used = "\(victim.service.address) is used by \(owners) hosts"
        guard !victim.refusals.isEmpty else {
            let resets = Wording.count(victim.resets.count, "open connection")
            return "\(used): \(resets)\(whose) \(victim.resets.count == 1 ? "was" : "were") reset"
        }
        // What is missing from the list may have been established.
        let failed =
            survey.aggregates.outcomes.refused == 0 && victim.attempts > victim.refusals.count
            ? "\(victim.refusals.count) of \(victim.attempts) connections"
            : Wording.count(victim.refusals.count, "connection")
        return "\(used): \(failed)\(whose) failed"
    }

    private func summary(of victim: Victim, of contest: Contest, in survey: Survey) -> String {
        let (claims, service) = (contest.claims, victim.service)
        let servers = survey.capture.answerCards.of(service.address).map(\.description)
        let refused =
            victim.refusals.isEmpty
            ? nil : "refused \(Wording.count(victim.refusals.count, "connection"))"
        let reset =
            victim.resets.isEmpty
            ? nil : "reset \(Wording.count(victim.resets.count, "open connection"))"
        let acts = [refused, reset].compactMap(\.self).joined(separator: " and ")
        return """
            \(service.address) is claimed alternately by \(contest.owners.count) hosts, \(claims.count) times in \
            \(Wording.duration(claims[claims.count - 1].time - claims[0].time)): \(Wording.list(servers)) accepts \
            connections to port \(service.port), and \(Wording.list(victim.cards.map(\.description))) \(acts).
            """
    }

    private func evidence(of victim: Victim, of contest: Contest) -> [Evidence] {
        let service = victim.service
        let resets = victim.resets.map { ($0.reset, $0.peer) }
        let refusals = victim.refusals.compactMap { entry in
            entry.refusal.map { ($0, Endpoint(entry.initiator, port: entry.initiatorPort)) }
        }
        let rejections = (resets + refusals).map { event, peer in
            Evidence(
                event: event,
                isFromInitiator: false,
                ends: Evidence.Ends(source: service, destination: peer),
                errorSender: .other,
                note: "comes from \(event.linkFacts.source?.description ?? "another card")"
            )
        }
        let claims = contest.claims.map { Self.evidence(of: $0, to: contest.address) }
        return (claims + rejections).sorted { $0.event.packet < $1.event.packet }
    }

    private static func probe(for address: Address) -> Check {
        Check(
            on: nil,
            "arping -b -c 3 -I IFACE \(address)",
            "More than one answer proves a duplicate address."
        )
    }

    private static func evidence(of claim: Neighbours.Claim, to address: Address) -> Evidence {
        Evidence(
            event: claim.event,
            isFromInitiator: false,
            errorSender: .other,
            note: "\(claim.owner) claims \(address)"
        )
    }

    private func finding(
        on address: Address,
        _ claims: [Neighbours.Claim],
        in survey: Survey
    ) -> Finding {
        var owners: [MACAddress] = []
        for claim in claims where !owners.contains(claim.owner) { owners.append(claim.owner) }
        let (first, last) = (claims[0], claims[claims.count - 1])
        return finding(
            in: survey,
            severity: .warning,
            confidence: .medium,
            status: .likely,
            subject: Subject(responder: address, encapsulation: first.encapsulation),
            summary: """
                \(address) is claimed by \(Wording.list(owners.map(\.description))) alternately: \(claims.count) claims in \
                \(Wording.duration(last.time - first.time)).
                """,
            explanation: "Packets to \(address) go to the host that was seen last.",
            count: claims.count - 1,
            speaksForAll: false,
            headline: "\(address) is used by \(owners.count) hosts",
            metrics: [
                Metric("owners", owners.count),
                Metric("changes", claims.count - 1),
                Metric("first_owner", first.owner.description),
            ],
            evidence: claims.map { Self.evidence(of: $0, to: address) },
            causes: ["address-configured-twice"],
            checks: [Self.probe(for: address)],
            firstSeen: first.time,
            lastSeen: last.time,
            isEstablished: false
        )
    }
}
