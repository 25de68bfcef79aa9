/// Handshakes that come up at the first try, and are worth a diagnosis all the same.
extension Flow {
    /// Whether the options of a SYN or SYN-ACK break the rules by themselves; `Event.optionFaults` says how.
    @inline(always)
    static func isFaulty(_ options: TCPOptions) -> Bool {
        options.presence.contains(.malformed) || options.windowScale > Event.mostWindowScale
            || options.presence.contains(.maximumSegmentSize)
                && options.maximumSegmentSize < Event.leastSegmentSize
    }

    /// Whether a SYN-ACK says what the SYN of `opener` did not ask for, echoes what it did not carry, or refuses
    /// the data that it brought with a Fast Open cookie.
    @inline(always)
    func isOdd(_ answer: borrowing FlowSegment, to opener: EndpointState) -> Bool {
        let options = answer.options
        let excess = options.presence.subtracting(offered)
        let isForeignEcho =
            options.timestampEcho != 0 && options.timestampEcho != opener.timestamp
            && opener.timestamp != 0
        let refusesData =
            offered.contains(.fastOpen)
            && opener.initialSequence.distance(to: opener.next) > 1
            && opener.initialSequence.distance(to: answer.acknowledgment) == 1
        return !excess.isDisjoint(with: .usual)
            && offered.isDisjoint(with: [.cut, .malformed])
            || isForeignEcho || refusesData
    }
}

extension TCPOptions.Presence {
    /// The options that only answer the same in a SYN.
    fileprivate static let usual: TCPOptions.Presence = [
        .windowScale, .selectiveAcknowledgment, .timestamps,
    ]
}
