/// Listeners that reset several connections at once: what remains of a process that died.
package struct MassResets: Sendable {
    /// As many listeners are watched.
    private static let limit = 4096
    /// Resets so close are one collapse, in nanoseconds.
    private static let window: Int64 = 100_000_000
    /// A SYN is refused so soon after it, in nanoseconds.
    private static let aftermath: Int64 = 5_000_000_000
    /// As many packets of each are kept.
    private static let kept = 32
    /// Fewer connections may end at once by chance.
    package static let leastResets = 3

    /// One listener's.
    package struct MassReset: Sendable {
        package let service: Endpoint
        /// The RSTs, and the initiators whose connections they ended; the first of them.
        package fileprivate(set) var resets: [(event: Event, initiator: Endpoint)]
        package fileprivate(set) var count = 1
        /// The first refusal of a SYN after it.
        package fileprivate(set) var refusal: (event: Event, initiator: Endpoint)?
        fileprivate var last: Int64
    }

    private var byService: [Endpoint: MassReset] = [:]
    /// Listeners that were not watched for want of room.
    package private(set) var refused = 0

    /// Those of enough connections after which a SYN was refused, in order of capture.
    package var all: [MassReset] {
        byService.values.filter { $0.count >= Self.leastResets && $0.refusal != nil }
            .sorted { $0.resets[0].event.packet < $1.resets[0].event.packet }
    }

    mutating func noteReset(_ event: Event, by service: Endpoint, of initiator: Endpoint) {
        let fresh = MassReset(service: service, resets: [(event, initiator)], last: event.time)
        guard var known = byService[service] else {
            if byService.count < Self.limit { byService[service] = fresh } else { refused += 1 }
            return
        }
        guard event.time - known.last <= Self.window else {
            if known.count < Self.leastResets || known.refusal == nil { byService[service] = fresh }
            return
        }
        known.count += 1
        known.last = event.time
        if known.resets.count < Self.kept { known.resets.append((event, initiator)) }
        byService[service] = known
    }

    mutating func noteRefusal(_ event: Event, by service: Endpoint, of initiator: Endpoint) {
        guard let known = byService[service], known.count >= Self.leastResets, known.refusal == nil,
            event.time - known.last <= Self.aftermath
        else { return }
        byService[service]?.refusal = (event, initiator)
    }
}
