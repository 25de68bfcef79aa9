import Diagnosing
import Tracking

/// When connections failed: a count for each span of time.
struct FailureStrip {
    /// By the number of the span.
    let counts: [Int]
    /// The highest of them.
    let most: Int
    /// How long a span is, and what the highest bar stands for.
    let legend: String

    /// Fewer failures than this are counted more easily than bars are read.
    private static let leastFailures = 5

    /// `nil` where few failures were noted, or there is no time to draw them in.
    init?(_ shown: ShownReport, atMost limit: Int) {
        let report = shown.report
        guard let window = report.window, window.lowerBound < window.upperBound,
            !report.failureTimes.isEmpty,
            let (length, counts) = report.failureTimes.bars(in: window, atMost: limit),
            counts.reduce(0, +) >= Self.leastFailures, let most = counts.max()
        else { return nil }
        let undrawn = shown.lines.reduce(0) { $0 + $1.failed } - counts.reduce(0, +)
        let others = undrawn > 0 ? "; \(undrawn.grouped) more not drawn" : ""
        self.counts = counts
        self.most = most
        legend = "one bar per \(Wording.duration(length)), at most \(most.grouped)\(others)"
    }
}

/// One line of the overview, in words.
struct OverviewRow {
    /// From 1.
    let number: Int
    let failed: Int
    let connections: Int
    /// How many clients there are; `many` where they are not told apart.
    let clients: String
    let severity: Severity
    let title: String
    /// To the second, and with the day where the capture is long.
    let first: String
    /// From the first to the last.
    let times: String
}

extension ShownReport {
    /// Times are shown with their day in a capture that is longer, in nanoseconds.
    private static let longCapture: Int64 = 72_000_000_000_000

    /// The lines of the overview, all of them or the first ones.
    func overviewRows(atMost limit: Int) -> [OverviewRow] {
        let shown = extent.showsAll ? lines[...] : lines.prefix(limit)
        return shown.enumerated().map { index, line in
            let addresses = line.members.prefix(1).flatMap { report.incidents[$0].addresses }
            let (first, last) = (shortTime(line.firstSeen), shortTime(line.lastSeen))
            return OverviewRow(
                number: index + 1,
                failed: line.failed,
                connections: line.connections,
                clients: line.clients > 0 ? line.clients.grouped : "many",
                severity: line.severity,
                title: report.hostNames.introduced(addresses, in: line.title),
                first: first,
                times: first == last ? first : "\(first) – \(last)"
            )
        }
    }

    private func shortTime(_ time: Int64) -> String {
        let window = report.window ?? time...time
        let isLong = window.upperBound &- window.lowerBound > Self.longCapture
        return isLong ? clock.dayAndSecond(time) : clock.second(time)
    }
}
