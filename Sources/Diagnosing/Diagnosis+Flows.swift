import Tracking

/// How flows are examined, one after the other or on several cores.
///
/// What is found in a flow depends on that flow alone; only how much is said of it depends on what was found before. So the
/// flows are examined in any order, and their findings are taken in the order of the flows.
extension Diagnosis {
    /// With fewer flows the other core would not have begun when they are done.
    private static let worthSharing = 64

    /// Examines flows.
    ///
    /// - Parameters:
    ///   - flows: in the order of their first packets.
    ///   - capture: what is known of the capture.
    ///   - threads: on how many cores; what comes of it is the same.
    package mutating func consume(
        _ flows: [FlowEvents],
        in capture: CaptureFacts,
        threads: Int
    ) {
        let flows = flows.filter { !covers($0) }
        guard threads > 1, flows.count >= Self.worthSharing else {
            for flow in flows { consume(flow, in: capture) }
            return
        }
        let examine = examination
        var examinations = [Examination?](repeating: nil, count: flows.count)
        unsafe examinations.withUnsafeMutableBufferPointer { places in
            // Each place is written by one thread, and read when all have ended.
            nonisolated(unsafe) let places = unsafe places
            share(among: threads) { part in
                for place in stride(from: part, to: flows.count, by: threads) {
                    unsafe places[place] = examine(flows[place], capture)
                }
            }
        }
        for examination in examinations {
            if let examination, !examination.findings.isEmpty { file(examination) }
        }
    }

    /// Examines one flow.
    package mutating func consume(_ flow: FlowEvents, in capture: CaptureFacts) {
        if covers(flow) { return }
        var history = History(flow, in: capture)
        let examples = examples(of: history)
        history.needsTexts = examples.isEmpty
        var findings = examine(history)
        if !history.needsTexts, !findings.allSatisfy({ examples.contains($0.pathology) }) {
            history.needsTexts = true
            findings = examine(history)
        }
        file(findings, of: history)
    }
}
