import Tracking

/// Reads one frame from its link layer up.
func decode(_ octets: [UInt8], as linkType: LinkType = .ethernet) throws -> DecodedFrame {
    var frames = MemoryFrames([.init(time: 0, octets: octets)], linkType: linkType)
    _ = try frames.advance()
    return DecodedFrame(frames.frame)
}

extension DecodedFrame {
    var segment: Segment? {
        if case .segment(let segment) = packet { segment } else { nil }
    }

    var icmpError: ICMPError? {
        if case .icmpError(let error) = packet { error } else { nil }
    }

    var unread: UnreadReason? {
        if case .unread(let reason) = packet { reason } else { nil }
    }
}
