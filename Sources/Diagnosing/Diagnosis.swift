import Tracking

/// Turns the suspicious flows of a capture into incidents.
///
/// The findings of one initiator and one service become one incident. Where many initiators fail at
/// one service, or one initiator fails at many, they become one too: never ten thousand findings.
package struct Diagnosis: Sendable {
    /// So many initiators of one service, or services of one initiator, stand alone.
    private static let standAlone = 16

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
        of capture: borrowing TrackedCapture,
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
        SurveyExamination(
            services: ServiceNames(survey.portmap),
            findings: detectors.all.flatMap { detector in
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
        case (let initiator?, let service?): parties(of: initiator, service)
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
        let parties = parties(of: history)
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

    /// Counts connections that came up, the last of them at a time, where others between the same
    /// parties are in an incident.
    mutating func noteEstablished(
        _ count: Int,
        _ initiator: Address,
        _ responder: Endpoint,
        lastAt time: Int64
    ) {
        guard concerns(responder) else { return }
        let pair = Parties.pair(initiator, responder)
        let whole = Parties.service(responder)
        if accumulators[whole] != nil {
            accumulators[whole]?.noteEstablished(count, lastAt: time)
        } else if accumulators[pair] != nil {
            accumulators[pair]?.noteEstablished(count, lastAt: time)
        }
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
        let incidents = shared(order.count, among: threads) { place in
            accumulators[order[place]].flatMap(builder.incident)
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
        if let place = findings.indices.first(where: { findings[$0].severity == .error }) {
            failureTimes.note(findings[place].firstSeen)
        }
        guard case .pair = parties else { return }
        initiatorsOfService[service, default: []].insert(initiator)
        servicesOfInitiator[initiator, default: []].insert(service)
        if (initiatorsOfService[service]?.count ?? 0) > Self.standAlone {
            collapse(into: .service(service)) { $0 == service }
        } else if (servicesOfInitiator[initiator]?.count ?? 0) > Self.standAlone {
            collapse(into: .initiator(initiator), ofInitiator: initiator)
        }
    }

    func parties(of history: History) -> Parties {
        parties(of: history.initiator.address, history.responder)
    }

    func parties(of initiator: Address, _ service: Endpoint) -> Parties {
        if hasWholes {
            if accumulators[.service(service)] != nil { return .service(service) }
            if accumulators[.initiator(initiator)] != nil { return .initiator(initiator) }
        }
        let pair = Parties.pair(initiator, service)
        return accumulators.count < incidentLimit || accumulators[pair] != nil ? pair : .others
    }

    private mutating func collapse(into whole: Parties, _ isPart: (Endpoint) -> Bool) {
        merge(into: whole) { if case .pair(_, let service) = $0 { isPart(service) } else { false } }
    }

    private mutating func collapse(into whole: Parties, ofInitiator address: Address) {
        merge(into: whole) { if case .pair(address, _) = $0 { true } else { false } }
    }

    private mutating func merge(into whole: Parties, where isPart: (Parties) -> Bool) {
        let parts = order.filter(isPart)
        guard let place = order.firstIndex(where: isPart) else { return }
        var accumulator = IncidentAccumulator()
        for part in parts {
            if let other = accumulators.removeValue(forKey: part) { accumulator.absorb(other) }
        }
        hasWholes = true
        order[place] = whole
        order.removeAll(where: isPart)
        accumulators[whole] = accumulator
    }

    /// Whose incident it is.
    enum Parties: Hashable {
        case pair(Address, Endpoint)
        case service(Endpoint)
        case initiator(Address)
        case others
    }
}
