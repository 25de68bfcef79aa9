import Diagnosing
import Reporting
import Tracking

/// What stands around a live capture: slices on disk, metrics and the service manager, each of
/// which may be absent.
package struct LiveSinks: ~Copyable {
    /// Of as many findings it is remembered that they were counted.
    private static let findingLimit = 65_536
    /// The service manager is told how it stands no more often, in nanoseconds.
    private static let statusInterval: Int64 = 10_000_000_000

    private let settings: TriggeredSlices.Settings?
    private let folder: SliceFolder?
    private var slices: TriggeredSlices?
    private let board: MetricsBoard?
    private let manager = ServiceNotification()
    private var counts = FindingCounts()
    private var counted: Set<String> = []
    private var start: Double = 0
    /// By the monotonic clock.
    private var nextWatchdogPing: Int64 = 0
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
    mutating func begin(_ capture: borrowing LiveCapture) {
        start = Double(Clocks.wall) / 1e9
        if let settings, let folder {
            let interfaces = capture.interfaces.map {
                SliceInterface(name: $0.name, dataLink: $0.dataLink)
            }
            slices = TriggeredSlices(settings, interfaces: interfaces, folder: folder)
        }
        manager.sayReady("Capturing on \(capture.names.joined(separator: ", "))")
    }

    /// Keeps the frames of a round, the first `limit` of them.
    @inline(__always)
    mutating func keep(_ frames: borrowing LiveFrames, limit: Int) {
        guard slices != nil else { return }
        keepAll(frames, limit)
    }

    @inline(never)
    private mutating func keepAll(_ frames: borrowing LiveFrames, _ limit: Int) {
        for place in frames.places.prefix(limit) {
            let interface = UInt32(frames.interface(at: place))
            slices?.append(frames.frame(at: place), interface: interface)
        }
    }

    /// Takes down what is said.
    mutating func note(
        _ statement: IncidentNotifier.Statement,
        _ names: ServiceNames,
        at wall: Int64
    ) {
        switch statement {
        case .finding(let link, _):
            guard !counted.contains(link.id) else { return }
            if counted.count >= Self.findingLimit { counted.removeAll() }
            counted.insert(link.id)
            counts.count(link.finding, names)
        case .incident(let incident, _): slices?.consider(incident, at: wall)
        case .closedIncident(let incident):
            for link in incident.chain { counted.remove(link.id) }
        case .withdrawnFinding, .withdrawnIncident: break
        }
    }

    /// Lets everybody know how it stands.
    mutating func tend(_ snapshot: MetricsSnapshot, at now: Int64, _ wall: Int64) {
        slices?.proceed(at: wall)
        if now >= nextWatchdogPing, let interval = manager.watchdogInterval {
            manager.pingWatchdog()
            nextWatchdogPing = now + interval
        }
        let wantsStatus = manager.isListening && now >= nextStatus
        guard board != nil || wantsStatus else { return }
        var snapshot = snapshot
        snapshot.findings = counts
        snapshot.start = start
        snapshot.slices = folder?.statistics
        board?.post(snapshot)
        guard wantsStatus else { return }
        nextStatus = now + Self.statusInterval
        manager.say(
            status: """
                \(snapshot.tally.packets) packets, \(snapshot.flowsTracked) flows, \
                \(snapshot.openIncidents) incidents
                """
        )
    }

    /// What people should know of the slices since this was last asked.
    func takeNotice() -> String? { folder?.takeNotice() }

    /// Ends: what waits is written.
    mutating func stop() {
        manager.sayStopping()
        slices?.finish()
    }
}

/// How a live analysis looks after what stands around it.
extension LiveSession {
    var countedOutputs: [any CountedOutput] { outputs.compactMap { $0 as? any CountedOutput } }

    mutating func tendSinks(at now: Int64, _ wall: Int64) {
        let snapshot = snapshot
        sinks.tend(snapshot, at: now, wall)
        tellNotices()
    }

    private mutating func tellNotices() {
        for notice in takeNotices() { warn(notice.code, notice.message) }
    }

    /// What happened to outputs and slices since this was last asked, with a short name for
    /// machines.
    mutating func takeNotices() -> [(code: String, message: String)] {
        var notices: [(code: String, message: String)] = []
        for place in outputs.indices {
            guard var output = outputs[place] as? any CountedOutput else { continue }
            while let notice = output.takeNotice() { notices.append(("output", notice)) }
            outputs[place] = output
        }
        while let notice = sinks.takeNotice() { notices.append(("slice", notice)) }
        return notices
    }

    private var snapshot: MetricsSnapshot {
        var snapshot = MetricsSnapshot()
        snapshot.tally = totals.tally
        snapshot.flowsTracked = totals.flowCount
        snapshot.openIncidents = incidents.count
        snapshot.interfaces = zip(capture.interfaces, capture.dropsByInterface).map {
            MetricsSnapshot.Interface(
                name: $0.name,
                droppedByKernel: $1.drops.byKernel,
                droppedByInterface: $1.drops.byInterface,
                isUp: $0.isOpen
            )
        }
        snapshot.outputs = countedOutputs.map { ($0.name, $0.statistics) }
        return snapshot
    }
}
