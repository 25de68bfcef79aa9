/// What packets tell of the hosts that sent them.
struct HostFacts: Sendable {
    /// Initiators that went on as if answered while no answer was captured: one direction is
    /// missing.
    private(set) var oneWayInitiators: Set<Address> = []
    /// Hosts whose packets were captured before their network card had them.
    private(set) var local: Set<Address> = []
    /// Hosts whose packets came in from elsewhere.
    private var remote: Set<Address> = []
    /// Hosts between which ECN was agreed upon.
    private(set) var pairsWithECN: Set<HostPair> = []
    /// Who signs segments for whom.
    var signed = SignedHosts()

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

/// Hosts that sign their SYNs for each other (RFC 2385, RFC 5925), and which of those that are
/// asked so were heard.
package struct SignedHosts: Sendable {
    /// Remember at most this many pairs.
    private static let signedLimit = 1024

    /// The signer first.
    private var pairs: Set<HostPair> = []
    private var receivers: Set<Address> = []
    private var heard: Set<Address> = []

    package init() {}

    var isEmpty: Bool { pairs.isEmpty }

    mutating func note(_ signer: Address, _ receiver: Address) {
        guard pairs.count < Self.signedLimit else { return }
        pairs.insert(HostPair(signer, receiver))
        receivers.insert(receiver)
    }

    /// Takes down that something came from a host.
    mutating func noteHeard(_ host: Address) {
        if receivers.contains(host) { heard.insert(host) }
    }

    /// Takes down who was heard on connections that ended well, up to so many.
    fileprivate mutating func noteHeard(onRemnantsIn table: borrowing FlowTable, _ limit: Int) {
        var room = limit
        table.forEachRemnant { flow in
            noteHeard(flow.key.lowAddress)
            noteHeard(flow.key.highAddress)
            room -= 1
            return room > 0
        }
    }

    /// Whether a host signs its SYNs for another.
    package func signs(_ host: Address, for other: Address) -> Bool {
        !pairs.isEmpty && pairs.contains(HostPair(host, other))
    }

    /// Whether any segment came from a host that others send signed SYNs to, in any flow.
    package func isHeard(_ host: Address) -> Bool { heard.contains(host) }
}

extension Tracker {
    /// Look at most at this many flows for a sign of life.
    private static let flowsAsked = 65_536

    /// Takes down which hosts were heard among those that signed SYNs go to.
    mutating func gatherSigned() {
        guard !aggregates.hosts.signed.isEmpty else { return }
        for index in 0..<min(flows.table.recordCount, Self.flowsAsked)
        where flows.table[index].marks.contains(.inUse) {
            for side in [Side.low, .high]
            where flows.table[index][side].marks.contains(.seen) {
                aggregates.hosts.signed.noteHeard(flows.table[index].key[side].address)
            }
        }
        aggregates.hosts.signed.noteHeard(onRemnantsIn: flows.table, Self.flowsAsked)
    }
}

extension Aggregates {
    /// Takes down how a connection came up.
    @inline(always)
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
