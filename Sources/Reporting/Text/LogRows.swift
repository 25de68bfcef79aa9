import Diagnosing

/// Entries of logs as rows among those of packets.
struct LogRows {
    /// Of more entries between two packets only the first and the last ones are shown.
    private static let wholeGap = 8
    private static let keptParts = (head: 4, tail: 3)
    /// So much of a line is shown where the page has no room for more; packets take as much.
    private static let leastWidth = 120
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
        return head.map(row).joined() + ellipsis(remark) + tail.map(row).joined()
    }

    private func row(_ entry: LogEntry) -> String {
        let place = "\(names[entry.log]):\(entry.number)  "
        let text = cut(entry.text, behind: place)
        let time = clock.time(entry.time)
        let head = "\("log".leading(to: columns.number))  \(time)"
        var lines = head.padded(to: columns.indent) + style.ink(place, .faint) + text + "\n"
        let blank = String.blank(columns.indent + place.count)
        let shown =
            showsAll ? entry.continuation[...] : entry.continuation.prefix(Self.continuation)
        for line in shown { lines += blank + cut(line, behind: place) + "\n" }
        let omitted = entry.continuation.count - shown.count + entry.continuationOmitted
        if omitted > 0 {
            lines += blank + style.ink("(\(Wording.count(omitted, "more line")))", .faint) + "\n"
        }
        return lines
    }

    private func ellipsis(_ remark: String) -> String {
        "…".leading(to: columns.number) + "  " + style.ink(remark, .faint) + "\n"
    }

    /// As much of a line as is shown behind `place`.
    private func cut(_ text: String, behind place: String) -> String {
        let room = max(style.width - columns.indent - place.count, Self.leastWidth)
        return showsAll ? text : text.count <= room ? text : text.prefix(max(1, room - 1)) + "…"
    }
}
