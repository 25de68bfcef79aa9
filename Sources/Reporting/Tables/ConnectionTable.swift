import Diagnosing
import Tracking

/// All connections as CSV (RFC 4180), a line each, for spreadsheets and notebooks.
///
/// The first line names the columns, as JSON names the same fields; what does not apply is empty.
/// Times are RFC 3339 in UTC, durations microseconds.
package struct ConnectionTable {
    /// The columns, in order.
    package static let columns = [
        "timestamp", "pcap_cnt", "src_ip", "src_port", "dest_ip", "dest_port", "service",
        "vlan_tunnel",
        "community_id", "outcome", "conn_state", "history", "syns", "synacks", "isns",
        "icmp_errors",
        "syn_to_synack_us", "synack_to_ack_us",
    ]
    /// As much is made of a long list before it is passed on, in bytes.
    private static let partLength = 1 << 20

    private let report: Report

    /// The connections of `report`, which must have collected them.
    package init(_ report: Report) { self.report = report }

    /// The whole table, with a line feed at the end of each line.
    package var text: String {
        var octets: [UInt8] = []
        write { octets += $0 }
        return String(decoding: octets, as: UTF8.self)
    }

    /// Writes the table part by part, so that a long one is never held whole.
    ///
    /// - Parameter sink: takes the next bytes.
    /// - Throws: what the sink throws.
    package func write<Failure: Error>(to sink: ([UInt8]) throws(Failure) -> Void) throws(Failure) {
        var part = Array((Self.columns.joined(separator: ",") + "\r\n").utf8)
        for handshake in report.handshakes ?? [] {
            part += (fields(of: handshake).map(Self.quoted).joined(separator: ",") + "\r\n").utf8
            if part.count >= Self.partLength {
                try sink(part)
                part.removeAll(keepingCapacity: true)
            }
        }
        try sink(part)
    }

    private func fields(of handshake: Handshake) -> [String] {
        let service = report.services.name(of: handshake.responder)?.name
        let ends = [handshake.initiator, handshake.responder].flatMap { end in
            [end.address.description, String(end.port)]
        }
        return [
            UTCTime.text(handshake.begin, hasNanoseconds: report.hasNanoseconds),
            String(handshake.firstPacket),
        ] + ends + [
            service ?? "", report.encapsulations.name(of: handshake.encapsulation).text,
            CommunityID.text(handshake.initiator, handshake.responder), handshake.outcome.name,
            handshake.connectionState.rawValue, handshake.history.text, String(handshake.syns),
            String(handshake.synAcks), String(handshake.attempts), String(handshake.icmpErrors),
            handshake.answerDelay.map { String($0) } ?? "",
            handshake.completionDelay.map { String($0) } ?? "",
        ]
    }

    /// What ends a field or a line.
    private static let breaks = Set(",\"\r\n".utf8)

    /// A field that no reader takes for two (RFC 4180 §2), and no spreadsheet for a formula.
    static func quoted(_ field: String) -> String {
        let isFormula = field.first.map { "=+-@\t".contains($0) } ?? false
        let safe = isFormula ? "'" + field : field
        guard safe.utf8.contains(where: breaks.contains) else { return safe }
        return "\"" + safe.replacing("\"", with: "\"\"") + "\""
    }
}
