import Diagnosing

/// Entries of logs as rows among those of packets.
struct LogRows {
    /// Of more entries between two packets only the first and the last ones are shown.
    private static let wholeGap = 8
    private static let keptParts = (head: 4, tail: 3)
    /// Show at most this many lines of the page for one of a log.
    private static let lineLimit = 4
    /// As many lines without a time are shown below the one that they follow.
    private static let continuation = 2

    let names: [String]
    let columns: Columns
    let clock: LocalTime
    let style: Style
    /// Whether nothing is folded.
    let showsAll: Bool
    private var rest: ArraySlice<LogEntry>

    /// Rows for `entries`, in order of time.
    init(
        _ entries: some Sequence<LogEntry>,
        names: [String],
        columns: Columns,
        clock: LocalTime,
        style: Style,
        showsAll: Bool
    ) {
        rest = Array(entries)[...]
        self.names = names
        self.columns = columns
        self.clock = clock
        self.style = style
        self.showsAll = showsAll
    }

    /// The rows of the entries that were written before `time`.
    mutating func rows(before time: Int64) -> String {
        let gap = rest.prefix { $0.time < time }
        rest = rest.dropFirst(gap.count)
        return rows(gap)
    }

    /// The rows of all entries that are left.
    mutating func remainder() -> String {
        defer { rest = [] }
        return rows(rest)
    }

    private func rows(_ gap: ArraySlice<LogEntry>) -> String {
        guard !showsAll, gap.count > Self.wholeGap else { return gap.map(row).joined() }
        let (head, tail) = (gap.prefix(Self.keptParts.head), gap.suffix(Self.keptParts.tail))
        let omitted = gap.count - head.count - tail.count
        let remark = "(\(omitted) more lines of logs; --all shows them)"
        return head.map(row).joined() + columns.ellipsis(remark) + tail.map(row).joined()
    }

    private func row(_ entry: LogEntry) -> String {
        let place = "\(names[entry.log]):\(entry.number)  "
        let time = clock.time(entry.time)
        let head = "\("log".leading(to: columns.number))  \(time)  "
        let start = head.padded(to: columns.stem)
        let indent = min(columns.stem, columns.indent) + 2
        var lines = set(
            entry.text,
            behind: start + style.ink(place, .faint),
            at: start.count + place.count,
            indent
        )
        let blank = String.blank(indent)
        let shown =
            showsAll ? entry.continuation[...] : entry.continuation.prefix(Self.continuation)
        for line in shown { lines += set(line, behind: blank, at: indent, indent) }
        let omitted = entry.continuation.count - shown.count + entry.continuationOmitted
        if omitted > 0 {
            lines += blank + style.ink("(\(Wording.count(omitted, "more line")))", .faint) + "\n"
        }
        return lines
    }

    /// A line of a log, broken at the edge of the page wherever that is.
    private func set(_ text: String, behind head: String, at column: Int, _ indent: Int) -> String {
        let ellipsis = style.plain("…")
        var rest = style.plain(text)[...]
        var lines = ""
        var count = 0
        repeat {
            let start = count == 0 ? column : indent
            let isLast = !showsAll && count == Self.lineLimit - 1
            let room = max(20, style.width - start)
            let part = rest.prefix(isLast && rest.count > room ? room - ellipsis.count : room)
            rest = rest.dropFirst(part.count)
            let mark = isLast && !rest.isEmpty ? ellipsis : ""
            lines += (count == 0 ? head : .blank(indent)) + part + mark + "\n"
            count += 1
            if isLast { break }
        } while !rest.isEmpty
        return lines
    }
}
