import Tracking

/// Detectors, of which only those are asked that can find something in a history.
struct Prefilter: Sendable {
    let all: [any Detector]
    /// Those that examine histories, in the same order; then those that they yield to and that are
    /// not among them.
    private let entries: [Entry]

    private struct Entry {
        let id: ObjectIdentifier
        /// As a number: a set of the standard library would not be compared in place.
        let needs: UInt64
        let needsClock: Bool
        let yieldsTo: [ObjectIdentifier]
        let detector: any Detector
        /// Whether what it finds is reported.
        let isReported: Bool

        init?(_ detector: any Detector, isReported: Bool) {
            guard let needs = type(of: detector).needs else { return nil }
            id = ObjectIdentifier(type(of: detector))
            self.needs = needs.rawValue
            needsClock = type(of: detector).needsClock
            yieldsTo = type(of: detector).yieldsTo.map { ObjectIdentifier($0) }
            self.detector = detector
            self.isReported = isReported
        }
    }

    init(_ detectors: [any Detector]) {
        all = detectors
        var entries = detectors.compactMap { Entry($0, isReported: true) }
        for other in detectors.flatMap({ type(of: $0).yieldsTo })
        where !entries.contains(where: { $0.id == ObjectIdentifier(other) }) {
            if let entry = Entry(other.init(), isReported: false) { entries.append(entry) }
        }
        self.entries = entries
    }

    /// What they find in one history, at least so grave.
    func findings(in history: History, atLeast severity: Severity = .note) -> [Finding] {
        var found: [Finding] = []
        // Their entries.
        var indices: [Int] = []
        // Of data that was left out of the capture nothing can be said.
        let signals =
            history.capture.isFiltered
            ? history.signals.subtracting(.ofStreams).rawValue : history.signals.rawValue
        let hasClock = history.capture.hasClock
        for index in entries.indices where signals & entries[index].needs == entries[index].needs {
            if entries[index].needsClock, !hasClock { continue }
            if let finding = entries[index].detector.examine(history) {
                found.append(finding)
                indices.append(index)
            }
        }
        let isReported = found.indices.map { number in
            let entry = entries[indices[number]]
            return entry.isReported && found[number].severity >= severity
                && !entry.yieldsTo.contains { id in indices.contains { entries[$0].id == id } }
        }
        // Mostly all of them: then none is copied.
        if isReported.allSatisfy(\.self) { return found }
        return found.indices.filter { isReported[$0] }.map { found[$0] }
    }
}
