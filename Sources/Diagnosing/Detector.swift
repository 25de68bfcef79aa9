import Tracking

/// Recognises one pathology in the history of one four-tuple.
///
/// A detector holds no state: it reads the whole history and says what it finds, so that it can be
/// asked again when more has been captured.
package protocol Detector: Sendable {
    static var manual: Manual { get }

    /// What a history must show for anything to be found in it, all of this; `nil` where only a
    /// survey tells.
    static var needs: Signals? { get }

    /// Whether what it finds depends on when packets came: such is not looked for in a capture
    /// without a clock.
    static var needsClock: Bool { get }

    /// Those that say more of the same: in a history in which one of them finds something, this one
    /// finds nothing.
    static var yieldsTo: [any Detector.Type] { get }

    /// Those whose sentence its own says already: a verdict that begins with this one leaves them
    /// out.
    static var saysToo: [any Detector.Type] { get }

    init()

    /// - Returns: at most one finding; what happened several times is counted in it.
    func examine(_ history: History) -> Finding?

    /// What many flows show together that none of them shows alone.
    func examine(_ survey: Survey) -> [Finding]

    /// Whether its findings stand for the flows without payload of their subject, which nobody
    /// wants one by one.
    static var explainsPayloadlessFlows: Bool { get }

    /// One sentence about many flows that suffer alike.
    static func summary(of many: Finding) -> String

    /// Where the cause of what it found lies, the likelier first: one or two, or none where more
    /// remain.
    static func blame(for finding: Finding) -> [FaultSide]

    /// How much it matters that many flows suffer alike.
    static func severity(of many: Finding) -> Severity
}

extension Detector {
    package func examine(_ history: History) -> Finding? { nil }

    package func examine(_ survey: Survey) -> [Finding] { [] }

    package static var needsClock: Bool { true }

    package static var yieldsTo: [any Detector.Type] { [] }

    package static var saysToo: [any Detector.Type] { [] }

    package static var explainsPayloadlessFlows: Bool { false }

    package static func summary(of many: Finding) -> String {
        "\(many.flows) connections from \(many.source) to \(many.destination): \(manual.title)."
    }

    package static func severity(of many: Finding) -> Severity { many.severity }

    /// A finding about this history, with everything that all findings have in common filled in.
    ///
    /// What is worded, numbered or shown is made only for findings that are described.
    func finding(
        in history: History,
        incarnation: Incarnation,
        reason: String? = nil,
        severity: Severity,
        confidence: Confidence,
        status: Status = .confirmed,
        count: Int,
        events: [Int],
        note: @escaping @Sendable (Int) -> String,
        metrics: @autoclosure @escaping @Sendable () -> [Metric],
        causes: @autoclosure @escaping @Sendable () -> [String],
        checks: @autoclosure @escaping @Sendable () -> [Check],
        summary: @autoclosure @escaping @Sendable () -> String,
        explanation: @autoclosure @escaping @Sendable () -> String
    ) -> Finding {
        let times = events.map { history.events[$0].time }
        let firstTime = times.min() ?? history.lastTime
        let lastTime = times.max() ?? history.lastTime
        let comfort =
            severity > .note
            ? history.damage(among: events) ?? history.comfort(of: incarnation, after: lastTime)
            : nil
        let begin = incarnation.attempts.first.map { history.events[$0.first].time }
        return Finding(
            pathology: Self.manual.id,
            reason: reason,
            severity: min(severity, comfort?.mostSeverity ?? severity),
            confidence: confidence,
            status: status,
            subject: Subject(history),
            count: count,
            proofCount: events.count,
            firstSeen: firstTime,
            lastSeen: lastTime,
            begin: begin ?? firstTime,
            isEstablished: incarnation.isEstablished
        ) {
            let stated = statedReason(among: events, in: history)
            return Finding.Details(
                viewpoint: history.viewpoint,
                guards: history.guards(for: incarnation, isPending: status == .pending),
                summary: summary(),
                explanation: bounded(
                    extended(explanation(), beside: stated)
                        + (comfort.map { " \($0.sentence)" } ?? ""),
                    history.omitted
                ),
                metrics: metrics()
                    + (stated.map { [Metric("reset_reason", $0.reason.code)] } ?? []),
                evidence: evidence(of: events, in: history, note),
                causes: causes(),
                checks: checks()
            )
        }
    }

    /// A finding about what many flows show together, with its details.
    ///
    /// Of `evidence` the first packets are shown; `proofCount` says how many there are where
    /// `evidence` does not hold all of them.
    func finding(
        in survey: Survey,
        reason: String? = nil,
        severity: Severity,
        confidence: Confidence,
        status: Status,
        subject: Subject,
        guards: [Guard] = [],
        summary: String,
        explanation: String,
        count: Int,
        flows: Int = 1,
        speaksForAll: Bool = true,
        headline: String? = nil,
        metrics: [Metric],
        evidence: [Evidence],
        proofCount: Int? = nil,
        causes: [String],
        checks: [Check],
        firstSeen: Int64,
        lastSeen: Int64,
        isEstablished: Bool
    ) -> Finding {
        let details = Finding.Details(
            guards: survey.guards + guards,
            summary: summary,
            explanation: explanation,
            metrics: metrics,
            evidence: Array(evidence.prefix(Finding.evidenceLimit)),
            causes: causes,
            checks: checks
        )
        var finding = Finding(
            pathology: Self.manual.id,
            reason: reason,
            severity: severity,
            confidence: confidence,
            status: status,
            subject: subject,
            count: count,
            proofCount: max(proofCount ?? 0, evidence.count),
            firstSeen: firstSeen,
            lastSeen: lastSeen,
            begin: firstSeen,
            isEstablished: isEstablished
        ) { details }
        finding.flows = flows
        finding.speaksForAll = speaksForAll
        finding.headline = headline
        return finding.described
    }

    /// The newest reason that a RST among `events` gives, and the number of its packet.
    private func statedReason(
        among events: [Int],
        in history: History
    ) -> (reason: StatedReason, packet: UInt64)? {
        for index in events.reversed() {
            if let reason = history.statedReason(of: index) {
                return (reason, history.events[index].packet)
            }
        }
        return nil
    }

    /// The explanation, and what a RST says of its reason.
    private func extended(
        _ explanation: String,
        beside stated: (reason: StatedReason, packet: UInt64)?
    ) -> String {
        let statement = stated.map { "The RST in packet \($0.packet) \($0.reason.words)." }
        return [explanation, statement ?? ""].filter { !$0.isEmpty }.joined(separator: " ")
    }

    /// Says so where the flow had more packets than are kept, so that all counts are lower bounds.
    private func bounded(_ explanation: String, _ omitted: Int) -> String {
        guard omitted > 0 else { return explanation }
        let note = "\(omitted) packets of this flow were not kept, so every count is a lower bound."
        return explanation.isEmpty ? note : "\(explanation) \(note)"
    }

    /// The first of `events` in order of capture; `note` words what to look at, by position in
    /// `events`.
    private func evidence(
        of events: [Int],
        in history: History,
        _ note: (Int) -> String
    ) -> [Evidence] {
        let positions = events.indices.sorted { events[$0] < events[$1] }
        return positions.prefix(Finding.evidenceLimit).map { position in
            let event = history.events[events[position]]
            return Evidence(
                event: event,
                isFromInitiator: history.isFromInitiator(event),
                errorSender: history.errorSender(of: event),
                rule: history.rule(of: events[position]),
                note: note(position)
            )
        }
    }
}

extension Finding {
    /// Who initiates: an address, or `several hosts`.
    package var source: String { subject.initiatorAddress?.description ?? "several hosts" }

    /// Who did it on all flows, where `shared` says `client` or `server`, and to whom.
    var sharedParties: (own: String, other: String)? {
        switch shared {
        case "client": (source, destination)
        case "server": (destination, source)
        default: nil
        }
    }

    /// Where to: `10.0.0.81:304`, or `several ports of 10.0.0.81`.
    package var destination: String {
        switch (subject.responderAddress, subject.responderPort) {
        case (let address?, let port?): Endpoint(address, port: port).description
        case (let address?, nil): "several ports of \(address)"
        case (nil, let port?): "port \(port) of several hosts"
        case (nil, nil): "several hosts"
        }
    }
}
