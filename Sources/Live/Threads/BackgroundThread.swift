import Dispatch
import Glibc
import Synchronization
import Tracking

/// A thread beside the capture that works when it is woken.
final class BackgroundThread: Sendable {
    private let thread = Mutex<StartedThread?>(nil)
    private let ends: (wait: Int32, ring: Int32)
    private let end = DispatchSemaphore(value: 0)

    init() {
        var ends: [Int32] = [-1, -1]
        if unsafe pipe(&ends) == 0 {
            for end in ends {
                _ = fcntl(end, F_SETFD, FD_CLOEXEC)
                _ = fcntl(end, F_SETFL, O_NONBLOCK)
            }
        }
        self.ends = (ends[0], ends[1])
    }

    deinit {
        if ends.wait >= 0 { close(ends.wait) }
        if ends.ring >= 0 { close(ends.ring) }
    }

    /// A descriptor that is readable once the thread was woken.
    var alarm: Int32 { ends.wait }

    /// Begins to run `body`, which ends by itself.
    ///
    /// - Returns: the error number, or 0.
    @discardableResult
    func start(_ body: @escaping @Sendable () -> Void) -> Int32 {
        do throws(ThreadFault) {
            let started = try StartedThread {
                body()
                self.end.signal()
            }
            thread.withLock { $0 = started }
            return 0
        } catch {
            return error.number
        }
    }

    func wake() {
        var octet: UInt8 = 1
        _ = unsafe write(ends.ring, &octet, 1)
    }

    /// Waits until the thread has ended; one that is stuck by the deadline is left behind.
    func join(by deadline: ContinuousClock.Instant) {
        guard thread.withLock({ $0 != nil }) else { return }
        let left = max(.zero, deadline - .now) / .milliseconds(1)
        guard end.wait(timeout: .now() + .milliseconds(Int(min(left + 1, 1e9)))) == .success else {
            return
        }
        thread.withLock({ $0.take() })?.join()
    }

    /// What the thread itself does when it has nothing to do: waits until it is woken, or so long.
    ///
    /// - Parameters:
    ///   - other: a descriptor and what else to wait for on it.
    ///   - milliseconds: how long at most.
    func rest(and other: pollfd? = nil, milliseconds: Int32) {
        var polled = [pollfd(fd: alarm, events: Int16(POLLIN), revents: 0)]
        if let other { polled.append(other) }
        _ = unsafe poll(&polled, nfds_t(polled.count), milliseconds)
        var octets = [UInt8](repeating: 0, count: 512)
        _ = unsafe read(alarm, &octets, octets.count)
    }
}
