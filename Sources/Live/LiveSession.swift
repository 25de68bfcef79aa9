import Diagnosing
import Logging
import Reporting
import Tracking

/// A capture that is diagnosed as it goes on: one plain thread that reads packets and looks at what
/// they tell.
package struct LiveSession: ~Copyable {
    /// What the user asked for.
    package struct Options: Sendable {
        /// The most flows at a time.
        package var maxFlows = 2_000_000
        /// The most packets to read.
        package var packetLimit = UInt64.max
        /// How long to go on, in nanoseconds; `nil` for ever.
        package var duration: Int64?
        /// Between two events with statistics, in nanoseconds.
        package var interval: Int64 = 60_000_000_000
        package var selection = Diagnosis.Selection()
        /// The name of this host in events.
        package var host: String?

        package init() {}
    }

    /// Between two looks at the flows, in nanoseconds; more where a look takes long.
    private static let snapshotInterval: Int64 = 200_000_000
    /// Between two counts of all flows.
    private static let countInterval: Int64 = 2_000_000_000
    /// The same where floods are suspected.
    private static let hurriedInterval: Int64 = 400_000_000
    /// Looks may take one part in so many of the time, and counts the same.
    private static let pollBudgetDivisor: Int64 = 5
    /// An incident that was quiet for so long is closed.
    private static let quietTime: Int64 = 600_000_000_000
    private static let forgetInterval: Int64 = 30_000_000_000
    /// A new status line is shown after so long.
    private static let statusInterval: Int64 = 1_000_000_000
    /// Drops are complained of no more often.
    private static let complaintInterval: Int64 = 60_000_000_000
    /// At the end, what the kernel still holds comes within such a time, in milliseconds.
    private static let lingering: Int32 = 60
    /// Of several interfaces, packets wait so long for earlier ones of another, in nanoseconds.
    private static let holdTime: Int64 = 40_000_000
    /// As many closed incidents are told again in the summary.
    private static let closedLimit = 256

    var capture: LiveCapture
    var tracker: Tracker
    private var finalTotals: CaptureTotals?
    var incremental: IncrementalDiagnosis
    var notifier = IncidentNotifier()
    var incidents: [Incident] = []
    var closed: [Incident] = []
    let options: Options
    var outputs: [any EventOutput]
    /// Who watches the capture from outside, and what is kept for people.
    var sinks: LiveSinks
    var terminal: TerminalView?
    private let log: Logger
    let begin = Clocks.monotonic
    private var schedule = Schedule()
    var statistics = LiveStatistics()
    var status = LiveStatistics()

    /// When each thing is due, by the monotonic clock, and when it was done last.
    private struct Schedule {
        var poll: Int64 = 0
        var count: Int64 = 0
        var lastCount: Int64 = 0
        var forget: Int64 = 0
        var statistics: Int64 = 0
        var status: Int64 = 0
        var complaint: Int64 = 0
        /// By the wall clock.
        var lastCounters: Int64 = 0
    }

    /// - Parameters:
    ///   - capture: the open interfaces.
    ///   - options: what the user asked for.
    ///   - outputs: where events go.
    ///   - terminal: what a person sees, if anybody looks.
    ///   - sinks: who watches the capture, and what is kept of it.
    ///   - log: where it is said what happens around the capture.
    package init(
        _ capture: consuming LiveCapture,
        _ options: Options,
        outputs: [any EventOutput],
        terminal: TerminalView?,
        sinks: consuming LiveSinks = LiveSinks(),
        log: Logger
    ) {
        self.capture = capture
        self.sinks = sinks
        self.options = options
        self.outputs = outputs
        self.terminal = terminal
        self.log = log
        tracker = Tracker(flowLimit: options.maxFlows)
        tracker.watchChanges()
        incremental = IncrementalDiagnosis(
            knownIssues: KnownIssueLibrary.all,
            selection: options.selection
        )
    }

    /// Captures until it is asked to stop, or has enough, or nobody reads on.
    package mutating func run(_ requests: LiveRequests) {
        let now = Clocks.monotonic
        schedule.lastCounters = Clocks.wall
        schedule.statistics = now + options.interval
        schedule.forget = now + Self.forgetInterval
        sinks.begin(capture)
        while !requests.isStopping, !isEnough, !isAbandoned {
            read(waitingUpTo: Int32(clamping: (schedule.poll - Clocks.monotonic) / 1_000_000 + 1))
            let now = Clocks.monotonic
            if now >= schedule.poll { poll(at: now) }
            if requests.takeNewSYN() {
                for place in outputs.indices { outputs[place].reopen() }
            }
            if requests.takeSummary() { summarize() }
        }
        finish()
    }

    /// What the whole capture comes to, up to now or at its end.
    var totals: CaptureTotals { finalTotals ?? tracker.totals }

    /// Why standard output could not be written, if so.
    package var complaint: String? {
        terminal?.output.complaint
            ?? outputs.lazy.compactMap { ($0 as? StandardOutput)?.complaint }.first
    }

    private var isEnough: Bool {
        if tracker.tally.packets >= options.packetLimit { return true }
        return options.duration.map { Clocks.monotonic - begin >= $0 } ?? false
    }

    /// Whether nobody reads what is said.
    private var isAbandoned: Bool {
        terminal?.output.isAbandoned ?? false
            || !outputs.isEmpty && outputs.allSatisfy(\.isAbandoned)
    }

    private mutating func read(waitingUpTo milliseconds: Int32, holdsBack: Bool = true) {
        let left = options.packetLimit - tracker.tally.packets
        let news = capture.readRound(
            waitingUpTo: milliseconds,
            at: Clocks.monotonic,
            upTo: holdsBack ? Clocks.wall - Self.holdTime : .max
        )
        sinks.keep(capture.frames, limit: Int(clamping: left))
        tracker.consume(&capture.frames, limit: Int(clamping: left))
        for item in news { tell(item) }
    }

    private mutating func tell(_ news: LiveCapture.News) {
        switch news {
        case .lost(let error):
            warn("interface-lost", "\(error); it is opened again when it is back")
        case .back(let name):
            warn("interface-back", "\(name) is back")
        }
    }

    mutating func warn(_ code: String, _ message: String) {
        terminal?.eraseStatus()
        log.warning("\(ShownText(foreign: message))")
        send(events.notice(code, message, at: Clocks.wall))
    }

    private mutating func poll(at now: Int64) {
        readCounters(at: now)
        let wall = Clocks.wall
        let isHurried = incremental.isFlooded && now - schedule.lastCount >= Self.hurriedInterval
        if now >= schedule.count || isHurried {
            incremental.count(&tracker, time: wall)
            schedule.lastCount = Clocks.monotonic
            let cost = schedule.lastCount - now
            schedule.count =
                schedule.lastCount + max(Self.countInterval, cost * 4 * Self.pollBudgetDivisor)
        }
        let start = Clocks.monotonic
        tracker.age(to: wall)
        incidents = incremental.poll(at: &tracker, time: wall)
        say(notifier.update(incidents, at: now))
        if now >= schedule.forget { forget(at: now, wall) }
        if now >= schedule.statistics {
            sendStatistics(at: now)
            schedule.statistics = max(schedule.statistics + options.interval, now)
        }
        if terminal?.hasStatusLine == true, now >= schedule.status {
            status = counted(since: status, at: now)
            terminal?.show(status)
            schedule.status = now + Self.statusInterval
        }
        tendSinks(at: now, wall)
        let end = Clocks.monotonic
        schedule.poll = max(
            now + Self.snapshotInterval,
            end + (end - start) * Self.pollBudgetDivisor
        )
    }

    private mutating func readCounters(at now: Int64) {
        let dropped = capture.readCounters()
        let wall = Clocks.wall
        if dropped > 0 {
            tracker.noteDrops(during: min(schedule.lastCounters, wall)...wall)
            if now >= schedule.complaint {
                schedule.complaint = now + Self.complaintInterval
                let message =
                    "\(capture.drops.total) packets were dropped so far; a larger --buffer-size may help"
                warn("capture-drops", message)
            }
        }
        schedule.lastCounters = wall
    }

    private mutating func forget(at now: Int64, _ wall: Int64) {
        schedule.forget = now + Self.forgetInterval
        tracker.forgetCounts(quietSince: wall - Self.quietTime)
        let over = incremental.forget(quietSince: wall - Self.quietTime)
        guard !over.isEmpty else { return }
        say(notifier.close(over))
        closed = Array((closed + over).suffix(Self.closedLimit))
        incidents = incremental.poll(at: &tracker, time: wall)
    }

    /// Takes what the kernel still holds, and says what it all comes to.
    private mutating func finish() {
        let end = Clocks.monotonic + Int64(Self.lingering) * 1_000_000
        while Clocks.monotonic < end, tracker.tally.packets < options.packetLimit, !isAbandoned {
            read(waitingUpTo: 20)
        }
        read(waitingUpTo: 0, holdsBack: false)
        readCounters(at: Clocks.monotonic)
        tracker.lastUntil(Clocks.wall)
        let capture = tracker.finishAndReset()
        finalTotals = capture.totals
        let diagnosis = incremental.finish(capture)
        incidents = diagnosis.incidents
        say(notifier.finish(incidents, at: Clocks.monotonic))
        sendStatistics(at: Clocks.monotonic)
        if terminal != nil {
            let report = report(incidents, tally: totals.tally, diagnosis.serviceNames)
            terminal?.show(report)
        }
        sinks.stop()
        for place in outputs.indices { outputs[place].close() }
        // No output takes them any more.
        for notice in takeNotices() { log.warning("\(ShownText(foreign: notice.message))") }
    }
}
