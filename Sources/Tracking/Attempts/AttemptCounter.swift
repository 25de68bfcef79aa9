/// Counts attempts to connect, where somebody watches.
struct AttemptCounter: Sendable {
    /// A service that never served anybody is kept apart from this many failures, so that a scan
    /// takes no slots.
    private static let failuresOfService: UInt8 = 8
    /// The next SYN of an attempt comes within this time after the first, in nanoseconds (RFC 6298
    /// §2.1 has 1 s, RFC 1122 §4.2.3.1 had 3 s).
    private static let firstTimeout: Int64 = 3_500_000_000

    private(set) var counts = AttemptCounts()
    /// Whether it counts; a capture that is read whole has its outcomes at its end.
    private(set) var isWanted = false
    /// The slots of services, by port; 0 for none.
    private var slots: [UInt8] = []
    /// How many attempts failed on a port without a slot, by port, up to `failuresOfService`.
    private var failures: [UInt8] = []
    /// Lone SYNs whose timer ran out by then are counted, in nanoseconds since 1970.
    private var countedUntil = Int64.min
    /// The same of those that the present round has passed.
    private var countingUntil = Int64.min
    /// The next flow and the next lone SYN of the present round.
    var nextRecord = 0
    var nextHalfOpen = 0

    mutating func start() {
        isWanted = true
        slots = [UInt8](repeating: 0, count: 1 << 16)
        failures = slots
    }

    mutating func begin() { counts.begin() }

    mutating func count(_ outcome: HandshakeOutcome, at responder: Endpoint) {
        counts.count(outcome, at: slot(of: responder, isFailure: outcome != .completed))
    }

    mutating func noteAnswer(of flow: borrowing Flow) { counts.noteAnswer(of: flow) }

    mutating func noteCompletion(of flow: borrowing Flow, at time: Int64) {
        counts.noteCompletion(of: flow, at: time)
    }

    private mutating func slot(of responder: Endpoint, isFailure: Bool) -> Int {
        let port = Int(responder.port)
        if slots[port] > 0 { return Int(slots[port]) }
        if isFailure {
            failures[port] += 1
            if failures[port] < Self.failuresOfService { return 0 }
            failures[port] -= 1
        }
        guard let slot = counts.add(responder) else { return 0 }
        slots[port] = UInt8(slot)
        return slot
    }

    /// When an attempt counts as unanswered: when its initiator should have sent its SYN again,
    /// with twice the pause that it made before.
    ///
    /// - Parameters:
    ///   - first: when its first SYN was sent, in nanoseconds since 1970.
    ///   - last: the same of its last packet.
    /// - Returns: nanoseconds since 1970.
    static func deadline(first: Int64, last: Int64) -> Int64 {
        let span = max(0, last &- first)
        return last &+ firstTimeout &+ span &+ span / 4
    }

    /// Begins a round through all flows, or goes on with one.
    mutating func beginRound(at time: Int64) {
        guard nextRecord == 0, nextHalfOpen == 0 else { return }
        countingUntil = time
    }

    mutating func endRound() {
        countedUntil = countingUntil
        (nextRecord, nextHalfOpen) = (0, 0)
    }

    /// Whether the timer of a lone SYN ran out since the last round.
    func isDue(_ halfOpen: HalfOpenFlow) -> Bool {
        let deadline = Self.deadline(first: halfOpen.time, last: halfOpen.time)
        return deadline > countedUntil && deadline <= countingUntil
    }

    /// Whether a lone SYN was counted as unanswered.
    ///
    /// - Parameters:
    ///   - halfOpen: the SYN.
    ///   - offset: its number among all lone SYNs, from 0.
    /// - Returns: whether a round has found it.
    func hasCounted(_ halfOpen: HalfOpenFlow, at offset: Int) -> Bool {
        let deadline = Self.deadline(first: halfOpen.time, last: halfOpen.time)
        return deadline <= (offset < nextHalfOpen ? countingUntil : countedUntil)
    }
}
