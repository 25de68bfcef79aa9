/// One attempt to connect: one initial sequence number, however often its SYN was sent (RFC 9293
/// §3.5).
///
/// All positions are indices into the events of the history.
package struct Attempt: Hashable, Sendable {
    /// From 1 within its incarnation.
    package let ordinal: Int
    package let initialSequence: SequenceNumber
    /// One past the SYN and any data that it carried.
    package let sequenceEnd: SequenceNumber
    /// Every sending of the SYN; never empty.
    package internal(set) var sendings: [Int]
    /// What acknowledged it, SYN-ACKs and bare ACKs.
    package internal(set) var answers: [Int] = []
    /// What ended it while it was still open: a RST, an ICMP error about its SYN, or the ACK that
    /// completed the handshake.
    package internal(set) var end: End?

    /// How an attempt ended, with the event that ended it.
    package enum End: Hashable, Sendable {
        case completed(Int)
        /// A RST of the responder that acknowledges the SYN.
        case refused(Int)
        /// A RST of the initiator to an answer to this attempt.
        case withdrawn(Int)
        /// An ICMP error that quotes the SYN.
        case rejected(Int)

        package var event: Int {
            switch self {
            case .completed(let index), .refused(let index), .withdrawn(let index),
                .rejected(let index):
                index
            }
        }
    }

    package var first: Int { sendings[0] }
    package var last: Int { sendings[sendings.count - 1] }

    /// Its ISN behind a device that rewrites sequence numbers, if both sides of that were captured.
    package internal(set) var rewritten: SequenceNumber?

    /// Whether `acknowledgment` answers the SYN, or the SYN and the first of its data (RFC 7413
    /// §4.2.2).
    package func isAnswered(by acknowledgment: SequenceNumber) -> Bool {
        let length = initialSequence.distance(to: sequenceEnd)
        if let rewritten, rewritten.advanced(by: 1) == acknowledgment { return true }
        return (1...max(1, length)).contains(initialSequence.distance(to: acknowledgment))
    }
}

extension History {
    /// Which sending of a SYN an answer is for: the one whose timestamp it echoes (RFC 7323 §3.2),
    /// else the last before it.
    package func sending(of attempt: Attempt, answeredBy answer: Int) -> Int {
        let answer = (index: answer, event: events[answer])
        let echoed = attempt.sendings.first {
            answer.event.hasTimestamps && events[$0].hasTimestamps
                && events[$0].timestampValue == answer.event.timestampEcho
        }
        return echoed ?? attempt.sendings.last { $0 < answer.index } ?? attempt.first
    }
}
