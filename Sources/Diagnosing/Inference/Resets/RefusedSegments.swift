import Tracking

/// One ICMP error, and the segment that it is about.
struct RefusedSegment {
    let event: Int
    /// `nil` where the segment is none that was kept.
    let subject: Int?
    let sender: Address
    let origin: Origin

    /// Who sent the error, seen from the quoted segment.
    enum Origin: String {
        /// The host that the segment was sent to.
        case receiver
        /// The very host that sent the segment.
        case sender
        /// A machine between the two.
        case router
    }
}

/// What the ICMP errors of one kind about one four-tuple have in common; never empty.
struct RefusedSegments {
    let all: [RefusedSegment]
    let history: History

    /// `nil` where the history has none that `isWanted`.
    init?(of history: History, where isWanted: (Event, _ subject: Event?) -> Bool) {
        self.history = history
        all = history.events.indices.compactMap { index in
            let event = history.events[index]
            guard case .icmp(let subject) = history.interpretations[index],
                isWanted(event, subject.map { history.events[$0] })
            else { return nil }
            return RefusedSegment(
                event: index,
                subject: subject,
                sender: event.icmpSender,
                origin: history.origin(ofError: index)
            )
        }
        if all.isEmpty { return nil }
    }

    var first: RefusedSegment { all[0] }
    /// The incarnation that the newest of them belongs to.
    var incarnation: Incarnation { history.incarnation(of: all[all.count - 1].event) }
    var events: [Int] { all.map(\.event) }

    /// From each segment to its refusal, in nanoseconds.
    var delays: [Int64] {
        all.compactMap { refusal in
            refusal.subject.map { history.delay(from: $0, to: refusal.event) }
        }
    }

    var senders: [Address] { Set(all.map(\.sender)).sorted() }

    /// Whether the initiator itself refused what was sent to it.
    var isByInitiator: Bool { all.allSatisfy { $0.sender == history.initiator.address } }

    /// Which kinds of segments were refused.
    var kinds: Set<Event.Kind> {
        Set(all.compactMap { $0.subject.map { history.events[$0].kind } })
    }

    /// `ICMP host unreachable`, by the first of them.
    var code: String {
        let event = history.events[first.event]
        return "\(event.icmpName) \(event.icmpMeaning)"
    }

    /// What was refused, as the object of a sentence.
    var target: String {
        switch kinds {
        case [.syn]:
            return "\(history.initiator.address)'s SYN to \(history.responder)"
        case [.synAck]:
            let acknowledged = all.compactMap {
                $0.subject.map { history.events[$0].acknowledgment }
            }
            return Set(acknowledged).count == 1
                ? "the SYN-ACK from \(history.responder.address)"
                : "the SYN-ACKs from \(history.responder.address)"
        case [.data]:
            return "data of the connection to \(history.responder)"
        default:
            return isByInitiator && !kinds.isEmpty
                ? "the answers from \(history.responder.address)"
                : "segments of the connection to \(history.responder)"
        }
    }

    /// `refuses packet 1, 43 µs after it`.
    func note(at position: Int) -> String {
        let refusal = all[position]
        guard let subject = refusal.subject else {
            return "rejects a segment of the established connection"
        }
        let delay = history.delay(from: subject, to: refusal.event)
        return
            "rejects packet \(history.events[subject].packet), \(Wording.duration(delay)) after it"
    }

    var metrics: [Metric] {
        func count(_ kind: Event.Kind) -> Int {
            all.count { $0.subject.map { history.events[$0].kind } == kind }
        }
        let error = history.events[first.event]
        return [
            Metric("icmp_errors", all.count),
            Metric("icmp_type", Int(error.icmpType)),
            Metric("icmp_code", Int(error.icmpCode)),
            Metric("sender", first.sender.description),
            Metric("sent_by", sentBy),
            Metric("refused_syns", count(.syn)),
            Metric("refused_synacks", count(.synAck)),
            Metric("least_delay_us", nanoseconds: delays.min() ?? 0),
            Metric("most_delay_us", nanoseconds: delays.max() ?? 0),
            Metric("source_port", Int(history.initiator.port)),
            Metric("destination_port", Int(history.responder.port)),
            Metric("established", history.isEverEstablished),
        ]
    }

    private var sentBy: String {
        switch history.errorSender(of: history.events[first.event]) {
        case .initiator: "client"
        case .responder: "server"
        case .other: "router"
        }
    }
}

extension History {
    fileprivate func origin(ofError index: Int) -> RefusedSegment.Origin {
        if isRefusedByReceiver(index) { return .receiver }
        return endpoint(of: events[index]).address == events[index].icmpSender ? .sender : .router
    }
}
