import Glibc
import Synchronization

/// Ends the reading of files and pipes early, asked for by a signal handler.
///
/// The inputs then seem to end: a file at once, a pipe when nothing more comes, so that what its
/// writer still had is read, or after a second.
package enum Interruption {
    /// A pipe is read on while data comes within this time, in milliseconds.
    private static let drainMilliseconds: Int32 = 200
    /// A pipe is read on for at most this long, in nanoseconds.
    private static let drainNanoseconds: Int64 = 1_000_000_000
    /// While nothing comes, look at least this often whether to end, in milliseconds.
    private static let pollMilliseconds: Int32 = 100

    private static let isArmed = Atomic(false)
    /// When it was asked for, by the monotonic clock in nanoseconds; 0 for never.
    private static let time = Atomic<Int64>(0)

    /// Whether the reading was asked to end.
    package static var isRequested: Bool { time.load(ordering: .relaxed) != 0 }

    /// From now on the reading can be asked to end.
    package static func arm() {
        isArmed.store(true, ordering: .relaxed)
        _ = isRequested
    }

    /// Asks the reading to end; for a signal handler, once `arm` was called.
    ///
    /// - Returns: whether it had been asked before.
    package static func request() -> Bool {
        time.compareExchange(expected: 0, desired: now, ordering: .relaxed).original != 0
    }

    /// Whether to go on reading where each read is short.
    static var admitsReading: Bool { !isRequested }

    /// Waits until there is something to read.
    ///
    /// - Returns: `false` where the reading is to end.
    static func admitsReading(of descriptor: Int32) -> Bool {
        guard isArmed.load(ordering: .relaxed) else { return true }
        while true {
            let asked = time.load(ordering: .relaxed)
            if asked != 0, now - asked > drainNanoseconds { return false }
            var input = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let count = unsafe poll(&input, 1, asked == 0 ? pollMilliseconds : drainMilliseconds)
            if count > 0 { return true }
            if count == 0, asked != 0 { return false }
        }
    }

    private static var now: Int64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
