/// From which network cards the SYNs or the SYN-ACKs of hosts came: a RST from another one than
/// all SYN-ACKs is not theirs.
package struct HostCards: Sendable {
    /// Remember at most this many hosts.
    private static let hostLimit = 1024
    /// Remember at most this many cards of each host.
    private static let perHost = 4

    private var cards: [Address: [MACAddress]] = [:]
    /// How many hosts' packets each card sent.
    private var hosts: [MACAddress: Int] = [:]
    /// The newest, as most SYN-ACKs follow others of their host.
    private var newest: (host: Address, card: UInt64) = (Address(high: 0, low: 0), 0)

    package init() {}

    @inline(always)
    mutating func note(_ segment: borrowing FlowSegment) {
        guard let card = segment.link.source else { return }
        if newest.card != card.bits || newest.host != segment.source.address {
            noteOther(card, of: segment.source.address)
        }
    }

    @inline(never)
    private mutating func noteOther(_ card: MACAddress, of host: Address) {
        newest = (host, card.bits)
        let known = cards[host] ?? []
        guard !known.contains(card), known.count < Self.perHost,
            !known.isEmpty || cards.count < Self.hostLimit
        else { return }
        cards[host] = known + [card]
        hosts[card, default: 0] += 1
    }

    /// Whether a packet came from another card than all SYN-ACKs of its sender; `false` where that
    /// is not known.
    package func isElsewhere(_ event: Event, of host: Address) -> Bool {
        guard let card = event.linkFacts.source, let known = cards[host],
            known.count < Self.perHost
        else { return false }
        return !known.contains(card)
    }

    /// A card that sends for more addresses is a router's.
    private static let addressesOfHost = 4

    /// Whether two addresses have one card, and that no others but few.
    package func areOnOneCard(_ first: Address, _ second: Address) -> Bool {
        guard let own = cards[first], own.count == 1, own == cards[second] else { return false }
        return hosts[own[0], default: 0] <= Self.addressesOfHost
    }

    /// The cards of a host, in the order in which they were seen.
    package func of(_ host: Address) -> [MACAddress] { cards[host] ?? [] }

    /// Makes room for other hosts where there is none.
    mutating func forget() {
        if cards.count >= Self.hostLimit { self = HostCards() }
    }
}
