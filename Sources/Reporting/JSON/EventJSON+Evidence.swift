import Diagnosing
import Tracking

/// The packets that prove a finding.
extension EventJSON {
    func write(_ evidence: Evidence, since start: Int64, to json: inout JSONWriter) {
        let event = evidence.event
        let isError = event.kind == .icmp
        let isSegment = !isError && event.kind != .addressClaim && event.kind != .portmap
        let hasAck = event.flags.contains(.ack) && !isError
        let origin = origins?.origin(of: event.packet)
        json.beginObject()
        json.member("frame", event.packet)
        if let origin { json.member("file", origin.input) }
        json.member("frame_in_file", origin?.number)
        json.member("t_us", microsecondsOf: event.time - start)
        json.member("from", sender(of: evidence))
        json.member("kind", event.kind.name)
        if isSegment || isError { json.member("seq", event.sequence.rawValue) }
        if hasAck { json.member("ack", event.acknowledgment.rawValue) }
        if isSegment, event.frameLength > 0 { json.member("win", event.window) }
        if event.hasTimestamps {
            json.member("tsval", event.timestampValue)
            json.member("tsecr", event.timestampEcho)
        }
        if isError {
            json.member("icmp_type", event.icmpType)
            json.member("icmp_code", event.icmpCode)
        }
        json.member("rule", evidence.rule)
        json.member("note", evidence.note)
        json.endObject()
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
