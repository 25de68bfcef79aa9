/// When it is decided how an attempt to connect ended: by a packet, by a timer, or by the next
/// attempt.
extension FlowTracker {
    /// Takes down what a segment decided.
    ///
    /// - Parameters:
    ///   - index: the flow's record.
    ///   - news: the marks that came with it.
    ///   - time: when, in nanoseconds since 1970.
    @inline(never)
    mutating func noteDecision(of index: Int, _ news: Flow.Marks = [], at time: Int64) {
        if news.contains(.timed) { attempts.noteAnswer(of: table[index]) }
        if news.contains(.completed) {
            attempts.noteCompletion(of: table[index], at: time)
            settle(index, as: .completed)
        } else if let outcome = table[index].decision {
            settle(index, as: outcome)
        }
    }

    private mutating func settle(_ index: Int, as outcome: HandshakeOutcome) {
        attempts.count(outcome, at: table[index].responder)
        table[index].noteDecision()
    }

    /// Takes down a SYN: one with a number of its own ends the attempt before it.
    @inline(never)
    mutating func noteNewAttempt(on index: Int, by segment: borrowing FlowSegment) {
        guard !segment.flags.contains(.ack), table[index].syns > 0,
            segment.side == table[index].initiator,
            table[index][segment.side].initialSequence != segment.sequence
        else { return }
        attempts.begin()
        if table[index].isUndecided, table[index].phase != .established {
            settle(index, as: table[index].outcome)
        }
    }

    /// Takes down the end of a connection, if it was never known how its handshake ended.
    @inline(never)
    mutating func noteEnd(of flow: Flow) {
        if flow.isUndecided { attempts.count(flow.outcome, at: flow.responder) }
    }

    /// The same of a lone SYN.
    mutating func noteEnd(halfOpen number: Int) {
        let halfOpen = table[halfOpen: number]
        guard !attempts.hasCounted(halfOpen, at: number - FlowTable.firstHalfOpen) else { return }
        attempts.count(.noAnswer, at: halfOpen.service)
    }

    /// Counts the attempts whose timers have run out, some thousands of flows at a time.
    ///
    /// - Parameter time: now, in nanoseconds since 1970.
    /// - Returns: whether that was the last part of a round through all flows.
    mutating func countUnanswered(at time: Int64) -> Bool {
        attempts.beginRound(at: time)
        let records = table.recordCount
        let end = min(records, attempts.nextRecord + Self.flowsInStep)
        for index in min(attempts.nextRecord, end)..<end where table[index].isOverdue(at: time) {
            settle(index, as: table[index].outcome)
        }
        attempts.nextRecord = max(end, attempts.nextRecord)
        guard end == records else { return false }
        let numbers = table.halfOpenNumbers
        let first = min(numbers.upperBound, numbers.lowerBound + attempts.nextHalfOpen)
        let last = min(numbers.upperBound, first + Self.flowsInStep)
        for number in first..<last where !table[halfOpen: number].isFree {
            let halfOpen = table[halfOpen: number]
            if attempts.isDue(halfOpen) { attempts.count(.noAnswer, at: halfOpen.service) }
        }
        attempts.nextHalfOpen += last - first
        guard last == numbers.upperBound else { return false }
        attempts.endRound()
        return true
    }

    /// Look at this many flows at a time.
    private static let flowsInStep = 8192
}

extension Flow {
    mutating func noteDecision() { self[initiator].marks.insert(.decided) }

    /// Whether its newest SYN began an attempt of which it is not counted how it ended.
    var isUndecided: Bool {
        syns > 0 && !self[initiator].marks.contains(.decided)
    }

    /// How its newest attempt ended, where a packet shows it and it is not counted.
    var decision: HandshakeOutcome? {
        guard isUndecided else { return nil }
        switch phase {
        case .halfOpen, .answered: return marks.contains(.rejected) ? .rejected : nil
        case .reset: return outcome
        // It goes on as if established: only the capture misses a part.
        case .established, .settled, .stalled, .doubtful, .closing, .closed: return .completed
        }
    }

    /// Whether nothing will come of its newest attempt: its initiator should have sent its SYN
    /// again.
    func isOverdue(at time: Int64) -> Bool {
        guard marks.contains(.inUse), phase == .halfOpen || phase == .answered, isUndecided else {
            return false
        }
        return AttemptCounter.deadline(first: begin, last: lastTime) <= time
    }
}

extension Tracker {
    /// Counts the attempts to connect whose timers have run out, some thousands of flows at a time.
    ///
    /// - Parameters:
    ///   - time: now, in nanoseconds since 1970.
    ///   - hasTime: whether it may go on; else the next call does.
    /// - Returns: whether all flows were looked at.
    @discardableResult
    package mutating func countUnanswered(
        at time: Int64,
        while hasTime: () -> Bool = { true }
    ) -> Bool {
        while !flows.countUnanswered(at: time) {
            guard hasTime() else { return false }
        }
        return true
    }
}
