/// Which connections that came up may be worth a diagnosis: a coarse sieve, since the detectors decide.
extension Tracker {
    /// An end that waited so long for an answer, or for the other end's FIN, may have waited in vain, in nanoseconds.
    private static let patience: Int64 = 5_000_000_000
    /// A connection that nobody used for so long before its end was perhaps closed for that, in nanoseconds.
    private static let idleness: Int64 = 10_000_000_000
    /// Segments sent so often again did not get through.
    private static let manyRepetitions: UInt16 = 2
    /// Sessions of fewer records were perhaps shut down early.
    private static let fewRecords: UInt32 = 3

    /// Whether an end said that it would say no more, and nobody closed.
    private static func isLeftOpen(_ streams: [RecordStream], at time: Int64) -> Bool {
        streams.contains { $0.alert.map { time - $0.time >= patience } ?? false }
    }

    borrowing func isRemarkable(_ flow: Flow, at time: Int64) -> Bool {
        guard flow.marks.contains(.alive), !flow.marks.contains(.oneWay) else { return false }
        let number = Int(flow.dialogue)
        guard number != 0 else { return isMuteTooLong(flow, at: time) }
        let dialogue = dialogues[number]
        if flow.phase == .reset { return true }
        let quiet = dialogue.quietBeforeEnd ?? time - dialogue[dialogue.speaker].last.time
        if quiet >= Self.patience, dialogue.speaker == flow.initiator { return true }
        if quiet >= Self.idleness, dialogue.quietBeforeEnd != nil { return true }
        if max(dialogue.low.repetitions, dialogue.high.repetitions) >= Self.manyRepetitions {
            return true
        }
        if isHalfClosedLong(flow, at: time) { return true }
        return dialogue.session != 0
            && isIrregular(sessions[Int(dialogue.session)], of: flow, at: time)
    }

    /// Whether nobody spoke for long, or until the responder closed.
    private borrowing func isMuteTooLong(_ flow: Flow, at time: Int64) -> Bool {
        guard flow.marks.contains(.completed),
            flow.low.marks.union(flow.high.marks).isDisjoint(with: .sentData)
        else { return false }
        switch flow.phase {
        case .established: return time - flow.begin >= Self.patience
        case .closing, .closed, .reset:
            return flow.closer != flow.initiator || time - flow.begin >= Self.patience
        case .opening, .answered, .settled, .doubtful: return false
        }
    }

    private borrowing func isHalfClosedLong(_ flow: Flow, at time: Int64) -> Bool {
        guard flow.phase == .closing || flow.phase == .closed else { return false }
        let fins = tapes.events(on: flow.tape)
            .filter { $0.kind == .fin && $0.incarnation == flow.incarnation }
        guard let first = fins.first else { return false }
        let other = fins.first { $0.side != first.side }
        return (other?.time ?? time) - first.time >= Self.patience
    }

    /// Whether the session did not go through its handshake, its data, and an alert of each end before its FIN.
    private borrowing func isIrregular(_ session: TLSSession, of flow: Flow, at time: Int64) -> Bool
    {
        let isEnding = flow.phase == .closing || flow.phase == .closed
        let streams = [session.low, session.high]
        if streams.contains(where: { $0.marks.contains(.endsInPlaintext) }) { return true }
        if streams.contains(where: { $0.alert?.isFatal == true }) { return true }
        guard isEnding else { return Self.isLeftOpen(streams, at: time) }
        return !session.isComplete || streams.contains { $0.alert == nil }
            || streams.allSatisfy { $0.dataRecords < Self.fewRecords }
    }
}
