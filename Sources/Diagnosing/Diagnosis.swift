import Tracking

/// Turns the suspicious flows of a capture into incidents.
///
/// The findings of one initiator and one service become one incident. Where many initiators fail at
/// one service, or one initiator fails at many, they become one too: never ten thousand findings.
/// Notes never join the failures of one initiator at other services: they would say that these have
/// to do with them. Whatever one router has no route for, or prohibits, is one incident, and so is
/// whatever one client asks in vain outside its network.
package struct Diagnosis: Sendable {
    /// So many services of one initiator, or initiators of one service, stand alone.
    private static let standAlone = 16
    /// So many initiators that fail at one service do.
    private static let clientsApart = 5
    /// So many pairs that one thing lets nothing pass between do.
    private static let pairsApart = 2

    let detectors: Prefilter
    /// Read only where there is an incident for them to match.
    private let knownIssues: @Sendable () -> [KnownIssue]
    let leastSeverity: Severity
    /// As many incidents are kept apart; further ones become one.
    let incidentLimit: Int
    /// What listens where, as far as the capture says it.
    package private(set) var serviceNames = ServiceNames()
    var accumulators: [Parties: IncidentAccumulator] = [:]
    /// In order of the first finding.
    var order: [Parties] = []
    /// The responders of all incidents that are kept apart.
    var services: Set<Endpoint> = []
    /// Most of what is not among them, so that connections without trouble are not looked for.
    private var serviceMarks = EndpointMarks()
    /// Whether any incident ever was about all initiators of a service, or all services of an
    /// initiator.
    private var hasWholes = false
    var initiatorsOfService: [Endpoint: Set<Address>] = [:]
    var servicesOfInitiator: [Address: Set<Endpoint>] = [:]
    /// The services about which there are only notes.
    var notedServicesOfInitiator: [Address: Set<Endpoint>] = [:]
    /// The pairs between which one thing lets nothing pass, and what that is.
    var pairsOfObstacle: [Address: Set<Parties>] = [:]
    var obstacleOfPair: [Parties: Address] = [:]
    /// The initiators that a finding about many flows is about.
    private var initiatorsAsSubjects: Set<Address> = []
    /// When connections failed, those aside that a finding about many of them counts.
    package private(set) var failureTimes = FailureTimes()
    /// The first SYN of every flow in an incident, to tell both sides of an address translation.
    var firstSYNs: [TranslatedSYN.Core: (syn: TranslatedSYN, parties: Parties)] = [:]
    /// The services and the initiators whose flows without payload a finding stands for.
    private var coveredServices: Set<Endpoint> = []
    private var coveredInitiators: Set<Address> = []

    /// Which pathologies to look for.
    package struct Selection: Sendable {
        package var only: Set<String> = []
        package var ignored: Set<String> = []
        package var leastSeverity = Severity.note

        package init() {}

        func includes(_ detector: any Detector.Type) -> Bool {
            // Who wants all of them need not read their manuals.
            if only.isEmpty, ignored.isEmpty { return true }
            let id = detector.manual.id
            return (only.isEmpty || only.contains(id)) && !ignored.contains(id)
        }
    }

    /// The diagnosis of a whole capture.
    package init(
        of capture: consuming TrackedCapture,
        knownIssues: @autoclosure @escaping @Sendable () -> [KnownIssue] = [],
        selection: Selection = Selection()
    ) {
        self.init(knownIssues: knownIssues(), selection: selection)
        consume(capture)
    }

    package init(
        knownIssues: @autoclosure @escaping @Sendable () -> [KnownIssue] = [],
        selection: Selection = Selection(),
        incidentLimit: Int = 4096
    ) {
        detectors = Prefilter(
            Catalog.detectors.filter(selection.includes).map { $0.init() }
        )
        self.knownIssues = knownIssues
        leastSeverity = selection.leastSeverity
        self.incidentLimit = incidentLimit
    }

    /// Examines what many flows show together; before the flows, so that a flood is not told flow
    /// by flow.
    mutating func consume(_ survey: Survey) { file(examine(survey)) }

    /// What many flows show together.
    func examine(_ survey: Survey) -> SurveyExamination {
        let asked = detectors.all.filter {
            survey.capture.hasClock || !type(of: $0).needsClock
        }
        return SurveyExamination(
            services: ServiceNames(survey.portmap),
            findings: asked.flatMap { detector in
                detector.examine(survey).filter { $0.severity >= leastSeverity }.map { finding in
                    let explainsPayloadlessFlows =
                        type(of: detector).explainsPayloadlessFlows && finding.severity > .note
                    return (finding, explainsPayloadlessFlows)
                }
            }
        )
    }

    /// Takes what many flows show together.
    mutating func file(_ examination: SurveyExamination) {
        serviceNames = examination.services
        for (finding, explainsPayloadlessFlows) in examination.findings {
            if explainsPayloadlessFlows { cover(finding.subject) }
            let parties = parties(of: finding.subject)
            hasWholes = true
            if case .initiator(let address) = parties, initiatorsAsSubjects.count < incidentLimit {
                initiatorsAsSubjects.insert(address)
            }
            if accumulators[parties] == nil { order.append(parties) }
            accumulators[parties, default: IncidentAccumulator()].add(finding)
        }
    }

    /// From now on its findings stand for the flows without payload of their subjects, and no
    /// others do.
    mutating func cover(_ examination: SurveyExamination) {
        uncover()
        for (finding, explainsPayloadlessFlows) in examination.findings
        where explainsPayloadlessFlows {
            cover(finding.subject)
        }
    }

    mutating func uncover() {
        coveredServices = []
        coveredInitiators = []
    }

    private mutating func cover(_ subject: Subject) {
        if let service = subject.responder, coveredServices.count < incidentLimit {
            coveredServices.insert(service)
        } else if let initiator = subject.initiatorAddress,
            coveredInitiators.count < incidentLimit
        {
            coveredInitiators.insert(initiator)
        }
    }

    private func parties(of subject: Subject) -> Parties {
        switch (subject.initiatorAddress, subject.responder) {
        case (let initiator?, let service?): parties(of: initiator, service, noting: false)
        case (nil, let service?): .service(service)
        case (let initiator?, nil): .initiator(initiator)
        case (nil, nil): subject.responderAddress.map { .initiator($0) } ?? .others
        }
    }

    /// Whether a finding about many flows speaks for this one.
    func covers(_ flow: FlowEvents) -> Bool {
        guard flow.carriesNoPayload else { return false }
        return coveredServices.contains(flow.key[flow.initiator.other])
            || coveredInitiators.contains(flow.key[flow.initiator].address)
    }

    /// Examines one flow and describes all that it finds, whatever was found before.
    func examine(_ flow: FlowEvents, in capture: CaptureFacts) -> Examination {
        let history = History(flow, in: capture)
        let findings = examine(history).map(\.described)
        return Examination(
            key: flow.key,
            history: history.forgettingOtherHosts,
            findings: findings
        )
    }

    /// Takes what was found in one flow.
    mutating func file(_ examination: Examination) {
        file(examination.findings, of: examination.history)
    }

    /// Takes what was found in one flow, and describes what is the first of its kind between its
    /// parties.
    mutating func file(_ findings: [Finding], of history: History) {
        guard !findings.isEmpty else { return }
        noteObstacle(in: findings, of: history)
        let parties = parties(of: history, for: findings)
        let needsDetails = accumulators[parties]?.needsDetails(of: findings) ?? true
        let findings = findings.map { needsDetails ? $0.described : $0.counted }
        if let syn = TranslatedSYN(history) {
            if let twin = firstSYNs[syn.core], syn.isTwin(of: twin.syn),
                accumulators[twin.parties] != nil
            {
                accumulators[twin.parties]?.note(.bothSidesOfNAT)
                return
            }
            if firstSYNs.count < incidentLimit { firstSYNs[syn.core] = (syn, parties) }
        }
        file(findings, of: history, under: parties)
    }

    func examine(_ history: History) -> [Finding] {
        detectors.findings(in: history, atLeast: leastSeverity)
    }

    /// What the given detectors find in one history, described.
    package static func findings(in history: History, by detectors: [any Detector]) -> [Finding] {
        Prefilter(detectors).findings(in: history).map(\.described)
    }

    /// Counts connections that came up where others between the same parties are in an incident.
    mutating func note(_ established: EstablishedConnections) {
        for (service, all) in established.byService where concerns(service) {
            let whole = Parties.service(service)
            if accumulators[whole] != nil {
                accumulators[whole]?.noteEstablished(all.count, lastAt: all.last)
                continue
            }
            for (initiator, some) in all.byInitiator {
                accumulators[apart(initiator, service)]?
                    .noteEstablished(some.count, lastAt: some.last)
            }
        }
    }

    /// The same of connections between two, the last of them at a time.
    mutating func noteEstablished(
        _ count: Int,
        _ initiator: Address,
        _ service: Endpoint,
        lastAt time: Int64
    ) {
        guard concerns(service) else { return }
        let whole = Parties.service(service)
        let parties = accumulators[whole] != nil ? whole : apart(initiator, service)
        accumulators[parties]?.noteEstablished(count, lastAt: time)
    }

    /// Where a pair belongs of which neither end has an incident of its own.
    private func apart(_ initiator: Address, _ service: Endpoint) -> Parties {
        let pair = Parties.pair(initiator, service)
        guard accumulators[pair] == nil, let obstacle = obstacleOfPair[pair] else { return pair }
        return .obstacle(obstacle)
    }

    /// Whether any incident is about a service.
    func concerns(_ service: Endpoint) -> Bool {
        serviceMarks.mayContain(service) && services.contains(service)
    }

    /// All incidents, the worst first: by severity, then by failed connections, clients and time.
    package var incidents: [Incident] { incidents(threads: 1) }

    /// The same, put together on several cores.
    package func incidents(threads: Int) -> [Incident] {
        guard !order.isEmpty else { return [] }
        let builder = IncidentBuilder(
            knownIssues: KnownIssueIndex(knownIssues()),
            services: serviceNames
        )
        let (order, accumulators) = (order, accumulators)
        let incidents = shared(order.count, among: threads) { index in
            accumulators[order[index]].flatMap(builder.incident)
        }.compactMap(\.self)
        return Self.bounded(incidents.worstFirst)
    }

    /// Keep at most this many packets as evidence in all incidents together, each of some 700 bytes
    /// in JSON.
    private static let evidenceLimit = 32_768
    /// Show at least this many packets of each finding.
    private static let leastEvidence = 2

    /// The incidents with no more evidence than a report shall hold: what the last ones had beyond
    /// it is counted.
    private static func bounded(_ incidents: [Incident]) -> [Incident] {
        var room = evidenceLimit
        return incidents.map { incident in
            let count = incident.chain.reduce(0) { $0 + $1.finding.evidence.count }
            room -= count
            return room >= 0 ? incident : incident.keeping(evidence: leastEvidence)
        }
    }

    private mutating func file(
        _ findings: [Finding],
        of history: History,
        under parties: Parties
    ) {
        let initiator = history.initiator.address
        let service = history.responder
        if accumulators[parties] == nil { order.append(parties) }
        if services.count < incidentLimit {
            services.insert(service)
            serviceMarks.insert(service)
        }
        accumulators[parties, default: IncidentAccumulator()].add(findings, of: history)
        if let index = findings.indices.first(where: { findings[$0].severity == .error }) {
            failureTimes.note(findings[index].firstSeen)
        }
        guard case .pair = parties else { return }
        if obstacleOfPair[parties] != nil { return }
        initiatorsOfService[service, default: []].insert(initiator)
        let clients = initiatorsOfService[service]?.count ?? 0
        let areAlike = clients > Self.clientsApart && !Self.areNotes(findings)
        if clients > Self.standAlone || areAlike {
            merge(into: .service(service)) { parties, _ in
                if case .pair(_, service) = parties { true } else { false }
            }
        } else if Self.areNotes(findings) {
            notedServicesOfInitiator[initiator, default: []].insert(service)
            guard (notedServicesOfInitiator[initiator]?.count ?? 0) > Self.standAlone else {
                return
            }
            merge(into: .notes(initiator)) { parties, all in
                parties.isPair(of: initiator) && all[parties]?.holdsNotes == true
            }
        } else {
            servicesOfInitiator[initiator, default: []].insert(service)
            guard (servicesOfInitiator[initiator]?.count ?? 0) > Self.standAlone else { return }
            merge(into: .initiator(initiator)) { parties, all in
                parties.isPair(of: initiator) && all[parties]?.holdsNotes == false
            }
        }
    }

    /// Takes down what lets nothing pass between the ends of a flow, and joins what it does
    /// so to once that is several pairs.
    private mutating func noteObstacle(in findings: [Finding], of history: History) {
        let pair = Parties.pair(history.initiator.address, history.responder)
        guard obstacleOfPair[pair] == nil, obstacleOfPair.count < incidentLimit,
            let obstacle = findings.lazy.filter({ $0.severity > .note }).compactMap(\.obstacle)
                .first
        else { return }
        obstacleOfPair[pair] = obstacle
        pairsOfObstacle[obstacle, default: []].insert(pair)
        initiatorsOfService[history.responder]?.remove(history.initiator.address)
        servicesOfInitiator[history.initiator.address]?.remove(history.responder)
        let whole = Parties.obstacle(obstacle)
        if var known = accumulators[whole] {
            guard let other = accumulators.removeValue(forKey: pair) else { return }
            known.absorb(other)
            accumulators[whole] = known
            order.removeAll { $0 == pair }
        } else if let pairs = pairsOfObstacle[obstacle], pairs.count > Self.pairsApart {
            merge(into: whole) { parties, _ in pairs.contains(parties) }
        }
    }

    private static func areNotes(_ findings: [Finding]) -> Bool {
        findings.allSatisfy { $0.severity == .note }
    }

    /// Whose incident the findings in one flow belong to.
    func parties(of history: History, for findings: [Finding]) -> Parties {
        parties(
            of: history.initiator.address,
            history.responder,
            noting: Self.areNotes(findings)
        )
    }

    func parties(of initiator: Address, _ service: Endpoint, noting isNote: Bool) -> Parties {
        if hasWholes {
            if accumulators[.service(service)] != nil { return .service(service) }
            let whole: Parties =
                isNote && !initiatorsAsSubjects.contains(initiator)
                ? .notes(initiator) : .initiator(initiator)
            if accumulators[whole] != nil { return whole }
        }
        let pair = Parties.pair(initiator, service)
        if let obstacle = obstacleOfPair[pair], accumulators[.obstacle(obstacle)] != nil {
            return .obstacle(obstacle)
        }
        return accumulators.count < incidentLimit || accumulators[pair] != nil ? pair : .others
    }

    private mutating func merge(
        into whole: Parties,
        where isPart: (Parties, [Parties: IncidentAccumulator]) -> Bool
    ) {
        let parts = order.filter { isPart($0, accumulators) }
        let partsAsSet = Set(parts)
        guard let index = order.firstIndex(where: partsAsSet.contains) else { return }
        var accumulator = IncidentAccumulator()
        for part in parts {
            if let other = accumulators.removeValue(forKey: part) { accumulator.absorb(other) }
        }
        hasWholes = true
        order[index] = whole
        order.removeAll(where: partsAsSet.contains)
        accumulators[whole] = accumulator
    }

    /// Whose incident it is.
    enum Parties: Hashable {
        case pair(Address, Endpoint)
        case service(Endpoint)
        case initiator(Address)
        /// What an initiator met at many services, without failing at them.
        case notes(Address)
        /// Those between whom one thing lets nothing pass.
        case obstacle(Address)
        case others

        func isPair(of initiator: Address) -> Bool {
            if case .pair(initiator, _) = self { true } else { false }
        }
    }
}
