import Tracking

/// Speaks when two network cards claim one address by turns.
package struct DuplicateAddress: Detector {
    package static let manual = Manual(
        id: "duplicate-address",
        title: "duplicate IP address",
        group: .network,
        sees: """
            Within 60 s, ARP messages or neighbour advertisements claim an address for one network card, then \
            for another, then for the first again.
            """,
        means: """
            Two hosts use the same address. The one that was seen last gets the packets. Connections break in \
            the middle, the wrong host answers SYNs, and RSTs come from a host without state.
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
        survey.neighbours.contested.compactMap { address, claims in
            let contest = contest(in: claims)
            let owners = Set(contest.map(\.owner)).count
            return (2...Self.mostOwners).contains(owners)
                ? finding(on: address, contest, in: survey) : nil
        }
    }

    /// The claims from the first return of an owner on.
    private func contest(in claims: [Neighbours.Claim]) -> [Neighbours.Claim] {
        let returns = claims.indices.dropFirst(2).filter { place in
            claims[place - 2].owner == claims[place].owner
                && claims[place].time - claims[place - 2].time <= Neighbours.claimMemory
        }
        guard let first = returns.first, let last = returns.last else { return [] }
        return Array(claims[(first - 2)...last])
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
            evidence: claims.map { claim in
                Evidence(
                    event: claim.event,
                    isFromInitiator: false,
                    errorSender: .other,
                    note: "\(claim.owner) claims \(address)"
                )
            },
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
