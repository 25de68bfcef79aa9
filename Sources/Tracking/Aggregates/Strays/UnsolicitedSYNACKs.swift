/// SYN-ACKs on four-tuples of which no SYN was captured: the answer of another address than the one
/// that was asked.
package struct UnsolicitedSYNACKs: Sendable {
    /// As many are kept, the newest.
    private static let limit = 16_384

    /// What an answer and its question have in common, whatever address the answer came from.
    package struct Question: Hashable, Sendable {
        let initiator: Endpoint
        let port: UInt16
        let acknowledgment: SequenceNumber

        /// - Parameters:
        ///   - initiator: who sent the SYN.
        ///   - port: to which port.
        ///   - initialSequence: the SYN's sequence number.
        package init(of initiator: Endpoint, to port: UInt16, initialSequence: SequenceNumber) {
            self.initiator = initiator
            self.port = port
            acknowledgment = initialSequence.advanced(by: 1)
        }

        fileprivate init(answeredBy answer: Event, of initiator: Endpoint, by responder: Endpoint) {
            self.initiator = initiator
            port = responder.port
            acknowledgment = answer.acknowledgment
        }

        fileprivate init(answeredBy segment: borrowing FlowSegment) {
            initiator = segment.destination
            port = segment.source.port
            acknowledgment = segment.acknowledgment
        }
    }

    /// A stray answer, and who sent it.
    package struct Reply: Hashable, Sendable {
        package let answer: Event
        package let sender: Address
        /// Whether a SYN to this sender was captured too, from the same port and with the same
        /// number.
        package let isAsked: Bool
    }

    /// Keep at most this many whose SYN was captured.
    private static let rejectedLimit = 1 << 10

    private var rejected = 0
    private var replies: [Question: [Reply]] = [:]
    private var order: [Question] = []

    package init() {}

    package var isEmpty: Bool { replies.isEmpty }

    /// The answers to a SYN that came from elsewhere.
    package func answers(to question: Question) -> [Reply] { replies[question] ?? [] }

    /// Whether a SYN-ACK came on a four-tuple of which no SYN was captured.
    package func contain(_ answer: Event, to initiator: Endpoint, from responder: Endpoint) -> Bool
    {
        let question = Question(
            of: initiator,
            to: responder.port,
            initialSequence: answer.acknowledgment.advanced(by: .max)
        )
        return answers(to: question).contains { $0.sender == responder.address }
    }

    /// Whether another address than the one that was asked answered a flow's SYN.
    func haveAnswered(_ flow: Flow) -> Bool {
        guard !isEmpty, flow.synAcks == 0, flow.syns > 0, !flow.marks.contains(.oneWay) else {
            return false
        }
        let question = Question(
            of: flow.key[flow.initiator],
            to: flow.responder.port,
            initialSequence: flow[flow.initiator].initialSequence
        )
        return answers(to: question).contains { $0.sender != flow.responder.address }
    }

    /// Whether there is room for another SYN-ACK whose SYN was captured.
    var wantsRejected: Bool { rejected < Self.rejectedLimit }

    /// Takes down a SYN-ACK whose SYN was captured, and that its initiator rejects: behind a
    /// translation it may have asked another address.
    mutating func noteRejected(_ answer: Event, of initiator: Endpoint, by responder: Endpoint) {
        rejected += 1
        note(
            Question(answeredBy: answer, of: initiator, by: responder),
            Reply(answer: answer, sender: responder.address, isAsked: true)
        )
    }

    mutating func note(_ segment: borrowing FlowSegment, _ event: Event) {
        let sender = segment.source.address
        note(Question(answeredBy: segment), Reply(answer: event, sender: sender, isAsked: false))
    }

    private mutating func note(_ question: Question, _ reply: Reply) {
        if replies[question] != nil {
            if replies[question]?.count ?? 0 < 64 { replies[question]?.append(reply) }
            return
        }
        if order.count >= Self.limit {
            for old in order.prefix(Self.limit / 2) { replies[old] = nil }
            order.removeFirst(Self.limit / 2)
        }
        order.append(question)
        replies[question] = [reply]
    }
}
