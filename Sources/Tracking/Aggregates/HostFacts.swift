/// What packets tell of the hosts that sent them.
struct HostFacts: Sendable {
    /// Initiators that went on as if answered while no answer was captured: one direction is missing.
    private(set) var oneWayInitiators: Set<Address> = []
    /// Hosts whose packets were captured before their network card had them.
    private(set) var local: Set<Address> = []
    /// Hosts whose packets came in from elsewhere.
    private var remote: Set<Address> = []
    /// Hosts between which ECN was agreed upon.
    private(set) var pairsWithECN: Set<HostPair> = []

    /// As many one-way initiators, and as many local and as many remote hosts, are remembered.
    private static let hostLimit = 1024
    /// As many pairs of hosts are remembered.
    private static let pairLimit = 4096

    /// Takes down a host whose packet was captured before its network card had it.
    mutating func noteLocal(_ host: Address) {
        if local.count < Self.hostLimit, !remote.contains(host) { local.insert(host) }
    }

    /// Takes down a host whose packet came in: a gateway sends out what is not its own, too.
    mutating func noteRemote(_ host: Address) {
        if remote.count < Self.hostLimit { remote.insert(host) }
        local.remove(host)
    }

    mutating func noteOneWay(_ initiator: Address) {
        if oneWayInitiators.count < Self.hostLimit { oneWayInitiators.insert(initiator) }
    }

    mutating func noteECN(between initiator: Address, _ responder: Address) {
        if pairsWithECN.count < Self.pairLimit {
            pairsWithECN.insert(HostPair(initiator, responder))
        }
    }
}

extension Aggregates {
    /// Takes down how a connection came up.
    @inline(never)
    mutating func noteCompletion(of flow: borrowing Flow) {
        let isHigh = flow.marks.contains(.initiatorIsHigh)
        let responder = isHigh ? flow.key.lowAddress : flow.key.highAddress
        if flow.marks.contains(.timed) {
            handshakeTimes.note(flow.synToSYNACK &+ flow.synackToACK, of: responder)
        }
        acceptedTimestamps.note(
            isHigh ? flow.high.timestamp : flow.low.timestamp,
            at: flow.lastTime,
            of: isHigh ? flow.key.highAddress : flow.key.lowAddress,
            with: responder
        )
    }
}
