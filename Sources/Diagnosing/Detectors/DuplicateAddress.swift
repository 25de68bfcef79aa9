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
            (one-card).
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
            Run arping -D -I IFACE ADDRESS from a third host. The MAC address tables of the switches show the \
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
        return findings + rest.map { finding(on: $0.address, $0.claims, in: survey) }
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
            checks: [
                Check(
                    on: nil,
                    "arping -D -I IFACE \(address)",
                    "More than one answer proves a duplicate address."
                )
            ],
            firstSeen: first.time,
            lastSeen: last.time,
            isEstablished: false
        )
    }
}
