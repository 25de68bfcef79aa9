import Tracking

/// How flows are examined, one after the other or on several cores.
///
/// What is found in a flow depends on that flow alone; only how much is said of it depends on what
/// was found before. So the flows are examined in any order, and their findings are taken in the
/// order of the flows.
extension Diagnosis {
    /// As many flows wait to be examined together, and as many events of theirs.
    private static let flowsAtOnce = 256
    private static let eventsAtOnce = 8192

    /// What is to be done about a flow.
    enum Treatment {
        case examine
        /// It was examined before.
        case file(Examination)
        case skip
    }

    /// Examines a whole capture: what many flows show together, then its flows.
    ///
    /// - Parameters:
    ///   - capture: what the tracker made of it.
    ///   - threads: on how many cores; what comes of it is the same.
    package mutating func consume(_ capture: consuming TrackedCapture, threads: Int = 1) {
        consume(capture, threads: threads) { _ in .examine }
    }

    /// Examines a whole capture: what many flows show together, then its flows.
    ///
    /// - Parameters:
    ///   - capture: what the tracker made of it; what is not wanted any more is freed on the way.
    ///   - threads: on how many cores; what comes of it is the same.
    ///   - treatment: what is to be done about a flow; asked once of each, first of those that had
    ///     to go early.
    mutating func consume(
        _ capture: consuming TrackedCapture,
        threads: Int,
        by treatment: (FlowEvents) -> Treatment
    ) {
        let facts = capture.facts
        for flow in capture.departed {
            switch treatment(flow) {
            case .examine: consume(flow, in: facts)
            case .file(let examination): file(examination)
            case .skip: break
            }
        }
        uncover()
        consume(capture.survey)
        let established = established(in: capture)
        // What is found is put where they were.
        capture.forgetRemnants()
        var waiting: [FlowEvents] = []
        var events = 0
        capture.forEachSuspicious { flow in
            switch treatment(flow) {
            case .examine:
                waiting.append(flow)
                events += flow.events.count
            case .file(let examination): file(examination)
            case .skip: break
            }
            guard waiting.count == Self.flowsAtOnce || events >= Self.eventsAtOnce else { return }
            consume(waiting, in: facts, threads: threads)
            waiting.removeAll(keepingCapacity: true)
            events = 0
        }
        consume(waiting, in: facts, threads: threads)
        note(established)
    }

    /// The connections that came up at the services of a capture that may be in an incident.
    private func established(in capture: borrowing TrackedCapture) -> EstablishedConnections {
        var established = EstablishedConnections()
        for service in services { established.expect(at: service) }
        for case .pair(let initiator, let service) in order {
            established.expect(from: initiator, at: service)
        }
        capture.forEachSuspiciousPair { established.expect(from: $0, at: $1) }
        capture.forEachEstablished { established.note($0, $1, $2, lastAt: $3) }
        return established
    }

    /// Examines the flows that had to go while packets still come.
    package mutating func takeDeparted(from tracker: inout Tracker) {
        guard !tracker.departed.isEmpty else { return }
        let facts = tracker.facts()
        for flow in tracker.takeDeparted() { consume(flow, in: facts) }
    }

    /// Examines flows.
    ///
    /// - Parameters:
    ///   - flows: in the order of their first packets.
    ///   - capture: what is known of the capture.
    ///   - threads: on how many cores; what comes of it is the same.
    private mutating func consume(
        _ flows: [FlowEvents],
        in capture: CaptureFacts,
        threads: Int
    ) {
        guard threads > 1 else {
            for flow in flows { consume(flow, in: capture) }
            return
        }
        for judgement in judgements(of: flows, in: capture, threads) {
            if let judgement { file(judgement.findings, of: judgement.history) }
        }
    }

    /// Examines one flow.
    private mutating func consume(_ flow: FlowEvents, in capture: CaptureFacts) {
        if covers(flow) { return }
        let history = History(flow, in: capture)
        file(examine(history), of: history)
    }

    /// What was found in one flow.
    private struct Assessment: Sendable {
        let history: History
        let findings: [Finding]
    }

    /// Examines a flow, and describes what needs it beside all that was filed before; `nil` where
    /// nothing is found.
    private func judge(_ history: History) -> Assessment? {
        let findings = examine(history)
        guard !findings.isEmpty else { return nil }
        let needsDetails =
            accumulators[parties(of: history, for: findings)]?.needsDetails(of: findings) ?? true
        return Assessment(
            history: history,
            findings: needsDetails ? findings.map(\.described) : findings
        )
    }

    /// Examines flows on several cores, all beside what is filed now.
    private func judgements(
        of flows: [FlowEvents],
        in capture: CaptureFacts,
        _ threads: Int
    ) -> [Assessment?] {
        let diagnosis = self
        return shared(flows.count, among: threads) { index in
            diagnosis.covers(flows[index])
                ? nil : diagnosis.judge(History(flows[index], in: capture))
        }
    }
}
