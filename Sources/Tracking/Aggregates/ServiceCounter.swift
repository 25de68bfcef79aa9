/// The connections to one service that never came up, counted by time: what a flood of SYNs looks
/// like.
package struct ServiceCounter: Sendable {
    /// The length of one count, in nanoseconds.
    private static let step: Int64 = 100_000_000
    /// As many counts make the window of the rate, one second.
    private static let stepsOfWindow = 10
    /// As many sources are told apart.
    private static let distinguishedSources = 4096
    /// As many counts are kept; what comes later is not rated.
    private static let stepLimit = 65_536
    /// As many SYNs are kept to be shown.
    private static let shownSYNs = 32

    package let service: Endpoint
    package private(set) var attempts = 0
    /// How many of them a SYN-ACK answered, how often, and how many were reset.
    package private(set) var answered = 0
    package private(set) var answers = 0
    package private(set) var resets = 0
    /// How many were refused by a RST or an ICMP error instead of an answer.
    package private(set) var refusals = 0
    /// How many of them sent their SYN again.
    package private(set) var persistent = 0
    /// Connections to the service that came up, counted only where the attempts are many.
    package internal(set) var established = 0
    /// At most `distinguishedSources`.
    package private(set) var sources: Set<Address> = []
    package private(set) var firstTime = Int64.max
    package private(set) var lastTime = Int64.min
    /// The first SYNs, each with its initiator.
    package private(set) var examples: [(syn: Event, initiator: Endpoint)] = []
    private var counts: [Int64: UInt32] = [:]
    private var newestStep = Int64.min
    private var newestCount: UInt32 = 0
    /// Whether sources or counts found no place.
    private var lacksSources = false
    private var lacksSteps = false

    init(of service: Endpoint) {
        self.service = service
    }

    /// Whether more sources took part than were told apart.
    package var hasMoreSources: Bool { sources.count >= Self.distinguishedSources || lacksSources }

    /// Whether the rate of what comes later is not known.
    var isFull: Bool { counts.count >= Self.stepLimit || lacksSteps }

    /// How many entries of the aggregates it takes.
    var counted: Int { counts.count }

    var wantsExample: Bool { examples.count < Self.shownSYNs }

    /// Counts a flow to this service, if that is all there is to do: with so many attempts, no
    /// single one matters.
    @inline(always)
    mutating func takes(
        _ flow: borrowing Flow,
        beyond attempts: Int,
        _ budget: inout AggregateBudget
    ) -> Bool {
        let isHigh = flow.marks.contains(.initiatorIsHigh)
        guard self.attempts > attempts, !wantsExample,
            service.port == (isHigh ? flow.key.lowPort : flow.key.highPort),
            service.address == (isHigh ? flow.key.lowAddress : flow.key.highAddress)
        else { return false }
        note(flow, &budget)
        return true
    }

    /// Counts a SYN that nobody answered, if that is all there is to do.
    @inline(always)
    mutating func takes(
        _ halfOpen: HalfOpenFlow,
        beyond attempts: Int,
        _ budget: inout AggregateBudget
    ) -> Bool {
        guard self.attempts > attempts, !wantsExample, halfOpen.isTo(service) else { return false }
        self.attempts += 1
        note(halfOpen.time, from: halfOpen.initiator, &budget)
        return true
    }

    @inline(always)
    mutating func note(_ flow: borrowing Flow, _ budget: inout AggregateBudget) {
        attempts += max(1, Int(flow.attempts))
        answered += flow.synAcks > 0 ? 1 : 0
        answers += Int(flow.synAcks)
        resets += flow.marks.isDisjoint(with: [.wasReset, .refused]) ? 0 : 1
        refusals += flow.marks.isDisjoint(with: [.refused, .rejected]) ? 0 : 1
        persistent += flow.syns > flow.attempts ? 1 : 0
        let isHigh = flow.marks.contains(.initiatorIsHigh)
        note(flow.begin, from: isHigh ? flow.key.highAddress : flow.key.lowAddress, &budget)
    }

    /// Takes down when an attempt began, and whose it was.
    @inline(always)
    private mutating func note(_ time: Int64, from source: Address, _ budget: inout AggregateBudget)
    {
        firstTime = min(firstTime, time)
        lastTime = max(lastTime, time)
        if sources.count < Self.distinguishedSources { note(source, &budget) }
        let step = time / Self.step
        if step != newestStep {
            putAway(&budget)
            newestStep = step
        }
        newestCount += 1
    }

    @inline(never)
    private mutating func note(_ source: Address, _ budget: inout AggregateBudget) {
        if sources.contains(source) { return }
        guard AggregateBudget.take(&budget.sources) else {
            lacksSources = true
            return
        }
        sources.insert(source)
    }

    mutating func show(_ syn: Event, from initiator: Endpoint) {
        examples.append((syn, initiator))
    }

    mutating func settle(_ budget: inout AggregateBudget) {
        putAway(&budget)
        examples.sort { $0.syn.packet < $1.syn.packet }
    }

    private mutating func putAway(_ budget: inout AggregateBudget) {
        guard newestCount > 0 else { return }
        let isNew = counts[newestStep] == nil
        if !isNew || counts.count < Self.stepLimit && AggregateBudget.take(&budget.steps) {
            counts[newestStep, default: 0] += newestCount
        } else {
            lacksSteps = true
        }
        newestCount = 0
    }

    /// The most attempts within any second.
    package func peak() -> Int {
        var best: UInt32 = 0
        for step in counts.keys {
            let sum = (0..<Int64(Self.stepsOfWindow)).reduce(0 as UInt32) { sum, index in
                sum + (counts[step + index] ?? 0)
            }
            best = max(best, sum)
        }
        return Int(best)
    }
}
