import Tracking

/// What the time between two SYNs of one attempt tells about the SYNs before them.
///
/// Retransmissions come 1, 2, 4, 8 … seconds after one another (RFC 6298 §5.5), so a first gap of
/// 16 s is not the first. Linux from 6.5 on sends four of them a second apart before it doubles.
enum Backoff {
    /// How far a gap may be off its step, as a part of it.
    private static let tolerance = 0.08
    /// 2⁶ s is the last step that Linux takes.
    private static let steps = 1...6
    /// What the linear timer adds before it doubles, in seconds.
    private static let linearDelay = 4

    /// How long before the earlier of two SYNs `gap` apart the attempt began, in words; `nil` when
    /// the earlier one can have been the first.
    static func elapsed(before gap: Int64) -> String? {
        let seconds = Double(gap) / 1e9
        for step in steps {
            let length = Double(1 << step)
            guard isAbout(seconds, length) else { continue }
            let doubling = (1 << step) - 1
            return "about \(doubling) s (\(doubling + linearDelay) s with Linux 6.5 or later)"
        }
        return nil
    }

    /// Which stack's schedule the gaps between the sendings of one SYN keep to, as a sentence.
    ///
    /// - Parameters:
    ///   - gaps: in nanoseconds, in order.
    ///   - isLinux: whether the SYN looks like one of Linux.
    /// - Returns: `nil` where they keep to none that is known.
    static func schedule(of gaps: [Int64], isLinux: Bool) -> String? {
        guard gaps.count >= 2 else { return nil }
        let seconds = gaps.map { Double($0) / 1e9 }
        if isLinux, isAbout(seconds[0], 1), isAbout(seconds[1], 1) {
            return """
                This matches Linux 6.5 or later, which sends SYNs at 0, 1, 2, 3, 4, 5, 7, 11, 19 and 35 s by default.
                """
        }
        let doubles = zip(seconds, seconds.dropFirst()).allSatisfy { isAbout($1, 2 * $0) }
        guard doubles else { return nil }
        if isAbout(seconds[0], 3) {
            return "A first gap of 3 s follows the older RFC 1122."
        }
        guard isLinux else { return nil }
        let isDoublingOfLinux = steps.contains { isAbout(seconds[0], Double(1 << $0)) }
        guard isAbout(seconds[0], 1) || isDoublingOfLinux else { return nil }
        return "Linux doubles its gaps like this, and by default gives up after 127 s (6 retries)."
    }

    private static func isAbout(_ seconds: Double, _ expected: Double) -> Bool {
        abs(seconds - expected) <= expected * tolerance
    }
}

extension History {
    /// How long before its first captured SYN an attempt began, in words; `nil` when that can be
    /// the first.
    func elapsed(before attempt: Attempt) -> String? {
        guard attempt.sendings.count > 1 else { return nil }
        return Backoff.elapsed(before: delay(from: attempt.sendings[0], to: attempt.sendings[1]))
    }
}

extension Event {
    /// Linux begins to count hops from this.
    private static let lifeOfLinux: UInt8 = 64

    /// Whether a SYN's options stand in the order in which Linux writes them, SACK before all but the segment size.
    var isOfLinux: Bool {
        guard timeToLive <= Self.lifeOfLinux, options.usualCount > 2 else { return false }
        return optionOrder.kinds(2) == [.maximumSegmentSize, .selectiveAcknowledgment]
    }
}
