import Diagnosing
import Tracking

/// Which packets belong to an incident, and what is to be said of each.
struct SliceSelection {
    /// As many subjects of an incident are looked for.
    private static let subjectLimit = 64

    private var subjects: [Subject] = []
    /// Whether all packets are taken, whosever they are.
    private let takesAll: Bool
    /// What the findings say of packets, by their numbers.
    private(set) var comments: [UInt64: [String]] = [:]

    init(_ incident: Incident, takesAll: Bool) {
        self.takesAll = takesAll
        // A subject without any end would fit every packet.
        subjects = incident.chain.map(\.finding.subject).prefix(Self.subjectLimit).filter {
            $0.initiatorAddress != nil || $0.responderAddress != nil
        }
        for link in incident.chain {
            for evidence in link.finding.evidence {
                let number = evidence.event.packet
                var text = "\(link.finding.pathology): \(evidence.note)"
                if evidence.note.isEmpty { text = link.finding.pathology }
                if let rule = evidence.rule { text += " (rule: \(rule))" }
                text += " [packet \(number) of the live capture]"
                comments[number, default: []].append(text)
            }
        }
    }

    /// Whether a packet proves something.
    func isEvidence(_ number: UInt64) -> Bool { comments[number] != nil }

    /// Whether a packet belongs to the incident.
    func takes(_ frame: borrowing Frame) -> Bool {
        if takesAll || isEvidence(frame.number) { return true }
        switch DecodedFrame(frame).packet {
        case .segment(let segment): return fits(segment.source, segment.destination)
        case .icmpError(let error): return fits(error.quoted.source, error.quoted.destination)
        // It may be a part of one of the incident's datagrams, and these are rare.
        case .unread(.incompleteFragment): return true
        default: return false
        }
    }

    private func fits(_ source: Endpoint, _ destination: Endpoint) -> Bool {
        subjects.contains { subject in
            subject.fits(source, destination) || subject.fits(destination, source)
        }
    }
}

extension Subject {
    /// Whether these can be its two ends; what it leaves open fits every end.
    fileprivate func fits(_ initiator: Endpoint, _ responder: Endpoint) -> Bool {
        (initiatorAddress ?? initiator.address) == initiator.address
            && (initiatorPort ?? initiator.port) == initiator.port
            && (responderAddress ?? responder.address) == responder.address
            && (responderPort ?? responder.port) == responder.port
    }
}
