import Diagnosing
import Tracking

/// What Synopsis makes of a capture.
struct Observation {
    /// Of every flow by itself, and of all flows together.
    let findings: [Finding]
    let incidents: [Incident]
    let handshakes: [Handshake]

    init(of frames: [MemoryFrames.Record]) throws {
        let capture = try TrackedCapture(of: frames, flowLimit: 4096, collectsHandshakes: true)
        let detectors = Catalog.detectors.map { $0.init() }
        var findings = detectors.flatMap { $0.examine(capture.survey) }
        capture.forEachSuspicious { flow in
            let history = History(flow, in: capture.facts)
            findings += Diagnosis.findings(in: history, by: detectors)
        }
        self.findings = findings
        handshakes = capture.handshakes
        incidents = Diagnosis(of: capture).incidents
    }

    /// The findings that say that something is wrong, but for what is so where a path loses ACK
    /// after ACK.
    func alarms(in world: World) -> [Finding] {
        alarms.filter { finding in
            guard Self.consequencesOfLoss.contains(finding.pathology),
                let ends = finding.subject.endpoints
            else { return true }
            return world.losses[ends.initiator, default: 0] < Self.severeLoss
        }
    }

    /// A path that loses so many packets of one connection is not a healthy one.
    private static let severeLoss = 2
    private static let consequencesOfLoss: Set<String> = [
        "syn-ack-retransmission", "accept-queue-overflow",
    ]

    /// The findings that say that something is wrong.
    var alarms: [Finding] { findings.filter { $0.severity >= .warning } }
}

extension [Finding] {
    var pathologies: Set<String> { Set(map(\.pathology)) }

    /// What they say, one a line.
    var text: String {
        map {
            "\($0.pathology)/\($0.reason ?? "-") \($0.severity.name): \($0.summary) \($0.explanation)"
        }
        .joined(separator: "\n")
    }
}
