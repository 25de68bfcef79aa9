import Diagnosing

/// Lines of logs between two packets, of which many are left out in the middle.
struct LogGap {
    /// Of more entries between two packets only the first and the last ones are shown.
    private static let whole = 8
    private static let keptParts = (head: 4, tail: 3)
    /// As many lines without a time are shown below the one that they follow.
    private static let keptContinuation = 2

    let head: ArraySlice<LogEntry>
    /// What stands for those that are not shown.
    let omission: String?
    let tail: ArraySlice<LogEntry>

    init(_ entries: ArraySlice<LogEntry>, showsAll: Bool) {
        guard !showsAll, entries.count > Self.whole else {
            (head, omission, tail) = (entries, nil, [])
            return
        }
        head = entries.prefix(Self.keptParts.head)
        tail = entries.suffix(Self.keptParts.tail)
        let omitted = entries.count - head.count - tail.count
        omission = "(\(omitted) more lines of logs; --all shows them)"
    }

    /// The lines without a time that are shown below an entry, and what stands for the others.
    static func continuation(
        of entry: LogEntry,
        showsAll: Bool
    ) -> (lines: ArraySlice<String>, omission: String?) {
        let shown =
            showsAll ? entry.continuation[...] : entry.continuation.prefix(keptContinuation)
        let omitted = entry.continuation.count - shown.count + entry.continuationOmitted
        return (shown, omitted > 0 ? "(\(Wording.count(omitted, "more line")))" : nil)
    }
}
