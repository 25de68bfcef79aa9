/// How attempts to connect ended, each counted when that is decided: for whoever watches a capture
/// that goes on.
///
/// `Tally.outcomes` has a connection when it is forgotten, which may be hours later. An attempt is
/// a SYN with an initial sequence number of its own. One that failed and was established after all
/// counts as both.
package struct AttemptCounts: Sendable {
    /// Keep this many services apart; all others are the first element.
    package static let serviceLimit = 64

    /// The attempts to connect to one service.
    package struct Service: Sendable {
        /// The first one seen on its port; `nil` for all other services together.
        package let responder: Endpoint?
        /// By `HandshakeOutcome.rawValue`.
        fileprivate(set) var outcomes =
            [UInt64](repeating: 0, count: HandshakeOutcome.allCases.count)

        package subscript(outcome: HandshakeOutcome) -> UInt64 {
            outcomes[Int(outcome.rawValue)]
        }
    }

    package private(set) var attempts: UInt64 = 0
    /// All other services first, then those that are kept apart, oldest first.
    package private(set) var services = [Service(responder: nil)]
    /// From the SYN to the SYN-ACK that answers it.
    package private(set) var synToSYNACK = DelayHistogram()
    /// From that to the ACK.
    package private(set) var synackToACK = DelayHistogram()
    /// From the first SYN, whatever was lost after it, to the ACK.
    package private(set) var wholeHandshake = DelayHistogram()

    package init() {}

    /// Attempts that ended so, at all services together.
    package subscript(outcome: HandshakeOutcome) -> UInt64 {
        services.reduce(0) { $0 &+ $1[outcome] }
    }

    mutating func begin() { attempts &+= 1 }

    mutating func count(_ outcome: HandshakeOutcome, at service: Int) {
        services[service].outcomes[Int(outcome.rawValue)] &+= 1
    }

    mutating func add(_ responder: Endpoint) -> Int? {
        guard services.count <= Self.serviceLimit else { return nil }
        services.append(Service(responder: responder))
        return services.count - 1
    }

    mutating func noteAnswer(of flow: borrowing Flow) {
        synToSYNACK.note(UInt64(flow.synToSYNACK))
    }

    mutating func noteCompletion(of flow: borrowing Flow, at time: Int64) {
        if flow.marks.contains(.timed) { synackToACK.note(UInt64(flow.synackToACK)) }
        guard !flow.marks.contains(.midstream) else { return }
        wholeHandshake.note(UInt64(max(0, time &- flow.begin)) / 1000)
    }
}
