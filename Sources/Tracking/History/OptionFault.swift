/// What a TCP option says that it must not say, or says where it has no place.
package enum OptionFault: String, CaseIterable, Hashable, Sendable {
    /// The shift count may be 14 at most (RFC 7323 §2.3).
    case windowScaleTooLarge = "window-scale-above-14"
    case segmentSizeTooSmall = "mss-too-small"
    /// In a SYN-ACK, only in answer to the same option (RFC 7323 §2.2).
    case windowScaleNotOffered = "window-scale-not-offered"
    /// In a SYN-ACK, only in answer to the same option (RFC 7323 §3.2).
    case timestampsNotOffered = "timestamps-not-offered"
    /// An option's length is impossible.
    case malformed = "malformed-length"
    /// Harmless: each end says for itself that it understands (RFC 2018 §2).
    case selectiveAcknowledgmentNotOffered = "sack-permitted-not-offered"
    /// Maximum segment size, window scale or SACK permitted in a segment without SYN.
    case outsideSyn = "syn-option-outside-syn"
}

extension Event {
    /// No stack sends so little in a segment: RFC 9293 §3.7.1 takes 536 octets for granted, and a
    /// smaller size than this leaves no room beside the options.
    static let leastSegmentSize: UInt16 = 64
    /// The greatest shift count of the window scale option.
    static let mostWindowScale: UInt8 = 14
    /// The options that only a SYN carries.
    private static let optionsOfSyn: TCPOptions.Presence = [
        .maximumSegmentSize, .windowScale, .selectiveAcknowledgment,
    ]

    /// Whether anything is wrong with the options of this segment by itself.
    var hasOptionFault: Bool {
        guard kind != .icmp, kind != .formerConnection else { return false }
        return options.contains(.windowScale) && windowScale > Self.mostWindowScale
            || options.contains(.maximumSegmentSize) && maximumSegmentSize < Self.leastSegmentSize
            || options.contains(.malformed)
            || !flags.contains(.syn) && !options.isDisjoint(with: Self.optionsOfSyn)
    }

    /// What is wrong with the options of this segment by itself.
    package var optionFaults: [OptionFault] {
        guard hasOptionFault else { return [] }
        var faults: [OptionFault] = []
        if options.contains(.windowScale), windowScale > Self.mostWindowScale {
            faults.append(.windowScaleTooLarge)
        }
        if options.contains(.maximumSegmentSize), maximumSegmentSize < Self.leastSegmentSize {
            faults.append(.segmentSizeTooSmall)
        }
        if options.contains(.malformed) { faults.append(.malformed) }
        if !flags.contains(.syn), !options.isDisjoint(with: Self.optionsOfSyn) {
            faults.append(.outsideSyn)
        }
        return faults
    }

    /// What a SYN-ACK says that may only be said in answer to the same, where `offered` are the
    /// options of all SYNs that it can be an answer to.
    package func optionFaults(inAnswerTo offered: TCPOptions.Presence) -> [OptionFault] {
        let excess = options.subtracting(offered)
        // Of options that the capture cut off, nobody knows what they offered.
        guard kind == .synAck, !offered.contains(.cut), !offered.contains(.malformed) else {
            return []
        }
        var faults: [OptionFault] = []
        // A shift of 0 changes no window.
        if excess.contains(.windowScale), windowScale > 0 { faults.append(.windowScaleNotOffered) }
        if excess.contains(.timestamps) { faults.append(.timestampsNotOffered) }
        if excess.contains(.selectiveAcknowledgment) {
            faults.append(.selectiveAcknowledgmentNotOffered)
        }
        return faults
    }
}
