import Glibc
import Synchronization
import Tracking

/// A thread that only empties the kernel's buffers, or a pipe, into memory of its own, so that
/// whoever thinks about the packets may take its time.
///
/// What comes while nobody takes it is copied into one round after another; where all of them are
/// full, packets wait in the kernel, which drops and counts what its buffer cannot hold. The thread
/// also feeds the watchdog.
///
/// Who follows the packets reads an interface for itself as long as it comes back soon and finds
/// few: two threads that wake each other, and carry packets from one core's cache to the other's,
/// cost as much as a quarter of all else that happens to a packet.
///
/// Sound although it holds pointers and is shared by two threads: what `state` holds is touched
/// under the lock only, a round that was taken belongs to who took it, and from `start()` on the
/// source belongs to the thread while `state` says that it reads, and to the follower otherwise.
@safe
package final class CaptureThread {
    /// As many rounds wait to be followed.
    private static let roundLimit = 32
    /// As many empty ones are kept.
    private static let spareLimit = 2
    /// As many pieces of news and times of drops wait to be taken.
    private static let newsLimit = 64
    /// The longest wait for packets, in milliseconds.
    private static let waitTime: Int32 = 100
    /// A round with few packets waits so long for more, in nanoseconds: to wake a thread for each
    /// block of the kernel's would cost more than its packets.
    private static let gatherTime: Int64 = 20_000_000
    /// Who follows the packets is expected back within such a time, in nanoseconds; the kernel's
    /// buffer holds many times as much.
    private static let attendanceTime: Int64 = 25_000_000
    /// Between two looks at the kernel's counters, in nanoseconds.
    private static let counterInterval: Int64 = 200_000_000
    /// At the end, what the kernel still holds comes within such a time, in nanoseconds.
    private static let finalReadTime: Int64 = 150_000_000
    /// Of several interfaces, packets wait so long for earlier ones of another, in nanoseconds:
    /// twice as long as a block of the kernel's may stay open, and a little more.
    private static let holdTime: Int64 = 120_000_000
    /// The watchdog is no longer fed where nobody has asked for packets for so long, in
    /// nanoseconds.
    private static let hangTime: Int64 = 60_000_000_000

    /// Packets in a buffer of their own.
    package final class Round {
        package var frames = LiveFrames()

        fileprivate init() {}

        /// Whether it is worth the while to follow it.
        fileprivate var isLarge: Bool { frames.isQuarterFull }
    }

    /// What happened beside the packets since it was last taken.
    struct Update {
        var news: [LiveNews] = []
        /// When packets were dropped, in nanoseconds since 1970.
        var drops: [ClosedRange<Int64>] = []
        var links: [LiveLink] = []
        var summary: InputSummary
    }

    fileprivate struct State {
        var current = Round()
        var full: [Round] = []
        var spare: [Round] = []
        var update: Update
        var isStopping = false
        var isAtEnd = false
        /// Whether the thread has the source.
        var isReading = false
        /// Until when the thread has nothing to read, by the monotonic clock: who follows the
        /// packets reads them.
        var attendedUntil: Int64 = 0
        /// Since the begin.
        var packets: UInt64 = 0
    }

    private let source: any LiveSource
    private let isMixed: Bool
    /// Whether who follows the packets may read them: a pipe lasts as long as it likes, and of
    /// several interfaces packets wait for each other.
    private let mayBeAttended: Bool
    package let names: [String]
    package let hasNanoseconds: Bool
    /// Whether packets come from a pipe, and bring their own time.
    package let isPipe: Bool
    private let lock: UnsafeMutablePointer<pthread_mutex_t>
    private let change: UnsafeMutablePointer<pthread_cond_t>
    /// Behind a pointer, so that the compiler knows that it changes while a thread waits.
    private let state: UnsafeMutablePointer<State>
    /// When packets were last asked for, by the monotonic clock.
    private let lastTaken = Atomic<Int64>(0)
    private let manager = ServiceNotification()
    private var thread: StartedThread?
    private var nextWatchdogPing: Int64 = 0
    private var nextCounters: Int64 = 0
    /// By the wall clock.
    private var lastCounters: Int64 = 0

    /// - Parameter source: what to read; nobody else may from now on.
    package init(_ source: any LiveSource) {
        self.source = source
        names = source.names
        hasNanoseconds = source.hasNanoseconds
        isPipe = source.isBlocking
        isMixed = source.isMixed
        mayBeAttended = !source.isBlocking && !source.isMixed
        unsafe lock = .allocate(capacity: 1)
        unsafe change = .allocate(capacity: 1)
        unsafe state = .allocate(capacity: 1)
        unsafe pthread_mutex_init(lock, nil)
        var attributes = pthread_condattr_t()
        unsafe pthread_condattr_init(&attributes)
        unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        unsafe pthread_cond_init(change, &attributes)
        let update = Update(links: source.links, summary: source.summary())
        unsafe state.initialize(to: State(update: update))
    }

    /// Begins to read.
    ///
    /// - Throws: where there is no thread.
    func start() throws(ThreadFault) {
        lastCounters = Clocks.wall
        lastTaken.store(Clocks.monotonic, ordering: .relaxed)
        // A thread that waits for a pipe is left behind, and must find everything in its place.
        let me = unsafe Unmanaged.passRetained(self)
        nonisolated(unsafe) let reader = unsafe me
        do throws(ThreadFault) {
            thread = try StartedThread { unsafe reader.takeRetainedValue().run() }
        } catch {
            unsafe me.release()
            throw error
        }
    }

    deinit {
        unsafe state.deinitialize(count: 1)
        unsafe state.deallocate()
        unsafe pthread_cond_destroy(change)
        unsafe pthread_mutex_destroy(lock)
        unsafe change.deallocate()
        unsafe lock.deallocate()
    }

    @discardableResult
    private func withState<Result>(_ body: (inout State) -> Result) -> Result {
        unsafe pthread_mutex_lock(lock)
        defer { unsafe pthread_mutex_unlock(lock) }
        return unsafe body(&state.pointee)
    }

    /// Waits for a change; the lock must be held.
    private func waitForChange(until time: Int64) {
        var end = timespec(tv_sec: Int(time / 1_000_000_000), tv_nsec: Int(time % 1_000_000_000))
        unsafe pthread_cond_timedwait(change, lock, &end)
    }
}

// What the thread does.
extension CaptureThread {
    private func run() {
        var stop = Int64.max
        while claimSource() {
            // A source that waits as long as it likes does not feed the watchdog in time.
            source.wait(upTo: Self.waitTime)
            let now = Clocks.monotonic
            if !isPipe { tend(at: now) }
            let reading = readOnce(at: now)
            if now >= nextCounters { readCounters(at: now) }
            if stop == .max, withState({ $0.isStopping }) { stop = now + Self.finalReadTime }
            if reading.isAtEnd || now >= stop { break }
        }
        readCounters(at: Clocks.monotonic)
        withState { $0.isAtEnd = true }
        unsafe pthread_cond_broadcast(change)
    }

    /// Waits while who follows the packets reads them.
    ///
    /// - Returns: `false` where everything was read.
    private func claimSource() -> Bool {
        unsafe pthread_mutex_lock(lock)
        defer { unsafe pthread_mutex_unlock(lock) }
        var now = Clocks.monotonic
        while unsafe !state.pointee.isStopping && !state.pointee.isAtEnd
            && now < state.pointee.attendedUntil
        {
            if unsafe state.pointee.isReading {
                unsafe state.pointee.isReading = false
                unsafe pthread_cond_broadcast(change)
            }
            let longest = now + Int64(Self.waitTime) * 1_000_000
            waitForChange(until: unsafe min(longest, state.pointee.attendedUntil))
            now = Clocks.monotonic
            tend(at: now)
        }
        unsafe state.pointee.isReading = true
        return unsafe !state.pointee.isAtEnd
    }

    /// Reads what came into the present round; the lock must be held.
    private func readLocked(at now: Int64) -> LiveReading {
        let reading = unsafe source.read(into: &state.pointee.current.frames, at: now)
        if !reading.news.isEmpty {
            unsafe state.pointee.update.links = source.links
            unsafe state.pointee.update.note(reading.news, limit: Self.newsLimit)
        }
        return reading
    }

    private func readOnce(at now: Int64) -> LiveReading {
        unsafe pthread_mutex_lock(lock)
        defer { unsafe pthread_mutex_unlock(lock) }
        let wasEmpty = unsafe state.pointee.current.frames.isEmpty
        let reading = readLocked(at: now)
        let isWorthWaking = unsafe wasEmpty || state.pointee.current.isLarge
        if reading.hasMore { passOn() }
        if isWorthWaking { unsafe pthread_cond_broadcast(change) }
        return reading
    }

    /// Puts the round, which is full, behind the others, as soon as there is room; the lock must be
    /// held.
    private func passOn() {
        while unsafe state.pointee.full.count >= Self.roundLimit {
            let now = Clocks.monotonic
            waitForChange(until: now + Int64(Self.waitTime) * 1_000_000)
            if !isPipe { tend(at: now) }
            if unsafe state.pointee.isStopping { return }
        }
        unsafe state.pointee.passOn(holdingAfter: isMixed ? Clocks.wall - Self.holdTime : nil)
    }

    /// Feeds the watchdog, and sees to it that a session that hangs is noticed.
    private func tend(at now: Int64) {
        guard let interval = manager.watchdogInterval, now >= nextWatchdogPing else { return }
        nextWatchdogPing = now + interval
        if now < lastTaken.load(ordering: .relaxed) + Self.hangTime { manager.pingWatchdog() }
    }

    private func readCounters(at now: Int64) {
        nextCounters = now + Self.counterInterval
        let dropped = source.readCounters()
        let wall = Clocks.wall
        let (links, summary) = (source.links, source.summary())
        withState { state in
            state.update.links = links
            state.update.summary = summary
            if dropped > 0 {
                let range = min(lastCounters, wall)...wall
                state.update.noteDrops(during: range, limit: Self.newsLimit)
            }
        }
        lastCounters = wall
    }
}

// What who follows the packets does.
extension CaptureThread {
    /// Takes the packets that have waited longest.
    ///
    /// - Parameter time: how long it waits for some, by the monotonic clock.
    /// - Returns: a round, to be given back; `nil` where nothing came.
    func take(until time: Int64) -> Round? {
        lastTaken.store(Clocks.monotonic, ordering: .relaxed)
        if isPipe { tend(at: Clocks.monotonic) }
        unsafe pthread_mutex_lock(lock)
        defer { unsafe pthread_mutex_unlock(lock) }
        var (gathers, hasWaited) = (true, false)
        while true {
            let now = Clocks.monotonic
            let isReady = unsafe state.pointee.isLarge || state.pointee.isAtEnd
            if isReady || !gathers || mayRead || now >= time,
                let round = takeRound()
            {
                leave(behind: round, hasWaited, at: now)
                return round
            }
            let isAtEnd = unsafe state.pointee.isAtEnd
            guard now < time, !isAtEnd else {
                leave(behind: nil, hasWaited, at: now)
                return nil
            }
            hasWaited = true
            if mayBeAttended { unsafe state.pointee.attendedUntil = .max }
            if mayRead {
                readForFollower(until: time, at: now)
            } else if unsafe state.pointee.current.frames.isEmpty {
                waitForChange(until: time)
            } else {
                // Packets that are held back come without a change.
                waitForChange(until: min(time, now + Self.gatherTime))
                gathers = false
            }
        }
    }

    /// Takes the oldest round; the lock must be held.
    private func takeRound() -> Round? {
        let isAwaited = unsafe state.pointee.full.count >= Self.roundLimit
        let round = unsafe state.pointee.take(holdingAfter: holdsAfter)
        if isAwaited { unsafe pthread_cond_broadcast(change) }
        return round
    }

    /// Whether the source is the follower's.
    private var mayRead: Bool {
        unsafe mayBeAttended && thread != nil && !state.pointee.isReading
            && !state.pointee.isStopping
    }

    /// Waits for packets and reads them, without another thread; the lock must be held, and is not
    /// while it waits.
    private func readForFollower(until time: Int64, at start: Int64) {
        unsafe pthread_mutex_unlock(lock)
        let left = (time - start + 999_999) / 1_000_000
        source.wait(upTo: min(Self.waitTime, Int32(clamping: left)))
        let now = Clocks.monotonic
        if now >= nextCounters { readCounters(at: now) }
        unsafe pthread_mutex_lock(lock)
        if readLocked(at: now).isAtEnd { unsafe state.pointee.isAtEnd = true }
    }

    /// Says whether the follower will read again, or has more to do than it can; the lock must be
    /// held.
    private func leave(behind round: Round?, _ hasWaited: Bool, at now: Int64) {
        guard mayBeAttended else { return }
        let isHurried = round.map { !hasWaited || $0.isLarge } ?? false
        if isHurried, unsafe !state.pointee.isReading { unsafe pthread_cond_broadcast(change) }
        unsafe state.pointee.attendedUntil = isHurried ? 0 : now + Self.attendanceTime
    }

    private var holdsAfter: Int64? {
        let isAtEnd = unsafe state.pointee.isAtEnd
        return isMixed && !isAtEnd ? Clocks.wall - Self.holdTime : nil
    }

    /// Gives an emptied round back.
    func giveBack(_ round: Round) {
        round.frames.beginRound()
        withState { state in
            if state.spare.count < Self.spareLimit { state.spare.append(round) }
        }
    }

    /// Asks for the end: what the kernel holds is read, and nothing after it.
    func stop() {
        withState { $0.isStopping = true }
        unsafe pthread_cond_broadcast(change)
    }

    /// Whether everything was read and taken.
    var isAtEnd: Bool {
        withState { $0.isAtEnd && $0.full.isEmpty && $0.current.frames.isEmpty }
    }

    /// What happened beside the packets since this was last asked.
    func takeUpdate() -> Update {
        withState { state in
            defer { (state.update.news, state.update.drops) = ([], []) }
            return state.update
        }
    }
}

extension CaptureThread.Update {
    fileprivate mutating func note(_ news: [LiveNews], limit: Int) {
        self.news = (self.news + news).suffix(limit)
    }

    /// Times that follow each other become one, and so do those beyond the limit.
    fileprivate mutating func noteDrops(during range: ClosedRange<Int64>, limit: Int) {
        guard let last = drops.last, drops.count >= limit || last.upperBound == range.lowerBound
        else {
            return drops.append(range)
        }
        let bounds = (
            min(last.lowerBound, range.lowerBound), max(last.upperBound, range.upperBound)
        )
        drops[drops.count - 1] = bounds.0...bounds.1
    }
}

extension CaptureThread.State {
    /// Whether there are packets enough to follow.
    fileprivate var isLarge: Bool { !full.isEmpty || current.isLarge }

    /// Begins another round.
    ///
    /// - Parameter time: packets of several interfaces that were captured later begin the next one.
    fileprivate mutating func passOn(holdingAfter time: Int64?) {
        let round = exchange(holdingAfter: time, isFull: true)
        if !round.frames.isEmpty { full.append(round) }
    }

    fileprivate mutating func take(holdingAfter time: Int64?) -> CaptureThread.Round? {
        if !full.isEmpty { return numbered(full.removeFirst()) }
        guard !current.frames.isEmpty else { return nil }
        let round = exchange(holdingAfter: time, isFull: false)
        if !round.frames.isEmpty { return numbered(round) }
        round.frames.beginRound()
        spare.append(round)
        return nil
    }

    private mutating func numbered(_ round: CaptureThread.Round) -> CaptureThread.Round {
        round.frames.number(after: packets)
        packets &+= UInt64(round.frames.indices.count)
        return round
    }

    private mutating func exchange(holdingAfter time: Int64?, isFull: Bool) -> CaptureThread.Round {
        let round = current
        current = spare.popLast() ?? CaptureThread.Round()
        guard let time else { return round }
        round.frames.sort()
        round.frames.hold(
            after: isFull ? max(time, round.frames.middleTime) : time,
            in: &current.frames
        )
        return round
    }
}
