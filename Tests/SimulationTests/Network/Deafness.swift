import Tracking

/// What the end of the way swallows without a word.
enum Deafness {
    /// The first sending of a SYN, so many times.
    case toFirstSyns(Int)
    /// All SYN-ACKs, as a firewall of the client does.
    case toAnswers
    /// What completes the handshake, and all that follows: whatever the client sends but SYNs.
    case toCompletions

    mutating func swallows(_ segment: SegmentFields, isFromClient: Bool) -> Bool {
        switch self {
        case .toFirstSyns(let count):
            guard isFromClient, segment.isSyn, count > 0 else { return false }
            self = .toFirstSyns(count - 1)
            return true
        case .toAnswers:
            return !isFromClient && segment.isSynAck
        case .toCompletions:
            return isFromClient && !segment.isSyn
        }
    }
}
