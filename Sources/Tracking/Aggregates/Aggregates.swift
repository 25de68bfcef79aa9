/// What many flows together tell, counted as each of them ends: by service and by host, so that a
/// flood or a scan takes no memory for each of its flows.
package struct Aggregates: Sendable {
    /// Listeners that reset several connections at once.
    package internal(set) var massResets = MassResets()
    /// As many services, initiators and pairs are told apart.
    private static let limit = 65_536
    /// With so many failed attempts, those that came up count too, and single failures no longer.
    private static let manyAttempts = 200

    package private(set) var serviceCounters: [ServiceCounter] = []
    package private(set) var scanCounters: [ScanCounter] = []
    package private(set) var emptyConnections: [Pair: EmptyConnections] = [:]
    /// Ends of flows that found no place.
    package private(set) var refused: UInt64 = 0
    private var serviceCounterIndices: [Endpoint: Int] = [:]
    private var scanCounterIndices: [Address: Int] = [:]
    private var newestCounter: Int?
    private var budget = AggregateBudget()

    /// Who claims which address.
    package internal(set) var neighbours = Neighbours()
    /// SYN-ACKs on four-tuples of which no SYN was captured.
    var unsolicitedSYNACKs = UnsolicitedSYNACKs()
    /// How long handshakes usually take.
    var handshakeTimes = HandshakeTimes()
    /// What clocks connections came up with.
    var acceptedTimestamps = AcceptedTimestamps()
    /// What services take their time.
    var slowAnswers = SlowAnswers()
    /// What is known of single hosts and pairs of them.
    var hosts = HostFacts()
    /// Connections that were closed when nobody used them.
    package internal(set) var idleCloses = IdleCloses()
    /// Where packets of hosts came from.
    var sightings = HostSightings()
    /// SYNs that were refused and not captured.
    package internal(set) var refusedSYNs = RefusedSYNs()
    /// Connections that were captured on both sides of an address translation.
    var translations = Translations()
    /// From which network cards they answer.
    var answerCards = HostCards()
    /// From which network cards they ask.
    var askCards = HostCards()
    /// Who was served when, where somebody was not.
    package internal(set) var outcomes = ConnectOutcomes()
    /// Connections that one of their ends did not know any more.
    package internal(set) var forgotten = ForgottenConnections()
    /// Segments of connections between other addresses than their own.
    package internal(set) var untranslated = UntranslatedSegments()

    /// One initiator and one service.
    package struct Pair: Hashable, Sendable {
        package let initiator: Address
        package let service: Endpoint
    }

    /// Takes down a flow's present connection at its end; the first event of its log is read only
    /// where it is wanted.
    @inline(always)
    mutating func note(_ flow: borrowing Flow, firstEvent: () -> Event?) {
        // One more of many: what a flood is made of.
        if let newestCounter, flow.marks.isDisjoint(with: [.alive, .midstream]),
            serviceCounters[newestCounter].takes(flow, beyond: Self.manyAttempts, &budget)
        {
            return
        }
        // A connection that came up, and on which the responder spoke: nothing to tell.
        let responder = flow[flow.initiator.other]
        if flow.marks.contains(.completed), responder.marks.contains(.sentData) { return }
        noteSlowly(flow, firstEvent: firstEvent)
    }

    /// Takes down an opening at its end, if it is one more of many to the newest service.
    @inline(always)
    mutating func takes(_ halfOpen: HalfOpenFlow) -> Bool {
        guard let newestCounter else { return false }
        return serviceCounters[newestCounter].takes(halfOpen, beyond: Self.manyAttempts, &budget)
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
            flow.marks.contains(.oddBeginning) ? false : countAttempt(flow, to: service, firstEvent)
        if !isMany { noteProbe(flow, to: service, firstEvent) }
    }

    private mutating func countAttempt(
        _ flow: Flow,
        to service: Endpoint,
        _ firstEvent: () -> Event?
    ) -> Bool {
        guard let index = serviceCounterIndex(of: service) else { return true }
        serviceCounters[index].note(flow, &budget)
        if serviceCounters[index].wantsExample, let event = firstEvent(), event.kind == .syn,
            AggregateBudget.take(&budget.examples)
        {
            serviceCounters[index].show(event, from: flow.key[flow.initiator])
        }
        return serviceCounters[index].attempts > Self.manyAttempts
    }

    private mutating func serviceCounterIndex(of service: Endpoint) -> Int? {
        if let newestCounter, serviceCounters[newestCounter].service == service {
            return newestCounter
        }
        if let index = serviceCounterIndices[service] {
            newestCounter = index
            return index
        }
        guard serviceCounters.count < Self.limit else {
            refused += 1
            return nil
        }
        serviceCounterIndices[service] = serviceCounters.count
        newestCounter = serviceCounters.count
        serviceCounters.append(ServiceCounter(of: service))
        return newestCounter
    }

    private mutating func noteProbe(
        _ flow: Flow,
        to target: Endpoint,
        _ firstEvent: () -> Event?
    ) {
        let initiator = flow.key[flow.initiator]
        let index: Int
        if let known = scanCounterIndices[initiator.address] {
            index = known
        } else if scanCounters.count < Self.limit {
            index = scanCounters.count
            scanCounterIndices[initiator.address] = index
            scanCounters.append(ScanCounter(of: initiator.address))
        } else {
            refused += 1
            return
        }
        scanCounters[index].note(
            ScanCounter.Probe(
                time: flow.begin,
                target: target,
                outcome: flow.probeOutcome,
                isPersistent: flow.syns > flow.attempts,
                isOdd: flow.marks.contains(.oddBeginning),
                packet: flow.firstPacket,
                sourcePort: initiator.port
            ),
            &budget
        )
        if scanCounters[index].wantsExample, let event = firstEvent(),
            AggregateBudget.take(&budget.examples)
        {
            scanCounters[index].show(event, from: initiator.port, to: target)
        }
    }

    /// A connection that came up: of interest if it closed and the responder never said anything.
    private mutating func noteEmpty(_ flow: Flow) {
        let service = flow.key[flow.initiator.other]
        guard !flow[flow.initiator.other].marks.contains(.sentData),
            [.closed, .closing, .reset].contains(flow.phase)
        else { return }
        let (own, other) = (flow[flow.initiator], flow[flow.initiator.other])
        // A RST to a FIN closes nothing that was not closed.
        let hasLeft = own.marks.contains(.sentFin) && !other.marks.contains(.sentFin)
        let closer: Side =
            hasLeft ? flow.initiator : flow.marks.contains(.closedByHigh) ? .high : .low
        let hasRequest = flow[flow.initiator].marks.contains(.sentData)
        if closer == flow.initiator, !hasRequest { noteProbe(flow, to: service) { nil } }
        noteUnserved(flow, closedBy: closer, isReset: flow.phase == .reset, nil)
    }

    /// Takes down a connection on which the initiator was not served.
    mutating func noteUnserved(
        _ flow: Flow,
        closedBy closer: Side,
        isReset: Bool,
        _ reason: EmptyConnections.Reason?
    ) {
        let pair = Pair(initiator: flow.key[flow.initiator].address, service: flow.responder)
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
                encapsulation: flow.encapsulation,
                isClosedByInitiator: closer == flow.initiator,
                isReset: isReset,
                hasRequest: flow[flow.initiator].marks.contains(.sentData),
                isClosedUnasked: flow[flow.initiator.other].marks.contains(.closedUnasked),
                reason: reason
            ),
            &budget
        )
    }

    /// Whether any service has many failures.
    var hasMany: Bool { serviceCounters.contains { $0.attempts >= Self.manyAttempts } }

    /// Whether so many attempts to reach a service failed that one more tells nothing new.
    func isFlooded(_ service: Endpoint) -> Bool {
        serviceCounterIndices[service].map {
            serviceCounters[$0].attempts >= Self.manyAttempts
        } ?? false
    }

    /// For the services with many failures, where connections that came up are worth counting.
    var establishedCounts: EstablishedCounts {
        EstablishedCounts(
            of: serviceCounters.filter { $0.attempts >= Self.manyAttempts }.map(\.service)
        )
    }

    /// Takes the connections that came up.
    mutating func note(_ established: EstablishedCounts) {
        for (service, count) in established.counts {
            guard let index = serviceCounterIndices[service] else { continue }
            serviceCounters[index].established += count
        }
    }

    /// Forgets services and initiators with which nothing happened since `time`, and those of which
    /// no more can be counted: for who counts for months.
    mutating func forget(quietSince time: Int64) {
        idleCloses.forget(quietSince: time)
        forgotten.forget(quietSince: time)
        answerCards.forget()
        askCards.forget()
        refusedSYNs.forget(quietSince: time)
        serviceCounters.removeAll { $0.lastTime < time || $0.isFull }
        scanCounters.removeAll { $0.probes.last.map { $0.time < time } ?? true || $0.omitted > 0 }
        emptyConnections = emptyConnections.filter { _, connections in
            (connections.visits.last?.end ?? .min) >= time && connections.omitted == 0
        }
        let numbered = serviceCounters.enumerated().map { ($1.service, $0) }
        serviceCounterIndices = Dictionary(numbered) { first, _ in first }
        let initiators = scanCounters.enumerated().map { ($1.initiator, $0) }
        scanCounterIndices = Dictionary(initiators) { first, _ in first }
        newestCounter = nil
        budget = AggregateBudget()
        for serviceCounter in serviceCounters {
            budget.sources -= serviceCounter.sources.count
            budget.steps -= serviceCounter.counted
            budget.examples -= serviceCounter.examples.count
        }
        for scanCounter in scanCounters {
            budget.tries -= scanCounter.probes.count
            budget.examples -= scanCounter.examples.count
        }
        for connections in emptyConnections.values { budget.tries -= connections.visits.count }
    }

    /// Brings everything into the order of the packets, whatever order the flows ended in.
    mutating func settle() {
        for index in serviceCounters.indices { serviceCounters[index].settle(&budget) }
        for index in scanCounters.indices { scanCounters[index].settle() }
        serviceCounters.sort { ($0.firstTime, $0.service) < ($1.firstTime, $1.service) }
        serviceCounterIndices = Dictionary(
            uniqueKeysWithValues: serviceCounters.enumerated().map { ($1.service, $0) }
        )
        newestCounter = nil
        scanCounters.sort { $0.initiator < $1.initiator }
        scanCounterIndices = [:]
    }
}

extension Flow {
    /// How its target took it.
    fileprivate var probeOutcome: ScanCounter.Outcome {
        if marks.contains(.completed) { return .open }
        switch outcome {
        case .refused, .midstream:
            // A closed port answers any segment but a RST with one (RFC 9293 §3.10.7.1).
            let isReset = phase == .reset || marks.contains(.wasReset)
            return marks.contains(.oddBeginning) && !isReset ? .unanswered : .refused
        case .rejected: return .rejected
        case .reset, .staleReply, .incomplete, .completed, .probed: return .open
        case .noAnswer: return .unanswered
        }
    }
}
