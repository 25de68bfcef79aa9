import Diagnosing
import Tracking

/// What the capture itself proves, whatever Synopsis makes of it.
extension Tap {
    /// Whether it holds any answer to the initiator of `subject`: a segment, or an error about one of its own.
    func holdsAnswer(to subject: Subject) -> Bool {
        guard let ends = subject.endpoints else { return false }
        return passings.contains { passing in
            let segment = passing.parcel.segment
            let isOwn = segment.source == ends.initiator && segment.destination == ends.responder
            let isReply = segment.source == ends.responder && segment.destination == ends.initiator
            return passing.parcel.isError ? isOwn : isReply
        }
    }
}
