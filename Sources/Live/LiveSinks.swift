import Diagnosing
import Reporting
import Tracking

/// What stands around a live capture: slices on disk, metrics and the service manager, each of
/// which may be absent.
package struct LiveSinks: ~Copyable {
    /// The service manager is told how it stands no more often, in nanoseconds.
    private static let statusInterval: Int64 = 10_000_000_000

    private let settings: TriggeredSlices.Settings?
    private let folder: SliceFolder?
    private var slices: TriggeredSlices?
    private let board: MetricsBoard?
    private let manager = ServiceNotification()
    private var failures = FailureCounts()
    private var labels = ServiceLabels()
    private var start: Double = 0
    /// By the monotonic clock.
    private var nextStatus: Int64 = 0

    /// - Parameters:
    ///   - settings: when slices are written; `nil` for none.
    ///   - folder: where they go.
    ///   - board: where metrics are left; `nil` where nobody scrapes them.
    package init(
        slices settings: TriggeredSlices.Settings? = nil,
        in folder: SliceFolder? = nil,
        board: MetricsBoard? = nil
    ) {
        self.settings = settings
        self.folder = folder
        self.board = board
    }

    /// Begins with the capture.
    mutating func begin(on links: [LiveLink]) {
        start = Double(Clocks.wall) / 1e9
        if let settings, let folder {
            let interfaces = links.map {
                CaptureInterface(name: $0.name, dataLink: $0.dataLink, snapshotLength: 262_144)
            }
            slices = TriggeredSlices(settings, interfaces: interfaces, folder: folder)
        }
        manager.sayReady("Capturing on \(links.map(\.name).joined(separator: ", "))")
    }

    /// Keeps the frames of a round, the first `limit` of them.
    @inline(__always)
    mutating func keep(_ frames: borrowing LiveFrames, limit: Int) {
        guard slices != nil else { return }
        keepAll(frames, limit)
    }

    @inline(never)
    private mutating func keepAll(_ frames: borrowing LiveFrames, _ limit: Int) {
        for index in frames.indices.prefix(limit) {
            let interface = UInt32(frames.interface(at: index))
            slices?.append(frames.frame(at: index), interface: interface)
        }
    }

    /// Takes down what is said.
    mutating func note(_ statement: IncidentNotifier.Statement, at wall: Int64) {
        if case .incident(let incident, _) = statement { slices?.consider(incident, at: wall) }
    }

    /// Counts the connections in which something was found.
    mutating func count(_ occurrences: [Occurrence: Int], _ names: ServiceNames) {
        for (occurrence, count) in occurrences {
            let service = labels.label(of: occurrence.port, occurrence.responder, names)
            failures.count(occurrence, count, at: service)
        }
    }

    /// Lets everybody know how it stands.
    mutating func tend(
        _ snapshot: MetricsSnapshot,
        _ names: ServiceNames,
        at now: Int64,
        _ wall: Int64
    ) {
        slices?.proceed(at: wall)
        let wantsStatus = manager.isListening && now >= nextStatus
        guard board != nil || wantsStatus else { return }
        var snapshot = snapshot
        for service in snapshot.attempts.services {
            guard let responder = service.responder else { continue }
            _ = labels.label(of: responder.port, responder, names)
        }
        (snapshot.failures, snapshot.labels) = (failures, labels)
        snapshot.start = start
        snapshot.slices = folder?.statistics
        board?.post(snapshot)
        guard wantsStatus else { return }
        nextStatus = now + Self.statusInterval
        manager.say(
            status: """
                \(snapshot.tally.packets) packets, \(snapshot.flowsTracked) flows, \
                \(snapshot.openIncidents.values.reduce(0, +)) incidents
                """
        )
    }

    /// What people should know of the slices since this was last asked.
    func takeNotice() -> String? { folder?.takeNotice() }

    /// Ends: what waits is written by the deadline.
    mutating func stop(by deadline: ContinuousClock.Instant) {
        manager.sayStopping()
        slices?.finish(by: deadline)
    }
}

/// How a live analysis looks after what stands around it.
extension LiveSession {
    /// All that lines go to, what a person sees among them.
    var allOutputs: [any EventOutput] {
        guard let shown = terminal?.output, !outputs.contains(where: { $0 === shown }) else {
            return outputs
        }
        return outputs + [shown]
    }

    mutating func tendSinks(at now: Int64, _ wall: Int64) {
        let snapshot = snapshot
        sinks.tend(snapshot, incremental.serviceNames, at: now, wall)
        tellNotices()
    }

    private mutating func tellNotices() {
        for notice in takeNotices() { warn(notice.code, notice.message) }
    }

    /// What happened to outputs and slices since this was last asked, with a short name for
    /// machines.
    func takeNotices() -> [(code: String, message: String)] {
        var notices: [(code: String, message: String)] = []
        for output in allOutputs {
            while let notice = output.takeNotice() { notices.append(("output", notice)) }
        }
        while let notice = sinks.takeNotice() { notices.append(("slice", notice)) }
        return notices
    }

    private var snapshot: MetricsSnapshot {
        var snapshot = MetricsSnapshot()
        let totals = self.totals
        snapshot.tally = totals.tally
        snapshot.flowsTracked = totals.flowCount
        snapshot.attempts = totals.attempts
        snapshot.openIncidents = incidents.reduce(into: [:]) {
            $0[MetricsSnapshot.IncidentKind($1), default: 0] += 1
        }
        snapshot.interfaces = links.map {
            MetricsSnapshot.Interface(
                name: $0.name,
                droppedByKernel: $0.drops.byKernel,
                droppedByInterface: $0.drops.byInterface,
                isUp: $0.isOpen
            )
        }
        snapshot.outputs = allOutputs.map { ($0.name, $0.statistics) }
        return snapshot
    }
}
