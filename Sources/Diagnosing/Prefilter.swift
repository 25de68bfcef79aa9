import Tracking

/// Detectors, of which only those are asked that can find something in a history.
struct Prefilter: Sendable {
    let all: [any Detector]
    /// Those that examine histories, in the same order.
    private let entries: [Entry]

    private struct Entry {
        /// As a number: a set of the standard library would not be compared in place.
        let needs: UInt32
        let detector: any Detector
    }

    init(_ detectors: [any Detector]) {
        all = detectors
        entries = detectors.compactMap { detector in
            type(of: detector).needs.map { Entry(needs: $0.rawValue, detector: detector) }
        }
    }

    /// What they find in one history, at least so grave.
    func findings(in history: History, atLeast severity: Severity = .note) -> [Finding] {
        var findings: [Finding] = []
        // Of data that was left out of the capture nothing can be said.
        let traits =
            history.capture.isFiltered
            ? history.traits.subtracting(.ofStreams).rawValue : history.traits.rawValue
        for place in entries.indices where traits & entries[place].needs == entries[place].needs {
            if let finding = entries[place].detector.examine(history), finding.severity >= severity
            {
                findings.append(finding)
            }
        }
        guard history.needsTexts, !findings.isEmpty else { return findings }
        let viewpoint = history.viewpoint
        for index in findings.indices { findings[index].viewpoint = viewpoint }
        return findings
    }
}
