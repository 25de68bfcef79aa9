import Tracking

/// What sequence numbers prove of bytes that were not captured (RFC 9293 §3.4).
extension StreamSummary {
    /// Whether an end sent bytes that the capture misses: it, or what the other end acknowledges,
    /// is further than its captured data, a FIN aside.
    func hasUncapturedData(of side: Side) -> Bool {
        let captured = self[side].end
        let sent = captured.distance(to: progress(of: side).next)
        let acknowledged = captured.distance(to: progress(of: side.other).acknowledged)
        return (2...Self.plausible).contains(max(sent, acknowledged))
    }

    /// No more lies between two captured packets of one connection, in bytes.
    private static let plausible: Int32 = 1 << 30

    /// Whether an end sent its last data again, as it must until that is acknowledged (RFC 6298
    /// §5): where it did not, and was not heard to give up, the acknowledgment was not captured.
    func isRetransmitting(_ side: Side) -> Bool { self[side].repetitions > 0 }

    /// Whether an end stopped sending again what nobody acknowledged, long before it would have
    /// given up: the acknowledgment lies outside the capture, and nothing follows from silence on
    /// the connection.
    ///
    /// - Parameters:
    ///   - side: the sender.
    ///   - time: up to when it was not heard, in nanoseconds since 1970.
    /// - Returns: `false` also where it may have given up.
    func isCut(_ side: Side, by time: Int64) -> Bool {
        let sent = self[side]
        guard sent.hasSentData, !isAcknowledged(side), sent.repetitions < Self.manySendings else {
            return false
        }
        // The timer doubles each time (RFC 6298 §5.5).
        let span = sent.repetitions > 0 ? sent.last.time - sent.repeatedFrom : 0
        return time - sent.last.time > Self.retransmissionTimeout + 2 * span
    }

    /// Whoever sent something again so often may have given up.
    private static let manySendings: UInt16 = 5
    /// A timer that ran out so long ago has sent again what was not acknowledged, in nanoseconds.
    private static let retransmissionTimeout: Int64 = 3_000_000_000
}

extension History {
    /// Whether an end sent nothing on a connection by its numbers, captured or not: its FIN or RST
    /// lies next to its SYN.
    func provesSilence(of side: Side, in ending: Ending) -> Bool {
        guard side == ending.incarnation.initiator,
            let attempt = ending.incarnation.attempts.last(where: { $0.end.isCompletion })
        else { return !ending.stream.hasUncapturedData(of: side) }
        return attempt.sequenceEnd.distance(to: ending.stream.progress(of: side).next) <= 1
    }
}

extension Attempt.End? {
    fileprivate var isCompletion: Bool {
        if case .completed = self { true } else { false }
    }
}
