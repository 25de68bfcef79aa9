/// The VLANs and tunnels around a packet, as a small number that `EncapsulationTable` knows the
/// meaning of.
package struct EncapsulationID: Hashable, Comparable, BitwiseCopyable, Sendable {
    package let number: UInt16

    /// That of a packet that lies in its frame as it is.
    package static let plain = EncapsulationID(number: 0)

    @inline(always)
    package static func < (left: EncapsulationID, right: EncapsulationID) -> Bool {
        left.number < right.number
    }

    @inline(always)
    package static func == (left: EncapsulationID, right: EncapsulationID) -> Bool {
        left.number == right.number
    }

    package var isPlain: Bool { number == 0 }
}

/// All VLANs and tunnels of a capture, in order of their appearance.
package struct EncapsulationTable: Sendable {
    /// What a report calls a context.
    package struct Name: Hashable, Sendable {
        /// VLAN identifiers, the outermost first.
        package var vlans: [UInt16] = []
        /// The tunnels, such as `vxlan:10`, the outermost first and a slash between them; `nil` for
        /// none.
        package var tunnel: String?

        /// In words, such as `VLAN 7, vxlan:10`; empty for a packet that lies in its frame as it
        /// is.
        package var text: String {
            let tags = vlans.map { "VLAN \($0)" }
            return (tags + (tunnel.map { [$0] } ?? [])).joined(separator: ", ")
        }
    }

    /// As many are told apart; all others are taken for one.
    package static let limit = 4094
    private static let others = EncapsulationID(number: UInt16(limit + 1))
    /// As many pairs are remembered.
    private static let pairLimit = 1024

    private var numbers: [Encapsulation: EncapsulationID] = [:]
    private var names: [Name] = []
    /// The one that was asked for last, since packets come in runs.
    private var newest: (encapsulation: Encapsulation, id: EncapsulationID) = (
        Encapsulation(), .plain
    )
    /// Pairs that were seen as the two directions of one connection.
    private var pairs: Set<UInt32> = []
    /// Packets in VLANs or tunnels for which there was no number left.
    package private(set) var refused: UInt64 = 0
    /// The highest duplicate index that a flow was given.
    var highestDuplicateIndex: UInt16 = 0

    package init() {}

    /// Whether all packets so far lay in their frames as they are.
    @inline(always) package var isEmpty: Bool { newest.encapsulation.isPlain }

    /// What a context is called.
    package func name(of id: EncapsulationID) -> Name {
        let position = Int(id.number) - 1
        return names.indices.contains(position) ? names[position] : Name()
    }

    /// The number of what is around a packet of `frame`, in which the header of its innermost
    /// tunnel may lie at `offset`.
    @inline(always)
    mutating func number(
        of encapsulation: Encapsulation,
        tunnelAt offset: Int?,
        in frame: RawSpan
    ) -> EncapsulationID {
        if encapsulation.isPlain { return .plain }
        if newest.encapsulation.digest == encapsulation.digest,
            newest.encapsulation == encapsulation
        {
            return newest.id
        }
        return find(encapsulation, tunnelAt: offset, in: frame)
    }

    @inline(never)
    private mutating func find(
        _ encapsulation: Encapsulation,
        tunnelAt offset: Int?,
        in frame: RawSpan
    ) -> EncapsulationID {
        if let known = numbers[encapsulation] {
            newest = (encapsulation, known)
            return known
        }
        guard names.count < Self.limit else {
            refused &+= 1
            newest = (Encapsulation(), Self.others)
            return Self.others
        }
        names.append(Name(of: encapsulation, between: Self.ends(at: offset, in: frame)))
        let new = EncapsulationID(number: UInt16(names.count))
        numbers[encapsulation] = new
        newest = (encapsulation, new)
        return new
    }

    /// The ends of a tunnel whose IP header lies at an offset.
    private static func ends(at offset: Int?, in frame: RawSpan) -> (Address, Address)? {
        guard let offset, offset < frame.byteCount else { return nil }
        let datagram = frame.extracting(droppingFirst: offset)
        let ends: (Address, Address)
        if let ip = IPv4Header(datagram) {
            ends = (ip.source, ip.destination)
        } else if let ip = IPv6Header(datagram) {
            ends = (ip.source, ip.destination)
        } else {
            return nil
        }
        return ends.0 < ends.1 ? ends : (ends.1, ends.0)
    }
    /// Takes down that two contexts were the two directions of one connection.
    mutating func pair(_ first: EncapsulationID, _ second: EncapsulationID) {
        if pairs.count < Self.pairLimit { pairs.insert(Self.key(first, second)) }
    }

    func arePaired(_ first: EncapsulationID, _ second: EncapsulationID) -> Bool {
        pairs.contains(Self.key(first, second))
    }

    private static func key(_ first: EncapsulationID, _ second: EncapsulationID) -> UInt32 {
        UInt32(min(first, second).number) << 16 | UInt32(max(first, second).number)
    }
}

extension EncapsulationTable.Name {
    fileprivate init(of encapsulation: Encapsulation, between ends: (Address, Address)?) {
        let layers = encapsulation.layers
        vlans = layers.filter { $0.kind == .vlan }.map { UInt16(truncatingIfNeeded: $0.number) }
        let tunnels = layers.filter { $0.kind != .vlan }
        // The ends that are at hand are those of the innermost one.
        let named = tunnels.lastIndex { $0.kind.isKnownByEnds }
        let parts = tunnels.enumerated().map { position, layer in
            guard layer.kind.isKnownByEnds else {
                return layer.kind == .teredo
                    ? layer.kind.name : "\(layer.kind.name):\(layer.number)"
            }
            guard let ends, position == named else { return layer.kind.name }
            return "\(layer.kind.name):\(ends.0)-\(ends.1)"
        }
        tunnel = parts.isEmpty ? nil : parts.joined(separator: "/")
    }
}

extension Encapsulation.Kind {
    fileprivate var isKnownByEnds: Bool { self == .gre || self == .ipInIP || self == .etherIP }

    fileprivate var name: String {
        switch self {
        case .vlan: "vlan"
        case .pppoe: "pppoe"
        case .mpls: "mpls"
        case .gre, .keyedGRE: "gre"
        case .erspan: "erspan"
        case .vxlan: "vxlan"
        case .geneve: "geneve"
        case .ipInIP: "ip-in-ip"
        case .etherIP: "etherip"
        case .teredo: "teredo"
        case .gtp: "gtp-u"
        case .l2tp: "l2tp"
        }
    }
}
