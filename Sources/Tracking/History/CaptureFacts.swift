/// What a history has to know of the capture around it.
///
/// By reference: every history holds it, and it is made of many tables.
package final class CaptureFacts: Sendable {
    /// The first and last time of any packet, in nanoseconds since 1970.
    package let begin: Int64
    package let end: Int64
    /// Whether its packets have times of their own.
    package let hasClock: Bool
    /// The last times before the capture itself paused for ten minutes or longer, in ascending
    /// order.
    private let pauses: [Int64]
    /// Initiators whose answers the capture demonstrably misses.
    package let oneWayInitiators: Set<Address>
    /// Hosts whose packets were captured on themselves, before their network card had them.
    package let localHosts: Set<Address>
    /// Of SYNs and SYN-ACKs that were captured whole and not on their sender: right and wrong
    /// checksums.
    package let rightChecksums: UInt64
    package let wrongChecksums: UInt64
    /// Whether connections came up with wrong checksums all around: somebody edited the capture.
    package let hasEditedChecksums: Bool
    /// How often an acknowledgment was for data that the capture misses.
    package let lossSigns: UInt64
    /// Whether packets with data were left out of the capture.
    package let isFiltered: Bool
    /// Whether any SYN and its answer were captured.
    package let hasBothDirections: Bool
    /// Packets captured before the packet that stands before them.
    package let timeReversals: UInt64
    /// SYN-ACKs on four-tuples without a SYN.
    package let unsolicitedSYNACKs: UnsolicitedSYNACKs
    /// How long handshakes usually take.
    package let handshakeTimes: HandshakeTimes
    /// What services take their time.
    package let slowAnswers: SlowAnswers
    /// Hosts between which a SYN that asked for ECN was answered with ECE (RFC 3168 §6.1.1).
    package let pairsWithECN: Set<HostPair>
    /// Who signs segments for whom.
    package let signed: SignedHosts
    /// Which clients leave TLS sessions unused.
    package let unusedSessions: UnusedSessions
    /// When packets were dropped, as far as anybody counted while they came: the times between two
    /// counts.
    package let drops: [ClosedRange<Int64>]
    /// Who claims which address.
    private let neighbours: Neighbours
    /// Where packets of hosts came from.
    package let sightings: HostSightings
    /// From which network cards hosts answer, and from which they ask.
    package let answerCards: HostCards
    private let askCards: HostCards
    /// Who was served when, where somebody was not.
    package let outcomes: ConnectOutcomes
    /// What its connections are judged by.
    package let thresholds: Thresholds

    package init(
        begin: Int64,
        end: Int64,
        hasClock: Bool = true,
        pauses: [Int64] = [],
        oneWayInitiators: Set<Address> = [],
        localHosts: Set<Address> = [],
        rightChecksums: UInt64 = 0,
        wrongChecksums: UInt64 = 0,
        hasEditedChecksums: Bool = false,
        lossSigns: UInt64 = 0,
        isFiltered: Bool = false,
        hasBothDirections: Bool = true,
        timeReversals: UInt64 = 0,
        unsolicitedSYNACKs: UnsolicitedSYNACKs = UnsolicitedSYNACKs(),
        handshakeTimes: HandshakeTimes = HandshakeTimes(),
        slowAnswers: SlowAnswers = SlowAnswers(),
        pairsWithECN: Set<HostPair> = [],
        signed: SignedHosts = SignedHosts(),
        unusedSessions: UnusedSessions = UnusedSessions(),
        neighbours: Neighbours = Neighbours(),
        sightings: HostSightings = HostSightings(),
        answerCards: HostCards = HostCards(),
        askCards: HostCards = HostCards(),
        outcomes: ConnectOutcomes = ConnectOutcomes(),
        drops: [ClosedRange<Int64>] = [],
        thresholds: Thresholds = Thresholds()
    ) {
        self.begin = begin
        self.end = end
        self.hasClock = hasClock
        self.pauses = pauses
        self.oneWayInitiators = oneWayInitiators
        self.localHosts = localHosts
        self.rightChecksums = rightChecksums
        self.wrongChecksums = wrongChecksums
        self.hasEditedChecksums = hasEditedChecksums
        self.lossSigns = lossSigns
        self.isFiltered = isFiltered
        self.hasBothDirections = hasBothDirections
        self.timeReversals = timeReversals
        self.unsolicitedSYNACKs = unsolicitedSYNACKs
        self.handshakeTimes = handshakeTimes
        self.slowAnswers = slowAnswers
        self.pairsWithECN = pairsWithECN
        self.signed = signed
        self.unusedSessions = unusedSessions
        self.neighbours = neighbours
        self.sightings = sightings
        self.answerCards = answerCards
        self.askCards = askCards
        self.outcomes = outcomes
        self.drops = drops
        self.thresholds = thresholds
    }
}

extension CaptureFacts {
    /// Whether nothing but SYNs to several services was captured: a filter may have left out all
    /// else.
    package var holdsSYNsAlone: Bool { outcomes.hasSYNsAlone && !hasBothDirections }

    /// Whether a refused connection is one of the probes that strangers send to a host.
    package func isStray(from initiator: Address, to service: Endpoint) -> Bool {
        outcomes.probedHosts.contains(service.address) && initiator.isStranger(to: service.address)
            && !outcomes.isServed(by: service)
    }

    /// The last time until which what follows `time` was captured without a pause.
    func end(after time: Int64) -> Int64 { pauses.first { $0 >= time } ?? end }

    /// Whether two addresses belong to one network card that claimed both, or that sends for both
    /// over IPv4 and IPv6, or to the loopback interface.
    package func isOneHost(_ first: Address, _ second: Address) -> Bool {
        if first.isLoopback, second.isLoopback { return true }
        if first.isIPv4 != second.isIPv4, askCards.areOnOneCard(first, second) { return true }
        guard let owner = neighbours.owner(of: first) else { return false }
        return neighbours.owner(of: second) == owner
    }

    /// The same with what is known of these hosts only, and nothing of how long they usually take:
    /// enough for who tells what was found.
    func reduced(to hosts: [Address]) -> CaptureFacts {
        // The empty tables are those of all: made anew they would take longer than all detectors.
        let nothing = Self.nothing
        return CaptureFacts(
            begin: begin,
            end: end,
            hasClock: hasClock,
            oneWayInitiators: Set(hosts.filter(oneWayInitiators.contains)),
            localHosts: Set(hosts.filter(localHosts.contains)),
            unsolicitedSYNACKs: nothing.unsolicitedSYNACKs,
            handshakeTimes: nothing.handshakeTimes,
            slowAnswers: nothing.slowAnswers,
            signed: nothing.signed,
            unusedSessions: nothing.unusedSessions,
            neighbours: nothing.neighbours,
            sightings: sightings.reduced(to: hosts),
            answerCards: nothing.answerCards,
            askCards: nothing.askCards,
            outcomes: nothing.outcomes,
            thresholds: thresholds
        )
    }

    private static let nothing = CaptureFacts(begin: 0, end: 0)
}

/// Who connects to whom, whatever the ports.
package struct HostPair: Hashable, Sendable {
    let initiator: Address
    let responder: Address

    package init(_ initiator: Address, _ responder: Address) {
        self.initiator = initiator
        self.responder = responder
    }
}
