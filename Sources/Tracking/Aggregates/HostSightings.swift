/// From how far, and from which network card, packets of single hosts came, in whatever flow.
///
/// RSTs do not count: others may send them in a host's name.
package struct HostSightings: Sendable {
    /// As many hosts are told apart.
    private static let hostLimit = 16_384
    /// As many distances and cards of one host are.
    private static let perHost = 8

    /// Since when a host's packets came with one time to live from one card, in nanoseconds since
    /// 1970.
    private struct Sighting {
        let timeToLive: UInt8
        /// `nil` where only the distance is known.
        let card: MACAddress?
        var first: Int64
    }

    private var sightings: [Address: [Sighting]] = [:]
    /// Hosts that sent with one time to live and another on one connection.
    private var varying: Set<Address> = []
    /// Sightings that found no place.
    package private(set) var refused: UInt64 = 0

    package init() {}

    mutating func note(
        _ host: Address,
        _ timeToLive: UInt8,
        from card: MACAddress? = nil,
        at time: Int64
    ) {
        guard timeToLive > 0 else { return }
        var known = sightings[host] ?? []
        let index = known.firstIndex { $0.timeToLive == timeToLive && $0.card == card }
        if let index {
            known[index].first = min(known[index].first, time)
        } else if known.count < Self.perHost,
            !known.isEmpty || sightings.count < Self.hostLimit
        {
            known.append(Sighting(timeToLive: timeToLive, card: card, first: time))
        } else {
            refused += 1
            return
        }
        sightings[host] = known
    }

    /// Takes down where packets came from on connections that ended well.
    ///
    /// - Parameters:
    ///   - hosts: whose packets.
    ///   - limit: ask no more ends of connections, or one more.
    ///   - table: where the connections are.
    fileprivate mutating func note(
        _ hosts: EndpointMarks,
        _ limit: Int,
        onRemnantsIn table: borrowing FlowTable
    ) {
        var room = limit
        table.forEachRemnant { flow in
            for side in [Side.low, .high]
            where hosts.mayContain(Endpoint(flow.key[side].address, port: 0)) {
                note(flow.key[side].address, flow[side].timeToLive, at: flow.begin)
                room -= 1
            }
            return room > 0
        }
    }

    mutating func noteVariation(of host: Address) {
        if varying.count < Self.hostLimit { varying.insert(host) }
    }

    /// Whether a host sent with one time to live and another on one connection.
    package func isVarying(_ host: Address) -> Bool { varying.contains(host) }

    /// Whether a host had sent anything with this time to live before.
    package func hasSent(_ host: Address, _ timeToLive: UInt8, before time: Int64) -> Bool {
        sightings[host]?.contains { $0.timeToLive == timeToLive && $0.first < time } ?? false
    }

    /// Whether a host had sent anything from this card before.
    package func hasSent(_ host: Address, from card: MACAddress, before time: Int64) -> Bool {
        sightings[host]?.contains { $0.card == card && $0.first < time } ?? false
    }

    /// How many routers all packets of a host have passed, where some came before a time; `nil`
    /// where not all have passed as many.
    package func hops(of host: Address, before time: Int64) -> UInt8? {
        guard let known = sightings[host], !varying.contains(host),
            known.contains(where: { $0.first < time })
        else { return nil }
        let hops = Set(known.map { Hops.passed($0.timeToLive) })
        return hops.count == 1 ? hops.first : nil
    }

    /// The same of some hosts only.
    func reduced(to hosts: [Address]) -> HostSightings {
        var sightings = HostSightings()
        for host in hosts { sightings.sightings[host] = self.sightings[host] }
        sightings.varying = varying.intersection(hosts)
        return sightings
    }
}

/// How many routers a packet has passed.
package enum Hops {
    /// No way through the Internet is longer: then its sender began with some other value.
    package static let most: UInt8 = 40

    /// If its sender began with one of the usual values: 32, 64, 128 or 255.
    package static func passed(_ timeToLive: UInt8) -> UInt8 {
        let initial: UInt8 =
            timeToLive <= 32 ? 32 : timeToLive <= 64 ? 64 : timeToLive <= 128 ? 128 : 255
        return initial - timeToLive
    }
}

extension Aggregates {
    fileprivate mutating func note(_ event: Event, of key: FlowKey) {
        sightings.note(
            key[event.side].address,
            event.timeToLive,
            from: event.linkFacts.source,
            at: event.time
        )
    }
}

extension Flow {
    /// Whether a RST was sent on it, which somebody else may have sent.
    fileprivate var wasEverReset: Bool {
        phase == .reset || !marks.isDisjoint(with: [.wasReset, .refused])
    }
}

extension Tracker {
    /// Takes down where the packets of the hosts came from in whose names RSTs were sent, in all
    /// flows.
    mutating func gatherSightings() {
        var hosts: Set<Address> = []
        var marks = EndpointMarks()
        for index in 0..<flows.table.recordCount
        where flows.table[index].marks.contains(.inUse) && flows.table[index].wasEverReset {
            guard hosts.count < Self.resetHosts else { break }
            for address in [flows.table[index].key.lowAddress, flows.table[index].key.highAddress]
            where hosts.insert(address).inserted {
                marks.insert(Endpoint(address, port: 0))
            }
        }
        guard !hosts.isEmpty else { return }
        for number in flows.table.halfOpenNumbers.prefix(Self.halfOpenFlowsSeen)
        where !flows.table[halfOpen: number].isFree {
            let (key, side) = flows.table[halfOpen: number].key
            if marks.mayContain(Endpoint(key[side].address, port: 0)) {
                aggregates.note(flows.table.syn(of: number), of: key)
            }
        }
        var room = Self.flowsSeen
        for index in 0..<flows.table.recordCount where flows.table[index].marks.contains(.inUse) {
            if room <= 0 { break }
            for side in [Side.low, .high]
            where marks.mayContain(Endpoint(flows.table[index].key[side].address, port: 0)) {
                noteSighting(of: side, in: index)
                room -= 1
            }
        }
        if room > 0 { aggregates.sightings.note(marks, room, onRemnantsIn: flows.table) }
    }

    /// As many hosts are asked for.
    private static let resetHosts = 4096
    /// Ask at most this many ends of flows.
    private static let flowsSeen = 1024

    /// Takes down where the packets of one end of a flow came from.
    private mutating func noteSighting(of side: Side, in index: Int) {
        let (host, end) = (flows.table[index].key[side].address, flows.table[index][side])
        if end.marks.contains(.hopsVary) { aggregates.sightings.noteVariation(of: host) }
        let first = min(flows.table[index].begin, flows.table[index].lastTime)
        aggregates.sightings.note(host, end.timeToLive, at: first)
        guard flows.table[index].isSuspicious else { return }
        for event in flows.eventLogs.events(on: flows.table[index].eventLog)
        where event.side == side && event.isOfConnection {
            aggregates.note(event, of: flows.table[index].key)
        }
    }
}
