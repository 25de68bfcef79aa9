extension Event {
    /// Whether a SYN or SYN-ACK of a handshake that is ordinary in all else is worth a diagnosis: for its options,
    /// for the timestamp that it echoes, or because it refuses the data of `opening`, the flow's first SYN.
    func isOdd(after opening: Event?) -> Bool {
        if !optionFaults.isEmpty { return true }
        guard kind == .synAck, let opening, opening.kind == .syn, opening.side != side else { return false }
        if !optionFaults(inAnswerTo: opening.options).isEmpty { return true }
        if opening.payloadLength > 0, opening.options.contains(.fastOpen),
            opening.sequence.distance(to: acknowledgment) == 1
        {
            return true
        }
        return hasTimestamps && opening.hasTimestamps && timestampEcho != 0
            && timestampEcho != opening.timestampValue
    }
}
