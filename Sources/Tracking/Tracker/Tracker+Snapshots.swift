/// The flows of which something happened since somebody looked.
struct ChangedFlows: Sendable {
    /// As many are remembered between two looks.
    private static let limit = 65_536

    var areWanted = false
    private(set) var records: Set<Int> = []
    /// Changes that found no place.
    private(set) var refused: UInt64 = 0

    mutating func note(_ record: Int) {
        guard records.count < Self.limit || records.contains(record) else {
            refused &+= 1
            return
        }
        records.insert(record)
    }

    mutating func take() -> [Int] {
        defer { records.removeAll(keepingCapacity: true) }
        return records.sorted()
    }
}

/// What a diagnosis sees of the flows while packets still come: copies, after which the tracker goes on as if nobody
/// had looked.
extension Tracker {
    /// From now on remembers which flows changed.
    package mutating func watchChanges() { changes.areWanted = true }

    @inline(never)
    mutating func noteChange(of index: Int) {
        let flow = flows[index]
        let isEnding = flow.phase == .closing || flow.phase == .reset
        if flow.isSuspicious || isEnding || flow.marks.contains(.slow) { changes.note(index) }
    }

    /// The records of flows that changed since the last time, in order.
    package mutating func takeChangedFlows() -> [Int] { changes.take() }

    /// Whose record it is; `nil` for one that nobody has.
    package borrowing func key(of record: Int) -> FlowKey? {
        guard record < flows.recordCount, flows[record].marks.contains(.inUse) else { return nil }
        return flows[record].key
    }

    /// The most record numbers that may be looked at.
    package var recordCount: Int { flows.recordCount }

    /// The flows among some records on which somebody may have waited too long by now, without any packet to tell.
    ///
    /// - Parameters:
    ///   - records: which records to look at.
    ///   - time: now, in nanoseconds since 1970.
    /// - Returns: the numbers of their records.
    package borrowing func overdue(among records: Range<Int>, at time: Int64) -> [Int] {
        records.clamped(to: 0..<flows.recordCount).filter { isOverdue($0, at: time) }
    }

    borrowing func isOverdue(_ index: Int, at time: Int64) -> Bool {
        let flow = flows[index]
        return flow.marks.isSuperset(of: [.inUse, .alive]) && flow.phase != .closed
            && isSuspicious(flow, at: time)
    }

    /// A copy of a flow as a diagnosis would have it if the capture ended now.
    ///
    /// - Parameters:
    ///   - index: the flow's record.
    ///   - time: now, in nanoseconds since 1970.
    /// - Returns: the copy, `nil` where nothing is to be said of the flow.
    package borrowing func snapshot(of index: Int, at time: Int64) -> FlowEvents? {
        guard index < flows.recordCount, flows[index].marks.contains(.inUse) else { return nil }
        let flow = flows[index]
        var events = eventLogs.events(on: flow.eventLog)
        var streams = self.streams[index] ?? []
        let isOverdue = isOverdue(index, at: time)
        if isOverdue {
            let stream = stream(on: flow, at: time)
            events += lastWords(of: stream, on: flow, beside: events)
            streams.append(stream)
        }
        let isWanted = isOverdue || isWorthTelling(flow) || isAnsweredFromElsewhere(flow)
        guard isWanted, !events.isEmpty else { return nil }
        return copy(index, events, streams)
    }

    /// Counts as if the capture ended now, at the cost of a look at every flow.
    ///
    /// - Parameter time: now, in nanoseconds since 1970.
    /// - Returns: the counts; those of the tracker stay as they are.
    package borrowing func surveySoFar(at time: Int64) -> Survey {
        var aggregates = self.aggregates
        var completed = tally.outcome(.completed)
        for index in 0..<flows.recordCount where flows[index].marks.contains(.inUse) {
            if flows[index].outcome == .completed { completed += 1 }
            aggregates.note(flows[index]) { eventLogs.first(on: flows[index].eventLog) }
        }
        for number in flows.halfOpenNumbers where !flows[halfOpen: number].isFree {
            if aggregates.takes(flows[halfOpen: number]) { continue }
            aggregates.note(flows.flow(of: number)) { flows.syn(of: number) }
        }
        aggregates.settle()
        if aggregates.hasMany, completed > 0 {
            for index in 0..<flows.recordCount
            where flows[index].marks.isSuperset(of: [.inUse, .completed]) {
                if let place = aggregates.placeOfMany(to: flows[index].responder) {
                    aggregates.noteEstablished(at: place)
                }
            }
        }
        return Survey(
            aggregates: aggregates,
            neighbours: neighbours,
            portmap: portmap,
            capture: facts(at: time)
        )
    }

    /// The counts as if the capture ended now, at the cost of a look at every flow.
    package borrowing func tallySoFar() -> Tally {
        var tally = self.tally
        for index in 0..<flows.recordCount where flows[index].marks.contains(.inUse) {
            tally.outcomes[Int(flows[index].outcome.rawValue)] += 1
        }
        for number in flows.halfOpenNumbers where !flows[halfOpen: number].isFree {
            tally.outcomes[Int(HandshakeOutcome.noAnswer.rawValue)] += 1
        }
        return tally
    }

    /// Forgets what was counted of services and hosts with which nothing happened since `time`, in nanoseconds since 1970.
    package mutating func forgetCounts(quietSince time: Int64) {
        aggregates.forget(quietSince: time)
    }

    /// Takes down that the capture lasted until `time`, although no packet came.
    package mutating func lastUntil(_ time: Int64) {
        if tally.packets > 0 { tally.latest = max(tally.latest, time) }
    }

    /// What is known of the capture, as if it ended now.
    package borrowing func facts(at time: Int64) -> CaptureFacts {
        var facts = facts()
        facts.end = max(facts.end, time)
        // No connection is counted before its end: whoever answered found the checksum right.
        let isAnswered = tally.answerDelays.contains { $0 > 0 }
        facts.hasEditedChecksums =
            tally.wrongChecksums > 0 && tally.rightChecksums == 0 && isAnswered
        return facts
    }
}
