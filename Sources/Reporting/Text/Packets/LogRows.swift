/// Entries of logs as rows among those of packets.
struct LogRows {
    /// Show at most this many lines of the page for one of a log.
    private static let lineLimit = 4

    let names: [String]
    let columns: Columns
    let clock: LocalTime
    let style: Style
    /// Whether nothing is folded.
    let showsAll: Bool

    /// The rows of entries between two packets, in order of time.
    func rows(_ entries: ArraySlice<LogEntry>) -> String {
        let gap = LogGap(entries, showsAll: showsAll)
        return gap.head.map(row).joined()
            + (gap.omission.map(columns.ellipsis) ?? "")
            + gap.tail.map(row).joined()
    }

    private func row(_ entry: LogEntry) -> String {
        let label = "\(names[entry.log]):\(entry.number)  "
        let time = clock.time(entry.time)
        let head = "\("log".leading(to: columns.number))  \(time)  "
        let start = head.padded(to: columns.stem)
        let indent = min(columns.stem, columns.indent) + 2
        var lines = set(
            entry.text,
            behind: start + style.ink(label, .faint),
            at: start.count + label.count,
            indent
        )
        let blank = String.blank(indent)
        let (shown, omission) = LogGap.continuation(of: entry, showsAll: showsAll)
        for line in shown { lines += set(line, behind: blank, at: indent, indent) }
        if let omission { lines += blank + style.ink(omission, .faint) + "\n" }
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
