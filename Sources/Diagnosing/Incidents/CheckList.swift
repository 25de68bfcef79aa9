/// The checks of an incident: a few, and none that shows what another already shows.
struct CheckList {
    /// A reader runs no more than this.
    static let limit = 4

    private(set) var checks: [Check] = []
    /// The programs that are called on each host, with the words behind them.
    private var calls: [(host: String?, call: Set<Substring>)] = []

    /// Takes a check, unless the list is full or has its answer.
    mutating func add(_ check: Check) {
        guard checks.count < Self.limit, !checks.contains(check) else { return }
        let new = check.command.text.split(separator: ";").map { Set($0.split(separator: " ")) }
        let isAnswered = new.allSatisfy { call in
            calls.contains { $0.host == check.host && $0.call.isSuperset(of: call) }
        }
        if !new.isEmpty, isAnswered { return }
        checks.append(check)
        calls += new.map { (check.host, $0) }
    }
}
