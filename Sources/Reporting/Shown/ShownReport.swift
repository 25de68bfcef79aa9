import Diagnosing
import Tracking

/// What a report shows to people, before it has a format: the text, the page and the Markdown are
/// set from it.
struct ShownReport {
    /// Rows of packets in all incidents together, where they are more than one.
    private static let rowBudget = 60
    private static let leastRows = 6

    let report: Report
    let extent: Extent
    let clock: LocalTime
    /// The lines of the overview, the worst first.
    let lines: [IncidentLine]

    init(_ report: Report, extent: Extent = Extent()) {
        self.report = report
        self.extent = extent
        clock = LocalTime(hasNanoseconds: report.hasNanoseconds)
        lines = IncidentLine.lines(for: report.incidents)
    }

    /// Incidents that are described for one line of the overview.
    struct Described {
        /// The number of that line, from 1.
        let number: Int
        /// Their indices in the report.
        let members: ArraySlice<Int>
        /// How many more the line stands for.
        let left: Int
    }

    /// The incidents that are described, line by line.
    var described: [Described] {
        if let line = extent.line, lines.indices.contains(line - 1) {
            return [described(line, atMost: extent.top)]
        }
        let shown = extent.showsAll ? lines[...] : lines.prefix(extent.top)
        return shown.indices.map { described($0 + 1, atMost: 1) }
    }

    private func described(_ number: Int, atMost limit: Int) -> Described {
        let all = lines[number - 1].members
        let members = extent.showsAll ? all[...] : all.prefix(limit)
        return Described(number: number, members: members, left: all.count - members.count)
    }

    /// How many rows of packets each incident of a text has, where so many are described.
    func rowLimit(describing count: Int) -> Int {
        report.incidents.count == 1 || count == 1
            ? Folding.usualLimit : max(Self.leastRows, Self.rowBudget / max(1, count))
    }

    /// Whether so many incidents are described that one flow stands for each.
    func isCrowded(describing count: Int) -> Bool {
        rowLimit(describing: count) < Folding.usualLimit / 3 && !extent.showsAll
    }

    /// How many incidents stand in lines of the overview that are not described.
    var omitted: Int {
        guard extent.line == nil, !extent.showsAll else { return 0 }
        return lines.dropFirst(extent.top).reduce(0) { $0 + $1.members.count }
    }
}
