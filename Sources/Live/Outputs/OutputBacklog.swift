/// What an output's thread and the capture share: the lines that wait, and what became of the
/// others.
struct OutputBacklog {
    /// People are told of the last few troubles only.
    private static let noticeLimit = 16

    var queue: LineQueue
    var statistics = OutputStatistics()
    private var notices: [String] = []
    /// Lines without room since the last notice that said so.
    private(set) var lost: UInt64 = 0
    var isReopening = false
    private(set) var deadline: ContinuousClock.Instant?

    init(limit: Int) { queue = LineQueue(limit: max(1, limit)) }

    /// Whether no further line is taken.
    var isClosing: Bool { deadline != nil }

    /// Whether the output is to end: nothing waits any more, or the time to write it is over.
    var isOver: Bool {
        guard let deadline else { return false }
        return queue.count == 0 || ContinuousClock.now >= deadline
    }

    /// Takes a line, or drops and counts it.
    ///
    /// - Returns: whether there was room.
    mutating func append(_ line: [UInt8]) -> Bool {
        if !isClosing, queue.append(line) { return true }
        statistics.dropped += 1
        lost += 1
        return false
    }

    /// Takes no further line; what waits has time until the earliest deadline that was set.
    mutating func close(by deadline: ContinuousClock.Instant) {
        self.deadline = min(self.deadline ?? deadline, deadline)
    }

    mutating func note(_ notice: String) {
        notices.append(notice)
        if notices.count > Self.noticeLimit { notices.removeFirst() }
    }

    mutating func takeNotice() -> String? { notices.isEmpty ? nil : notices.removeFirst() }

    /// Lines that were lost, in words, which are not told again.
    mutating func takeLost() -> String {
        defer { lost = 0 }
        return Self.words(lost)
    }

    /// Drops what still waits, and counts it.
    ///
    /// - Parameter name: of the output.
    mutating func abandon(_ name: String) {
        let left = UInt64(queue.count)
        statistics.dropped += left
        lost += left
        if lost > 0 { note("\(name): \(takeLost()) not sent") }
        queue = LineQueue(limit: 1)
    }

    /// `1 event was`, `2 events were`.
    static func words(_ count: UInt64) -> String {
        count == 1 ? "1 event was" : "\(count) events were"
    }
}
