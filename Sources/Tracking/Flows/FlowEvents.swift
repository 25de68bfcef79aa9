/// One noteworthy flow as the tracker hands it over: a copy of its events, and what they do not say.
package struct FlowEvents: Sendable {
    package let key: FlowKey
    /// Oldest first.
    package let events: [Event]
    /// Events of a long log or a long incarnation that are only counted.
    package let omitted: Int
    /// The first event behind each place at which some are missing, by its index.
    package let gaps: [Int]
    /// When the flow's last packet was captured, event or not.
    package let lastTime: Int64
    /// The initiator of the newest incarnation.
    package let initiator: Side
    /// The packet of the capture at which the flow begins: the order of reports.
    package let firstPacket: UInt64
    /// Whether it was tried a few times at most, and nobody sent any data: one of the flows that a scan or a flood
    /// is made of.
    package let carriesNoPayload: Bool
    /// What was said on its connections that ended oddly, oldest first.
    package let streams: [StreamSummary]
    /// What its RSTs say of their reasons, by their packets.
    package let resetReasons: [UInt64: ResetReason]
    /// The tracker's number for the flow, for as long as that is in its table.
    package let record: Int

    /// The most events of one incarnation that are handed over, half of them its first: what an examination may
    /// cost follows from that, and not from what a flow may hold.
    static let incarnationLimit = 512

    /// The events that are handed over, of those that a flow's log holds.
    ///
    /// - Parameters:
    ///   - events: in order of incarnation and packet.
    ///   - gap: the first packet behind what the log dropped; `nil` where it dropped nothing.
    static func excerpt(
        of events: [Event],
        behind gap: UInt64?
    ) -> (events: [Event], omitted: Int, gaps: [Int]) {
        guard events.count > incarnationLimit || gap != nil else { return (events, 0, []) }
        var kept: [Event] = []
        var gaps: [Int] = []
        var start = 0
        while start < events.count {
            let number = events[start].incarnation
            let end = events[start...].firstIndex { $0.incarnation != number } ?? events.count
            let isLong = end - start > incarnationLimit
            let head = start..<(isLong ? start + incarnationLimit / 2 : end)
            let tail = (isLong ? end - incarnationLimit / 2 : end)..<end
            for part in [head, tail] where !part.isEmpty {
                if isLong, part == tail { gaps.append(kept.count) }
                for index in part {
                    if events[index].packet == gap, gaps.last != kept.count {
                        gaps.append(kept.count)
                    }
                    kept.append(events[index])
                }
            }
            start = end
        }
        return (kept, events.count - kept.count, gaps)
    }
}
