/// Flows of which there is but one SYN: kept in 40 octets each until a second packet comes.
extension Tracker {
    /// Takes a SYN that begins a flow, if it is one that an opening can hold.
    ///
    /// - Returns: `false` if it is none.
    @inline(never)
    mutating func open(with segment: borrowing FlowSegment) -> Bool {
        // A list of handshakes is in the order of whole flows.
        guard !collectsHandshakes, HalfOpenFlow.holds(segment),
            let template = flows.templates.number(of: SYNTemplate(segment))
        else { return false }
        let newerClock = acceptedTimestamps.newer(
            than: segment.options.timestampValue,
            at: segment.time,
            of: segment.key[segment.side].address,
            with: segment.key[segment.side.other].address
        )
        guard newerClock == nil else { return false }
        if flows.isFull { evict() }
        tally.flows &+= 1
        tally.attempts &+= 1
        guard flows.insert(HalfOpenFlow(segment, template: template), tag: segment.tag) else {
            tally.flowsEvicted &+= 1
            return true
        }
        noteChecksum(of: segment)
        return true
    }

    /// The record of a four-tuple's flow, which is made of its opening if there is no more of it yet.
    @inline(__always)
    mutating func find(_ key: FlowKey, tag: UInt32) -> Int? {
        guard let index = flows.find(key, tag: tag) else { return nil }
        return index < FlowTable.firstHalfOpen ? index : makeFlow(of: index, tag: tag)
    }

    /// Makes a whole flow of an opening.
    ///
    /// - Returns: its record, `nil` where there is no memory for it.
    @inline(never)
    mutating func makeFlow(of number: Int, tag: UInt32) -> Int? {
        let event = flows.syn(of: number)
        guard let index = flows.replace(halfOpen: number, tag: tag) else {
            tally.flowsEvicted &+= 1
            return nil
        }
        eventLogs.append(event, to: &flows[index].eventLog)
        return index
    }

    /// Closes the account of an opening.
    @inline(always)
    private mutating func conclude(halfOpen number: Int) {
        tally.outcomes[Int(HandshakeOutcome.noAnswer.rawValue)] += 1
        if aggregates.takes(flows[halfOpen: number]) { return }
        aggregates.note(flows.flow(of: number)) { flows.syn(of: number) }
    }

    /// Closes the account of an opening, and forgets it.
    mutating func remove(halfOpen number: Int) {
        conclude(halfOpen: number)
        flows.remove(halfOpen: number)
    }

    /// Makes whole flows of the openings that another address answered than the one that was asked, and closes the
    /// accounts of all others, which stay where they are: nobody looks for them any more.
    mutating func closeHalfOpenFlows() {
        for number in flows.halfOpenNumbers where !flows[halfOpen: number].isFree {
            if !unsolicitedSYNACKs.isEmpty, isAnsweredFromElsewhere(flows.flow(of: number)) {
                _ = makeFlow(of: number, tag: flows.tag(of: flows[halfOpen: number].key.key))
            } else {
                conclude(halfOpen: number)
            }
        }
    }
}
