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
        writeLatencies(to: &text)
        writeFailures(to: &text)
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
            "Packets that were lost before they could be read, by the kernel or the interface."
        )
        for interface in interfaces {
            for (stage, count) in [
                ("kernel", interface.droppedByKernel), ("interface", interface.droppedByInterface),
            ] {
                let labels = [("interface", interface.name), ("place", stage)]
                text.add("synopsis_packets_dropped_total", labels, count)
            }
        }
        text.begin("synopsis_interface_up", .gauge, "1 if the interface is open, 0 if it is gone.")
        for interface in interfaces {
            let labels = [("interface", interface.name)]
            text.add("synopsis_interface_up", labels, interface.isUp ? 1 : 0)
        }
        text.begin(
            "synopsis_packets_unread_total",
            .counter,
            "Packets that were not analyzed, by reason."
        )
        for reason in UnreadReason.allCases {
            let labels = [("reason", "\(reason)".snakeCase)]
            text.add("synopsis_packets_unread_total", labels, tally.unread(reason))
        }
        text.begin(
            "synopsis_last_packet_timestamp_seconds",
            .gauge,
            "The time of the latest packet, in seconds since 1970."
        )
        let last = Double(tally.window?.last ?? 0) / 1e9
        text.add("synopsis_last_packet_timestamp_seconds", number: last)
        text.begin("synopsis_flows", .gauge, "Connections in memory.")
        text.add("synopsis_flows", UInt64(clamping: flowsTracked))
        text.addSingle(
            "synopsis_flows_total",
            .counter,
            "Connections seen since the start.",
            tally.flows
        )
        text.addSingle(
            "synopsis_flows_evicted_total",
            .counter,
            "Connections dropped from memory because --max-flows was reached.",
            tally.flowsEvicted
        )
    }

    private func writeOutputs(to text: inout PrometheusText) {
        let counts: [(String, String, (OutputStatistics) -> UInt64)] = [
            ("synopsis_events_written_total", "Events written, by output.", { $0.written }),
            ("synopsis_events_dropped_total", "Events lost, by output.", { $0.dropped }),
            (
                "synopsis_output_errors_total", "Write errors and lost connections, by output.",
                { $0.errors }
            ),
        ]
        for (name, help, count) in counts where !outputs.isEmpty {
            text.begin(name, .counter, help)
            for output in outputs {
                text.add(name, [("output", output.name)], count(output.statistics))
            }
        }
        guard let slices else { return }
        text.addSingle(
            "synopsis_slices_written_total",
            .counter,
            "Slices written to disk.",
            slices.written
        )
        text.addSingle(
            "synopsis_slices_failed_total",
            .counter,
            "Slices that could not be written.",
            slices.failed
        )
    }
}

extension String {
    /// `cutShort` as `cut_short`, and `notTCP` as `not_tcp`.
    var snakeCase: String {
        var text = ""
        var previous: Character?
        for letter in self {
            if letter.isUppercase, previous?.isLowercase == true { text += "_" }
            text += letter == "-" ? "_" : letter.lowercased()
            previous = letter
        }
        return text
    }
}
