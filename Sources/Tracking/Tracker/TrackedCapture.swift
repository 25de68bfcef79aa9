/// A capture whose last packet was followed and whose accounts are closed: all that a diagnosis is
/// made of.
///
/// Only `Tracker.finish()` makes one, so that nothing can be asked of a capture that is not whole.
/// Its flows stay in the tracker's tables, and are handed over one by one.
package struct TrackedCapture: ~Copyable {
    private var tracker: Tracker
    /// What many flows show together.
    package let survey: Survey

    fileprivate init(closing tracker: consuming Tracker) {
        tracker.close()
        survey = tracker.survey()
        self.tracker = tracker
    }

    /// What a history has to know of the capture around it.
    package var facts: CaptureFacts { survey.capture }
    package var totals: CaptureTotals { tracker.totals }
    package var tally: Tally { tracker.tally }
    /// The finished incarnations, if asked for.
    package var handshakes: [Handshake] { tracker.flows.handshakes }
    /// The flows that had to go before the end, and that nobody has taken yet.
    package var departed: [FlowEvents] { tracker.departed }

    /// Hands `body` the suspicious flows in the order of their first packet.
    package borrowing func forEachSuspicious(_ body: (FlowEvents) -> Void) {
        tracker.forEachSuspicious(body)
    }

    /// Hands `body` the initiator and the service of each noteworthy flow.
    package borrowing func forEachSuspiciousPair(_ body: (Address, Endpoint) -> Void) {
        for (_, index) in tracker.flows.suspicious {
            let flow = tracker.flows.table[index]
            body(flow.key[flow.initiator].address, flow.responder)
        }
    }

    /// Gives back the memory of the connections that ended well: nothing of them is wanted any
    /// more.
    package mutating func forgetRemnants() { tracker.flows.table.dropRemnants() }

    /// Hands `body` who connected to what, how often, and when for the last time, for every flow
    /// whose present connection came up.
    package borrowing func forEachEstablished(_ body: (Int, Address, Endpoint, Int64) -> Void) {
        tracker.forEachEstablished(body)
    }
}

extension Tracker {
    /// Closes every account: after the last packet.
    package consuming func finish() -> TrackedCapture { TrackedCapture(closing: self) }

    /// The same where the tracker is part of something that goes on: an empty one takes its place.
    package mutating func finishAndReset() -> TrackedCapture {
        var closing = Tracker(flowLimit: 1)
        swap(&closing, &self)
        return closing.finish()
    }
}

/// What a report says of a capture as a whole, at its end or on the way.
package struct CaptureTotals: Sendable {
    package let tally: Tally
    /// How attempts to connect ended, where somebody watches.
    package let attempts: AttemptCounts
    /// Flows that are followed now.
    package let flowCount: Int
    /// Changes of flows that found no place between two looks.
    package let changesRefused: UInt64
    package let oneWayInitiators: Set<Address>
    /// The VLANs and tunnels of the packets.
    package let encapsulations: EncapsulationTable
}

extension Tracker {
    package var totals: CaptureTotals {
        CaptureTotals(
            tally: tally,
            attempts: flows.attempts.counts,
            flowCount: flows.table.count,
            changesRefused: flows.changes.refused,
            oneWayInitiators: aggregates.hosts.oneWayInitiators,
            encapsulations: flows.encapsulations
        )
    }
}
