import Diagnosing
import Tracking

/// The packets that prove a finding.
extension EventJSON {
    func evidence(_ evidence: Evidence, since start: Int64) -> JSONValue {
        let event = evidence.event
        let isError = event.kind == .icmp
        let isSegment = !isError && event.kind != .addressClaim && event.kind != .portmap
        let hasAck = event.flags.contains(.ack) && !isError
        let origin = origins?.origin(of: event.packet)
        return .members(
            ("frame", .unsigned(event.packet)),
            ("file", origin.map { .integer($0.input) }),
            ("frame_in_file", origin.map { .unsigned($0.number) }),
            ("t_us", .microseconds(event.time - start)),
            ("from", .string(sender(of: evidence))),
            ("kind", .string(event.kind.name)),
            ("seq", isSegment || isError ? .unsigned(event.sequence.rawValue) : nil),
            ("ack", hasAck ? .unsigned(event.acknowledgment.rawValue) : nil),
            ("win", isSegment && event.frameLength > 0 ? .unsigned(event.window) : nil),
            ("tsval", event.hasTimestamps ? .unsigned(event.timestampValue) : nil),
            ("tsecr", event.hasTimestamps ? .unsigned(event.timestampEcho) : nil),
            ("icmp_type", isError ? .unsigned(event.icmpType) : nil),
            ("icmp_code", isError ? .unsigned(event.icmpCode) : nil),
            ("rule", evidence.rule.map { .string($0) }),
            ("note", .string(evidence.note))
        )
    }

    private func sender(of evidence: Evidence) -> String {
        guard evidence.event.kind == .icmp else {
            return evidence.isFromInitiator ? "client" : "server"
        }
        switch evidence.errorSender {
        case .initiator: return "client"
        case .responder: return "server"
        case .other: return "other"
        }
    }
}
