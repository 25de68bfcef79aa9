import Diagnosing
import Logging
import Reporting
import Tracking

/// A capture that is diagnosed as it goes on: one plain thread that follows packets, which another
/// one reads, and looks at what they tell.
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
        /// What an organisation knows better.
        package var configuration = Configuration()
        /// Its own known issues, before those that ship.
        package var knownIssues: [KnownIssue] = []
        /// Whether words by which servers turn clients away are kept, to be quoted.
        package var quotesServers = false
        /// The name of this host in events.
        package var sensor: String?
        /// How events are wrapped.
        package var form = EventJSON.Form.flat

        package init() {}
    }

    /// Between two looks at the flows, in nanoseconds; more where a look takes long.
    private static let snapshotInterval: Int64 = 200_000_000
    /// A look may take so long, in nanoseconds, before it leaves the rest to the next one.
    private static let lookBudget: Int64 = 50_000_000
    /// Attempts to connect are looked through for so long, in nanoseconds.
    private static let attemptBudget: Int64 = 10_000_000
    /// A step of a count may take so long, in nanoseconds.
    private static let countBudget: Int64 = 100_000_000
    /// At the end, flows are examined until so long after it was asked for, in nanoseconds.
    private static let finalBudget: Int64 = 2_000_000_000
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
    /// At the end, a reader that is stuck is left behind after so long, in nanoseconds.
    private static let readerTimeout: Int64 = 500_000_000
    /// What waits at the end is written within such a time, or given up.
    private static let flushTimeout = Duration.seconds(2)
    /// As many closed incidents are told again in the summary.
    private static let closedLimit = 256

    let reader: CaptureThread
    /// What is known of the interfaces.
    var links: [LiveLink] = []
    var input: InputSummary
    /// Why a pipe was not read to its end.
    package private(set) var damage: CaptureError?
    var tracker: Tracker
    private var clock: PacketClock
    private var finalTotals: CaptureTotals?
    var incremental: IncrementalDiagnosis
    var notifier = IncidentNotifier()
    var incidents: [Incident] = []
    var closed: [Incident] = []
    /// What a report says of the configuration.
    var remarks: [Configuration.Remark] = []
    let options: Options
    let outputs: [any EventOutput]
    /// When lines that wait at the end are given up; `nil` before the end.
    var deadline: ContinuousClock.Instant?
    /// Who watches the capture from outside, and what is kept for people.
    var sinks: LiveSinks
    var terminal: TerminalView?
    private let log: Logger
    let begin = Clocks.monotonic
    private var schedule = Schedule()
    /// The number of the last event that was sent.
    var sequence: UInt64 = 0
    var statistics = LiveStatistics()
    var status = LiveStatistics()

    /// When each thing is due, by the monotonic clock, and when it was done last.
    private struct Schedule {
        var poll: Int64 = 0
        var count: Int64 = 0
        var lastCount: Int64 = 0
        /// What the present count has taken so far.
        var costOfCount: Int64 = 0
        var forget: Int64 = 0
        var statistics: Int64 = 0
        var status: Int64 = 0
        var complaint: Int64 = 0
    }

    /// - Parameters:
    ///   - source: the open interfaces, or a pipe.
    ///   - options: what the user asked for.
    ///   - outputs: where events go.
    ///   - terminal: what a person sees, if anybody looks.
    ///   - sinks: who watches the capture, and what is kept of it.
    ///   - log: where it is said what happens around the capture.
    package init(
        _ source: any LiveSource,
        _ options: Options,
        outputs: [any EventOutput],
        terminal: TerminalView?,
        sinks: consuming LiveSinks = LiveSinks(),
        log: Logger
    ) {
        reader = CaptureThread(source)
        let update = reader.takeUpdate()
        (links, input) = (update.links, update.summary)
        clock = PacketClock(isOfPackets: reader.isPipe)
        self.sinks = sinks
        self.options = options
        self.outputs = outputs
        self.terminal = terminal
        self.log = log
        tracker = Tracker(
            flowLimit: options.maxFlows,
            quotesServers: options.quotesServers,
            thresholds: options.configuration.thresholds
        )
        tracker.watchChanges()
        incremental = IncrementalDiagnosis(
            knownIssues: options.knownIssues + KnownIssueLibrary.all,
            selection: options.selection
        )
    }

    /// Captures until it is asked to stop, or has enough, or nobody reads on.
    ///
    /// - Throws: where no thread can be started.
    package mutating func run(_ requests: LiveRequests) throws(ThreadFault) {
        let now = Clocks.monotonic
        schedule.statistics = now + options.interval
        schedule.forget = now + Self.forgetInterval
        sinks.begin(on: links)
        try reader.start()
        while !requests.isStopping, !isEnough, !isAbandoned {
            // No longer than that, since a signal comes without a packet.
            let next = Clocks.monotonic + Self.snapshotInterval
            if !read(until: min(next, schedule.poll, schedule.statistics)), reader.isAtEnd { break }
            let now = Clocks.monotonic
            if now >= schedule.statistics {
                sendStatistics(at: now)
                schedule.statistics = max(schedule.statistics + options.interval, now)
            }
            if now >= schedule.poll { poll(at: now) }
            if requests.takeNewSYN() {
                for output in outputs { output.reopen() }
            }
            if requests.takeSummary() { summarize() }
        }
        finish()
    }

    /// What the whole capture comes to, up to now or at its end.
    var totals: CaptureTotals { finalTotals ?? tracker.totals }

    /// Why standard output could not be written, if so.
    package var complaint: String? { allOutputs.lazy.compactMap(\.failure).first }

    private var isEnough: Bool {
        if tracker.tally.packets >= options.packetLimit { return true }
        return options.duration.map { Clocks.monotonic - begin >= $0 } ?? false
    }

    /// Whether nobody reads what is said.
    private var isAbandoned: Bool {
        terminal?.output.isAbandoned ?? false
            || !outputs.isEmpty && outputs.allSatisfy(\.isAbandoned)
    }

    /// Follows the packets that have waited longest.
    ///
    /// - Parameter time: how long it waits for some, by the monotonic clock.
    /// - Returns: whether there were any.
    @discardableResult
    private mutating func read(until time: Int64) -> Bool {
        guard let round = reader.take(until: time) else { return false }
        let left = Int(clamping: options.packetLimit - tracker.tally.packets)
        sinks.keep(round.frames, limit: left)
        tracker.consume(&round.frames, limit: left)
        if let window = round.frames.window { clock.note(window.upperBound) }
        input.note(round.frames)
        reader.giveBack(round)
        return true
    }

    /// The time of the packets, in nanoseconds since 1970.
    var time: Int64 { clock.now }

    private mutating func tell(_ news: LiveNews) {
        switch news {
        case .lost(let error):
            warn("interface-lost", "\(error); it is opened again when it is back")
        case .back(let name):
            warn("interface-back", "\(name) is back")
        case .damaged(let error): damage = error
        }
    }

    mutating func warn(_ code: String, _ message: String) {
        terminal?.eraseStatus()
        log.warning("\(ShownText(foreign: message))")
        send { $0.notice(code, message, at: Clocks.wall) }
    }

    private mutating func poll(at now: Int64) {
        takeUpdate(at: now)
        let wall = time
        count(at: now, wall)
        let start = Clocks.monotonic
        tracker.countUnanswered(at: wall) { Clocks.monotonic - start < Self.attemptBudget }
        tracker.age(to: wall)
        let all = incremental.poll(at: &tracker, time: wall) { part in
            Clocks.monotonic - start < Int64(part * Double(Self.lookBudget))
        }
        incidents = configured(all)
        sinks.count(incremental.takeOccurrences(), incremental.serviceNames)
        say(notifier.update(incidents, at: now))
        if now >= schedule.forget { forget(at: now, wall) }
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

    /// Counts all flows where that is due, or goes on with it.
    private mutating func count(at now: Int64, _ wall: Int64) {
        let isHurried = incremental.isFlooded && now - schedule.lastCount >= Self.hurriedInterval
        guard now >= schedule.count || isHurried else { return }
        let isComplete = incremental.count(&tracker, time: wall) {
            Clocks.monotonic - now < Self.countBudget
        }
        let end = Clocks.monotonic
        schedule.costOfCount += end - now
        guard isComplete else { return }
        let pause = schedule.costOfCount * 4 * Self.pollBudgetDivisor
        (schedule.lastCount, schedule.costOfCount) = (end, 0)
        schedule.count = end + max(Self.countInterval, pause)
    }

    /// Takes down what happened beside the packets.
    private mutating func takeUpdate(at now: Int64) {
        let update = reader.takeUpdate()
        links = update.links
        input.refresh(update.summary)
        for news in update.news { tell(news) }
        guard !reader.isPipe, !update.drops.isEmpty else { return }
        for range in update.drops { tracker.noteDrops(during: range) }
        guard now >= schedule.complaint else { return }
        schedule.complaint = now + Self.complaintInterval
        warn(
            "capture-drops",
            "\(drops.total) packets have been dropped so far; a larger --buffer-size may help"
        )
    }

    private mutating func forget(at now: Int64, _ wall: Int64) {
        schedule.forget = now + Self.forgetInterval
        tracker.forgetCounts(quietSince: wall - Self.quietTime)
        let over = configured(incremental.forget(quietSince: wall - Self.quietTime))
        guard !over.isEmpty else { return }
        say(notifier.close(over))
        closed = Array((closed + over).suffix(Self.closedLimit))
        incidents = configured(incremental.poll(at: &tracker, time: wall) { _ in false })
    }

    /// Takes what the kernel still holds, and says what it all comes to.
    private mutating func finish() {
        reader.stop()
        let start = Clocks.monotonic
        let end = start + Self.readerTimeout
        while !reader.isAtEnd, tracker.tally.packets < options.packetLimit, !isAbandoned {
            if !read(until: min(end, Clocks.monotonic + 20_000_000)), Clocks.monotonic >= end {
                break
            }
        }
        takeUpdate(at: Clocks.monotonic)
        if !reader.isPipe { tracker.lastUntil(Clocks.wall) }
        let capture = tracker.finishAndReset()
        finalTotals = capture.totals
        let threads = PrefetchThread.processors
        let (diagnosis, unexamined) = incremental.finish(capture, threads: threads) {
            Clocks.monotonic - start < Self.finalBudget
        }
        incidents = configured(diagnosis.incidents(threads: threads))
        let deadline = ContinuousClock.now + Self.flushTimeout
        self.deadline = deadline
        if unexamined > 0 {
            warn("not-examined", "\(unexamined) connections were not examined (time limit)")
        }
        say(notifier.finish(incidents, at: Clocks.monotonic))
        sendStatistics(at: Clocks.monotonic)
        if terminal != nil {
            let report = report(incidents, tally: totals.tally, diagnosis.serviceNames)
            terminal?.finish(with: report, by: deadline)
        }
        closeOutputs(by: deadline)
    }

    private mutating func closeOutputs(by deadline: ContinuousClock.Instant) {
        let others = outputs.filter { $0 !== terminal?.output }
        for output in others { output.close(by: deadline) }
        sinks.stop(by: deadline)
        for output in others { output.join() }
        // Only the log takes them now.
        for notice in takeNotices() { log.warning("\(ShownText(foreign: notice.message))") }
        terminal?.close(by: deadline)
    }
}
