/// Which of several flows on one four-tuple a packet belongs to.
///
/// Where VLANs or tunnels separate networks, the same four-tuple may be two connections. Where a mirror port
/// tags by direction, two VLANs are one. Flows whose packets are all plain have domain 0 to themselves, so that
/// nothing of this touches them.
extension Tracker {
    /// As many flows of one four-tuple are told apart.
    private static let domainLimit: UInt16 = 15

    /// Follows a segment in a VLAN or tunnel, or a plain one on whose four-tuple all flows have to do with such.
    @inline(never)
    mutating func follow(apart waiting: borrowing FlowSegment) {
        let known = flow(of: waiting)
        guard let index = known ?? begin(apart: waiting) else { return }
        if !flows[index].knows(waiting.side) {
            flows[index].setContext(waiting.context, of: waiting.side)
        }
        follow(waiting, on: index)
    }

    /// The flow to which a segment belongs, `nil` for a new one.
    ///
    /// It is one whose same end sends in this context; else one of which this end was not heard yet. Of several
    /// such, the one whose other end sends in this context; else the one that the segment continues, or whose
    /// other context is known to be the way back.
    private mutating func flow(of waiting: borrowing FlowSegment) -> Int? {
        let context = waiting.context
        let side = waiting.side
        var unheard = 0
        var lone: Int?
        var continued: Int?
        var sameNetwork: Int?
        // In domain 0 there is seldom anything to be found, so it comes last.
        for domain in stride(from: contexts.highestDomain, through: 0, by: -1) {
            guard let index = find(waiting, within: domain) else { continue }
            if flows[index].knows(side) {
                if flows[index].context(of: side) == context { return index }
                continue
            }
            unheard += 1
            lone = index
            let other = flows[index].context(of: side.other)
            if other == context {
                sameNetwork = index
            } else if flows[index].isContinued(by: waiting, from: side) {
                contexts.pair(other, context)
                continued = index
            } else if continued == nil, contexts.arePaired(other, context) {
                continued = index
            }
        }
        guard let index = sameNetwork ?? continued ?? (unheard == 1 ? lone : nil) else {
            return nil
        }
        guard flows[index].domain == 0, !context.isPlain else { return index }
        guard let domain = freeDomain(for: waiting) else { return nil }
        flows.move(index, to: domain)
        return index
    }

    private mutating func find(_ waiting: borrowing FlowSegment, within domain: UInt16) -> Int? {
        find(waiting.key, tag: FlowTable.tag(waiting.tag, within: domain))
    }

    private mutating func begin(apart waiting: borrowing FlowSegment) -> Int? {
        guard let domain = waiting.context.isPlain ? 0 : freeDomain(for: waiting) else {
            tally.contextsRefused &+= 1
            return nil
        }
        return begin(with: waiting, domain: domain)
    }

    private mutating func freeDomain(for waiting: borrowing FlowSegment) -> UInt16? {
        var domain: UInt16 = 1
        while find(waiting, within: domain) != nil {
            guard domain < Self.domainLimit else { return nil }
            domain += 1
        }
        contexts.highestDomain = max(contexts.highestDomain, domain)
        return domain
    }

    /// The flow whose packet an ICMP error quotes; a router may send that in another VLAN.
    mutating func flow(
        quotedBy error: ICMPError,
        _ key: FlowKey,
        _ side: Side,
        in context: Context
    ) -> Int? {
        let tag = flows.tag(of: key)
        var best: (index: Int, rank: Int, packet: UInt64)?
        for domain in 0...contexts.highestDomain {
            let place = FlowTable.tag(tag, within: domain)
            guard let index = find(key, tag: place),
                let rank = flows[index].rank(of: error.quoted, from: side, in: context)
            else { continue }
            let packet = flows[index].lastPacket
            if let best, (best.rank, best.packet) > (rank, packet) { continue }
            best = (index, rank, packet)
        }
        return best?.index
    }
}
