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
        package let initiatorPort: UInt16
        package let responder: Endpoint
        package let outcome: Outcome
        /// Whether the responder sent data.
        package let isAnswered: Bool
        /// Of one that was refused, the newest RST, where it was kept.
        package internal(set) var refusal: Event?
    }

    /// Remember at most this many: enough to tell what happens, and no cost to speak of.
    private static let limit = 1 << 10

    /// So many SYNs to so many services that nobody answers are a filter's work rather than an
    /// outage.
    private static let manySYNs = 10
    private static let severalServices = 3

    /// The ports at which an attempt failed, a bit each, and the services.
    private var failing: [UInt64] = []
    private var failingServices: Set<Endpoint> = []
    private var failingMarks = EndpointMarks()
    private var newestFailing: Endpoint?
    /// By the responder's port, oldest first once it is settled.
    private var entries: [[Entry]] = []
    private var slots: [UInt16: Int] = [:]
    private var newestSlot: (port: UInt16, slot: Int)?
    private var servedServices: Set<Endpoint> = []
    private var count = 0
    /// Those that found no place.
    package private(set) var refused: UInt64 = 0

    package init() {}

    /// The other port at which clients of SMB connect at the same time, to keep the connection that
    /// comes first.
    package static func rival(of port: UInt16) -> UInt16? {
        switch port {
        case 139: 445
        case 445: 139
        default: nil
        }
    }

    var isEmpty: Bool { failing.isEmpty }
    var isFull: Bool { count >= Self.limit }

    /// Remembers the service of an attempt that failed.
    @inline(always)
    mutating func noteFailure(at service: Endpoint) {
        if service != newestFailing { noteNewFailure(at: service) }
    }

    @inline(never)
    private mutating func noteNewFailure(at service: Endpoint) {
        newestFailing = service
        if failing.isEmpty { failing = Array(repeating: 0, count: 1024) }
        failing[Int(service.port) >> 6] |= 1 << UInt64(service.port & 63)
        if let rival = Self.rival(of: service.port) {
            failing[Int(rival) >> 6] |= 1 << UInt64(rival & 63)
        }
        guard failingServices.count < Self.limit else { return }
        failingServices.insert(service)
        failingMarks.insert(service)
    }

    /// Whether anybody failed at a port.
    @inline(always)
    func concern(_ port: UInt16) -> Bool {
        failing[Int(port) >> 6] & 1 << UInt64(port & 63) != 0
    }

    /// Takes down what became of a connection on a port at which somebody failed.
    mutating func note(_ entry: Entry) {
        guard count < Self.limit else {
            refused += 1
            return
        }
        count += 1
        if entry.outcome == .served, failingMarks.mayContain(entry.responder),
            failingServices.contains(entry.responder)
        {
            servedServices.insert(entry.responder)
        }
        entries[slot(of: entry.responder.port)].append(entry)
    }

    /// Takes down who was served, among those whose connections ended well.
    fileprivate mutating func noteRemnants(in table: borrowing FlowTable) {
        table.forEachRemnant { flow in
            if isFull { return false }
            if concern(flow.responderPort), let entry = flow.connectEntry { note(entry) }
            return true
        }
    }

    private mutating func slot(of port: UInt16) -> Int {
        if let newestSlot, newestSlot.port == port { return newestSlot.slot }
        let slot = slots[port] ?? entries.count
        if slot == entries.count {
            slots[port] = slot
            entries.append([])
        }
        newestSlot = (port, slot)
        return slot
    }

    mutating func settle() {
        for slot in entries.indices {
            let isSorted = zip(entries[slot], entries[slot].dropFirst()).allSatisfy {
                $0.begin <= $1.begin
            }
            if !isSorted {
                entries[slot].sort { ($0.begin, $0.end) < ($1.begin, $1.end) }
            }
        }
        hasSYNsAlone =
            count >= Self.manySYNs && failingServices.count >= Self.severalServices
            && entries.joined().allSatisfy { $0.outcome == .unanswered }
        probedHosts = findProbedHosts()
        enclosed = findEnclosed()
    }

    private func entries(on port: UInt16) -> [Entry] { slots[port].map { entries[$0] } ?? [] }

    /// All attempts to reach a port of any host, oldest first.
    package func attempts(on port: UInt16) -> [Entry] { entries(on: port) }

    /// All attempts to reach a service, oldest first.
    package func attempts(at service: Endpoint) -> [Entry] {
        entries(on: service.port).filter { $0.responder == service }
    }

    /// A port at which a host served or refused somebody within a time, the lowest of them.
    package func answeredPort(
        of host: Address,
        to initiator: Address,
        during time: ClosedRange<Int64>
    ) -> UInt16? {
        entries.joined().lazy.filter {
            $0.responder.address == host && $0.initiator == initiator
                && ($0.outcome == .served || $0.outcome == .refused) && time.contains($0.begin)
        }.map(\.responder.port).min()
    }

    /// The services that refused anybody, in order.
    package var refusingServices: [Endpoint] {
        Set(entries.joined().filter { $0.outcome == .refused }.map(\.responder)).sorted()
    }

    /// Whether anybody was served by a service.
    package func isServed(by service: Endpoint) -> Bool { servedServices.contains(service) }

    /// Whether nothing but SYNs came to the services at which anybody failed, and they are several.
    package private(set) var hasSYNsAlone = false

    /// Initiators that no stranger answered, and how many they asked: several, in several networks.
    package private(set) var enclosed: [Address: Int] = [:]

    fileprivate mutating func noteAnswer(of responder: Address, to initiator: Address) {
        if enclosed[initiator] != nil, responder.isStranger(to: initiator) {
            enclosed[initiator] = nil
        }
    }

    private func findEnclosed() -> [Address: Int] {
        if isFull { return [:] }
        var asked: [Address: (strangers: Set<Address>, isAnswered: Bool)] = [:]
        for entry in entries.joined() where entry.responder.address.isStranger(to: entry.initiator)
        {
            asked[entry.initiator, default: ([], false)].strangers.insert(entry.responder.address)
            if entry.outcome != .unanswered { asked[entry.initiator]?.isAnswered = true }
        }
        return asked.filter { initiator, known in
            !known.isAnswered && known.strangers.count >= Self.severalStrangers
                && known.strangers.contains { first in
                    known.strangers.contains { $0.isStranger(to: first) }
                }
        }.mapValues(\.strangers.count)
    }

    /// Hosts that several strangers were refused by, at several ports on which nobody was served.
    package private(set) var probedHosts: Set<Address> = []
    private static let severalStrangers = 3

    /// The hosts at whose closed ports strangers knock, as at every address of the Internet.
    private func findProbedHosts() -> Set<Address> {
        var visits: [Address: (strangers: Set<Address>, ports: Set<UInt16>)] = [:]
        for entry in entries.joined()
        where entry.outcome == .refused && entry.initiator.isStranger(to: entry.responder.address)
            && !servedServices.contains(entry.responder)
        {
            visits[entry.responder.address, default: ([], [])].strangers.insert(entry.initiator)
            visits[entry.responder.address, default: ([], [])].ports.insert(entry.responder.port)
        }
        return Set(
            visits.filter {
                min($1.strangers.count, $1.ports.count) >= Self.severalStrangers
            }.keys
        )
    }

    /// Connections that came up on a port of any host, and began within a time.
    package func served(on port: UInt16, during time: ClosedRange<Int64>) -> [Entry] {
        let all = entries(on: port)
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
    var responderPort: UInt16 {
        marks.contains(.initiatorIsHigh) ? key.lowPort : key.highPort
    }

    /// `nil` where nobody asked, or nobody knows what came of it.
    private var connectOutcome: ConnectOutcomes.Outcome? {
        switch outcome {
        case .completed, .probed: .served
        case .midstream: marks.contains(.alive) ? .served : nil
        case .refused: .refused
        case .rejected: .rejected
        case .noAnswer: .unanswered
        case .reset, .staleReply: .reset
        case .incomplete: marks.contains(.oneWay) ? nil : .unanswered
        }
    }

    /// What became of its present connection.
    fileprivate var connectEntry: ConnectOutcomes.Entry? {
        // Of what was met alive, the responder's part must have been seen.
        if marks.contains(.midstream), !self[initiator.other].marks.contains(.seen) { return nil }
        return connectOutcome.map {
            ConnectOutcomes.Entry(
                begin: begin,
                end: lastTime,
                initiator: key[initiator].address,
                initiatorPort: key[initiator].port,
                responder: key[initiator.other],
                outcome: $0,
                isAnswered: self[initiator.other].marks.contains(.sentData)
            )
        }
    }

    /// Whether somebody asked in vain.
    fileprivate var isFailedAttempt: Bool {
        marks.intersection([.completed, .midstream, .oneWay, .inUse]) == .inUse
    }
}

extension HalfOpenFlow {
    var service: Endpoint {
        let (key, side) = key
        return key[side.other]
    }

    fileprivate var connectEntry: ConnectOutcomes.Entry {
        ConnectOutcomes.Entry(
            begin: time,
            end: time,
            initiator: initiator,
            initiatorPort: key.key[key.side].port,
            responder: service,
            outcome: .unanswered,
            isAnswered: false
        )
    }
}

extension Tracker {
    /// As many openings are asked whose they are.
    static let halfOpenFlowsSeen = 1024

    /// Takes down who was served, and who was not, on the ports at which any attempt failed.
    mutating func gatherOutcomes() {
        for index in 0..<flows.table.recordCount where flows.table[index].isFailedAttempt {
            aggregates.outcomes.noteFailure(at: flows.table[index].responder)
        }
        for index in streams.unheard where flows.table[index].marks.contains(.inUse) {
            aggregates.outcomes.noteFailure(at: flows.table[index].responder)
        }
        let halfOpenFlows = flows.table.halfOpenNumbers.prefix(Self.halfOpenFlowsSeen)
            .filter { !flows.table[halfOpen: $0].isFree }
        for number in halfOpenFlows {
            aggregates.outcomes.noteFailure(at: flows.table[halfOpen: number].service)
        }
        guard !aggregates.outcomes.isEmpty else { return }
        for index in 0..<flows.table.recordCount
        where flows.table[index].marks.contains(.inUse)
            && aggregates.outcomes.concern(flows.table[index].responderPort)
        {
            if var entry = flows.table[index].connectEntry {
                if entry.outcome == .refused {
                    let last = flows.eventLogs.last(on: flows.table[index].eventLog)
                    entry.refusal = last.flatMap { $0.kind == .rst ? $0 : nil }
                }
                aggregates.outcomes.note(entry)
            }
            if aggregates.outcomes.isFull { break }
        }
        aggregates.outcomes.noteRemnants(in: flows.table)
        for number in halfOpenFlows {
            aggregates.outcomes.note(flows.table[halfOpen: number].connectEntry)
        }
        aggregates.outcomes.settle()
        if !aggregates.outcomes.enclosed.isEmpty { findAnswersToEnclosed() }
    }

    /// Leaves out the initiators that a stranger answered on any port.
    private mutating func findAnswersToEnclosed() {
        for index in 0..<flows.table.recordCount where flows.table[index].marks.contains(.inUse) {
            let flow = flows.table[index]
            guard flow[flow.initiator.other].marks.contains(.seen) else { continue }
            aggregates.outcomes.noteAnswer(
                of: flow.responder.address,
                to: flow.key[flow.initiator].address
            )
        }
        flows.table.forEachRemnant { flow in
            aggregates.outcomes.noteAnswer(
                of: flow.responder.address,
                to: flow.key[flow.initiator].address
            )
            return true
        }
        for pair in flows.formerConnections.keys {
            aggregates.outcomes.noteAnswer(of: pair.responder.address, to: pair.initiator)
        }
    }
}
