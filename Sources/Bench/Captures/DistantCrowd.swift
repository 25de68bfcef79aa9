import Tracking

/// Conversations whose hosts are some way apart: the tap stands near the servers, and the clients
/// are 0.2 to 150 ms away.
///
/// Each keeps its own round trips, so that thousands are open at the same time and their packets
/// come in any order.
struct DistantCrowd {
    /// One of them, and when it goes on.
    private struct Member {
        var conversation: Conversation
        var turn: Conversation.Turn
        /// From the tap to the server and back, and to the client and back, in nanoseconds.
        let near: Int64
        let far: Int64
        /// How often its client has sent the same SYN again.
        var repeats: Int64 = 0
    }

    /// Conversations at the same time.
    private static let count = 4096
    /// From the end of one to the beginning of the next in its place, in nanoseconds; the mean.
    private static let meanPause: UInt32 = 300_000_000

    private var members: [Member] = []
    private var schedule: Schedule
    private var random: SplitMix64
    private var begun = 0

    /// - Parameters:
    ///   - begin: about when the first conversations begin, in nanoseconds since 1970.
    ///   - seed: what all else is drawn from.
    init(begin: Int64, seed: UInt64) {
        var random = SplitMix64(seed: seed)
        schedule = Schedule(
            (0..<Self.count).map { _ in begin + Int64(random.below(2 * Self.meanPause)) }
        )
        self.random = random
        members = (0..<Self.count).map { _ in another() }
    }

    /// When the next packet is captured, in nanoseconds since 1970.
    var time: Int64 { schedule.time }

    /// Hands `body` the next packet and its conversation, which sends it, and goes on to the one
    /// after it.
    mutating func next<Result>(
        _ body: (inout Conversation, Conversation.Turn) -> Result
    ) -> Result {
        let index = schedule.index
        let sent = members[index].turn
        let result = body(&members[index].conversation, sent)
        if let turn = members[index].conversation.next() {
            members[index].turn = turn
            schedule.postpone(to: schedule.time + delay(from: sent, to: turn, of: index))
        } else {
            members[index] = another()
            schedule.postpone(to: schedule.time + Int64(random.below(2 * Self.meanPause)))
        }
        return result
    }

    private mutating func delay(
        from sent: Conversation.Turn,
        to next: Conversation.Turn,
        of index: Int
    ) -> Int64 {
        let jitter = Int64(random.below(20_000))
        let member = members[index]
        if next.isFromClient != sent.isFromClient {
            return (next.isFromClient ? member.far : member.near) + jitter
        }
        let isRepeat = next.isFromClient && next.flags == 2 && next.sequence == sent.sequence
        guard isRepeat else { return 5000 + jitter }
        members[index].repeats += 1
        return 1_000_000_000 << member.repeats
    }

    private mutating func another() -> Member {
        begun += 1
        var conversation = Conversation(begun, &random)
        guard let turn = conversation.next() else { return another() }
        let far: UInt32
        switch random.below(10) {
        case 0..<5: far = 200 + random.below(2000)
        case 5..<9: far = 8000 + random.below(40_000)
        default: far = 60_000 + random.below(90_000)
        }
        return Member(
            conversation: conversation,
            turn: turn,
            near: Int64(60 + random.below(400)) * 1000,
            far: Int64(far) * 1000
        )
    }
}
