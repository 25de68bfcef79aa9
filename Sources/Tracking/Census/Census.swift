/// What many flows together tell, counted as each of them ends: by service and by host, so that a flood or
/// a scan takes no memory for each of its flows.
package struct Census: Sendable {
    /// Listeners that reset several connections at once.
    package internal(set) var collapses = Collapses()
    /// As many services, initiators and pairs are told apart.
    private static let limit = 65_536
    /// With so many failed attempts, those that came up count too, and single failures no longer.
    private static let manyAttempts = 200

    package private(set) var surges: [Surge] = []
    package private(set) var probings: [Probing] = []
    package private(set) var emptyConnections: [Pair: EmptyConnections] = [:]
    /// Ends of flows that found no place.
    package private(set) var refused: UInt64 = 0
    private var surgePlaces: [Endpoint: Int] = [:]
    private var probingPlaces: [Address: Int] = [:]
    private var newestSurge: Int?
    private var room = CensusRoom()

    /// One initiator and one service.
    package struct Pair: Hashable, Sendable {
        package let initiator: Address
        package let service: Endpoint
    }

    /// Takes down a flow's present connection at its end; the first event of its tape is read only where it is
    /// wanted.
    @inline(always)
    mutating func note(_ flow: borrowing Flow, firstEvent: () -> Event?) {
        // One more of many: what a flood is made of.
        if let newestSurge, flow.marks.isDisjoint(with: [.alive, .midstream]),
            surges[newestSurge].takes(flow, beyond: Self.manyAttempts, &room)
        {
            return
        }
        noteSlowly(flow, firstEvent: firstEvent)
    }

    /// Takes down an opening at its end, if it is one more of many to the newest service.
    @inline(always)
    mutating func takes(_ opening: Opening) -> Bool {
        guard let newestSurge else { return false }
        return surges[newestSurge].takes(opening, beyond: Self.manyAttempts, &room)
    }

    @inline(never)
    private mutating func noteSlowly(_ flow: Flow, firstEvent: () -> Event?) {
        if flow.marks.contains(.completed) {
            noteEmpty(flow)
            return
        }
        // Alive, though the capture misses one direction.
        if flow.marks.contains(.oneWay) { return }
        if flow.marks.contains(.midstream), !flow.marks.contains(.oddBeginning) { return }
        let service = flow.key[flow.initiator.other]
        let isMany =
            flow.marks.contains(.oddBeginning) ? false : noteSurge(flow, to: service, firstEvent)
        if !isMany { noteProbe(flow, to: service, firstEvent) }
    }

    private mutating func noteSurge(
        _ flow: Flow,
        to service: Endpoint,
        _ firstEvent: () -> Event?
    ) -> Bool {
        guard let place = surgePlace(of: service) else { return true }
        surges[place].note(flow, &room)
        if surges[place].wantsExample, let event = firstEvent(), event.kind == .syn,
            CensusRoom.take(&room.examples)
        {
            surges[place].show(event, from: flow.key[flow.initiator])
        }
        return surges[place].attempts > Self.manyAttempts
    }

    private mutating func surgePlace(of service: Endpoint) -> Int? {
        if let newestSurge, surges[newestSurge].service == service { return newestSurge }
        if let place = surgePlaces[service] {
            newestSurge = place
            return place
        }
        guard surges.count < Self.limit else {
            refused += 1
            return nil
        }
        surgePlaces[service] = surges.count
        newestSurge = surges.count
        surges.append(Surge(of: service))
        return newestSurge
    }

    private mutating func noteProbe(
        _ flow: Flow,
        to target: Endpoint,
        _ firstEvent: () -> Event?
    ) {
        let initiator = flow.key[flow.initiator]
        let place: Int
        if let known = probingPlaces[initiator.address] {
            place = known
        } else if probings.count < Self.limit {
            place = probings.count
            probingPlaces[initiator.address] = place
            probings.append(Probing(of: initiator.address))
        } else {
            refused += 1
            return
        }
        probings[place].note(
            Probing.Probe(
                time: flow.begin,
                target: target,
                outcome: flow.probeOutcome,
                isPersistent: flow.syns > flow.attempts,
                isOdd: flow.marks.contains(.oddBeginning),
                packet: flow.firstPacket,
                sourcePort: initiator.port
            ),
            &room
        )
        if probings[place].wantsExample, let event = firstEvent(),
            CensusRoom.take(&room.examples)
        {
            probings[place].show(event, from: initiator.port, to: target)
        }
    }

    /// A connection that came up: of interest if it closed and the responder never said anything.
    private mutating func noteEmpty(_ flow: Flow) {
        let service = flow.key[flow.initiator.other]
        guard !flow[flow.initiator.other].marks.contains(.sentData),
            [.closed, .closing, .reset].contains(flow.phase)
        else { return }
        let closer: Side = flow.marks.contains(.closedByHigh) ? .high : .low
        let hasRequest = flow[flow.initiator].marks.contains(.sentData)
        if closer == flow.initiator, !hasRequest { noteProbe(flow, to: service) { nil } }
        let pair = Pair(initiator: flow.key[flow.initiator].address, service: service)
        guard emptyConnections[pair] != nil || emptyConnections.count < Self.limit else {
            refused += 1
            return
        }
        emptyConnections[pair, default: EmptyConnections()].note(
            EmptyConnections.Visit(
                begin: flow.begin,
                end: flow.lastTime,
                firstPacket: flow.firstPacket,
                lastPacket: flow.lastPacket,
                initiatorPort: flow.key[flow.initiator].port,
                initialSequence: flow[flow.initiator].initialSequence,
                context: flow.context,
                isClosedByInitiator: closer == flow.initiator,
                isReset: flow.phase == .reset,
                hasRequest: hasRequest
            ),
            &room
        )
    }

    /// The surge of a service with many failures, where connections that came up are worth counting.
    func placeOfMany(to service: Endpoint) -> Int? {
        guard let place = surgePlaces[service], surges[place].attempts >= Self.manyAttempts else {
            return nil
        }
        return place
    }

    /// Whether any service has many failures.
    var hasMany: Bool { surges.contains { $0.attempts >= Self.manyAttempts } }

    /// Whether so many attempts to reach a service failed that one more tells nothing new.
    func isFlooded(_ service: Endpoint) -> Bool { placeOfMany(to: service) != nil }

    mutating func noteEstablished(at place: Int) { surges[place].established += 1 }

    /// Forgets services and initiators with which nothing happened since `time`, and those of which no more can be
    /// counted: for who counts for months.
    mutating func forget(quietSince time: Int64) {
        surges.removeAll { $0.lastTime < time || $0.isFull }
        probings.removeAll { $0.probes.last.map { $0.time < time } ?? true || $0.omitted > 0 }
        emptyConnections = emptyConnections.filter { _, connections in
            (connections.visits.last?.end ?? .min) >= time && connections.omitted == 0
        }
        let places = surges.enumerated().map { ($1.service, $0) }
        surgePlaces = Dictionary(places) { first, _ in first }
        let initiators = probings.enumerated().map { ($1.initiator, $0) }
        probingPlaces = Dictionary(initiators) { first, _ in first }
        newestSurge = nil
        room = CensusRoom()
        for surge in surges {
            room.sources -= surge.sources.count
            room.steps -= surge.counted
            room.examples -= surge.examples.count
        }
        for probing in probings {
            room.tries -= probing.probes.count
            room.examples -= probing.examples.count
        }
        for connections in emptyConnections.values { room.tries -= connections.visits.count }
    }

    /// Brings everything into the order of the packets, whatever order the flows ended in.
    mutating func settle() {
        for place in surges.indices { surges[place].settle(&room) }
        for place in probings.indices { probings[place].settle() }
        surges.sort { ($0.firstTime, $0.service) < ($1.firstTime, $1.service) }
        surgePlaces = Dictionary(
            uniqueKeysWithValues: surges.enumerated().map { ($1.service, $0) }
        )
        newestSurge = nil
        probings.sort { $0.initiator < $1.initiator }
        probingPlaces = [:]
    }
}

extension Flow {
    /// How its target took it.
    fileprivate var probeOutcome: Probing.Outcome {
        if marks.contains(.completed) { return .open }
        switch outcome {
        case .refused, .midstream:
            return marks.contains(.oddBeginning) && !marks.contains(.wasReset)
                ? .unanswered : .refused
        case .rejected: return .rejected
        case .reset, .staleReply, .incomplete, .completed: return .open
        case .noAnswer: return .unanswered
        }
    }
}
