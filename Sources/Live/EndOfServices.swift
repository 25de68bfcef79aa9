import Dispatch

/// Lets a thread wait for services that run elsewhere.
struct EndOfServices: Sendable {
    /// They end by themselves; who hangs is left behind.
    private static let patience = DispatchTimeInterval.seconds(5)

    private let semaphore = DispatchSemaphore(value: 0)

    func signal() { semaphore.signal() }

    func wait() { _ = semaphore.wait(timeout: .now() + Self.patience) }
}
