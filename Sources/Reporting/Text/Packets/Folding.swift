import Tracking

/// Which rows of a timeline are shown, and which repeat what is above them.
struct Folding {
    /// Show at most this many rows of a flow that is shown alone.
    static let usualLimit = 56
    /// The longest cycle that folding looks for, in packets.
    private static let longestCycle = 12
    /// Fold at least this many packets.
    private static let leastFolded = 4
    /// A cycle that comes again with other numbers is folded from this many times on.
    private static let leastAlike = 4

    private let history: History
    /// The events that have a row.
    private let shown: [Int]
    private let rowLimit: Int
    /// By the index of a row, that of the RST which it triggered.
    private let triggers: [Int: Int]
    private let signatures: [String]

    init(_ history: History, _ shown: [Int], rowLimit: Int = usualLimit) {
        self.history = history
        self.shown = shown
        self.rowLimit = rowLimit
        signatures = shown.map { Self.signature($0, in: history) }
        triggers = Self.triggers(in: history, shown)
    }

    /// What becomes of the rows, by their indices.
    enum Part {
        case rows(Range<Int>)
        /// A cycle of rows before it comes so many times more, with the same numbers or with
        /// others.
        case folded(Range<Int>, cycle: Int, times: Int, isSame: Bool)
        case omitted(Range<Int>)

        fileprivate var range: Range<Int> {
            switch self {
            case .rows(let range), .folded(let range, _, _, _), .omitted(let range): range
            }
        }
    }

    var parts: [Part] {
        var parts: [Part] = []
        var index = 0
        while index < shown.count {
            if let (cycle, times, isSame) = repetition(at: index) {
                let end = index + cycle * (times + 1)
                for row in index..<index + cycle { parts.append(.rows(row..<row + 1)) }
                parts.append(
                    .folded(index + cycle..<end, cycle: cycle, times: times, isSame: isSame)
                )
                index = end
            } else {
                parts.append(.rows(index..<index + 1))
                index += 1
            }
        }
        return shortened(parts)
    }

    /// The shortest cycle that begins at `index` and comes again often enough, and how often.
    private func repetition(at index: Int) -> (cycle: Int, times: Int, isSame: Bool)? {
        for cycle in 1...Self.longestCycle {
            let same = times(from: index, cycle, isSame)
            if same >= 2, same * cycle >= Self.leastFolded { return (cycle, same, true) }
            let alike = times(from: index, cycle) { signatures[$0] == signatures[$1] }
            if alike >= Self.leastAlike { return (cycle, alike, false) }
        }
        return nil
    }

    /// How often a cycle comes again, up to the row whose RST would be shown without it.
    private func times(from index: Int, _ cycle: Int, _ isEqual: (Int, Int) -> Bool) -> Int {
        var times = 0
        while index + cycle * (times + 2) <= shown.count,
            (0..<cycle).allSatisfy({ isEqual(index + $0, index + cycle * (times + 1) + $0) })
        {
            times += 1
        }
        while times > 0 {
            let folded = index + cycle..<index + cycle * (times + 1)
            let torn = folded.first { row in triggers[row].map { !folded.contains($0) } ?? false }
            guard let torn else { break }
            times = (torn - index) / cycle - 1
        }
        return times
    }

    /// Whether two rows are equal in all but their times.
    private func isSame(_ one: Int, _ other: Int) -> Bool {
        let (one, other) = (history.events[shown[one]], history.events[shown[other]])
        return one.kind == other.kind && one.side == other.side && one.flags == other.flags
            && one.sequence == other.sequence && one.acknowledgment == other.acknowledgment
            && one.window == other.window && one.payloadLength == other.payloadLength
            && one.frameLength == other.frameLength && one.options == other.options
            && one.timestampValue == other.timestampValue
            && one.timestampEcho == other.timestampEcho && one.icmpType == other.icmpType
            && one.icmpCode == other.icmpCode
            && (one.kind != .icmp || one.icmpSender == other.icmpSender)
    }

    /// By the index of a row, that of the RST which it triggered.
    private static func triggers(in history: History, _ shown: [Int]) -> [Int: Int] {
        var rows: [Int: Int] = [:]
        for (row, index) in shown.enumerated() { rows[index] = row }
        var triggers: [Int: Int] = [:]
        for (row, index) in shown.enumerated() {
            guard case .reset(let reset) = history.interpretations[index] else { continue }
            switch reset.rule {
            case .rejects(let subject):
                if let trigger = rows[subject] { triggers[trigger] = row }
            case .refusesSyn, .answersSecondSyn:
                let side = history.events[index].side
                let trigger = shown[..<row].lastIndex {
                    history.events[$0].kind == .syn && history.events[$0].side != side
                }
                if let trigger { triggers[trigger] = row }
            case .aborts: continue
            }
        }
        return triggers
    }

    /// What makes two packets the same in a story: who, what, and in which part.
    private static func signature(_ index: Int, in history: History) -> String {
        let event = history.events[index]
        let part =
            switch history.interpretations[index] {
            case .syn(_, let sending): sending == 1 ? "new SYN" : "SYN again"
            case .answer(let answer):
                switch answer.subject {
                case .current: "current"
                case .stale(_, let reason): reason.rawValue
                case .former: "former"
                case .unseen: "unseen"
                case .unsolicited: "unprompted"
                }
            case .responderSyn: "responder SYN"
            case .completion: "completion"
            case .challenge: "challenge"
            case .reset(let reset):
                switch reset.rule {
                case .refusesSyn: "refuses"
                case .answersSecondSyn: "second SYN"
                case .rejects: "rejects"
                case .aborts: "aborts"
                }
            case .icmp: "error"
            case .duplicate: "duplicate"
            case .former: "former"
            case .plain: "plain"
            }
        return "\(event.kind) \(event.side) \(event.flags.rawValue) \(part)"
    }

    /// Leaves out the middle of what is still too long, but for packets that triggered a RST at its
    /// end.
    private func shortened(_ parts: [Part]) -> [Part] {
        guard parts.count > rowLimit + 1 else { return parts }
        let tailLength = max(1, rowLimit * 2 / 7)
        let head = parts.prefix(rowLimit - tailLength)
        let tail = parts.suffix(tailLength)
        guard let start = head.last?.range.upperBound, let end = tail.first?.range.lowerBound else {
            return parts
        }
        var middle: [Part] = []
        var begin = start
        for row in triggers.keys.sorted() where (start..<end).contains(row) {
            guard let reset = triggers[row], reset >= end else { continue }
            if begin < row { middle.append(.omitted(begin..<row)) }
            middle.append(.rows(row..<row + 1))
            begin = row + 1
        }
        if begin < end { middle.append(.omitted(begin..<end)) }
        return head + middle + tail
    }
}
