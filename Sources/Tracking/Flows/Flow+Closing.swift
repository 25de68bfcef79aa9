/// How connections end: FIN, the acknowledgment of FIN, and RST (RFC 9293 §3.6, §3.5.2).
extension Flow {
    mutating func takeFin(_ segment: borrowing FlowSegment, from side: Side) -> FlowActions {
        history.note(side == initiator ? .initiatorFin : .fin)
        if !self[side.other].marks.contains(.sentFin) { noteCloser(side) }
        let isUnasked = self[side.other].marks.isDisjoint(with: .sentData)
        self[side].marks.insert(isUnasked ? [.sentFin, .closedUnasked] : .sentFin)
        if phase != .closed { phase = .closing }
        noteFinAcknowledgment(by: segment, from: side)
        return .record
    }

    mutating func takeClosing(_ segment: borrowing FlowSegment, from side: Side) -> FlowActions {
        guard phase == .closing else { return [] }
        noteFinAcknowledgment(by: segment, from: side)
        return phase == .closed ? .forget : []
    }

    /// Whether `segment` acknowledges the other end's FIN, after which only TIME-WAIT remains.
    private mutating func noteFinAcknowledgment(by segment: borrowing FlowSegment, from side: Side)
    {
        let other = self[side.other]
        guard other.marks.contains(.sentFin),
            other.next.distance(to: segment.acknowledgment) >= 0
        else { return }
        self[side.other].marks.insert(.finAcknowledged)
        if self[side].marks.contains(.finAcknowledged) { phase = .closed }
    }

    mutating func takeReset(_ segment: borrowing FlowSegment, from side: Side) -> FlowActions {
        history.note(side == initiator ? .initiatorRst : .rst)
        switch phase {
        case .halfOpen, .answered, .established:
            if isForOlderAttempt(segment, from: side) { return [.record, .suspicious] }
            if isProbe(segment, from: side) {
                noteCloser(side)
                marks.insert(.completed)
                phase = .reset
                return .record
            }
            if phase == .halfOpen, side != initiator, synAcks == 0 { marks.insert(.refused) }
            if phase == .established { noteCloser(side) }
            marks.insert(.wasReset)
            phase = .reset
            return [.record, .suspicious]
        case .settled, .doubtful, .stalled, .closing:
            noteCloser(side)
            phase = .reset
            let sender = self[side]
            let isStrange =
                sender.marks.contains(.seen) && sender.timeToLive != segment.timeToLive
            return isStrange ? [.record, .suspicious] : .record
        case .reset:
            return .record
        case .closed:
            return []
        }
    }

    /// Whether a RST rejects the answer to an older SYN, or refuses an older SYN: the newest one
    /// goes on.
    private func isForOlderAttempt(_ reset: borrowing FlowSegment, from side: Side) -> Bool {
        guard attempts > 1 else { return false }
        if side == initiator {
            return !reset.flags.contains(.ack) && !self[side].isAnswered(by: reset.sequence)
        }
        return reset.flags.contains(.ack) && reset.sequence.rawValue == 0
            && !self[initiator].isAnswered(by: reset.acknowledgment)
    }

    /// Whether a RST takes the place of the ACK that would complete the handshake.
    ///
    /// Its sender's socket was connected, and wanted no more. The RST of a SYN scan has no ACK.
    private func isProbe(_ reset: borrowing FlowSegment, from side: Side) -> Bool {
        phase == .answered && side == initiator && attempts == 1 && synAcks == 1
            && reset.flags.contains(.ack)
            && reset.sequence == self[side].initialSequence.advanced(by: 1)
            && reset.acknowledgment == self[side.other].initialSequence.advanced(by: 1)
    }

    /// Who sent the first FIN, or the RST.
    var closer: Side { marks.contains(.closedByHigh) ? .high : .low }

    private mutating func noteCloser(_ side: Side) {
        if side == .high { marks.insert(.closedByHigh) } else { marks.remove(.closedByHigh) }
    }
}
