extension Finding {
    /// What a reader is shown of a finding.
    ///
    /// Of a thousand flows that suffer alike, the first few are described and the others counted.
    package struct Details: Hashable, Sendable {
        package var viewpoint = Viewpoint.unknown
        package var guards: [Guard] = []
        /// One sentence that can stand alone.
        package var summary = ""
        /// What the packets show in detail; may be empty.
        package var explanation = ""
        package var metrics: [Metric] = []
        /// The packets that prove it, in order of capture; `evidenceLimit` at most.
        package var evidence: [Evidence] = []
        package var causes: [String] = []
        package var checks: [Check] = []
    }

    /// Details that are not made yet.
    ///
    /// They follow from the facts, so they tell no finding from another.
    struct DeferredDetails: Hashable, Sendable {
        let make: @Sendable () -> Details

        static func == (left: Self, right: Self) -> Bool { true }

        func hash(into hasher: inout Hasher) {}
    }

    /// The same with its details.
    package var described: Finding {
        guard let deferredDetails else { return self }
        var finding = self
        finding.details = deferredDetails.make()
        finding.deferredDetails = nil
        return finding
    }

    /// The same without them, as one of many that are counted.
    var counted: Finding {
        var finding = self
        finding.details = Details()
        finding.deferredDetails = nil
        return finding
    }

    /// Shows these packets, which are not among the flow's own events.
    mutating func prove<Packet: Sendable>(
        by packets: [Packet],
        _ evidence: @escaping @Sendable (Packet) -> Evidence
    ) {
        proofCount = packets.count
        guard let deferredDetails else { return }
        self.deferredDetails = DeferredDetails {
            var details = deferredDetails.make()
            details.evidence = packets.prefix(Finding.evidenceLimit).map(evidence)
            return details
        }
    }

    package var viewpoint: Viewpoint { details.viewpoint }
    package var guards: [Guard] { details.guards }
    package var summary: String { details.summary }
    package var explanation: String { details.explanation }
    package var metrics: [Metric] { details.metrics }
    package var evidence: [Evidence] { details.evidence }
    package var causes: [String] { details.causes }
    package var checks: [Check] { details.checks }

    /// How many of the packets that prove it are not shown.
    package var evidenceOmitted: Int { max(0, proofCount - evidence.count) }

    package subscript(metric name: String) -> Metric.Value? {
        metrics.first { $0.name == name }?.value
    }
}
