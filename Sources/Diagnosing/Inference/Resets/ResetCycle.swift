import Tracking

/// One run of SYN, reply and RST.
struct ResetCycle {
    let begin: Int
    /// Never empty.
    var resets: [Int]
}

extension Reset {
    /// Whether it rejects what was captured before the event at `index`: then it comes late, out of
    /// the cycle before.
    fileprivate func rejects(before index: Int) -> Bool {
        if case .rejects(let event) = rule { event < index } else { false }
    }
}

extension History {
    /// The cycles of an incarnation: each SYN, reply and the RSTs up to the next SYN.
    func cycles(of incarnation: Incarnation) -> [ResetCycle] {
        var cycles: [ResetCycle] = []
        var start: Int?
        var hasReply = false
        for index in incarnation.events {
            switch interpretations[index] {
            case .syn:
                if start == nil { start = index }
            case .answer, .challenge:
                hasReply = start != nil
            case .reset(let reset):
                if !cycles.isEmpty, let begin = start, reset.rejects(before: begin) {
                    cycles[cycles.count - 1].resets.append(index)
                } else if let begin = start, hasReply {
                    cycles.append(ResetCycle(begin: begin, resets: [index]))
                    start = nil
                    hasReply = false
                } else if start == nil, !cycles.isEmpty {
                    cycles[cycles.count - 1].resets.append(index)
                }
            case .completion:
                return cycles
            case .responderSyn, .icmp, .duplicate, .former:
                break
            case .plain:
                if events[index].payloadLength > 0 { return cycles }
            }
        }
        return cycles
    }
}
