import Dispatch

/// Lets a thread wait for services that run elsewhere.
struct EndOfServices: Sendable {
    /// They end by themselves; who hangs is left behind.
    private static let shutdownTimeout = DispatchTimeInterval.seconds(5)

    private let semaphore = DispatchSemaphore(value: 0)

    func signal() { semaphore.signal() }

    func wait() { _ = semaphore.wait(timeout: .now() + Self.shutdownTimeout) }
}
