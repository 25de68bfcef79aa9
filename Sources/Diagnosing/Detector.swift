import Tracking

/// Recognises one pathology in the history of one four-tuple.
///
/// A detector holds no state: it reads the whole history and says what it finds, so that it can be asked
/// again when more has been captured.
package protocol Detector: Sendable {
    static var manual: Manual { get }

    /// What a history must hold for anything to be found in it, all of this; `nil` where only a survey tells.
    static var needs: History.Traits? { get }

    init()

    /// - Returns: at most one finding; what happened several times is counted in it.
    func examine(_ history: History) -> Finding?

    /// What many flows show together that none of them shows alone.
    func examine(_ survey: Survey) -> [Finding]

    /// Whether its findings stand for the mute flows of their subject, which nobody wants one by one.
    static var explainsPayloadlessFlows: Bool { get }

    /// One sentence about many flows that suffer alike.
    static func summary(of many: Finding) -> String

    /// Where the cause of what it found lies, the likelier first: one or two, or none where more remain.
    static func blame(for finding: Finding) -> [FaultSide]

    /// How much it matters that many flows suffer alike.
    static func severity(of many: Finding) -> Severity
}

extension Detector {
    package func examine(_ history: History) -> Finding? { nil }

    package func examine(_ survey: Survey) -> [Finding] { [] }

    package static var explainsPayloadlessFlows: Bool { false }

    package static func summary(of many: Finding) -> String {
        "\(many.flows) connections from \(many.source) to \(many.destination): \(manual.title)."
    }

    package static func severity(of many: Finding) -> Severity { many.severity }

    /// A finding about this history, with everything that all findings have in common filled in.
    ///
    /// What is worded is worded only if the history needs texts: of a thousand flows that suffer alike,
    /// the first few speak for all.
    func finding(
        in history: History,
        incarnation: Incarnation,
        reason: String? = nil,
        severity: Severity,
        confidence: Confidence,
        status: Status = .confirmed,
        count: Int,
        events: [Int],
        note: (Int) -> String,
        metrics: @autoclosure () -> [Metric],
        causes: @autoclosure () -> [String],
        checks: @autoclosure () -> [Check],
        summary: @autoclosure () -> String,
        explanation: @autoclosure () -> String
    ) -> Finding {
        let needsTexts = history.needsTexts
        let times = events.map { history.events[$0].time }
        let lastTime = times.max() ?? history.lastTime
        // Whoever is served at once lost no more than a moment.
        let isServedSoon =
            severity == .error && !incarnation.isEstablished
            && history.isServedSoon(after: lastTime)
        let begin = incarnation.attempts.first.map { history.events[$0.first].time }
        let shown = needsTexts ? evidence(of: events, in: history, note) : []
        let stated = needsTexts ? statedReason(among: events, in: history) : nil
        return Finding(
            pathology: Self.manual.id,
            reason: reason,
            severity: isServedSoon ? .warning : severity,
            confidence: confidence,
            status: status,
            subject: Subject(history),
            guards: needsTexts
                ? history.guards(for: incarnation, isPending: status == .pending) : [],
            summary: needsTexts ? summary() : "",
            explanation: needsTexts
                ? bounded(
                    told(explanation(), beside: stated)
                        + (isServedSoon ? Self.consolation(of: history) : ""),
                    history.omitted
                ) : "",
            count: count,
            metrics: needsTexts
                ? metrics() + (stated.map { [Metric("reset_reason", $0.reason.code)] } ?? []) : [],
            evidence: shown,
            evidenceOmitted: events.count - shown.count,
            causes: needsTexts ? causes() : [],
            checks: needsTexts ? checks() : [],
            firstSeen: times.min() ?? history.lastTime,
            lastSeen: lastTime,
            begin: begin ?? times.min() ?? history.lastTime,
            isEstablished: incarnation.isEstablished
        )
    }

    private static func consolation(of history: History) -> String {
        " \(history.initiator.address) was served within a second after that."
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
    private func told(
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

    /// The first of `events` in order of capture; `note` words what to look at, by place in `events`.
    private func evidence(
        of events: [Int],
        in history: History,
        _ note: (Int) -> String
    ) -> [Evidence] {
        let places = events.indices.sorted { events[$0] < events[$1] }
        return places.prefix(Finding.evidenceLimit).map { place in
            let event = history.events[events[place]]
            return Evidence(
                event: event,
                isFromInitiator: history.isFromInitiator(event),
                errorSender: history.errorSender(of: event),
                rule: history.rule(of: events[place]),
                note: note(place)
            )
        }
    }
}

extension Finding {
    /// Who initiates: an address, or `several hosts`.
    package var source: String { subject.initiatorAddress?.description ?? "several hosts" }

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
