/// The checks of an incident: a few, and none that shows what another already shows.
struct CheckList {
    /// A reader runs no more than this.
    static let limit = 4

    private(set) var checks: [Check] = []
    /// The programs that are called on each host, with the words behind them.
    private var calls: [(host: String?, call: Set<String>)] = []

    /// Takes a check, unless the list is full or has its answer.
    mutating func add(_ check: Check) {
        guard checks.count < Self.limit, !checks.contains(check) else { return }
        let new = check.command.text.split(separator: ";").map { Set(Self.words(of: $0)) }
        let isAnswered = new.allSatisfy { call in
            calls.contains { $0.host == check.host && $0.call.isSuperset(of: call) }
        }
        if !new.isEmpty, isAnswered { return }
        checks.append(check)
        calls += new.map { (check.host, $0) }
    }

    /// The words of a call, with the letters of its options in order: `ss -lnt` is `ss -ltn`.
    private static func words(of call: Substring) -> [String] {
        call.split(separator: " ").map {
            $0.hasPrefix("-") && !$0.hasPrefix("--") ? String($0.sorted()) : String($0)
        }
    }
}
