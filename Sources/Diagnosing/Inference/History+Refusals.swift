import Tracking

/// What RSTs to SYNs tell beside that they refuse.
extension History {
    /// The attempt that a RST means to refuse, although it acknowledges the ISN and not the SYN
    /// behind it: a stack in SYN-SENT ignores it (RFC 9293 §3.10.7.3).
    func attemptRefusedInVain(at index: Int) -> Attempt? {
        let event = events[index]
        guard case .reset(let reset) = interpretations[index], reset.rule == .aborts,
            event.flags.contains(.ack), !isFromInitiator(event)
        else { return nil }
        let incarnation = incarnation(of: index)
        if let completion = incarnation.completion, completion < index { return nil }
        return incarnation.attempts.last {
            $0.first < index && $0.initialSequence == event.acknowledgment
        }
    }

    /// A refusal comes within a second and three round trips, or within three seconds where no
    /// round trip is known, in nanoseconds.
    private static let refusalTimeout: Int64 = 1_000_000_000
    private static let unknownRefusalTimeout: Int64 = 3_000_000_000

    /// A RST that comes later after the newest SYN refuses nothing, in nanoseconds: who sends it
    /// gave up.
    var refusalTimeout: Int64 {
        leastAnswerDelay.map { max(Self.refusalTimeout, 3 * $0) } ?? Self.unknownRefusalTimeout
    }

    /// Whether a RST comes too late to refuse an attempt.
    func isLater(_ reset: Int, than timeout: Int64, after attempt: Attempt) -> Bool {
        attempt.sendings.last { $0 < reset }.map { delay(from: $0, to: reset) > timeout } ?? false
    }

    /// The RST in the responder's name that ended an attempt long after its last SYN; `nil` without
    /// any.
    func lateReset(endingOf attempt: Attempt, after timeout: Int64) -> Int? {
        guard case .refused(let reset) = attempt.end, isLater(reset, than: timeout, after: attempt)
        else { return nil }
        return reset
    }

    /// Whether the other end rejects a segment with a RST.
    func isRejected(_ index: Int) -> Bool { rejections[index] != nil }

    func isReset(_ index: Int) -> Bool {
        if case .reset = interpretations[index] { true } else { false }
    }

    /// Whether an event is a RST that answers nothing.
    func isAbort(_ index: Int) -> Bool {
        if case .reset(let reset) = interpretations[index] { reset.rule == .aborts } else { false }
    }

    /// The times to live of all segments of the responder but its RSTs, as captured; copies do not
    /// count.
    var responderTimesToLive: Set<UInt8> {
        let own = events.indices.filter { index in
            if case .duplicate = interpretations[index] { return false }
            return [.syn, .synAck, .ack, .data, .fin].contains(events[index].kind)
                && !isFromInitiator(events[index])
        }
        return Set(own.map { events[$0].timeToLive })
    }

    /// How fast the responder answered a SYN with a SYN-ACK at best, in nanoseconds; early and
    /// stale answers do not count.
    var leastAnswerDelay: Int64? {
        answers().compactMap { event, answer -> Int64? in
            let incarnation = incarnation(of: event)
            guard case .current(let ordinal) = answer.subject,
                ordinal <= incarnation.attempts.count,
                let syn = incarnation.attempt(ordinal).sendings.last(where: { $0 < event })
            else { return nil }
            return delay(from: syn, to: event)
        }.filter { $0 > 0 }.min()
    }
}
