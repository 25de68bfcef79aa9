import CPcap
import Glibc
import Synchronization

/// A thread that reads a capture file ahead of who follows it: the second core copies out of the
/// page cache, walks the records and reads their headers, and the flows come out the same.
///
/// What the follower does at the same time takes as long, or not: where it would wait for a batch
/// of a plain file, it reads the next one for itself. Whoever claims a batch copies a block of the
/// file, waits for its turn, and walks on from where the batch before ended.
///
/// Sound although it holds pointers and is shared by two threads: a batch and its block belong to
/// who claimed it until it is filled and to the follower until it is emptied, the file belongs to
/// whose turn it is, which the three counters tell, and `stop()` waits for the thread, after which
/// nobody but the owner is left.
@safe
package final class PrefetchThread {
    /// How far the follower has come in the file.
    package struct Progress: Sendable {
        /// Octets of the input as it is stored.
        package fileprivate(set) var octets: UInt64 = 0
        package fileprivate(set) var frames: UInt64 = 0
    }

    private static let batchCount = 8
    /// Enough for what one read brings of the smallest frames.
    private static let batchLength = 2048
    /// A thread that has nothing to do looks so often whether there is something, before it sleeps.
    private static let spinLimit = 2000

    private var file: PcapFile
    private let seed: UInt64
    private let limit: UInt64
    private let batches: UnsafeMutablePointer<Batch>
    private let blocks: UnsafeMutablePointer<OctetBlock>
    private let marks: UnsafeMutablePointer<Progress>
    /// The file, if two may read it.
    private let shared: SharedInput?
    /// Batches since the begin; that which was filled last tells whose turn it is.
    private let claimed = Atomic(0)
    private let filled = Atomic(0)
    private let emptied = Atomic(0)
    /// As many batches as there are, once that is known.
    private let total = Atomic(Int.max)
    private let isStopping = Atomic(false)
    private let sleepers = Atomic(0)
    private let lock: UnsafeMutablePointer<pthread_mutex_t>
    private let change: UnsafeMutablePointer<pthread_cond_t>
    /// Frames in the batches that were filled.
    private var given: UInt64 = 0
    private var error: CaptureError?
    private var thread: StartedThread?
    /// Where the follower is.
    package private(set) var progress = Progress()

    /// How many cores this process may run on.
    package static var processors: Int { Int(synopsis_processors()) }

    /// Begins to read.
    ///
    /// - Parameters:
    ///   - file: a capture of which nothing was read yet.
    ///   - limit: the most frames to read.
    ///   - tracker: who will follow them.
    package init(_ file: consuming PcapFile, limit: UInt64 = .max, for tracker: borrowing Tracker) {
        var file = file
        shared = file.share()
        self.file = file
        self.limit = limit
        seed = tracker.flows.table.seed
        unsafe batches = .allocate(capacity: Self.batchCount)
        unsafe blocks = .allocate(capacity: Self.batchCount)
        unsafe marks = .allocate(capacity: Self.batchCount)
        for number in 0..<Self.batchCount {
            unsafe (batches + number).initialize(to: Batch(capacity: Self.batchLength))
            unsafe (blocks + number).initialize(to: OctetBlock())
            unsafe (marks + number).initialize(to: Progress())
        }
        unsafe lock = .allocate(capacity: 1)
        unsafe change = .allocate(capacity: 1)
        unsafe pthread_mutex_init(lock, nil)
        unsafe pthread_cond_init(change, nil)
        // Unretained: `stop()` waits for the thread before the owner lets go.
        nonisolated(unsafe) let me = unsafe Unmanaged.passUnretained(self)
        thread = try? StartedThread { unsafe me.takeUnretainedValue().run() }
        // Without a thread the follower reads for itself.
    }

    deinit {
        stop()
        unsafe batches.deinitialize(count: Self.batchCount)
        unsafe blocks.deinitialize(count: Self.batchCount)
        unsafe batches.deallocate()
        unsafe blocks.deallocate()
        unsafe marks.deallocate()
        unsafe pthread_cond_destroy(change)
        unsafe pthread_mutex_destroy(lock)
        unsafe change.deallocate()
        unsafe lock.deallocate()
    }

    /// Waits for the thread to end, which reads no further than to the end of its batch.
    private func stop() {
        guard let thread else { return }
        isStopping.store(true, ordering: .sequentiallyConsistent)
        wake()
        thread.join()
        self.thread = nil
    }

    /// What is to be said of the file; the reading ends with it.
    package func finish(damage: CaptureError?) -> InputSummary {
        stop()
        return file.summary(damage: damage)
    }

    private func wake() {
        guard sleepers.load(ordering: .sequentiallyConsistent) > 0 else { return }
        unsafe pthread_mutex_lock(lock)
        unsafe pthread_cond_broadcast(change)
        unsafe pthread_mutex_unlock(lock)
    }

    /// Waits until `isDone`, awake for a short while and then asleep; who changes something wakes
    /// the other.
    private func wait(until isDone: () -> Bool) {
        for _ in 0..<Self.spinLimit {
            if isDone() { return }
            synopsis_pause()
        }
        sleepers.add(1, ordering: .sequentiallyConsistent)
        unsafe pthread_mutex_lock(lock)
        while !isDone() { unsafe pthread_cond_wait(change, lock) }
        unsafe pthread_mutex_unlock(lock)
        sleepers.subtract(1, ordering: .sequentiallyConsistent)
    }
}

// What the follower does.
extension PrefetchThread {
    /// Waits for the next batch, and lends it to `body`.
    ///
    /// - Returns: `false` at the end of the file.
    /// - Throws: what is wrong with the file; all before it has been followed.
    func next(_ body: (borrowing Batch) -> Void) throws(CaptureError) -> Bool {
        let number = emptied.load(ordering: .relaxed)
        while !isFilled(number) {
            if total.load(ordering: .sequentiallyConsistent) <= number {
                if let error { throw error }
                return false
            }
            if thread == nil || shared != nil, let claim = claim() {
                read(claim)
            } else {
                wait { isFilled(number) || isOver(number) }
            }
        }
        let slot = number % Self.batchCount
        unsafe body(batches[slot])
        progress = unsafe marks[slot]
        emptied.store(number + 1, ordering: .sequentiallyConsistent)
        // Woken for every batch, the thread would cost more than it reads.
        if claimed.load(ordering: .sequentiallyConsistent) - number - 1 <= Self.batchCount / 2 {
            wake()
        }
        return true
    }
}

// What both do.
extension PrefetchThread {
    private func isFilled(_ number: Int) -> Bool {
        filled.load(ordering: .sequentiallyConsistent) > number
    }

    /// Whether there is no batch of this number.
    private func isOver(_ number: Int) -> Bool {
        total.load(ordering: .sequentiallyConsistent) <= number
            || isStopping.load(ordering: .sequentiallyConsistent)
    }

    /// Takes on the next batch, if there is room for it.
    private func claim() -> Int? {
        let number = claimed.load(ordering: .sequentiallyConsistent)
        let ahead = number - emptied.load(ordering: .sequentiallyConsistent)
        guard ahead < Self.batchCount, !isOver(number) else { return nil }
        let (isMine, _) = claimed.compareExchange(
            expected: number,
            desired: number + 1,
            ordering: .sequentiallyConsistent
        )
        return isMine ? number : nil
    }

    private func run() {
        while !isOver(claimed.load(ordering: .sequentiallyConsistent)) {
            if let claim = claim() {
                read(claim)
            } else {
                wait {
                    let number = claimed.load(ordering: .sequentiallyConsistent)
                    return number - emptied.load(ordering: .sequentiallyConsistent)
                        <= Self.batchCount / 2 || isOver(number)
                }
            }
        }
    }

    /// Fills a batch that was claimed, or finds the end.
    private func read(_ number: Int) {
        let slot = number % Self.batchCount
        var part: (offset: UInt64, count: Int) = (0, 0)
        if let shared {
            part.offset =
                shared.offset &+ UInt64(number) &* UInt64(OctetBlock.readLength)
            part.count = unsafe blocks[slot].read(shared.descriptor, at: part.offset)
        }
        wait { filled.load(ordering: .sequentiallyConsistent) == number || isOver(number) }
        if isOver(number) { return }
        unsafe file.exchange(&blocks[slot], holding: part)
        let most = Int(clamping: limit - given)
        var isMore = false
        do throws(CaptureError) {
            isMore =
                if most > 0 {
                    unsafe try batches[slot].fillWholly(from: &file, upTo: most, seed: seed)
                } else {
                    false
                }
        } catch {
            self.error = error
        }
        let count = most > 0 ? unsafe batches[slot].count : 0
        given += UInt64(count)
        unsafe marks[slot] = Progress(octets: file.octetsRead, frames: file.framesRead)
        if !isMore {
            total.store(
                count > 0 ? number + 1 : number,
                ordering: .sequentiallyConsistent
            )
        }
        if count > 0 { filled.store(number + 1, ordering: .sequentiallyConsistent) }
        wake()
    }
}
