import Diagnosing
import Tracking

/// The report as one JSON document, an event a line.
package struct JSONReport {
    private let report: Report
    private let events: EventJSON

    package init(_ report: Report) {
        self.report = report
        events = EventJSON(report)
    }

    /// The document, with a newline at its end.
    package var text: String { String(decoding: octets, as: UTF8.self) }

    /// The document in UTF-8.
    package var octets: [UInt8] {
        var octets: [UInt8] = []
        write(threads: 1) { octets += $0 }
        return octets
    }

    /// Writes the document part by part as it is made, so that a long list of connections is never
    /// held whole.
    ///
    /// - Parameters:
    ///   - threads: on how many cores; the bytes are the same.
    ///   - sink: takes the next bytes.
    /// - Throws: what the sink throws.
    package func write<Failure: Error>(
        threads: Int,
        to sink: ([UInt8]) throws(Failure) -> Void
    ) throws(Failure) {
        var json = JSONWriter()
        json.append("{\n\"schema\":\"1.0\",\n\"kind\":\"synopsis.report\"")
        append("tool", tool, to: &json)
        if let time = report.generatedAt { append("generated_at", events.time(time), to: &json) }
        append("inputs", lines: report.inputs.map(input), to: &json)
        append("window", window, to: &json)
        append("totals", totals, to: &json)
        let (incidents, events) = (report.incidents, events)
        try write("incidents", threads, to: &json, sink) { position, lines in
            lines.beginLine(isFirst: position == 0)
            events.write(incidents[position], to: &lines)
        }
        try write("findings", threads, to: &json, sink) { position, lines in
            for (number, link) in incidents[position].chain.enumerated() {
                lines.beginLine(isFirst: position == 0 && number == 0)
                events.write(link, of: incidents[position], to: &lines)
            }
        }
        if let handshakes = report.handshakes {
            try write(handshakes, to: &json, sink)
        }
        if let lastPackets = report.lastPackets {
            append("last_packets", events.lastPackets(lastPackets), to: &json)
        }
        if let merge = report.logs {
            append("logs", lines: merge.logs.summaries.map(events.log), to: &json)
            append("log_entries", lines: events.logEntries(merge, of: report.incidents), to: &json)
        }
        append("warnings", lines: report.warnings.map(warning), to: &json)
        json.append("\n}\n")
        try sink(json.take())
    }

    /// As much is made of a long list before it is passed on, in bytes.
    private static let partLength = 1 << 20

    /// The list of connections, which are many.
    private func write<Failure: Error>(
        _ handshakes: [Handshake],
        to json: inout JSONWriter,
        _ sink: ([UInt8]) throws(Failure) -> Void
    ) throws(Failure) {
        beginMember("handshakes", to: &json)
        json.append("[")
        for index in handshakes.indices {
            json.beginLine(isFirst: index == 0)
            events.write(handshakes[index], to: &json)
            if json.length >= Self.partLength { try sink(json.take()) }
        }
        json.append(handshakes.isEmpty ? "]" : "\n]")
    }

    /// As many incidents are written one after the other, and as many at a time.
    private static let runLength = 4
    private static let incidentsAtOnce = 256

    /// An array with the lines of all incidents.
    ///
    /// - Parameters:
    ///   - name: the array's.
    ///   - threads: on how many cores.
    ///   - json: what has been made.
    ///   - sink: takes that when it is long.
    ///   - write: writes the lines of the incident with this index.
    /// - Throws: what the sink throws.
    private func write<Failure: Error>(
        _ name: StaticString,
        _ threads: Int,
        to json: inout JSONWriter,
        _ sink: ([UInt8]) throws(Failure) -> Void,
        _ write: @Sendable (Int, inout JSONWriter) -> Void
    ) throws(Failure) {
        let count = report.incidents.count
        beginMember(name, to: &json)
        json.append("[")
        for begin in stride(from: 0, to: count, by: Self.incidentsAtOnce) {
            let end = min(count, begin + Self.incidentsAtOnce)
            let runs = shared((end - begin + Self.runLength - 1) / Self.runLength, among: threads) {
                let first = begin + $0 * Self.runLength
                var lines = JSONWriter()
                for position in first..<min(end, first + Self.runLength) { write(position, &lines) }
                return lines.octets
            }
            for run in runs {
                json.append(run)
                if json.length >= Self.partLength { try sink(json.take()) }
            }
        }
        json.append(count == 0 ? "]" : "\n]")
    }

    private func beginMember(_ name: StaticString, to json: inout JSONWriter) {
        json.append(",\n\"")
        json.append(name)
        json.append("\":")
    }

    private func append(_ name: StaticString, _ value: JSONValue, to json: inout JSONWriter) {
        beginMember(name, to: &json)
        json.beginValue()
        value.write(to: &json)
    }

    private func append(_ name: StaticString, lines: [JSONValue], to json: inout JSONWriter) {
        append(name, lines, to: &json) { $0.write(to: &$1) }
    }

    /// An array with a line for each of its elements.
    private func append<Element>(
        _ name: StaticString,
        _ elements: [Element],
        to json: inout JSONWriter,
        write: (Element, inout JSONWriter) -> Void
    ) {
        beginMember(name, to: &json)
        json.append("[")
        for position in elements.indices {
            json.beginLine(isFirst: position == 0)
            write(elements[position], &json)
        }
        json.append(elements.isEmpty ? "]" : "\n]")
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
            ("interrupted", input.isInterrupted ? .boolean(true) : nil),
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
            ("incidents", .object(Severity.allCases.reversed().map(incidents))),
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

    private func incidents(_ severity: Severity) -> JSONValue.Member {
        let count = report.incidents.count { $0.severity == severity }
        return .init(name: severity.name, value: .integer(count))
    }

    private func severity(_ severity: Severity) -> JSONValue.Member {
        .init(name: severity.name, value: .integer(report.count(of: severity)))
    }

    private var byPathology: JSONValue {
        var counts: [String: Int] = [:]
        for incident in report.incidents {
            for link in incident.chain { counts[link.finding.pathology, default: 0] += 1 }
        }
        return .object(
            Catalog.manuals.map(\.id).compactMap { id in
                counts[id].map { .init(name: id, value: .integer($0)) }
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

extension JSONWriter {
    /// Begins the line of an array's next element.
    fileprivate mutating func beginLine(isFirst: Bool) {
        append(isFirst ? "\n" : ",\n")
        beginValue()
    }
}
