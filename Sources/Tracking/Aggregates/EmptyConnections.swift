/// The connections between one initiator and one service that were established and closed without
/// being served: without a word of the responder, or with one that says why not.
package struct EmptyConnections: Sendable {
    /// As many are kept.
    private static let kept = 1024

    /// Why the initiator was not served, where its packets or the responder's say it.
    package enum Reason: UInt8, Sendable {
        case turnedAway, protocolMismatch, certificate
    }

    /// One of them.
    package struct Visit: Hashable, Sendable {
        /// When its SYN was sent, in nanoseconds since 1970.
        package let begin: Int64
        /// Its last packet, and when that was captured.
        package let end: Int64
        package let firstPacket: UInt64
        package let lastPacket: UInt64
        package let initiatorPort: UInt16
        package let initialSequence: SequenceNumber
        package let encapsulation: EncapsulationID
        package let isClosedByInitiator: Bool
        package let isReset: Bool
        /// Whether the initiator had sent anything.
        package let hasRequest: Bool
        package var reason: Reason?
    }

    package private(set) var visits: [Visit] = []
    package private(set) var omitted = 0

    mutating func note(_ visit: Visit, _ budget: inout AggregateBudget) {
        if visits.count < Self.kept, AggregateBudget.take(&budget.tries) {
            visits.append(visit)
        } else {
            omitted += 1
        }
    }
}

extension EmptyConnections.Visit {
    /// The SYN that it began with, as far as it is remembered.
    package var syn: Event {
        Event(
            .syn,
            at: begin,
            packet: firstPacket,
            sequence: initialSequence,
            flags: .syn,
            from: .low,
            encapsulation: encapsulation
        )
    }
}
