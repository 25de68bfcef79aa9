/// Flows of which there is but one SYN: kept in 40 octets each until a second packet comes.
extension Tracker {
    /// Takes a SYN that begins a flow, if it is one that an opening can hold.
    ///
    /// - Returns: `false` if it is none.
    @inline(never)
    mutating func open(with segment: borrowing FlowSegment) -> Bool {
        // A list of handshakes is in the order of whole flows.
        guard !flows.collectsHandshakes, HalfOpenFlow.holds(segment),
            let template = flows.table.templates.number(of: SYNTemplate(segment))
        else { return false }
        let newerClock = aggregates.acceptedTimestamps.newer(
            than: segment.options.timestampValue,
            at: segment.time,
            of: segment.key[segment.side].address,
            with: segment.key[segment.side.other].address
        )
        guard newerClock == nil else { return false }
        if flows.table.isFull { evict() }
        tally.flows &+= 1
        tally.attempts &+= 1
        if flows.attempts.isWanted { flows.attempts.begin() }
        guard flows.table.insert(HalfOpenFlow(segment, template: template), tag: segment.tag) else {
            tally.flowsEvicted &+= 1
            return true
        }
        noteChecksum(of: segment)
        aggregates.translations.note(segment)
        aggregates.askCards.noteOfEither(segment)
        return true
    }

    /// Closes the account of an opening.
    @inline(always)
    private mutating func conclude(halfOpen number: Int) {
        tally.outcomes[Int(HandshakeOutcome.noAnswer.rawValue)] += 1
        if flows.attempts.isWanted { flows.noteEnd(halfOpen: number) }
        if aggregates.takes(flows.table[halfOpen: number]) { return }
        aggregates.note(flows.table.flow(of: number)) { flows.table.syn(of: number) }
    }

    /// Closes the account of an opening, and forgets it.
    mutating func remove(halfOpen number: Int) {
        conclude(halfOpen: number)
        flows.table.remove(halfOpen: number)
    }

    /// Makes whole flows of the openings that another address answered than the one that was asked,
    /// and closes the accounts of all others, which stay where they are: nobody looks for them any
    /// more.
    mutating func closeHalfOpenFlows() {
        for number in flows.table.halfOpenNumbers where !flows.table[halfOpen: number].isFree {
            if !aggregates.unsolicitedSYNACKs.isEmpty,
                aggregates.unsolicitedSYNACKs.haveAnswered(flows.table.flow(of: number))
            {
                let tag = flows.table.tag(of: flows.table[halfOpen: number].key.key)
                _ = flows.makeFlow(of: number, tag: tag, &tally)
            } else {
                conclude(halfOpen: number)
            }
        }
    }
}
