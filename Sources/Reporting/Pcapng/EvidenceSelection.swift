import Diagnosing
import Tracking

/// Which packets belong to incidents, and what each of them proves.
package struct EvidenceSelection: Sendable {
    /// What tells a packet of a subject, as far as the subject says it.
    private struct Ends: Hashable {
        var initiator: Address?
        var initiatorPort: UInt16?
        var responder: Address?
        var responderPort: UInt16?
    }

    /// Which parts of a subject are given, one bit for each.
    private struct Shape: OptionSet, Hashable {
        let rawValue: UInt8

        static let initiator = Shape(rawValue: 1)
        static let initiatorPort = Shape(rawValue: 2)
        static let responder = Shape(rawValue: 4)
        static let responderPort = Shape(rawValue: 8)
    }

    /// By shape: a packet is looked up once in each of them, however many incidents there are.
    private var subjects: [Shape: Set<Ends>] = [:]
    /// Whether all packets are taken, whatever they belong to.
    package let takesAll: Bool
    /// What the findings say of packets, by their numbers.
    package private(set) var comments: [UInt64: [String]] = [:]

    /// - Parameters:
    ///   - incidents: whose packets are taken.
    ///   - takesAll: whether all others are taken, too.
    ///   - origin: where a packet was captured, by its number: `packet 7 of nfs.pcap`.
    package init(
        _ incidents: [Incident],
        takesAll: Bool,
        origin: (_ packet: UInt64) -> String
    ) {
        self.takesAll = takesAll
        for finding in incidents.lazy.flatMap(\.chain).map(\.finding) {
            note(finding.subject)
            for evidence in finding.evidence {
                let number = evidence.event.packet
                var text = "\(finding.pathology): \(evidence.note)"
                if evidence.note.isEmpty { text = finding.pathology }
                if let rule = evidence.rule { text += " (rule: \(rule))" }
                comments[number, default: []].append("\(text) [\(origin(number))]")
            }
        }
    }

    private mutating func note(_ subject: Subject) {
        var shape: Shape = []
        if subject.initiatorAddress != nil { shape.insert(.initiator) }
        if subject.initiatorPort != nil { shape.insert(.initiatorPort) }
        if subject.responderAddress != nil { shape.insert(.responder) }
        if subject.responderPort != nil { shape.insert(.responderPort) }
        // A subject without any end would fit every packet.
        guard !shape.isDisjoint(with: [.initiator, .responder]) else { return }
        subjects[shape, default: []].insert(
            Ends(
                initiator: subject.initiatorAddress,
                initiatorPort: subject.initiatorPort,
                responder: subject.responderAddress,
                responderPort: subject.responderPort
            )
        )
    }

    /// Whether a packet proves something.
    package func isEvidence(_ number: UInt64) -> Bool { comments[number] != nil }

    /// Whether a packet belongs to the incidents.
    package func takes(_ frame: borrowing Frame) -> Bool {
        if takesAll || isEvidence(frame.number) { return true }
        switch DecodedFrame(frame).packet {
        case .segment(let segment): return fits(segment.source, segment.destination)
        case .icmpError(let error): return fits(error.quoted.source, error.quoted.destination)
        // It may be a part of one of the incidents' datagrams, and these are rare.
        case .unread(.incompleteFragment): return !subjects.isEmpty
        default: return false
        }
    }

    private func fits(_ source: Endpoint, _ destination: Endpoint) -> Bool {
        subjects.contains { shape, ends in
            ends.contains(Self.ends(source, destination, shape))
                || ends.contains(Self.ends(destination, source, shape))
        }
    }

    private static func ends(_ initiator: Endpoint, _ responder: Endpoint, _ shape: Shape) -> Ends {
        Ends(
            initiator: shape.contains(.initiator) ? initiator.address : nil,
            initiatorPort: shape.contains(.initiatorPort) ? initiator.port : nil,
            responder: shape.contains(.responder) ? responder.address : nil,
            responderPort: shape.contains(.responderPort) ? responder.port : nil
        )
    }
}
