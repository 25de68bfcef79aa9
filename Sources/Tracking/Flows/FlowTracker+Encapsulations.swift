/// Which of several flows on one four-tuple a packet belongs to.
///
/// Where VLANs or tunnels separate networks, the same four-tuple may be two connections. Where a
/// mirror port tags by direction, two VLANs are one. Flows whose packets are all plain have
/// index 0 to themselves, so that nothing of this touches them.
extension FlowTracker {
    /// As many flows of one four-tuple are told apart.
    private static let duplicateLimit: UInt16 = 15

    /// The record of a four-tuple's flow, which is made of its opening or its remnant if there is
    /// no more of it.
    @inline(__always)
    mutating func find(_ key: FlowKey, tag: UInt32, _ tally: inout Tally) -> Int? {
        guard let index = table.find(key, tag: tag) else { return nil }
        return index < FlowTable.firstRemnant ? index : makeFlow(of: index, tag: tag, &tally)
    }

    /// Makes a whole flow of an opening or a remnant.
    ///
    /// - Returns: its record, `nil` where there is no memory for it.
    @inline(never)
    mutating func makeFlow(of number: Int, tag: UInt32, _ tally: inout Tally) -> Int? {
        if number < FlowTable.firstHalfOpen { return restore(number, tag: tag, &tally) }
        let event = table.syn(of: number)
        let halfOpen = table[halfOpen: number]
        guard let index = table.replace(halfOpen: number, tag: tag) else {
            tally.flowsEvicted &+= 1
            return nil
        }
        eventLogs.append(event, to: &table[index].eventLog)
        if attempts.isWanted, attempts.hasCounted(halfOpen, at: number - FlowTable.firstHalfOpen) {
            table[index].noteDecision()
        }
        return index
    }

    private mutating func restore(_ number: Int, tag: UInt32, _ tally: inout Tally) -> Int? {
        guard let index = table.replace(remnant: number, tag: tag) else {
            tally.noteRemnants(1)
            tally.flowsEvicted &+= 1
            return nil
        }
        if attempts.isWanted { table[index].noteDecision() }
        return index
    }

    /// The flow to which a segment belongs, `nil` for a new one.
    ///
    /// It is one whose same end sends in this context; else one of which this end was not heard
    /// yet. Of several such, the one whose other end sends in this context; else the one that the
    /// segment continues, or whose other context is known to be the way back.
    mutating func flow(of waiting: borrowing FlowSegment, _ tally: inout Tally) -> Int? {
        let encapsulation = waiting.encapsulation
        let side = waiting.side
        var unheard = 0
        var lone: Int?
        var continued: Int?
        var sameNetwork: Int?
        // At index 0 there is seldom anything to be found, so it comes last.
        for duplicateIndex in stride(from: encapsulations.highestDuplicateIndex, through: 0, by: -1)
        {
            guard let index = find(waiting, within: duplicateIndex, &tally) else { continue }
            if table[index].knows(side) {
                if table[index].encapsulation(of: side) == encapsulation { return index }
                continue
            }
            unheard += 1
            lone = index
            let other = table[index].encapsulation(of: side.other)
            if other == encapsulation {
                sameNetwork = index
            } else if table[index].isContinued(by: waiting, from: side) {
                encapsulations.pair(other, encapsulation)
                continued = index
            } else if continued == nil, encapsulations.arePaired(other, encapsulation) {
                continued = index
            }
        }
        guard let index = sameNetwork ?? continued ?? (unheard == 1 ? lone : nil) else {
            return nil
        }
        guard table[index].duplicateIndex == 0, !encapsulation.isPlain else { return index }
        guard let duplicateIndex = freeDuplicateIndex(for: waiting, &tally) else { return nil }
        table.move(index, to: duplicateIndex)
        return index
    }

    private mutating func find(
        _ waiting: borrowing FlowSegment,
        within duplicateIndex: UInt16,
        _ tally: inout Tally
    ) -> Int? {
        find(waiting.key, tag: FlowTable.tag(waiting.tag, within: duplicateIndex), &tally)
    }

    mutating func freeDuplicateIndex(
        for waiting: borrowing FlowSegment,
        _ tally: inout Tally
    ) -> UInt16? {
        var duplicateIndex: UInt16 = 1
        while find(waiting, within: duplicateIndex, &tally) != nil {
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
        in encapsulation: EncapsulationID,
        _ tally: inout Tally
    ) -> Int? {
        let tag = table.tag(of: key)
        var best: (index: Int, rank: Int, packet: UInt64)?
        for duplicateIndex in 0...encapsulations.highestDuplicateIndex {
            let position = FlowTable.tag(tag, within: duplicateIndex)
            guard let index = find(key, tag: position, &tally),
                let rank = table[index].rank(of: error.quoted, from: side, in: encapsulation)
            else { continue }
            let packet = table[index].lastPacket
            if let best, (best.rank, best.packet) > (rank, packet) { continue }
            best = (index, rank, packet)
        }
        return best?.index
    }
}
