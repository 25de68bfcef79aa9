import Tracking

/// What sequence numbers prove of bytes that were not captured (RFC 9293 §3.4).
extension StreamSummary {
    /// Whether an end sent bytes that the capture misses: it, or what the other end acknowledges, is further than its
    /// captured data, a FIN aside.
    func hasUncapturedData(of side: Side) -> Bool {
        let captured = self[side].end
        let sent = captured.distance(to: progress(of: side).next)
        let acknowledged = captured.distance(to: progress(of: side.other).acknowledged)
        return (2...Self.plausible).contains(max(sent, acknowledged))
    }

    /// No more lies between two captured packets of one connection, in bytes.
    private static let plausible: Int32 = 1 << 30

    /// Whether an end sent its last data again, as it must until that is acknowledged (RFC 6298 §5): where it did not,
    /// and was not heard to give up, the acknowledgment was not captured.
    func isRetransmitting(_ side: Side) -> Bool { self[side].repetitions > 0 }
}

extension History {
    /// Whether an end sent nothing on a connection by its numbers, captured or not: its FIN or RST lies next to its SYN.
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
