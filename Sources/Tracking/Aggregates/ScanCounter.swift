/// What one initiator tried and did not get, target by target: what a scan looks like.
package struct ScanCounter: Sendable {
    /// As many targets are kept; further ones are only counted.
    private static let keptProbes = 4096

    /// With fewer probes their ports are counted when asked for.
    private static let portsWorthCounting = 64
    /// As many first packets are kept to be shown.
    private static let shownProbes = 32

    /// How a target took it.
    package enum Outcome: UInt8, Sendable {
        case refused, unanswered, rejected
        /// It came up, or nearly, and the initiator ended it without a word.
        case open
    }

    /// One try.
    package struct Probe: Hashable, Sendable {
        /// In nanoseconds since 1970.
        package let time: Int64
        package let target: Endpoint
        package let outcome: Outcome
        /// Whether it was sent again.
        package let isPersistent: Bool
        /// Whether it began with a segment that no connection begins with.
        package let isOdd: Bool
        package let packet: UInt64
        package let sourcePort: UInt16
    }

    package let initiator: Address
    package private(set) var probes: [Probe] = []
    package private(set) var omitted = 0
    /// The ports that were tried, a bit for each; empty while they are few.
    private var ports: [UInt64] = []
    /// The first probes' first packets, to be shown.
    package private(set) var examples: [(event: Event, sourcePort: UInt16, target: Endpoint)] = []

    init(of initiator: Address) {
        self.initiator = initiator
    }

    package var count: Int { probes.count + omitted }

    /// How many ports were tried.
    package var portCount: Int {
        ports.isEmpty
            ? Set(probes.map(\.target.port)).count : ports.reduce(0) { $0 + $1.nonzeroBitCount }
    }

    var wantsExample: Bool { examples.count < Self.shownProbes }

    mutating func note(_ probe: Probe, _ budget: inout AggregateBudget) {
        if probes.count < Self.keptProbes, AggregateBudget.take(&budget.tries) {
            probes.append(probe)
            if probes.count == Self.portsWorthCounting {
                probes.forEach { count($0.target.port) }
            }
        } else {
            omitted += 1
        }
        if probes.count > Self.portsWorthCounting { count(probe.target.port) }
    }

    mutating func settle() {
        probes.sort { ($0.time, $0.packet) < ($1.time, $1.packet) }
        examples.sort { $0.event.packet < $1.event.packet }
    }

    private mutating func count(_ port: UInt16) {
        if ports.isEmpty { ports = [UInt64](repeating: 0, count: 1024) }
        ports[Int(port >> 6)] |= 1 << UInt64(port & 63)
    }

    mutating func show(_ event: Event, from sourcePort: UInt16, to target: Endpoint) {
        examples.append((event, sourcePort, target))
    }
}
