import Diagnosing
import Tracking

/// What Synopsis makes of a capture.
struct Observation {
    /// Of every flow by itself.
    let findings: [Finding]
    let incidents: [Incident]
    let handshakes: [Handshake]

    init(of frames: [MemoryFrames.Record]) throws {
        var tracker = Tracker(flowLimit: 4096, collectsHandshakes: true)
        var source = MemoryFrames(frames, linkType: .ethernet)
        while try tracker.consume(next: 1024, from: &source) {}
        let window = tracker.tally.window ?? (0, 0)
        let facts = CaptureFacts(
            begin: window.first,
            end: window.last,
            oneWayInitiators: tracker.oneWayInitiators
        )
        var flows: [FlowEvents] = []
        tracker.finish { flows.append($0) }
        handshakes = tracker.handshakes
        let detectors = Catalog.detectors.map { $0.init() }
        findings = flows.flatMap {
            Diagnosis.findings(in: History($0, in: facts), by: detectors)
        }
        var diagnosis = Diagnosis()
        for flow in flows { diagnosis.consume(flow, in: facts) }
        incidents = diagnosis.incidents
    }

    /// The findings that say that something is wrong.
    var alarms: [Finding] { findings.filter { $0.severity >= .warning } }
}

extension [Finding] {
    var pathologies: Set<String> { Set(map(\.pathology)) }

    /// What they say, one a line.
    var text: String {
        map { "\($0.pathology)/\($0.reason ?? "-") \($0.severity.name): \($0.summary)" }
            .joined(separator: "\n")
    }
}
