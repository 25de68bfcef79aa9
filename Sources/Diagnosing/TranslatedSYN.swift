import Tracking

/// What an address translation leaves of a SYN: the same on both of its sides.
struct TranslatedSYN {
    /// It takes at most so long from one side to the other, in nanoseconds.
    private static let passage: Int64 = 5_000_000

    /// What both sides have in common.
    struct Core: Hashable {
        fileprivate let initialSequence: SequenceNumber
        fileprivate let timestamp: UInt32
        fileprivate let window: UInt16
        fileprivate let options: TCPOptions.Presence
    }

    let core: Core
    private let time: Int64
    private let timeToLive: UInt8

    /// `nil` where the first attempt carries no timestamp: too little would be left to tell SYNs
    /// apart.
    init?(_ history: History) {
        guard let incarnation = history.incarnations.first(where: { !$0.attempts.isEmpty }) else {
            return nil
        }
        let syn = history.events[incarnation.attempts[0].first]
        guard syn.hasTimestamps, syn.timestampValue != 0 else { return nil }
        core = Core(
            initialSequence: syn.sequence,
            timestamp: syn.timestampValue,
            window: syn.window,
            options: syn.options
        )
        time = syn.time
        timeToLive = syn.timeToLive
    }

    /// Whether it is the other's SYN on the other side: soon, and a hop away.
    func isTwin(of other: TranslatedSYN) -> Bool {
        let isSoon = (time - other.time).magnitude <= UInt64(Self.passage)
        return core == other.core && isSoon && timeToLive != other.timeToLive
    }
}
