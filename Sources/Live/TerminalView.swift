import Diagnosing
import Reporting
import Tracking

/// What a person sees of a live analysis: incidents on standard output as they happen, and a line
/// below them on standard error that says how it goes.
package struct TerminalView {
    let style: Style
    /// Names to show beside addresses.
    let hosts: HostNames
    /// `nil` where nobody looks at it, or wants it.
    var statusLine: StatusLine?
    let output: QueuedOutput
    /// Whether standard output is a terminal, where a report waits until it is read.
    let isOnTerminal: Bool
    /// What was shown of each incident that stands, and when, in nanoseconds since 1970.
    private var shown: [String: (severity: Severity, chain: [String], time: Int64)] = [:]

    /// An incident that only grew is shown again after so long, in nanoseconds.
    private static let pause: Int64 = 60_000_000_000
    /// As long as a report on a terminal waits to be read.
    static let longWait = Duration.seconds(1_000_000)

    /// - Parameters:
    ///   - style: how text is set.
    ///   - hosts: names to show beside addresses.
    ///   - output: standard output.
    ///   - status: where the status line is written; `nil` where it is not wanted.
    ///   - isOnTerminal: whether standard output is a terminal.
    package init(
        style: Style,
        hosts: HostNames = HostNames(),
        output: QueuedOutput,
        status: QueuedOutput?,
        isOnTerminal: Bool
    ) {
        self.style = style
        self.hosts = hosts
        self.output = output
        self.isOnTerminal = isOnTerminal
        statusLine = status.map { StatusLine(output: $0) }
    }

    mutating func show(_ statement: IncidentNotifier.Statement, at time: Int64) {
        let text: String? =
            switch statement {
            case .incident(let incident, let isNew): self.text(of: incident, isNew, at: time)
            case .withdrawnIncident(let incident): end("withdrawn:", incident, at: time)
            case .closedIncident(let incident): end("closed:", incident, at: time)
            case .finding, .withdrawnFinding: nil
            }
        if let text { show(text) }
    }

    /// Tells all of an incident that is new, or became another, and of one that grew a line now and
    /// then.
    private mutating func text(of incident: Incident, _ isNew: Bool, at time: Int64) -> String? {
        let chain = incident.chain.map(\.finding.pathology)
        var isOther = isNew
        if let last = shown[incident.id] {
            isOther = last.severity != incident.severity || last.chain != chain
            if !isOther, time - last.time < Self.pause { return nil }
        }
        shown[incident.id] = (incident.severity, chain, time)
        return LiveText(style: style, hosts: hosts).incident(incident, isNew: isOther, at: time)
    }

    private mutating func end(_ word: String, _ incident: Incident, at time: Int64) -> String {
        shown[incident.id] = nil
        return LiveText(style: style, hosts: hosts).line(word, incident, at: time)
    }

    /// Writes a text whole, where the status line stood.
    mutating func show(_ text: String) {
        statusLine?.erase()
        output.write(line: Array(text.utf8))
    }

    mutating func show(_ statistics: LiveStatistics) { statusLine?.show(statistics) }

    mutating func eraseStatus() { statusLine?.erase() }

    /// Whether a log line may be in the way of the status line.
    var hasStatusLine: Bool { statusLine != nil }
}

/// A line on standard error that is written over again and again.
struct StatusLine {
    /// That of standard output where both are the same terminal, so that they follow each other.
    let output: QueuedOutput
    private var isShown = false

    init(output: QueuedOutput) { self.output = output }

    mutating func show(_ statistics: LiveStatistics) {
        let rate =
            statistics.interval > 0
            ? statistics.newPackets &* 1_000_000_000 / UInt64(statistics.interval) : 0
        let drops = statistics.drops.total
        write(
            "\r\u{1B}[K\(rate) packets/s, \(statistics.flowsTracked) flows, \(drops) dropped"
        )
        isShown = true
    }

    mutating func erase() {
        if isShown { write("\r\u{1B}[K") }
        isShown = false
    }

    private func write(_ text: String) { output.write(line: Array(text.utf8)) }
}
