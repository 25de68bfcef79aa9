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
