/// The remnants of connections that ended well, in the order in which they ended.
///
/// They lie in chunks in a ring; the oldest chunk is used again once all that was in it has left.
struct RemnantStore {
    /// Keep at most this many chunks: sixteen million remnants.
    static let chunkLimit = 1 << 12

    private var chunks: [RemnantChunk] = [RemnantChunk()]
    /// The oldest and the newest chunk in use; their slots are these numbers within the ring.
    private var oldest = 0
    private var newest = -1
    /// Where the newest chunk may have a service.
    private var hints = [UInt16](repeating: 0, count: RemnantChunk.hintCount)
    private(set) var count = 0

    /// The flow that a remnant stands for.
    subscript(number: Int) -> Flow { chunks[slot(of: number)].flow(number & Self.last) }

    /// Between whom it was.
    @inline(never)
    func key(of number: Int) -> FlowKey { chunks[slot(of: number)].key(number & Self.last) }

    /// When its last packet came, in nanoseconds since 1970.
    func lastTime(of number: Int) -> Int64 {
        chunks[slot(of: number)].lastTime(number & Self.last)
    }

    /// Takes what is left of a flow.
    ///
    /// - Parameter flow: one that `fitsRemnant`.
    /// - Returns: its number, `nil` where it must stay whole: it ended before the newest chunk
    ///   begins, or there are too many.
    mutating func append(_ flow: Flow) -> Int? {
        let isNew = newest < oldest || !chunks[newest & mask].takes(flow)
        if isNew, !begin(with: flow) { return nil }
        let slot = chunks[newest & mask].append(flow, &hints)
        count += 1
        return newest % Self.chunkLimit * RemnantChunk.length + slot
    }

    mutating func remove(_ number: Int) {
        chunks[slot(of: number)].remove(number & Self.last)
        count -= 1
    }

    /// The one that ended first.
    mutating func first() -> Int? {
        while oldest <= newest {
            if let slot = chunks[oldest & mask].first() {
                return oldest % Self.chunkLimit * RemnantChunk.length + slot
            }
            if oldest == newest { return nil }
            oldest += 1
        }
        return nil
    }

    /// Hands `body` the flows that they stand for, oldest first, for as long as it returns `true`.
    func forEach(_ body: (Flow) -> Bool) {
        guard count > 0 else { return }
        for chunk in oldest...newest {
            guard chunks[chunk & mask].forEach(body) else { return }
        }
    }

    private static let last = RemnantChunk.length - 1

    private var mask: Int { chunks.count - 1 }

    private func slot(of number: Int) -> Int { number / RemnantChunk.length & mask }

    /// Begins a chunk, unless the newest is to be waited for.
    @inline(never)
    private mutating func begin(with flow: Flow) -> Bool {
        if newest >= oldest, chunks[newest & mask].isShortlyAfter(flow) { return false }
        if newest - oldest + 1 == chunks.count, !grow() { return false }
        newest += 1
        chunks[newest & mask].begin(with: flow)
        return true
    }

    private mutating func grow() -> Bool {
        guard chunks.count < Self.chunkLimit else { return false }
        var larger = [RemnantChunk](repeating: RemnantChunk(), count: chunks.count * 2)
        for chunk in oldest...newest { larger[chunk & (larger.count - 1)] = chunks[chunk & mask] }
        chunks = larger
        return true
    }
}

/// Remnants that were made one after the other, and what they have in common.
struct RemnantChunk {
    /// As many fit in one.
    static let length = 1 << 12
    /// As many addresses may have been seen of services.
    static let hintCount = 1 << 10

    /// A responder: its address, or of IPv6 the number of that, its port, and its time to live.
    private struct Service: BitwiseCopyable {
        let address: UInt32
        let port: UInt16
        let timeToLive: UInt8
        let isIPv6: Bool
    }

    private var remnants: [Remnant] = []
    private var services: [Service] = []
    /// Those of IPv6.
    private var addresses: [Address] = []
    /// What times and packets count from.
    private var time: Int64 = 0
    private var packet: UInt64 = 0
    /// Those that have not left.
    private var count = 0
    /// No earlier one is left.
    private var hand = 0

    /// Begins anew with the end of a flow.
    mutating func begin(with flow: Flow) {
        remnants.removeAll(keepingCapacity: true)
        remnants.reserveCapacity(Self.length)
        services.removeAll(keepingCapacity: true)
        addresses.removeAll(keepingCapacity: true)
        (time, packet) = (flow.lastTime, flow.lastPacket)
        (count, hand) = (0, 0)
    }

    /// Whether there is room for a flow, which must have ended soon after the chunk begins.
    @inline(always)
    func takes(_ flow: Flow) -> Bool {
        remnants.count < Self.length && (0..<Remnant.span).contains(flow.lastTime &- time)
            && flow.lastPacket >= packet && flow.lastPacket &- packet < Remnant.packets
    }

    /// Whether a flow ended not long before the chunk begins.
    func isShortlyAfter(_ flow: Flow) -> Bool {
        (1..<Remnant.span).contains(time &- flow.lastTime)
    }

    /// - Parameters:
    ///   - flow: one that it takes.
    ///   - hints: where services may be.
    /// - Returns: the slot of what is left of it.
    @inline(never)
    mutating func append(_ flow: Flow, _ hints: inout [UInt16]) -> Int {
        let isHigh = flow.initiator == .high
        let initiator = isHigh ? flow.key.highAddress : flow.key.lowAddress
        let service = number(of: flow, isLow: isHigh, &hints)
        var address = UInt32(truncatingIfNeeded: initiator.low)
        if !initiator.isIPv4 { address = add(initiator) }
        let remnant = Remnant(flow, address: address, service: service, since: time, packet)
        remnants.append(remnant)
        count += 1
        return remnants.count - 1
    }

    mutating func remove(_ slot: Int) {
        remnants[slot].leave()
        count -= 1
    }

    mutating func first() -> Int? {
        guard count > 0 else { return nil }
        while remnants[hand].hasLeft { hand += 1 }
        return hand
    }

    func flow(_ slot: Int) -> Flow {
        let remnant = remnants[slot]
        let (initiator, responder) = ends(of: remnant)
        let timeToLive = services[remnant.service].timeToLive
        return remnant.flow(from: initiator, to: responder, timeToLive, since: time, packet)
    }

    func key(_ slot: Int) -> FlowKey {
        let (initiator, responder) = ends(of: remnants[slot])
        return FlowKey.of(initiator, responder).key
    }

    func lastTime(_ slot: Int) -> Int64 { time &+ remnants[slot].offset }

    /// Hands `body` the flows that have not left, until it returns `false`, and returns whether it
    /// did not.
    func forEach(_ body: (Flow) -> Bool) -> Bool {
        for slot in remnants.indices where !remnants[slot].hasLeft {
            guard body(flow(slot)) else { return false }
        }
        return true
    }

    private func ends(of remnant: Remnant) -> (initiator: Endpoint, responder: Endpoint) {
        let service = services[remnant.service]
        let address =
            service.isIPv6 ? addresses[Int(remnant.address)] : Address(ipv4: remnant.address)
        return (Endpoint(address, port: remnant.initiatorPort), endpoint(of: service))
    }

    /// The number of a flow's responder among the services; one that was seen long ago may have
    /// another by now.
    @inline(always)
    private mutating func number(
        of flow: Flow,
        isLow: Bool,
        _ hints: inout [UInt16]
    ) -> Int {
        let endpoint = isLow ? flow.key[.low] : flow.key[.high]
        let timeToLive = isLow ? flow.low.timeToLive : flow.high.timeToLive
        let word = endpoint.address.low << 24 ^ UInt64(endpoint.port) << 8 ^ UInt64(timeToLive)
        let hint = Int(truncatingIfNeeded: (word &* 0x9E37_79B9_7F4A_7C15) >> 54)
        let known = Int(hints[hint])
        if known < services.count, services[known].timeToLive == timeToLive,
            self.endpoint(of: services[known]) == endpoint
        {
            return known
        }
        let isIPv6 = !endpoint.address.isIPv4
        services.append(
            Service(
                address: isIPv6
                    ? add(endpoint.address) : UInt32(truncatingIfNeeded: endpoint.address.low),
                port: endpoint.port,
                timeToLive: timeToLive,
                isIPv6: isIPv6
            )
        )
        hints[hint] = UInt16(truncatingIfNeeded: services.count - 1)
        return services.count - 1
    }

    @inline(always)
    private func endpoint(of service: Service) -> Endpoint {
        let address =
            service.isIPv6 ? addresses[Int(service.address)] : Address(ipv4: service.address)
        return Endpoint(address, port: service.port)
    }

    private mutating func add(_ address: Address) -> UInt32 {
        addresses.append(address)
        return UInt32(truncatingIfNeeded: addresses.count - 1)
    }
}
