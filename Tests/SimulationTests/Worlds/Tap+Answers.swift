import Diagnosing
import Tracking

/// What the capture itself proves, whatever Synopsis makes of it.
extension Tap {
    /// Whether it holds any answer to the SYNs that a finding calls unanswered: a segment that
    /// acknowledges one of them, an error about one of them, or anything of the responder between
    /// the first and the last of them.
    func holdsAnswer(toSYNsOf finding: Finding) -> Bool {
        guard let ends = finding.subject.endpoints else { return false }
        let syns = finding.evidence.map(\.event)
        let sequences = Set(syns.map(\.sequence.rawValue))
        let times = (syns.map(\.time).min() ?? 0)...(syns.map(\.time).max() ?? .max)
        return passings.contains { passing in
            let segment = passing.parcel.segment
            if passing.parcel.isError {
                let isOwn =
                    segment.source == ends.initiator && segment.destination == ends.responder
                return isOwn && sequences.contains(segment.sequence)
            }
            let isReply =
                segment.source == ends.responder && segment.destination == ends.initiator
            let acknowledges =
                segment.flags.contains(.ack) && sequences.contains(segment.acknowledgment &- 1)
            return isReply && (acknowledges || times.contains(passing.time))
        }
    }
}
