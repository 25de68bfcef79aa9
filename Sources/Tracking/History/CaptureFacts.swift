/// What a history has to know of the capture around it.
package struct CaptureFacts: Sendable {
    /// The first and last time of any packet, in nanoseconds since 1970.
    package let begin: Int64
    package let end: Int64
    /// Initiators whose answers the capture demonstrably misses.
    package let oneWayInitiators: Set<Address>
    /// Hosts whose packets were captured on themselves, before their network card had them.
    package let localHosts: Set<Address>
    /// How often an acknowledgment was for data that the capture misses.
    package let lossSigns: UInt64
    /// Packets captured before the packet that stands before them.
    package let timeReversals: UInt64
    /// SYN-ACKs on four-tuples without a SYN.
    package let strays: StrayAnswers
    /// How long handshakes usually take, of the hosts with a slow one.
    package let handshakeTimes: HandshakeTimes

    package init(
        begin: Int64,
        end: Int64,
        oneWayInitiators: Set<Address> = [],
        localHosts: Set<Address> = [],
        lossSigns: UInt64 = 0,
        timeReversals: UInt64 = 0,
        strays: StrayAnswers = StrayAnswers(),
        handshakeTimes: HandshakeTimes = HandshakeTimes()
    ) {
        self.begin = begin
        self.end = end
        self.oneWayInitiators = oneWayInitiators
        self.localHosts = localHosts
        self.lossSigns = lossSigns
        self.timeReversals = timeReversals
        self.strays = strays
        self.handshakeTimes = handshakeTimes
    }
}

extension Tracker {
    /// What is known of the capture up to here; whole after `close()`.
    package borrowing func facts() -> CaptureFacts {
        let window = tally.window ?? (0, 0)
        return CaptureFacts(
            begin: window.first,
            end: window.last,
            oneWayInitiators: oneWayInitiators,
            localHosts: localHosts,
            lossSigns: tally.lossSigns,
            timeReversals: tally.timeReversals,
            strays: strays,
            handshakeTimes: handshakeTimes
        )
    }
}
