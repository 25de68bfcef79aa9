import Diagnosing
import Glibc
import Reporting
import Tracking

/// What a person sees of a live analysis: incidents on standard output as they happen, and a line below them on standard
/// error that says how it goes.
package struct Screen {
    let style: Style
    /// `nil` where nobody looks at it, or wants it.
    private var statusLine: StatusLine?
    package private(set) var output = StandardOutput()

    /// - Parameters:
    ///   - style: how text is set.
    ///   - showsStatus: whether standard error is a terminal on which the status line is wanted.
    package init(style: Style, showsStatus: Bool) {
        self.style = style
        statusLine = showsStatus ? StatusLine() : nil
    }

    mutating func show(_ statement: Announcements.Statement, at time: Int64) {
        let text: String? =
            switch statement {
            case .incident(let incident, let isNew):
                LiveText(style: style).incident(incident, isNew: isNew, at: time)
            case .withdrawnIncident(let incident):
                LiveText(style: style).line("no longer so:", incident, at: time)
            case .closedIncident(let incident):
                LiveText(style: style).line("quiet since:", incident, at: time)
            case .finding, .withdrawnFinding: nil
            }
        if let text { show(text) }
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
    private var isShown = false

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

    private func write(_ text: String) {
        // A status that cannot be written is none.
        _ = unsafe Array(text.utf8).withUnsafeBytes {
            unsafe Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count)
        }
    }
}
