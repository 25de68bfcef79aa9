import Diagnosing
import Reporting
import Tracking

extension MetricsSnapshot {
    /// What the answer to a scrape says it is.
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// All metrics as Prometheus scrapes them; no label holds an address.
    package var prometheusText: String {
        var text = PrometheusText()
        writeBuild(to: &text)
        writeCapture(to: &text)
        writeHandshakes(to: &text)
        writeFindings(to: &text)
        writeOutputs(to: &text)
        ProcessUsage().write(to: &text)
        return text.text
    }

    private func writeBuild(to text: inout PrometheusText) {
        text.begin("synopsis_build_info", .gauge, "The version of synopsis, always 1.")
        text.add("synopsis_build_info", [("version", Report.toolVersion)], 1)
        text.begin(
            "synopsis_start_time_seconds",
            .gauge,
            "When the capture began, in seconds since 1970."
        )
        text.add("synopsis_start_time_seconds", number: start)
    }

    private func writeCapture(to text: inout PrometheusText) {
        text.addSingle("synopsis_packets_total", .counter, "Packets captured.", tally.packets)
        text.addSingle("synopsis_captured_bytes_total", .counter, "Bytes captured.", tally.octets)
        text.begin(
            "synopsis_packets_dropped_total",
            .counter,
            "Packets that were never seen, by interface and by who dropped them."
        )
        for interface in interfaces {
            for (place, count) in [
                ("kernel", interface.droppedByKernel), ("interface", interface.droppedByInterface),
            ] {
                let labels = [("interface", interface.name), ("place", place)]
                text.add("synopsis_packets_dropped_total", labels, count)
            }
        }
        text.begin("synopsis_interface_up", .gauge, "Whether the interface is open.")
        for interface in interfaces {
            let labels = [("interface", interface.name)]
            text.add("synopsis_interface_up", labels, interface.isUp ? 1 : 0)
        }
        text.begin(
            "synopsis_packets_unread_total",
            .counter,
            "Packets that hold nothing for the tracker, by reason."
        )
        for reason in UnreadReason.allCases {
            let labels = [("reason", "\(reason)".kebabCase)]
            text.add("synopsis_packets_unread_total", labels, tally.unread(reason))
        }
        text.begin(
            "synopsis_last_packet_timestamp_seconds",
            .gauge,
            "The time of the latest packet, in seconds since 1970."
        )
        let last = Double(tally.window?.last ?? 0) / 1e9
        text.add("synopsis_last_packet_timestamp_seconds", number: last)
        text.begin("synopsis_flows", .gauge, "Flows that are in memory.")
        text.add("synopsis_flows", UInt64(clamping: flowsTracked))
        text.addSingle("synopsis_flows_total", .counter, "Flows that were seen.", tally.flows)
        text.addSingle(
            "synopsis_flows_evicted_total",
            .counter,
            "Flows that had to make room for newer ones.",
            tally.flowsEvicted
        )
    }

    private func writeHandshakes(to text: inout PrometheusText) {
        text.addSingle(
            "synopsis_connection_attempts_total",
            .counter,
            "Connections that a SYN began.",
            tally.attempts
        )
        text.addSingle(
            "synopsis_connections_established_total",
            .counter,
            "Connections that were established.",
            tally.established
        )
        text.begin(
            "synopsis_handshakes_total",
            .counter,
            "Connections that are over, by how their handshake ended."
        )
        for outcome in HandshakeOutcome.allCases {
            let labels = [("outcome", outcome.name)]
            text.add("synopsis_handshakes_total", labels, tally.outcome(outcome))
        }
        let name = "synopsis_handshake_latency_seconds"
        text.begin(name, .histogram, "From the SYN to the SYN-ACK that answers it.")
        var sum: UInt64 = 0
        for (bound, count) in zip(Tally.delayBounds, tally.answerDelays) {
            sum += count
            text.add("\(name)_bucket", [("le", "\(Double(bound) / 1e6)")], sum)
        }
        sum += tally.answerDelays.last ?? 0
        text.add("\(name)_bucket", [("le", "+Inf")], sum)
        text.add("\(name)_sum", number: Double(tally.answerDelaySum) / 1e6)
        text.add("\(name)_count", sum)
    }

    private func writeFindings(to text: inout PrometheusText) {
        text.begin("synopsis_findings_total", .counter, "Findings, by pathology and severity.")
        for (kind, count) in findings.byKind.sorted(by: { $0.key.order < $1.key.order }) {
            let labels = [("pathology", kind.pathology), ("severity", kind.severity.name)]
            text.add("synopsis_findings_total", labels, count)
        }
        text.begin(
            "synopsis_service_findings_total",
            .counter,
            "Findings, by pathology and service; other stands for those beyond a number."
        )
        for (place, count) in findings.byPlace.sorted(by: { $0.key.order < $1.key.order }) {
            let labels = [("pathology", place.pathology), ("service", place.service)]
            text.add("synopsis_service_findings_total", labels, count)
        }
        text.begin("synopsis_open_incidents", .gauge, "Incidents that are not closed.")
        text.add("synopsis_open_incidents", UInt64(clamping: openIncidents))
    }

    private func writeOutputs(to text: inout PrometheusText) {
        let counts: [(String, String, (OutputStatistics) -> UInt64)] = [
            ("synopsis_events_written_total", "Events that an output took.", { $0.written }),
            ("synopsis_events_dropped_total", "Events that an output lost.", { $0.dropped }),
            ("synopsis_output_errors_total", "Failures of an output.", { $0.errors }),
        ]
        for (name, help, count) in counts where !outputs.isEmpty {
            text.begin(name, .counter, help)
            for output in outputs {
                text.add(name, [("output", output.name)], count(output.statistics))
            }
        }
        guard let slices else { return }
        text.addSingle("synopsis_slices_written_total", .counter, "Slices on disk.", slices.written)
        text.addSingle(
            "synopsis_slices_failed_total",
            .counter,
            "Slices that were lost.",
            slices.failed
        )
    }
}

extension FindingCounts.Kind {
    fileprivate var order: String { "\(pathology) \(severity.rawValue)" }
}

extension FindingCounts.Place {
    fileprivate var order: String { "\(pathology) \(service)" }
}

extension String {
    /// `cutShort` as `cut-short`.
    fileprivate var kebabCase: String {
        reduce(into: "") { text, letter in
            let isNewWord = letter.isUppercase && text.last?.isLowercase == true
            text += isNewWord ? "-\(letter.lowercased())" : letter.lowercased()
        }
    }
}
