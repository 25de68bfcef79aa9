/// Who tried to reach what, when, and whether it was served: on the ports at which any attempt
/// failed.
package struct ConnectOutcomes: Sendable {
    /// What whoever connected got.
    package enum Outcome: UInt8, Sendable {
        case served, refused, unanswered, rejected, reset
    }

    /// One connection that was asked for, or met alive.
    package struct Entry: Hashable, Sendable {
        /// Its first SYN and its last packet, in nanoseconds since 1970.
        package let begin: Int64
        package let end: Int64
        package let initiator: Address
        package let responder: Endpoint
        package let outcome: Outcome
    }

    /// As many are remembered.
    private static let limit = 1 << 17

    /// So many SYNs to so many services that nobody answers are a filter's work rather than an outage.
    private static let manySYNs = 10
    private static let severalServices = 3

    /// The ports at which an attempt failed, a bit each.
    private var failing: [UInt64] = []
    /// By the responder's port, oldest first once it is settled.
    private var entries: [UInt16: [Entry]] = [:]
    private var servedServices: Set<Endpoint> = []
    private var count = 0
    /// Those that found no place.
    package private(set) var refused: UInt64 = 0

    package init() {}

    var isEmpty: Bool { failing.isEmpty }

    /// Remembers the port of an attempt that failed.
    mutating func noteFailure(of flow: borrowing Flow) {
        if failing.isEmpty { failing = Array(repeating: 0, count: 1024) }
        let port = Int(flow.responderPort)
        failing[port >> 6] |= 1 << UInt64(port & 63)
    }

    /// Takes down how a flow's present connection came up, where that matters.
    mutating func note(_ flow: borrowing Flow) {
        let port = Int(flow.responderPort)
        guard failing[port >> 6] & 1 << UInt64(port & 63) != 0,
            let outcome = flow.connectOutcome
        else { return }
        guard count < Self.limit else {
            refused += 1
            return
        }
        count += 1
        let initiator = flow.initiator
        if outcome == .served { servedServices.insert(flow.key[initiator.other]) }
        entries[UInt16(port), default: []].append(
            Entry(
                begin: flow.begin,
                end: flow.lastTime,
                initiator: flow.key[initiator].address,
                responder: flow.key[initiator.other],
                outcome: outcome
            )
        )
    }

    mutating func settle() {
        let all = entries.values.joined()
        hasSYNsAlone =
            count >= Self.manySYNs && all.allSatisfy { $0.outcome == .unanswered }
            && Set(all.map(\.responder)).count >= Self.severalServices
        for port in entries.keys {
            entries[port]?.sort { ($0.begin, $0.end) < ($1.begin, $1.end) }
        }
    }

    /// All attempts to reach a service, oldest first.
    package func attempts(at service: Endpoint) -> [Entry] {
        entries[service.port]?.filter { $0.responder == service } ?? []
    }

    /// Whether anybody was served by a service.
    package func isServed(by service: Endpoint) -> Bool { servedServices.contains(service) }

    /// Whether nothing but SYNs to several services was captured: a filter may have left out all else.
    package private(set) var hasSYNsAlone = false

    /// Connections that came up on a port of any host, and began within a time.
    package func served(on port: UInt16, during time: ClosedRange<Int64>) -> [Entry] {
        guard let all = entries[port] else { return [] }
        var (low, high) = (0, all.count)
        while low < high {
            let middle = (low + high) / 2
            if all[middle].begin < time.lowerBound { low = middle + 1 } else { high = middle }
        }
        return all[low...].prefix { $0.begin <= time.upperBound }
            .filter { $0.outcome == .served }
    }

}

extension Flow {
    fileprivate var responderPort: UInt16 {
        marks.contains(.initiatorIsHigh) ? key.lowPort : key.highPort
    }

    /// `nil` where nobody asked, or nobody knows what came of it.
    fileprivate var connectOutcome: ConnectOutcomes.Outcome? {
        switch outcome {
        case .completed: .served
        case .midstream: marks.contains(.alive) ? .served : nil
        case .refused: .refused
        case .rejected: .rejected
        case .noAnswer: .unanswered
        case .reset, .staleReply: .reset
        case .incomplete: marks.contains(.oneWay) ? nil : .unanswered
        }
    }

    /// Whether somebody asked in vain.
    var isFailedAttempt: Bool {
        marks.isDisjoint(with: [.completed, .midstream, .oneWay]) && marks.contains(.inUse)
    }
}

extension Tracker {
    /// Takes down who was served, and who was not, on the ports at which any attempt failed.
    mutating func gatherOutcomes() {
        for index in 0..<flows.table.recordCount
        where flows.table[index].isFailedAttempt {
            aggregates.outcomes.noteFailure(of: flows.table[index])
        }
        let halfOpenFlows = flows.table.halfOpenNumbers.prefix(Self.halfOpenFlowsSeen)
            .filter { !flows.table[halfOpen: $0].isFree }
        for number in halfOpenFlows {
            aggregates.outcomes.noteFailure(of: flows.table.flow(of: number))
        }
        guard !aggregates.outcomes.isEmpty else { return }
        for index in 0..<flows.table.recordCount where flows.table[index].marks.contains(.inUse) {
            aggregates.outcomes.note(flows.table[index])
        }
        for number in halfOpenFlows { aggregates.outcomes.note(flows.table.flow(of: number)) }
        aggregates.outcomes.settle()
    }
}
