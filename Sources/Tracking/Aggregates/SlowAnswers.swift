/// Services that take their time: how long the latest of their late answers took.
///
/// What such a service owes is not missed so soon.
package struct SlowAnswers: Sendable {
    /// An answer that takes longer is a late one, in nanoseconds.
    static let late: Int64 = 2_000_000_000

    /// As many services are told apart; further ones pass for prompt.
    private static let limit = 65_536
    /// As many late answers of each are remembered.
    private static let keptAnswers = 16
    /// Fewer may have been mishaps.
    private static let leastAnswers = 3

    private var answers: [Endpoint: (count: Int, durations: [Int64])] = [:]

    package init() {}

    mutating func note(_ duration: Int64, of service: Endpoint) {
        guard var known = answers[service] else {
            if answers.count < Self.limit { answers[service] = (1, [duration]) }
            return
        }
        if known.durations.count < Self.keptAnswers {
            known.durations.append(duration)
        } else {
            known.durations[known.count % Self.keptAnswers] = duration
        }
        known.count &+= 1
        answers[service] = known
    }

    /// How long late answers of a service usually take, in nanoseconds; `nil` for one that is
    /// prompt.
    package func usual(of service: Endpoint) -> Int64? {
        guard let known = answers[service], known.count >= Self.leastAnswers else { return nil }
        return known.durations.sorted()[known.durations.count / 2]
    }
}
