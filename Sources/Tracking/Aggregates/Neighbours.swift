/// Which network cards claim which addresses: ARP messages and neighbour advertisements, by address.
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
    private struct Place: Hashable {
        let encapsulation: EncapsulationID
        let address: Address
    }

    /// The claims to one address around each change of its owner, oldest first.
    private var claims: [Place: [Claim]] = [:]
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
        let place = Place(encapsulation: frame.encapsulation, address: claim.address)
        guard var known = claims[place] else {
            if claims.count < Self.limit { claims[place] = [new] } else { refused += 1 }
            return
        }
        let isChange = known.last?.owner != new.owner
        if !isChange { known.removeLast() }
        if isChange, known.count >= Self.keptClaims { return }
        known.append(new)
        claims[place] = known
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
        }.map { ($0.key.address, $0.value) }
    }
}

extension Neighbours.Claim {
    /// The claim in the form of an event, to be named as evidence.
    package var event: Event {
        Event(.addressClaim, at: time, packet: packet, frameLength: frameLength, in: encapsulation)
    }
}
