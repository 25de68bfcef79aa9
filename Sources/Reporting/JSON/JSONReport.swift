import Diagnosing
import Tracking

/// The report as one JSON document, an event a line.
package struct JSONReport {
    private let report: Report
    private let events: EventJSON

    package init(_ report: Report) {
        self.report = report
        events = EventJSON(
            hasNanoseconds: report.hasNanoseconds,
            inputs: report.inputs.map(\.name),
            origins: report.origins,
            services: report.services,
            contexts: report.contexts
        )
    }

    /// The document, with a newline at its end.
    package var text: String { String(decoding: octets, as: UTF8.self) }

    /// The document in UTF-8.
    package var octets: [UInt8] {
        var octets = Array("{\n\"schema\":\"1.0\",\n\"kind\":\"synopsis.report\"".utf8)
        append("tool", tool, to: &octets)
        if let time = report.generatedAt { append("generated_at", events.time(time), to: &octets) }
        append("inputs", lines: report.inputs.lazy.map(input), to: &octets)
        append("window", window, to: &octets)
        append("totals", totals, to: &octets)
        append("incidents", lines: report.incidents.lazy.map(events.incident), to: &octets)
        let findings = report.incidents.lazy.flatMap { incident in
            incident.chain.lazy.map { events.finding($0, of: incident) }
        }
        append("findings", lines: findings, to: &octets)
        if let handshakes = report.handshakes {
            append("handshakes", lines: handshakes.lazy.map(events.handshake), to: &octets)
        }
        if let lastPackets = report.lastPackets {
            append("last_packets", events.lastPackets(lastPackets), to: &octets)
        }
        if let merge = report.logs {
            append("logs", lines: merge.logs.summaries.lazy.map(events.log), to: &octets)
            let entries = events.logEntries(merge, of: report.incidents)
            append("log_entries", lines: entries, to: &octets)
        }
        append("warnings", lines: report.warnings.lazy.map(warning), to: &octets)
        octets += "\n}\n".utf8
        return octets
    }

    private func append(_ name: String, _ value: JSONValue, to octets: inout [UInt8]) {
        octets += ",\n\"\(name)\":".utf8
        value.write(to: &octets)
    }

    /// An array with a line for each of its elements.
    private func append(
        _ name: String,
        lines: some Sequence<JSONValue>,
        to octets: inout [UInt8]
    ) {
        octets += ",\n\"\(name)\":[".utf8
        var isFirst = true
        for line in lines {
            octets += (isFirst ? "\n" : ",\n").utf8
            line.write(to: &octets)
            isFirst = false
        }
        octets += (isFirst ? "]" : "\n]").utf8
    }

    private var tool: JSONValue {
        .members(("name", .string("synopsis")), ("version", .string(Report.toolVersion)))
    }

    private func input(_ input: InputSummary) -> JSONValue {
        let damage = input.damage.map { damage in
            JSONValue.members(
                ("offset", .unsigned(damage.offset ?? input.octets)),
                ("reason", .string(damage.reason))
            )
        }
        return .members(
            ("name", .string(input.name)),
            ("format", .string(input.format)),
            ("compression", .string(input.compression?.rawValue ?? "none")),
            ("linktype", .strings(input.linkTypes.map(\.name))),
            ("packets", .unsigned(input.packets)),
            ("bytes", .unsigned(input.octets)),
            ("snaplen", .integer(input.snapshotLength)),
            ("truncated", .boolean(input.damage != nil)),
            ("first", input.window.map { events.time($0.lowerBound) }),
            ("last", input.window.map { events.time($0.upperBound) }),
            ("damaged", damage)
        )
    }

    private var window: JSONValue {
        guard let window = report.tally.window else { return .members() }
        return .members(
            ("start", events.time(window.first)),
            ("end", events.time(window.last)),
            ("duration_us", .microseconds(window.last - window.first))
        )
    }

    private var totals: JSONValue {
        let tally = report.tally
        return .members(
            ("packets", .unsigned(tally.packets)),
            ("segments", .unsigned(tally.segments)),
            ("icmp_errors", .unsigned(tally.icmpErrors)),
            (
                "not_analysed",
                .members(
                    ("not_tcp", .unsigned(tally.unread(.notTCP))),
                    ("incomplete_fragment", .unsigned(tally.unread(.incompleteFragment))),
                    ("cut_short", .unsigned(tally.unread(.cutShort))),
                    ("malformed", .unsigned(tally.unread(.malformed))),
                    ("unknown_link", .unsigned(tally.unread(.unknownLink))),
                    ("encrypted", .unsigned(tally.unread(.encrypted))),
                    ("too_deep", .unsigned(tally.unread(.tooDeep)))
                )
            ),
            (
                "joined_fragments",
                tally.joinedFragments == 0 ? nil : .unsigned(tally.joinedFragments)
            ),
            ("time_reversals", .unsigned(tally.timeReversals)),
            ("longest_silence", silence),
            ("flows", .unsigned(tally.flows)),
            ("flows_evicted", tally.flowsEvicted == 0 ? nil : .unsigned(tally.flowsEvicted)),
            ("handshakes", handshakes),
            ("findings", .object(Severity.allCases.reversed().map(severity))),
            ("by_pathology", byPathology),
            ("syn_to_synack_us", delays)
        )
    }

    private var silence: JSONValue? {
        report.tally.longestSilence.map { silence in
            .members(
                ("begin", events.time(silence.begin)),
                ("duration_us", .microseconds(silence.duration))
            )
        }
    }

    private var handshakes: JSONValue {
        .object(
            HandshakeOutcome.allCases.compactMap { outcome in
                let count = report.tally.outcome(outcome)
                return count == 0 ? nil : .init(name: outcome.name, value: .unsigned(count))
            }
        )
    }

    private func severity(_ severity: Severity) -> JSONValue.Member {
        .init(name: severity.name, value: .integer(report.count(of: severity)))
    }

    private var byPathology: JSONValue {
        let found = report.incidents.flatMap(\.chain).map(\.finding.pathology)
        return .object(
            Catalog.manuals.map(\.id).compactMap { id in
                let count = found.count { $0 == id }
                return count == 0 ? nil : .init(name: id, value: .integer(count))
            }
        )
    }

    private var delays: JSONValue {
        .members(
            ("le", .array(Tally.delayBounds.map { .unsigned($0) })),
            ("n", .array(report.tally.answerDelays.map { .unsigned($0) })),
            ("sum", .unsigned(report.tally.answerDelaySum))
        )
    }

    private func warning(_ warning: (code: String, message: String)) -> JSONValue {
        .members(("code", .string(warning.code)), ("message", .string(warning.message)))
    }
}
