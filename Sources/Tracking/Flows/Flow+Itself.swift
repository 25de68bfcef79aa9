/// A socket that connects to its own address and port: an open from both ends at once, with one end
/// (RFC 9293 §3.5).
extension Flow {
    mutating func takeOwn(_ segment: borrowing FlowSegment, from side: Side, at time: Int64)
        -> FlowActions
    {
        guard segment.flags.contains(.syn) else {
            history.note(.initiatorAck)
            if segment.payloadLength > 0 { self[side].marks.insert(.sentData) }
            guard phase == .established || phase == .answered else { return [] }
            phase = .settled
            return .record
        }
        guard segment.flags.contains(.ack) else {
            history.note(.syn)
            syns = syns == .max ? .max : syns + 1
            let isRepeat =
                self[side].marks.contains(.synchronized)
                && self[side].initialSequence == segment.sequence
            if !isRepeat {
                self[side].synchronize(by: segment)
                attempts = attempts == .max ? .max : attempts + 1
                synTime = time
            }
            return [.record, .suspicious]
        }
        history.note(.synAck)
        synAcks = synAcks == .max ? .max : synAcks + 1
        if phase == .halfOpen, self[side].isAnswered(by: segment.acknowledgment) {
            complete(at: time)
        }
        return [.record, .suspicious]
    }
}
