import Diagnosing
import Tracking

/// The report as events, one a line: findings and incidents, and connections if they were asked
/// for.
package struct EventLines {
    /// Make at most this many bytes before they are passed on.
    private static let partLength = 1 << 20

    private let report: Report
    private let events: EventJSON

    package init(_ report: Report) {
        self.report = report
        events = EventJSON(report)
    }

    /// Writes the lines part by part as they are made.
    ///
    /// - Parameter sink: takes the next bytes.
    /// - Throws: what the sink throws.
    package func write<Failure: Error>(
        to sink: ([UInt8]) throws(Failure) -> Void
    ) throws(Failure) {
        var json = JSONWriter()
        for incident in report.incidents {
            for link in incident.chain {
                json.beginValue()
                events.write(link, of: incident, to: &json)
                json.append("\n")
            }
            json.beginValue()
            events.write(incident, to: &json)
            json.append("\n")
            if json.length >= Self.partLength { try sink(json.take()) }
        }
        for handshake in report.handshakes ?? [] {
            json.beginValue()
            events.write(handshake, to: &json)
            json.append("\n")
            if json.length >= Self.partLength { try sink(json.take()) }
        }
        try sink(json.take())
    }
}

extension EventJSON {
    /// The events of a report.
    init(_ report: Report) {
        self.init(
            hasNanoseconds: report.hasNanoseconds,
            inputs: report.inputs.map(\.name),
            origins: report.origins,
            services: report.services,
            encapsulations: report.encapsulations
        )
    }
}
