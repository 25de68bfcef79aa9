import Synchronization

/// What signals ask a running capture for; they may come on any thread.
package final class LiveRequests: Sendable {
    private static let stopping: UInt32 = 1
    private static let summary: UInt32 = 2
    private static let reopening: UInt32 = 4
    private static let failing: UInt32 = 8

    private let flags = Atomic<UInt32>(0)

    package init() {}

    /// Asks for the end, with a summary.
    package func stop() { set(Self.stopping) }

    /// Asks for the end, since something beside the capture failed.
    package func fail() { set(Self.stopping | Self.failing) }

    /// Whether the end came by a failure.
    package var hasFailed: Bool { flags.load(ordering: .acquiring) & Self.failing != 0 }

    /// Asks for a summary, after which the capture goes on.
    package func summarize() { set(Self.summary) }

    /// Asks for all outputs to be opened anew.
    package func reopen() { set(Self.reopening) }

    private func set(_ flag: UInt32) {
        _ = flags.bitwiseOr(flag, ordering: .acquiringAndReleasing)
    }

    /// Whether the end was asked for; that is never taken back.
    var isStopping: Bool { flags.load(ordering: .acquiring) & Self.stopping != 0 }

    /// Whether a summary was asked for since the last time.
    func takeSummary() -> Bool { take(Self.summary) }

    /// Whether outputs are to be opened anew since the last time.
    func takeNewSYN() -> Bool { take(Self.reopening) }

    private func take(_ flag: UInt32) -> Bool {
        flags.bitwiseAnd(~flag, ordering: .acquiringAndReleasing).oldValue & flag != 0
    }
}
