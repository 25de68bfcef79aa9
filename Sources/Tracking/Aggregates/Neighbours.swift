/// Which network cards claim which addresses: ARP messages and neighbour advertisements, by
/// address.
package struct Neighbours: Sendable {
    /// As many addresses are told apart.
    private static let limit = 65_536
    /// As many claims of one address are kept, once its owner has changed.
    private static let keptClaims = 32
    /// Two claims this far apart have nothing to do with one another (RFC 5227), in nanoseconds.
    package static let claimMemory: Int64 = 60_000_000_000

    /// A claim as it was captured.
    package struct Claim: Hashable, Sendable {
        package let owner: MACAddress
        /// In nanoseconds since 1970.
        package let time: Int64
        package let packet: UInt64
        package let frameLength: UInt32
        package let encapsulation: EncapsulationID
    }

    /// The same address in two VLANs or tunnels is two hosts' in their own right.
    private struct ClaimedAddress: Hashable {
        let encapsulation: EncapsulationID
        let address: Address
    }

    /// Who asked last for whom, and when.
    private var lastRequest: (claim: AddressClaim, time: Int64)?
    /// Cards that send on what others ask, in their own name: bridges to a wireless network do.
    private var bridges: Set<MACAddress> = []
    /// Remember at most this many of them.
    private static let bridgeLimit = 1024
    /// A request is sent on within this time, in nanoseconds.
    private static let bridgingTime: Int64 = 1_000_000

    /// The claims to one address around each change of its owner, oldest first.
    private var claims: [ClaimedAddress: [Claim]] = [:]
    /// Claims to addresses that found no place.
    package private(set) var refused: UInt64 = 0

    mutating func note(_ claim: AddressClaim, in frame: FrameFacts) {
        let new = Claim(
            owner: claim.owner,
            time: frame.time,
            packet: frame.number,
            frameLength: frame.originalLength,
            encapsulation: frame.encapsulation
        )
        if claim.owner.isVirtual { return }
        noteBridge(claim, at: frame.time)
        let claimed = ClaimedAddress(encapsulation: frame.encapsulation, address: claim.address)
        guard var known = claims[claimed] else {
            if claims.count < Self.limit { claims[claimed] = [new] } else { refused += 1 }
            return
        }
        let isChange = known.last?.owner != new.owner
        if !isChange { known.removeLast() }
        if isChange, known.count >= Self.keptClaims { return }
        known.append(new)
        claims[claimed] = known
    }

    /// Takes down a card that sends on a request: the same question of the same address, from
    /// another card at the same time.
    private mutating func noteBridge(_ claim: AddressClaim, at time: Int64) {
        guard let question = claim.question else { return }
        if let last = lastRequest, last.claim.question == question,
            last.claim.address == claim.address, last.claim.owner != claim.owner,
            (0...Self.bridgingTime).contains(time - last.time), bridges.count < Self.bridgeLimit
        {
            bridges.insert(claim.owner)
        }
        lastRequest = (claim, time)
    }

    /// The last owner of an address in any VLAN; `nil` for one that was not claimed.
    func owner(of address: Address) -> MACAddress? {
        claims.filter { $0.key.address == address }.compactMap { $0.value.last }
            .max { $0.time < $1.time }?.owner
    }

    /// The addresses that changed hands, in order, with the claims around each change.
    package var contested: [(address: Address, claims: [Claim])] {
        claims.filter { $0.value.count > 1 }.sorted {
            ($0.key.address, $0.key.encapsulation) < ($1.key.address, $1.key.encapsulation)
        }.map { ($0.key.address, withoutBridges($0.value)) }
    }
}

extension Neighbours {
    /// Claims but those that a bridge sent on, the newest of each owner in turn.
    private func withoutBridges(_ claims: [Claim]) -> [Claim] {
        if bridges.isEmpty { return claims }
        return claims.filter { !bridges.contains($0.owner) }.reduce(into: []) { kept, claim in
            if kept.last?.owner == claim.owner { kept.removeLast() }
            kept.append(claim)
        }
    }
}

extension Neighbours.Claim {
    /// The claim in the form of an event, to be named as evidence.
    package var event: Event {
        Event(.addressClaim, at: time, packet: packet, frameLength: frameLength, in: encapsulation)
    }
}
