/// What makes no progress on connections that were established.
extension StreamTracker {
    /// Follow at most this many connections that stand still.
    private static let stallLimit = 1 << 14

    /// Follows a segment of a connection on which something stands still, or did.
    ///
    /// - Parameters:
    ///   - segment: what its flow has followed already.
    ///   - flow: goes on as settled as soon as nothing stands still.
    ///   - index: the flow's record.
    ///   - eventLogs: where what proves something is kept.
    @inline(never)
    mutating func noteStall(
        _ segment: borrowing FlowSegment,
        on flow: inout Flow,
        at index: Int,
        _ eventLogs: inout EventLogStore
    ) {
        guard var stall = stalls[index] ?? (stalls.count < Self.stallLimit ? Stall() : nil) else {
            if flow.phase == .stalled { flow.phase = .settled }
            return
        }
        if stall.note(segment, of: flow), !segment.flags.contains(.fin) {
            var event = Event(segment)
            event.incarnation = flow.incarnation
            eventLogs.append(event, to: &flow.eventLog)
        }
        if flow.phase == .stalled, !stall.isStanding { flow.phase = .settled }
        stalls[index] = stall.isStanding || stall.isNotable(at: segment.time) ? stall : nil
    }
}
