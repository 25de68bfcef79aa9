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
    /// What is known already, as most SYN-ACKs follow others of their host: a table in which one
    /// pushes out another.
    private var recent = [Known](repeating: Known(), count: slots)
    private static let slots = 256

    private struct Known {
        var host = Address(high: 0, low: 0)
        var card: UInt64 = 0
    }

    /// Whether any host asked or answered over IPv6.
    private(set) var holdIPv6 = false

    package init() {}

    @inline(always)
    mutating func note(_ segment: borrowing FlowSegment) {
        guard let card = segment.link.source else { return }
        let host = segment.source.address
        let slot = Int(truncatingIfNeeded: (host.low ^ host.low >> 8) & UInt64(Self.slots - 1))
        guard recent[slot].card != card.bits || recent[slot].host != host else { return }
        recent[slot] = Known(host: host, card: card.bits)
        noteOther(card, of: host)
    }

    /// The same of hosts that may be asked over both families: those that ask over IPv4 matter once
    /// one has asked over IPv6.
    @inline(always)
    mutating func noteOfEither(_ segment: borrowing FlowSegment) {
        if holdIPv6 || !segment.source.address.isIPv4 { note(segment) }
    }

    @inline(never)
    private mutating func noteOther(_ card: MACAddress, of host: Address) {
        if !host.isIPv4 { holdIPv6 = true }
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
