/// What a diagnosis sees of the flows while packets still come: copies, after which the tracker
/// goes on as if nobody had looked.
extension Tracker {
    /// From now on remembers which flows changed.
    package mutating func watchChanges() {
        flows.changes.areWanted = true
        flows.attempts.start()
    }

    /// The records of flows that changed since the last time, in order.
    package mutating func takeChangedFlows() -> [Int] { flows.changes.take() }

    /// Whose record it is; `nil` for one that nobody has.
    package borrowing func key(of record: Int) -> FlowKey? {
        guard record < flows.table.recordCount, flows.table[record].marks.contains(.inUse) else {
            return nil
        }
        return flows.table[record].key
    }

    /// Whether the last connection of a four-tuple ended well, so that nothing is to be said of it.
    package borrowing func endedWell(_ key: FlowKey) -> Bool {
        guard let number = flows.table.find(key), number < FlowTable.firstHalfOpen else {
            return false
        }
        return number >= FlowTable.firstRemnant
            || flows.table[number].phase == .closed && !flows.table[number].isSuspicious
    }

    /// How many events the log of a flow holds, by which its examination is more or less work.
    package borrowing func eventCount(of record: Int) -> Int {
        guard record < flows.table.recordCount else { return 0 }
        return Int(flows.table[record].eventLog.count)
    }

    /// The most record numbers that may be looked at.
    package var recordCount: Int { flows.table.recordCount }

    /// The flows among some records on which somebody may have waited too long by now, without any
    /// packet to tell.
    ///
    /// - Parameters:
    ///   - records: which records to look at.
    ///   - time: now, in nanoseconds since 1970.
    /// - Returns: the numbers of their records.
    package borrowing func overdue(among records: Range<Int>, at time: Int64) -> [Int] {
        records.clamped(to: 0..<flows.table.recordCount).filter { isOverdue($0, at: time) }
    }

    borrowing func isOverdue(_ index: Int, at time: Int64) -> Bool {
        let flow = flows.table[index]
        return flow.marks.isSuperset(of: [.inUse, .alive]) && flow.phase != .closed
            && streams.isSuspicious(flow, at: index, time)
    }

    /// A copy of a flow as a diagnosis would have it if the capture ended now.
    ///
    /// - Parameters:
    ///   - index: the flow's record.
    ///   - time: now, in nanoseconds since 1970.
    /// - Returns: the copy, `nil` where nothing is to be said of the flow.
    package borrowing func snapshot(of index: Int, at time: Int64) -> FlowEvents? {
        guard index < flows.table.recordCount, flows.table[index].marks.contains(.inUse) else {
            return nil
        }
        let flow = flows.table[index]
        var events = flows.eventLogs.events(on: flow.eventLog)
        var summaries = streams.summaries[index] ?? []
        let isOverdue = isOverdue(index, at: time)
        if isOverdue {
            let signals = streams.signals(of: flow, at: index, time)
            let summary = streams.summary(of: flow, showing: signals, at: index, time)
            events += summary.lastWords(on: flow, beside: events)
            summaries.append(summary)
        }
        let isWanted =
            isOverdue || isWorthTelling(flow) || aggregates.unsolicitedSYNACKs.haveAnswered(flow)
        guard isWanted, !events.isEmpty else { return nil }
        return copy(index, events, summaries)
    }

    /// Counts as if the capture ended now, at the cost of a look at every flow.
    ///
    /// - Parameter time: now, in nanoseconds since 1970.
    /// - Returns: the counts; those of the tracker stay as they are.
    package borrowing func surveySoFar(at time: Int64) -> Survey {
        var draft = SurveyDraft(of: self)
        while !count(into: &draft) {}
        return survey(of: draft, at: time)
    }

    /// Counts the next flows of a survey, some thousands of them.
    ///
    /// - Parameter draft: how far it has come; flows that change meanwhile are counted as they
    ///   were, or not at all.
    /// - Returns: whether all flows were counted.
    package borrowing func count(into draft: inout SurveyDraft) -> Bool {
        let records = flows.table.recordCount
        let end = min(records, draft.nextRecord + SurveyDraft.step)
        for index in min(draft.nextRecord, end)..<end
        where flows.table[index].marks.contains(.inUse) {
            if flows.table[index].outcome == .completed { draft.completed += 1 }
            draft.aggregates.note(flows.table[index]) {
                flows.eventLogs.first(on: flows.table[index].eventLog)
            }
        }
        draft.nextRecord = end
        guard end == records else { return false }
        let numbers = flows.table.halfOpenNumbers
        let first = min(numbers.upperBound, numbers.lowerBound + draft.nextHalfOpen)
        let last = min(numbers.upperBound, first + SurveyDraft.step)
        for number in first..<last where !flows.table[halfOpen: number].isFree {
            if draft.aggregates.takes(flows.table[halfOpen: number]) { continue }
            draft.aggregates.note(flows.table.flow(of: number)) { flows.table.syn(of: number) }
        }
        draft.nextHalfOpen += last - first
        guard last == numbers.upperBound else { return false }
        draft.completed += flows.table.remnantCount
        return true
    }

    /// What a draft in which all flows were counted comes to.
    package borrowing func survey(of draft: consuming SurveyDraft, at time: Int64) -> Survey {
        var aggregates = draft.aggregates
        aggregates.settle()
        if aggregates.hasMany, draft.completed > 0 {
            var established = aggregates.establishedCounts
            for index in 0..<flows.table.recordCount
            where flows.table[index].marks.isSuperset(of: [.inUse, .completed]) {
                established.note(flows.table[index].responder)
            }
            established.noteRemnants(in: flows.table)
            aggregates.note(established)
        }
        return Survey(
            aggregates: aggregates,
            neighbours: aggregates.neighbours,
            portmap: streams.portmap,
            capture: facts(at: time)
        )
    }

    /// The counts as if the capture ended now, at the cost of a look at every flow.
    package borrowing func tallySoFar() -> Tally {
        var tally = self.tally
        for index in 0..<flows.table.recordCount where flows.table[index].marks.contains(.inUse) {
            tally.outcomes[Int(flows.table[index].outcome.rawValue)] += 1
        }
        tally.noteRemnants(flows.table.remnantCount)
        for number in flows.table.halfOpenNumbers where !flows.table[halfOpen: number].isFree {
            tally.outcomes[Int(HandshakeOutcome.noAnswer.rawValue)] += 1
        }
        return tally
    }

    /// Forgets what was counted of services and hosts with which nothing happened since `time`, in
    /// nanoseconds since 1970.
    package mutating func forgetCounts(quietSince time: Int64) {
        aggregates.forget(quietSince: time)
    }

    /// Takes down that the capture lasted until `time`, although no packet came.
    package mutating func lastUntil(_ time: Int64) {
        if tally.packets > 0 { tally.latest = max(tally.latest, time) }
    }
}

/// A count of all flows that is made in steps, while packets still come.
package struct SurveyDraft: Sendable {
    /// As many flows are counted at a time.
    fileprivate static let step = 8192

    fileprivate var aggregates: Aggregates
    fileprivate var completed: Int
    fileprivate var nextRecord = 0
    fileprivate var nextHalfOpen = 0

    package init(of tracker: borrowing Tracker) {
        aggregates = tracker.aggregates
        completed = Int(tracker.tally.outcome(.completed))
    }
}
