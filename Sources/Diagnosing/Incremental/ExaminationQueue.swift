/// Flows that wait to be examined, by the length of their event logs: the shortest come first, each
/// length in the order in which they changed.
struct ExaminationQueue {
    /// As many flows wait; what changed beyond that is examined when it leaves the tracker, or at
    /// the end.
    private static let limit = 262_144
    /// Lengths up to 1, 2, 4 … events.
    private static let classes = 12

    /// The flows of one length, oldest first; those before `first` were taken.
    private struct Line {
        var records: [Int] = []
        var first = 0

        var count: Int { records.count - first }

        mutating func take() -> Int {
            defer {
                first += 1
                if first == records.count || first > 4096 && first * 2 > records.count {
                    records.removeFirst(first)
                    first = 0
                }
            }
            return records[first]
        }
    }

    private var lines = [Line](repeating: Line(), count: classes)
    private var members: Set<Int> = []
    /// Flows that found no room.
    private(set) var refused: UInt64 = 0

    var count: Int { members.count }

    /// Whether a flow waits.
    func contains(_ record: Int) -> Bool { members.contains(record) }

    /// Lets a flow wait, unless it does already.
    ///
    /// - Parameters:
    ///   - record: the flow's record.
    ///   - length: of its event log, in events.
    mutating func append(_ record: Int, length: Int) {
        guard !members.contains(record) else { return }
        guard members.count < Self.limit else {
            refused &+= 1
            return
        }
        members.insert(record)
        let width = Int.bitWidth - max(0, length - 1).leadingZeroBitCount
        lines[min(width, Self.classes - 1)].records.append(record)
    }

    /// Takes the flow of each length that has waited longest, so that none waits for ever.
    mutating func takeOldest() -> [Int] {
        lines.indices.filter { lines[$0].count > 0 }.map { next(of: $0) }
    }

    /// Takes one of the shortest; `nil` where none waits.
    mutating func takeShortest() -> Int? {
        lines.indices.first { lines[$0].count > 0 }.map { next(of: $0) }
    }

    private mutating func next(of slot: Int) -> Int {
        let record = lines[slot].take()
        members.remove(record)
        return record
    }
}
