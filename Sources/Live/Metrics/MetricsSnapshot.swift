import Diagnosing
import Synchronization
import Tracking

/// What is known at one instant of a live analysis, for whoever watches the watcher.
package struct MetricsSnapshot: Sendable {
    /// What one interface dropped.
    package struct Interface: Hashable, Sendable {
        package let name: String
        package var droppedByKernel: UInt64
        package var droppedByInterface: UInt64
        /// Whether it is open now.
        package var isUp: Bool

        package init(
            name: String,
            droppedByKernel: UInt64 = 0,
            droppedByInterface: UInt64 = 0,
            isUp: Bool = true
        ) {
            self.name = name
            self.droppedByKernel = droppedByKernel
            self.droppedByInterface = droppedByInterface
            self.isUp = isUp
        }
    }

    /// Incidents that are alike to whoever counts them.
    package struct IncidentKind: Hashable, Sendable {
        /// That of the root.
        package let pathology: String
        package let severity: Severity

        package init(_ incident: Incident) {
            pathology = incident.root.pathology
            severity = incident.severity
        }

        init(pathology: String, severity: Severity) {
            self.pathology = pathology
            self.severity = severity
        }
    }

    package var tally = Tally()
    package var attempts = AttemptCounts()
    package var interfaces: [Interface] = []
    /// Flows that are in memory.
    package var flowsTracked = 0
    package var failures = FailureCounts()
    /// What services are called.
    package var labels = ServiceLabels()
    /// Incidents that are not closed; all others are 0.
    package var openIncidents: [IncidentKind: Int] = [:]
    /// By the outputs' names.
    package var outputs: [(name: String, statistics: OutputStatistics)] = []
    /// `nil` where no slices are written.
    package var slices: SliceFolder.Statistics?
    /// When the capture began, in seconds since 1970.
    package var start: Double = 0

    package init() {}

    /// The attempts at each service that is kept apart, by label, and those at all others.
    func outcomes() -> [String: [UInt64]] {
        var labels = self.labels
        return attempts.services.reduce(into: [:]) { sums, service in
            let responder = service.responder
            let label = labels.label(of: responder?.port, responder, ServiceNames())
            let counts = HandshakeOutcome.allCases.map { service[$0] }
            sums[label] = sums[label].map { zip($0, counts).map { $0 &+ $1 } } ?? counts
        }
    }
}

/// Where the capture leaves its latest snapshot, and the server finds it.
package final class MetricsBoard: Sendable {
    /// A capture that left no snapshot for this long hangs, in nanoseconds.
    private static let longestPause: Int64 = 15_000_000_000

    private let latest = Mutex<(snapshot: MetricsSnapshot, time: Int64?)>((MetricsSnapshot(), nil))
    private let now: @Sendable () -> Int64

    /// - Parameter now: a clock that only moves forward, in nanoseconds.
    package init(now: @escaping @Sendable () -> Int64 = { Clocks.monotonic }) {
        self.now = now
    }

    /// Leaves a snapshot in place of the one before.
    package func post(_ snapshot: MetricsSnapshot) {
        latest.withLock { $0 = (snapshot, now()) }
    }

    /// The latest one.
    package var snapshot: MetricsSnapshot { latest.withLock { $0.snapshot } }

    /// Why the capture should be started again; `nil` where it runs, or has not begun.
    package var illness: String? {
        guard let time = latest.withLock({ $0.time }) else { return nil }
        let pause = now() - time
        return pause > Self.longestPause
            ? "the capture has not moved for \(pause / 1_000_000_000) s" : nil
    }

    /// Why nothing is captured now; `nil` where an interface is open.
    package var obstacle: String? {
        let (snapshot, time) = latest.withLock { $0 }
        if time == nil { return "the capture has not begun" }
        if let illness { return illness }
        return snapshot.interfaces.contains(where: \.isUp) ? nil : "no interface is open"
    }
}
