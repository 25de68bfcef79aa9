import Tracking

/// A diagnosis that is asked again and again while packets come.
///
/// Each look examines the flows that changed and those whose timers may have run out; what was
/// found in the others is remembered. What had to leave the tracker is filed for good, and
/// forgotten once its incident was quiet for long.
package struct IncrementalDiagnosis {
    /// As many flows are kept with what was found in them; beyond it those that changed longest ago
    /// are filed for good.
    private static let examinationLimit = 8192
    /// As many flows of a kind are examined in one look; the others wait for the next.
    private static let snapshotsAtOnce = 4096
    /// The part of the time for a look that those which changed may take.
    private static let shareOfChanged = 0.6
    /// As many incidents are kept apart.
    private static let incidentLimit = 512
    /// A flow is looked at again after so long at least, in nanoseconds, and after an eighth of the
    /// time since it changed.
    private static let shortestPause: Int64 = 300_000_000
    /// As many flows are remembered in which nothing was found although somebody waits on them.
    private static let entryLimit = 65_536

    /// What has left the tracker.
    private var base: Diagnosis
    private var entries: [Int: Entry] = [:]
    /// Flows that were filed for good although the tracker still holds them.
    private var filed: [Int: FlowKey] = [:]
    /// Flows that the tracker holds, and whose incident was closed; they come back when they
    /// change.
    private var quiet: [Int: FlowKey] = [:]
    private var waiting = ExaminationQueue()
    /// Changes of flows that had been filed for good.
    private var changesOfFiled: UInt64 = 0
    private var survey = SurveyExamination()
    /// What was found since somebody asked last, connection by connection.
    private var occurrences = Occurrences()
    /// A count of all flows that is not complete.
    private var draft: SurveyDraft?
    /// Connections that came up, by who and with whom, as far as incidents concern them.
    private var established: [Parties: (count: Int, lastAt: Int64)] = [:]
    /// The next record to be asked whether somebody waits too long on it.
    private var hand = 0
    /// Whether incidents may differ from those of the last look.
    private var hasChanged = false
    private var latest: [Incident] = []

    /// A flow that somebody looked at.
    private struct Entry: Sendable {
        let key: FlowKey
        /// `nil` where nothing was found.
        var examination: Examination?
        let counted: Occurrences.Counted
        var changedAt: Int64
        var nextSnapshot: Int64
    }

    private struct Parties: Hashable {
        let initiator: Address
        let service: Endpoint
    }

    package init(
        knownIssues: @autoclosure @escaping @Sendable () -> [KnownIssue] = [],
        selection: Diagnosis.Selection = Diagnosis.Selection()
    ) {
        base = Diagnosis(
            knownIssues: knownIssues(),
            selection: selection,
            incidentLimit: Self.incidentLimit
        )
    }

    /// Changes of flows that had been filed for good, or found no room among those that wait.
    package var changesIgnored: UInt64 { changesOfFiled &+ waiting.refused }

    /// Whether so many flows wait to be examined that a count of all would tell more.
    package var isFlooded: Bool { waiting.count > Self.snapshotsAtOnce }

    /// How often each pathology was found since the last time, each connection once.
    package mutating func takeOccurrences() -> [Occurrence: Int] { occurrences.take() }

    /// What listens where, as far as it is known.
    package var serviceNames: ServiceNames { survey.services }

    /// Examines what changed, and whatever may have come to an end by itself.
    ///
    /// - Parameters:
    ///   - tracker: the flows; it must watch for changes.
    ///   - time: now, by the clock of the packets, in nanoseconds since 1970.
    ///   - share: the part of all flows that is asked whether somebody waits on them, as 1 of so
    ///     many.
    ///   - hasTime: whether less than such a part of the time for a look is over; what was not
    ///     examined by then waits for the next one.
    /// - Returns: the incidents as they stand.
    package mutating func poll(
        at tracker: inout Tracker,
        time: Int64,
        share: Int = 4,
        while hasTime: (_ part: Double) -> Bool = { _ in true }
    ) -> [Incident] {
        let facts = tracker.facts(at: time)
        takeDeparted(from: &tracker, facts)
        for record in tracker.takeChangedFlows() {
            releaseFormer(of: record, in: tracker)
            quiet[record] = nil
            if filed[record] == nil {
                waiting.append(record, length: tracker.eventCount(of: record))
            } else {
                changesOfFiled &+= 1
            }
        }
        let overdue = sweep(tracker, time, share).filter { record in
            releaseFormer(of: record, in: tracker)
            return entries[record] == nil && filed[record] == nil && quiet[record] == nil
        }
        examineChanged(tracker, facts, time) { hasTime(Self.shareOfChanged) }
        let room = max(0, Self.entryLimit - entries.count)
        for record in overdue.prefix(room) + due(tracker, time) {
            examine(record, of: tracker, facts, time, hasChanged: false)
            guard hasTime(1) else { break }
        }
        fileOldest()
        if hasChanged { latest = current.incidents }
        hasChanged = false
        return latest
    }

    /// Examines what changed: at least a flow of each length, and then the shortest first.
    private mutating func examineChanged(
        _ tracker: borrowing Tracker,
        _ facts: CaptureFacts,
        _ time: Int64,
        while hasTime: () -> Bool
    ) {
        for record in waiting.takeOldest() {
            examine(record, of: tracker, facts, time, hasChanged: true)
        }
        for _ in 0..<Self.snapshotsAtOnce {
            guard hasTime(), let record = waiting.takeShortest() else { return }
            examine(record, of: tracker, facts, time, hasChanged: true)
        }
    }

    /// The flows that are to be examined again by now: the one that has waited longest, and then
    /// the shortest first.
    private func due(_ tracker: borrowing Tracker, _ time: Int64) -> [Int] {
        let due = entries.filter { $0.value.nextSnapshot <= time && !waiting.contains($0.key) }
            .map { (record: $0.key, time: $0.value.nextSnapshot) }
        guard let oldest = due.min(by: { ($0.time, $0.record) < ($1.time, $1.record) }) else {
            return []
        }
        let others = due.map { (length: tracker.eventCount(of: $0.record), record: $0.record) }
            .filter { $0.record != oldest.record }.sorted { $0 < $1 }
        return [oldest.record] + others.prefix(Self.snapshotsAtOnce).map(\.record)
    }

    /// Forgets that the flow which had a record before was told of.
    private mutating func releaseFormer(of record: Int, in tracker: borrowing Tracker) {
        guard let former = filed[record] ?? quiet[record], tracker.key(of: record) != former else {
            return
        }
        filed[record] = nil
        quiet[record] = nil
    }

    private mutating func takeDeparted(from tracker: inout Tracker, _ facts: CaptureFacts) {
        guard !tracker.departed.isEmpty else { return }
        for flow in tracker.takeDeparted() where release(flow) {
            var counted = Occurrences.Counted()
            if let entry = entries[flow.record], entry.key == flow.key {
                counted = entry.counted
                entries[flow.record] = nil
            }
            hasChanged = true
            guard !base.covers(flow) else { continue }
            let examination = base.examine(flow, in: facts)
            _ = occurrences.note(examination.findings, after: counted)
            base.file(examination)
        }
    }

    /// Lets go of a flow that leaves the tracker; `false` where it was filed for good, or its
    /// incident closed.
    private mutating func release(_ flow: FlowEvents) -> Bool {
        let isReported = filed[flow.record] == flow.key || quiet[flow.record] == flow.key
        filed[flow.record] = nil
        quiet[flow.record] = nil
        return !isReported
    }

    /// Asks the next flows whether somebody waits too long on them.
    private mutating func sweep(
        _ tracker: borrowing Tracker,
        _ time: Int64,
        _ share: Int
    ) -> [Int] {
        let count = tracker.recordCount
        guard count > 0 else { return [] }
        if hand >= count { hand = 0 }
        let end = min(count, hand + max(4096, count / max(1, share) + 1))
        defer { hand = end }
        return tracker.overdue(among: hand..<end, at: time)
    }

    private mutating func examine(
        _ record: Int,
        of tracker: borrowing Tracker,
        _ facts: CaptureFacts,
        _ time: Int64,
        hasChanged isChange: Bool
    ) {
        var old = entries[record]
        guard let flow = tracker.snapshot(of: record, at: time) else {
            if old?.examination != nil { hasChanged = true }
            entries[record] = nil
            return
        }
        if base.covers(flow) {
            if old?.examination != nil { hasChanged = true }
            entries[record] = nil
            return
        }
        if let former = old, former.key != flow.key {
            // Another flow has the record: the former is over, and was not handed over.
            if let examination = former.examination, !tracker.endedWell(former.key) {
                base.file(examination)
            }
            old = nil
        }
        let examination = base.examine(flow, in: facts)
        let found = examination.findings.isEmpty ? nil : examination
        if old?.examination?.findings ?? [] != examination.findings { hasChanged = true }
        let changedAt = isChange ? time : old?.changedAt ?? flow.lastTime
        entries[record] = Entry(
            key: flow.key,
            examination: found,
            counted: occurrences.note(examination.findings, after: old?.counted ?? [:]),
            changedAt: changedAt,
            nextSnapshot: time &+ max(Self.shortestPause, (time &- changedAt) / 8)
        )
    }

    /// Files for good what changed longest ago, where too much is kept.
    private mutating func fileOldest() {
        guard entries.count > Self.examinationLimit else { return }
        let found = entries.filter { $0.value.examination != nil }
        guard found.count > Self.examinationLimit else { return }
        let oldest = found.sorted { ($0.value.changedAt, $0.key) < ($1.value.changedAt, $1.key) }
            .prefix(Self.examinationLimit / 4)
        for (record, entry) in oldest {
            guard let examination = entry.examination else { continue }
            entries[record] = nil
            filed[record] = entry.key
            base.file(examination)
        }
    }

    /// Counts all flows anew: what many of them show together, what listens where, and who came up.
    ///
    /// - Parameters:
    ///   - tracker: the flows.
    ///   - time: now, in nanoseconds since 1970.
    ///   - hasTime: whether the count may go on; else it does so when this is called next.
    /// - Returns: whether all flows were counted.
    @discardableResult
    package mutating func count(
        _ tracker: inout Tracker,
        time: Int64,
        while hasTime: () -> Bool = { true }
    ) -> Bool {
        if draft == nil { tracker.gatherHostsAndServices() }
        var draft = draft.take() ?? SurveyDraft(of: tracker)
        while !tracker.count(into: &draft) {
            guard hasTime() else {
                self.draft = draft
                return false
            }
        }
        survey = base.examine(tracker.survey(of: draft, at: time))
        occurrences.note(survey)
        takeSurvey(of: tracker, time)
        return true
    }

    /// What the survey speaks for is told no more flow by flow.
    private mutating func takeSurvey(of tracker: borrowing Tracker, _ time: Int64) {
        base.cover(survey)
        for (record, entry) in entries {
            guard entry.examination != nil, let flow = tracker.snapshot(of: record, at: time),
                base.covers(flow)
            else { continue }
            entries[record] = nil
        }
        established = [:]
        let present = current
        tracker.forEachEstablished { count, initiator, service, time in
            guard present.concerns(service) else { return }
            let parties = Parties(initiator: initiator, service: service)
            let known = established[parties] ?? (0, .min)
            established[parties] = (known.count + count, max(known.lastAt, time))
        }
        hasChanged = true
    }

    /// The diagnosis of everything, as it stands.
    private var current: Diagnosis {
        var diagnosis = base
        diagnosis.file(survey)
        let examinations = entries.values.compactMap(\.examination)
        for examination in examinations.sorted(by: Examination.isEarlier) {
            diagnosis.file(examination)
        }
        for (parties, known) in established {
            diagnosis.noteEstablished(
                known.count,
                parties.initiator,
                parties.service,
                lastAt: known.lastAt
            )
        }
        return diagnosis
    }

    /// Forgets what has been quiet for long.
    ///
    /// - Parameter time: incidents of which nothing was seen since then are closed, in nanoseconds
    ///   since 1970.
    /// - Returns: the incidents that are closed.
    package mutating func forget(quietSince time: Int64) -> [Incident] {
        let closed = latest.filter { $0.lastSeen < time }
        guard !closed.isEmpty else { return [] }
        let whole = current
        for (record, entry) in entries {
            guard let examination = entry.examination,
                whole.isQuiet(examination.history, since: time)
            else { continue }
            entries[record] = nil
            quiet[record] = entry.key
        }
        base.forget(quietIn: whole, since: time)
        survey.findings.removeAll { $0.finding.lastSeen < time }
        hasChanged = true
        return closed
    }

    /// The diagnosis once the last packet was taken: as of a file, but for what was forgotten.
    ///
    /// - Parameters:
    ///   - capture: what the tracker made of it.
    ///   - threads: on how many cores; what comes of it is the same.
    ///   - hasTime: whether flows may still be examined; of the others stands what was found in
    ///     them last.
    /// - Returns: the diagnosis, for its incidents, and how many flows were never examined.
    package consuming func finish(
        _ capture: consuming TrackedCapture,
        threads: Int = 1,
        while hasTime: () -> Bool = { true }
    ) -> (diagnosis: Diagnosis, unexamined: Int) {
        var diagnosis = base
        var unexamined = 0
        diagnosis.consume(capture, threads: threads) { flow in
            guard release(flow) else { return .skip }
            if hasTime() { return .examine }
            if let entry = entries[flow.record], entry.key == flow.key {
                return entry.examination.map { .file($0) } ?? .skip
            }
            unexamined += 1
            return .skip
        }
        return (diagnosis, unexamined)
    }
}

extension Examination {
    /// The order of the capture.
    static func isEarlier(_ left: Examination, _ right: Examination) -> Bool {
        (left.history.events.first?.packet ?? 0) < (right.history.events.first?.packet ?? 0)
    }
}
