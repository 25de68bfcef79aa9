import Tracking

/// Attempts that were open at the same time.
struct Burst {
    let incarnation: Incarnation
    let attempts: [Attempt]

    /// Two neighbours whose ISNs lie as far apart as their times do, by a clock of 64 ns a tick.
    struct ClockedGap {
        let former: Int
        let next: Int
        /// In nanoseconds.
        let byClock: Int64
        let captured: Int64
    }

    func contains(_ ordinal: Int) -> Bool { attempts.contains { $0.ordinal == ordinal } }

    func span(in history: History) -> Int64 {
        history.delay(from: attempts[0].first, to: attempts[attempts.count - 1].first)
    }

    /// Whether any SYN left before the one before it can have been answered.
    func isStrong(in history: History, within gap: Int64) -> Bool {
        zip(attempts, attempts.dropFirst()).contains { former, next in
            history.delay(from: former.first, to: next.first) < gap
                || !former.answers.contains { $0 < next.first }
        }
    }

    func clockedGaps(in history: History) -> [ClockedGap] {
        zip(attempts, attempts.dropFirst()).compactMap { former, next in
            let ticks = former.initialSequence.distance(to: next.initialSequence)
            let byClock = Int64(ticks) * 64
            let captured = history.delay(from: former.first, to: next.first)
            let tolerance = max(20_000, captured / 50)
            guard ticks > 0, (byClock - captured).magnitude <= UInt64(tolerance),
                byClock <= 2 * captured, captured <= 2 * byClock
            else { return nil }
            return ClockedGap(
                former: former.ordinal,
                next: next.ordinal,
                byClock: byClock,
                captured: captured
            )
        }
    }
}

extension Burst {
    /// By how much each ISN lies above the one before, where that is always the same few numbers;
    /// no clock does that.
    var constantStep: Int32? {
        let steps = Set(
            zip(attempts, attempts.dropFirst()).map {
                $0.initialSequence.distance(to: $1.initialSequence)
            }
        )
        guard attempts.count > 2, steps.count == 1, let step = steps.first else { return nil }
        return (1...Self.fewNumbers).contains(step) ? step : nil
    }

    private static let fewNumbers: Int32 = 64
}

extension History {
    /// The first sendings of two attempts of a burst lie at most so far apart, in nanoseconds.
    private static let burstWindow: Int64 = 1_000_000_000

    /// The runs of two or more attempts each of which began while the one before it was open.
    func bursts(of incarnation: Incarnation) -> [Burst] {
        var bursts: [Burst] = []
        var current: [Attempt] = []
        for attempt in incarnation.attempts {
            if let former = current.last, !isOpen(former, when: attempt) {
                if current.count > 1 {
                    bursts.append(Burst(incarnation: incarnation, attempts: current))
                }
                current = []
            }
            current.append(attempt)
        }
        if current.count > 1 { bursts.append(Burst(incarnation: incarnation, attempts: current)) }
        return bursts
    }

    private func isOpen(_ former: Attempt, when next: Attempt) -> Bool {
        let pause = delay(from: former.first, to: next.first)
        guard (0...Self.burstWindow).contains(pause) else { return false }
        // What ended it may be among the events that were not kept.
        if let gap, former.first < gap, next.first >= gap { return false }
        if let end = former.end { return end.event > next.first }
        // Whatever its form: the initiator tries again because of it.
        return !(former.first..<next.first).contains {
            isReset($0) && !isFromInitiator(events[$0])
        }
    }

    /// How many SYNs the initiator sent, retransmissions among them.
    var sendings: Int {
        incarnations.flatMap(\.attempts).reduce(0) { $0 + $1.sendings.count }
    }
}
