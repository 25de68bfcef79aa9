import Tracking

/// Which rows of a long timeline are shown, and which repeat what stands above them.
struct Folding {
    /// Flows of up to so many packets are shown whole.
    private static let wholeLimit = 64
    /// What remains of longer ones after folding: parts at the begin and at the end.
    private static let keptParts = (head: 40, tail: 16)
    /// The longest cycle that folding looks for, in packets.
    private static let longestCycle = 12

    private let history: History
    /// The events that have a row.
    private let shown: [Int]

    init(_ history: History, _ shown: [Int]) {
        self.history = history
        self.shown = shown
    }

    /// What becomes of the rows, by their places.
    enum Part {
        case rows(Range<Int>)
        case folded(Range<Int>, cycle: Int, times: Int)
        case omitted(Range<Int>)

        fileprivate var range: Range<Int> {
            switch self {
            case .rows(let range), .folded(let range, _, _), .omitted(let range): range
            }
        }
    }

    var parts: [Part] {
        guard shown.count > Self.wholeLimit else { return [.rows(shown.indices)] }
        var parts: [Part] = []
        var place = 0
        while place < shown.count {
            if let (cycle, times) = repetition(at: place) {
                parts.append(.rows(place..<place + cycle))
                parts.append(
                    .folded(place + cycle..<place + cycle * (times + 1), cycle: cycle, times: times)
                )
                place += cycle * (times + 1)
            } else {
                parts.append(.rows(place..<place + 1))
                place += 1
            }
        }
        return shortened(parts)
    }

    /// The shortest cycle that begins at `place` and comes at least twice more, and how often.
    private func repetition(at place: Int) -> (cycle: Int, times: Int)? {
        for cycle in 1...Self.longestCycle {
            var times = 0
            while place + cycle * (times + 2) <= shown.count,
                (0..<cycle).allSatisfy({ step in
                    signature(shown[place + step])
                        == signature(shown[place + cycle * (times + 1) + step])
                })
            {
                times += 1
            }
            if times >= 2 { return (cycle, times) }
        }
        return nil
    }

    /// What makes two packets the same in a story: who, what, and in which part.
    private func signature(_ index: Int) -> String {
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

    /// Leaves out the middle of what is still too long.
    private func shortened(_ parts: [Part]) -> [Part] {
        let most = Self.keptParts.head + Self.keptParts.tail
        guard parts.count > most + 1 else { return parts }
        let head = parts.prefix(Self.keptParts.head)
        let tail = parts.suffix(Self.keptParts.tail)
        guard let start = head.last?.range.upperBound, let end = tail.first?.range.lowerBound else {
            return parts
        }
        return head + [.omitted(start..<end)] + tail
    }
}
