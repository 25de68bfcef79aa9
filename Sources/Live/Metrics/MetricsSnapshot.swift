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

    package var tally = Tally()
    package var interfaces: [Interface] = []
    /// Flows that are in memory.
    package var flowsTracked = 0
    package var findings = FindingCounts()
    /// Incidents that are not closed.
    package var openIncidents = 0
    /// By the outputs' names.
    package var outputs: [(name: String, statistics: OutputStatistics)] = []
    /// `nil` where no slices are written.
    package var slices: SliceFolder.Statistics?
    /// When the capture began, in seconds since 1970.
    package var start: Double = 0

    package init() {}
}

/// Where the capture leaves its latest snapshot, and the server finds it.
package final class MetricsBoard: Sendable {
    private let latest = Mutex(MetricsSnapshot())

    package init() {}

    /// Leaves a snapshot in place of the one before.
    package func post(_ snapshot: MetricsSnapshot) { latest.withLock { $0 = snapshot } }

    /// The latest one.
    package var snapshot: MetricsSnapshot { latest.withLock { $0 } }
}
