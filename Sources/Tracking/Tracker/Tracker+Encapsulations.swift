/// Which of several flows on one four-tuple a packet belongs to.
///
/// Where VLANs or tunnels separate networks, the same four-tuple may be two connections. Where a mirror port
/// tags by direction, two VLANs are one. Flows whose packets are all plain have domain 0 to themselves, so that
/// nothing of this touches them.
extension Tracker {
    /// As many flows of one four-tuple are told apart.
    private static let duplicateLimit: UInt16 = 15

    /// Follows a segment in a VLAN or tunnel, or a plain one on whose four-tuple all flows have to do with such.
    @inline(never)
    mutating func follow(apart waiting: borrowing FlowSegment) {
        let known = flow(of: waiting)
        guard let index = known ?? begin(apart: waiting) else { return }
        if !flows[index].knows(waiting.side) {
            flows[index].setEncapsulation(waiting.encapsulation, of: waiting.side)
        }
        follow(waiting, on: index)
    }

    /// The flow to which a segment belongs, `nil` for a new one.
    ///
    /// It is one whose same end sends in this context; else one of which this end was not heard yet. Of several
    /// such, the one whose other end sends in this context; else the one that the segment continues, or whose
    /// other context is known to be the way back.
    private mutating func flow(of waiting: borrowing FlowSegment) -> Int? {
        let encapsulation = waiting.encapsulation
        let side = waiting.side
        var unheard = 0
        var lone: Int?
        var continued: Int?
        var sameNetwork: Int?
        // In domain 0 there is seldom anything to be found, so it comes last.
        for duplicateIndex in stride(from: encapsulations.highestDuplicateIndex, through: 0, by: -1)
        {
            guard let index = find(waiting, within: duplicateIndex) else { continue }
            if flows[index].knows(side) {
                if flows[index].encapsulation(of: side) == encapsulation { return index }
                continue
            }
            unheard += 1
            lone = index
            let other = flows[index].encapsulation(of: side.other)
            if other == encapsulation {
                sameNetwork = index
            } else if flows[index].isContinued(by: waiting, from: side) {
                encapsulations.pair(other, encapsulation)
                continued = index
            } else if continued == nil, encapsulations.arePaired(other, encapsulation) {
                continued = index
            }
        }
        guard let index = sameNetwork ?? continued ?? (unheard == 1 ? lone : nil) else {
            return nil
        }
        guard flows[index].duplicateIndex == 0, !encapsulation.isPlain else { return index }
        guard let duplicateIndex = freeDuplicateIndex(for: waiting) else { return nil }
        flows.move(index, to: duplicateIndex)
        return index
    }

    private mutating func find(_ waiting: borrowing FlowSegment, within duplicateIndex: UInt16)
        -> Int?
    {
        find(waiting.key, tag: FlowTable.tag(waiting.tag, within: duplicateIndex))
    }

    private mutating func begin(apart waiting: borrowing FlowSegment) -> Int? {
        guard
            let duplicateIndex = waiting.encapsulation.isPlain
                ? 0 : freeDuplicateIndex(for: waiting)
        else {
            tally.encapsulationsRefused &+= 1
            return nil
        }
        return begin(with: waiting, duplicateIndex: duplicateIndex)
    }

    private mutating func freeDuplicateIndex(for waiting: borrowing FlowSegment) -> UInt16? {
        var duplicateIndex: UInt16 = 1
        while find(waiting, within: duplicateIndex) != nil {
            guard duplicateIndex < Self.duplicateLimit else { return nil }
            duplicateIndex += 1
        }
        encapsulations.highestDuplicateIndex = max(
            encapsulations.highestDuplicateIndex,
            duplicateIndex
        )
        return duplicateIndex
    }

    /// The flow whose packet an ICMP error quotes; a router may send that in another VLAN.
    mutating func flow(
        quotedBy error: ICMPError,
        _ key: FlowKey,
        _ side: Side,
        in encapsulation: EncapsulationID
    ) -> Int? {
        let tag = flows.tag(of: key)
        var best: (index: Int, rank: Int, packet: UInt64)?
        for duplicateIndex in 0...encapsulations.highestDuplicateIndex {
            let place = FlowTable.tag(tag, within: duplicateIndex)
            guard let index = find(key, tag: place),
                let rank = flows[index].rank(of: error.quoted, from: side, in: encapsulation)
            else { continue }
            let packet = flows[index].lastPacket
            if let best, (best.rank, best.packet) > (rank, packet) { continue }
            best = (index, rank, packet)
        }
        return best?.index
    }
}
