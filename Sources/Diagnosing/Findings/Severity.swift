/// How much a finding matters to whoever waits for the connection.
package enum Severity: Int, Comparable, CaseIterable, Sendable {
    /// Worth knowing, harmless by itself.
    case note
    /// A connection came up late, or may fail.
    case warning
    /// A connection did not come up.
    case error

    /// As the report names it.
    package var name: String {
        switch self {
        case .note: "note"
        case .warning: "warning"
        case .error: "error"
        }
    }

    package static func < (left: Severity, right: Severity) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// How sure a finding is that it read the packets rightly.
package enum Confidence: String, Sendable {
    case high
    case medium
    case low
}

/// How far what a finding says is settled.
package enum Status: String, Sendable {
    case confirmed
    case likely
    /// One of several readings that the packets allow.
    case possible
    /// The capture ended before it could be decided.
    case pending
    /// Later packets took it back, or it became part of another: only while a capture goes on.
    case withdrawn
}

/// What could fake a finding, or hide one: named in every finding that it applied to.
package enum Guard: String, CaseIterable, Sendable {
    /// The flow's first packets may have been sent before the capture began.
    case captureBeganMidFlow = "capture-began-mid-flow"
    /// The capture ended before the detector's timer ran out.
    case captureEnded = "capture-ended"
    /// The flow had more packets than its event log holds: counts are lower bounds.
    case eventLogFull = "tape-full"
    /// Some packets of the flow were captured twice.
    case duplicates = "duplicated-packets"
    /// The capture holds one direction of some connections only.
    case oneDirection = "one-direction"
    /// The capture lost packets: what it does not show may still have been sent.
    case captureLoss = "capture-loss"
    /// Packets with data were left out of the capture: what nobody seems to have said may have been
    /// said.
    case filteredCapture = "filtered-capture"
    /// Some packets stand in another order than they were sent in.
    case reordered = "reordered-packets"
    /// Options were cut off by the snapshot length.
    case cutPackets = "cut-packets"
    /// Data that was neither acknowledged nor sent again, or numbers without their bytes: packets
    /// of the connection are missing from the capture.
    case cutFlow = "cut-flow"
    /// A packet with a wrong checksum was accepted by its receiver: it was damaged in the capture.
    case damagedCapture = "damaged-capture"
    /// The same connection was captured on both sides of an address translation.
    case bothSidesOfNAT = "both-sides-of-nat"
    /// The same connection was captured on both sides of a device that rewrites sequence numbers.
    case bothSidesOfRewriter = "both-sides-of-rewriter"
    /// Large frames and unfilled checksums: the network card of the capturing host does part of the
    /// work.
    case offload = "offload"
}

/// Where on the path the packets were captured, as far as their timing tells.
package enum Vantage: String, Sendable {
    case client
    case server
    /// On the way, near neither end.
    case middle
    case unknown
}
