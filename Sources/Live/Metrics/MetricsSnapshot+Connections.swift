import Diagnosing
import Tracking

/// The metrics of connections: how they begin, how long that takes, and what goes wrong.
extension MetricsSnapshot {
    /// The outcomes of handshakes that have a series; what began before the capture has none.
    private static let outcomes = HandshakeOutcome.allCases.filter { $0 != .midstream }

    func writeHandshakes(to text: inout PrometheusText) {
        text.addSingle(
            "synopsis_connection_attempts_total",
            .counter,
            "Attempts to connect: SYNs with an initial sequence number of their own.",
            attempts.attempts
        )
        text.begin(
            "synopsis_handshakes_total",
            .counter,
            "Attempts to connect, by how they ended; counted when that is decided."
        )
        for outcome in Self.outcomes {
            text.add("synopsis_handshakes_total", [("outcome", outcome.label)], attempts[outcome])
        }
        text.begin(
            "synopsis_service_handshakes_total",
            .counter,
            "The same by service; the service other stands for all beyond the first 64."
        )
        for (service, counts) in outcomes().sorted(by: { $0.key < $1.key }) {
            for outcome in Self.outcomes {
                let labels = [("service", service), ("outcome", outcome.label)]
                text.add(
                    "synopsis_service_handshakes_total",
                    labels,
                    counts[Int(outcome.rawValue)]
                )
            }
        }
    }

    func writeLatencies(to text: inout PrometheusText) {
        let name = "synopsis_handshake_latency_seconds"
        text.begin(
            name,
            .histogram,
            "Time from a SYN to its SYN-ACK, from that to the ACK, and from the first SYN to the ACK."
        )
        let stages = [
            ("syn_to_syn_ack", attempts.synToSYNACK), ("syn_ack_to_ack", attempts.synackToACK),
            ("first_syn_to_ack", attempts.wholeHandshake),
        ]
        for (leg, delays) in stages {
            var sum: UInt64 = 0
            for (bound, count) in zip(DelayHistogram.bounds, delays.counts) {
                sum += count
                let seconds = Double(bound) / 1e6
                text.add("\(name)_bucket", [("leg", leg), ("le", "\(seconds)")], sum)
            }
            sum += delays.counts.last ?? 0
            text.add("\(name)_bucket", [("leg", leg), ("le", "+Inf")], sum)
            text.add("\(name)_sum", [("leg", leg)], number: Double(delays.sum) / 1e6)
            text.add("\(name)_count", [("leg", leg)], sum)
        }
    }

    func writeFailures(to text: inout PrometheusText) {
        text.begin(
            "synopsis_failures_total",
            .counter,
            "Connections with a pathology, each counted once, by severity and service."
        )
        for (kind, count) in failures.series(of: labels.all) {
            let labels = [
                ("pathology", kind.pathology), ("severity", kind.severity.name),
                ("service", kind.service),
            ]
            text.add("synopsis_failures_total", labels, count)
        }
        text.begin(
            "synopsis_open_incidents",
            .gauge,
            "Incidents with activity in the last ten minutes, by root cause and severity."
        )
        for pathology in Catalog.manuals.map(\.id).sorted() {
            for severity in Severity.allCases {
                let kind = IncidentKind(pathology: pathology, severity: severity)
                let labels = [("pathology", pathology), ("severity", severity.name)]
                let count = UInt64(clamping: openIncidents[kind] ?? 0)
                text.add("synopsis_open_incidents", labels, count)
            }
        }
    }
}

extension HandshakeOutcome {
    /// As a label has it.
    fileprivate var label: String {
        switch self {
        case .completed: "established"
        case .noAnswer: "unanswered"
        case .refused, .rejected, .reset, .staleReply, .incomplete, .midstream, .probed:
            name.snakeCase
        }
    }
}
