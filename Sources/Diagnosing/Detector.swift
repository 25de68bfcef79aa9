import Tracking

/// Recognises one pathology in the history of one four-tuple.
///
/// A detector holds no state: it reads the whole history and says what it finds, so that it can be asked
/// again when more has been captured.
package protocol Detector: Sendable {
    static var manual: Manual { get }

    init()

    /// - Returns: at most one finding; what happened several times is counted in it.
    func examine(_ history: History) -> Finding?

    /// One sentence about many flows that suffer alike.
    static func summary(of many: Finding) -> String
}

extension Detector {
    package static func summary(of many: Finding) -> String {
        "\(many.flows) connections of \(many.source) to \(many.destination): \(manual.title)."
    }

    /// A finding about this history, with everything that all findings have in common filled in.
    func finding(
        in history: History,
        life: Incarnation,
        reason: String? = nil,
        severity: Severity,
        confidence: Confidence,
        status: Status = .confirmed,
        count: Int,
        evidence: [(event: Int, note: String)],
        metrics: [Metric],
        causes: [String],
        checks: [Check],
        summary: String,
        explanation: String
    ) -> Finding {
        let ordered = evidence.sorted { $0.event < $1.event }
        let shown = ordered.prefix(Finding.evidenceLimit).map { item in
            Evidence(
                event: history.events[item.event],
                isFromInitiator: history.isFromInitiator(history.events[item.event]),
                errorSender: history.errorSender(of: history.events[item.event]),
                note: item.note
            )
        }
        let times = ordered.map { history.events[$0.event].time }
        let begin = life.attempts.first.map { history.events[$0.first].time }
        return Finding(
            pathology: Self.manual.id,
            reason: reason,
            severity: severity,
            confidence: confidence,
            status: status,
            subject: Subject(history),
            vantage: history.vantage,
            guards: history.guards(for: life),
            summary: summary,
            explanation: explanation,
            count: count,
            metrics: metrics,
            evidence: shown,
            evidenceOmitted: ordered.count - shown.count,
            causes: causes,
            checks: checks,
            firstSeen: times.min() ?? history.lastTime,
            lastSeen: times.max() ?? history.lastTime,
            begin: begin ?? times.min() ?? history.lastTime,
            isEstablished: life.isEstablished
        )
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
