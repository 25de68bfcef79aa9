/// Flows that are over by TCP's own timers, in the time of the packets: they make room for others.
///
/// A tracker with few flows forgets none of them, since nothing is gained by that.
extension Tracker {
    /// As many packets come between two steps.
    static let packetsBetweenSteps: UInt64 = 1024
    /// As many records a step looks at.
    private static let recordsInStep = 256
    /// As many remnants leave in a step.
    private static let remnantsInStep = 512

    /// An initiator that sends its SYN again does so for 127 s on Linux and less elsewhere; a later
    /// one is another episode.
    private static var halfOpenTime: Int64 { Flow.incarnationGap }
    /// TIME-WAIT of two minutes, the longest in use (RFC 9293 §3.6.1 has up to four).
    private static let closedTime: Int64 = 120_000_000_000
    /// Retransmissions of a FIN that nobody acknowledges end within an hour (RFC 1122
    /// §4.2.3.5: after 100 s at least).
    private static let closingTime: Int64 = 3_600_000_000_000
    /// A connection may be silent for ever; connection trackers forget it after five days.
    private static let silentTime: Int64 = 432_000_000_000_000
    /// An end that keeps a connection alive has sent a probe after two hours, and given up after
    /// nine more (RFC 9293 §3.8.4, as Linux does it).
    private static let keepAliveTime: Int64 = 7_875_000_000_000

    /// Forgets some of the flows that are over, and gets round to all of them.
    ///
    /// - Parameter time: now, in nanoseconds since 1970.
    @inline(never)
    package mutating func age(to time: Int64) {
        for _ in 0..<Self.recordsInStep where flows.table.count > flows.fewFlows {
            if let index = flows.table.nextRecord(), isOver(index, at: time) {
                forget(index, at: time)
            }
            if let number = flows.table.nextHalfOpen(),
                time &- flows.table[halfOpen: number].time > Self.halfOpenTime
            {
                forget(halfOpen: number)
            }
        }
        for _ in 0..<Self.remnantsInStep where flows.table.count > flows.fewFlows {
            guard let number = flows.table.oldestRemnant(),
                time &- flows.table.lastTime(ofRemnant: number) > Self.closedTime
            else { break }
            flows.noteFormer(flows.table[remnant: number])
            remove(remnant: number)
            tally.flowsAged &+= 1
        }
    }

    private borrowing func lifetime(of index: Int) -> Int64 {
        switch flows.table[index].phase {
        case .halfOpen, .answered: Self.halfOpenTime
        case .established, .settled, .doubtful, .stalled:
            // What was odd about it has been told, if somebody looks while packets come: it is not
            // kept for days with its events.
            flows.changes.areWanted && flows.table[index].isSuspicious
                ? Self.keepAliveTime : Self.silentTime
        case .closing: Self.closingTime
        case .closed, .reset: Self.closedTime
        }
    }

    private borrowing func isOver(_ index: Int, at time: Int64) -> Bool {
        guard time &- flows.table[index].lastTime > lifetime(of: index) else { return false }
        // What a diagnosis will want may be part of what others tell, which is known at the end;
        // only who looks at the flows while packets come has seen it.
        return flows.changes.areWanted
            || !flows.table[index].isSuspicious && !flows.table[index].marks.contains(.slow)
                && !isOverdue(index, at: time)
                && !aggregates.unsolicitedSYNACKs.haveAnswered(flows.table[index])
    }

    private mutating func forget(_ index: Int, at time: Int64) {
        if flows.table[index].marks.contains(.completed) { flows.noteFormer(flows.table[index]) }
        remove(index, at: time)
        tally.flowsAged &+= 1
    }

    private mutating func forget(halfOpen number: Int) {
        if !aggregates.unsolicitedSYNACKs.isEmpty,
            aggregates.unsolicitedSYNACKs.haveAnswered(flows.table.flow(of: number))
        {
            let tag = flows.table.tag(of: flows.table[halfOpen: number].key.key)
            if let index = flows.makeFlow(of: number, tag: tag, &tally) {
                flows.table[index].marks.insert(.suspicious)
            }
        } else {
            remove(halfOpen: number)
            tally.flowsAged &+= 1
        }
    }
}
