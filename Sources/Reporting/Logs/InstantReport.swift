import Tracking

/// What each flow sent last before an instant.
package struct InstantReport: Sendable {
    /// As many flows are shown.
    package static let flowLimit = 16

    /// In nanoseconds since 1970.
    package let time: Int64
    /// The flow whose last packet is nearest to the instant comes first.
    package let flows: [LastPackets.FlowTail]
    /// How many more flows had a packet up to the instant.
    package let omitted: Int

    /// What was collected of a capture that spans `window`; `nil` without a packet.
    package init?(_ instant: Instant, _ lastPackets: LastPackets, in window: ClosedRange<Int64>?) {
        guard let window, let collected = lastPackets.instant else { return nil }
        time = instant.time(in: window)
        // A time of day that the capture did not reach is before it: nothing was sent up to then.
        guard time == collected else {
            flows = []
            omitted = 0
            return
        }
        flows = lastPackets.nearest(Self.flowLimit)
        omitted = lastPackets.flows - flows.count
    }
}

extension LastPackets.FlowTail {
    /// Who opened the connection, as far as these packets tell: who sent a SYN, else who has the
    /// higher port.
    var initiator: Side {
        for event in packets where event.kind == .syn || event.kind == .synAck {
            return event.kind == .syn ? event.side : event.side.other
        }
        return key[.low].port > key[.high].port ? .low : .high
    }
}
