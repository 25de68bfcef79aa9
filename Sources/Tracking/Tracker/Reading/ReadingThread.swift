import CPcap
import Glibc
import Synchronization

/// A thread that reads a capture file ahead of who follows it: the second core copies out of the page cache, walks the
/// records and reads their headers, and the flows come out the same.
///
/// Sound although it holds pointers and is shared by two threads: the file belongs to the thread until that has ended, a batch
/// and its block belong to the thread until it is filled and to the follower until it is emptied, which the two counters tell, and
/// `stop()` waits for the thread, after which nobody but the owner is left.
@safe
package final class ReadingThread {
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
    private static let patience = 2000

    private var file: PcapFile
    private let seed: UInt64
    private let limit: UInt64
    private let batches: UnsafeMutablePointer<Batch>
    private let blocks: UnsafeMutablePointer<OctetBlock>
    private let marks: UnsafeMutablePointer<Progress>
    /// Batches since the begin.
    private let filled = Atomic(0)
    private let emptied = Atomic(0)
    private let isFinished = Atomic(false)
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
        self.file = file
        self.limit = limit
        seed = tracker.flows.seed
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

    /// Waits until `isDone`, awake for a short while and then asleep; who changes something wakes the other.
    private func wait(until isDone: () -> Bool) {
        for _ in 0..<Self.patience {
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
extension ReadingThread {
    /// Waits for the next batch, and lends it to `body`.
    ///
    /// - Returns: `false` at the end of the file.
    /// - Throws: what is wrong with the file; all before it has been followed.
    func next(_ body: (borrowing Batch) -> Void) throws(CaptureError) -> Bool {
        let number = emptied.load(ordering: .relaxed)
        if thread != nil {
            wait {
                filled.load(ordering: .sequentiallyConsistent) > number
                    || isFinished.load(ordering: .sequentiallyConsistent)
            }
        } else if !isFinished.load(ordering: .relaxed) {
            read(number)
        }
        guard filled.load(ordering: .sequentiallyConsistent) > number else {
            if let error { throw error }
            return false
        }
        let place = number % Self.batchCount
        unsafe body(batches[place])
        progress = unsafe marks[place]
        emptied.store(number + 1, ordering: .sequentiallyConsistent)
        // Woken for every batch, the thread would cost more than it reads.
        let ahead = filled.load(ordering: .sequentiallyConsistent) - number - 1
        if ahead <= Self.batchCount / 2 { wake() }
        return true
    }
}

// What the thread does.
extension ReadingThread {
    private func run() {
        var number = 0
        while !isFinished.load(ordering: .relaxed), !isStopping.load(ordering: .relaxed) {
            if number - emptied.load(ordering: .sequentiallyConsistent) == Self.batchCount {
                wait {
                    number - emptied.load(ordering: .sequentiallyConsistent)
                        <= Self.batchCount / 2
                        || isStopping.load(ordering: .sequentiallyConsistent)
                }
            }
            if isStopping.load(ordering: .sequentiallyConsistent) { return }
            read(number)
            number += 1
        }
    }

    /// Fills a batch, or finds the end.
    private func read(_ number: Int) {
        let place = number % Self.batchCount
        do throws(CaptureError) {
            let most = Int(clamping: limit - given)
            if most > 0, unsafe try batches[place].fill(from: &file, upTo: most, seed: seed) {
                given += unsafe UInt64(batches[place].count)
                unsafe file.exchange(&blocks[place])
                unsafe marks[place] = Progress(octets: file.octetsRead, frames: file.framesRead)
                filled.store(number + 1, ordering: .sequentiallyConsistent)
            } else {
                isFinished.store(true, ordering: .sequentiallyConsistent)
            }
        } catch {
            self.error = error
            isFinished.store(true, ordering: .sequentiallyConsistent)
        }
        wake()
    }
}
