/// ICMP errors that quote a SYN of which no packet was captured: a host's own kernel or filter
/// refuses it before it reaches the wire, or the capture misses it.
package struct RefusedSYNs: Sendable {
    /// Keep at most this many.
    private static let limit = 256

    /// One of them, by its error.
    package struct Refusal: Hashable, Sendable {
        package let event: Event
        package let initiator: Endpoint
        package let responder: Endpoint
    }

    /// In order of capture.
    package private(set) var all: [Refusal] = []
    /// Those that found no place.
    package private(set) var refused: UInt64 = 0

    package init() {}

    mutating func note(_ error: ICMPError, _ event: Event) {
        let flags = error.quoted.flags
        guard error.quoted.hasFlags, flags.contains(.syn),
            flags.isDisjoint(with: [.ack, .fin, .rst])
        else { return }
        guard all.count < Self.limit else {
            refused += 1
            return
        }
        all.append(
            Refusal(
                event: event,
                initiator: error.quoted.source,
                responder: error.quoted.destination
            )
        )
    }

    mutating func forget(quietSince time: Int64) { all.removeAll { $0.event.time < time } }
}
