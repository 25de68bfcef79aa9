extension Guard {
    /// One sentence: what it says of the capture.
    package var meaning: String {
        switch self {
        case .captureBeganMidFlow:
            "The first packets of the flow may have been sent before the capture began."
        case .captureEnded: "The capture ended before it could be decided."
        case .eventLogFull: "The flow had more packets than are kept: counts are lower bounds."
        case .duplicates: "Some packets of the flow were captured twice."
        case .oneDirection: "The capture holds only one direction of some connections."
        case .captureLoss: "The capture lost packets: what it does not show may have been sent."
        case .filteredCapture: "A filter left packets with data out of the capture."
        case .reordered: "Some packets were captured in another order than they were sent."
        case .cutPackets: "The snapshot length cut off TCP options."
        case .cutFlow:
            "Packets of the connection are missing from the capture: its silence proves nothing."
        case .damagedCapture:
            "A packet with a wrong checksum was accepted: it was damaged in the capture only."
        case .bothSidesOfNAT:
            "The connection was captured on both sides of an address translation."
        case .bothSidesOfRewriter:
            "The connection was captured on both sides of a device that rewrites sequence numbers."
        case .offload:
            "The network card of the capturing host does part of the work: large frames, unfilled checksums."
        }
    }
}
