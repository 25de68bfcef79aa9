/// What is odd about a flow: handshakes that come up at the first try and are worth a diagnosis all
/// the same, ICMP errors, and sockets that connect to themselves.
extension Flow {
    /// Whether the options of a SYN or SYN-ACK break the rules by themselves; `Event.optionFaults`
    /// says how.
    @inline(always)
    static func isFaulty(_ options: TCPOptions) -> Bool {
        options.presence.contains(.malformed) || options.windowScale > Event.mostWindowScale
            || options.presence.contains(.maximumSegmentSize)
                && options.maximumSegmentSize < Event.leastSegmentSize
    }

    /// Whether a SYN-ACK says what the SYN of `opener` did not ask for, echoes what it did not
    /// carry, or refuses the data that it brought with a Fast Open cookie.
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

/// ICMP errors about the flow.
extension Flow {
    /// How far from the sender's newest sequence number a quoted one may lie, in octets: a forged
    /// or old error rarely comes that near (RFC 5927 §4.1).
    private static let quoteWindow: Int32 = 1 << 24

    /// Whether `side` can have sent the quoted segment; a RST may carry sequence number 0.
    func mayHaveSent(_ quoted: QuotedPacket, from side: Side) -> Bool {
        if quoted.sequence.rawValue == 0 || phase == .halfOpen || phase == .answered
            || phase == .reset
        {
            return true
        }
        let distance = self[side].next.distance(to: quoted.sequence)
        return (-Self.quoteWindow...Self.quoteWindow).contains(distance)
    }

    /// - Returns: whether the error is suspicious: path-MTU discovery is not (RFC 1191, RFC 8201).
    mutating func note(_ error: ICMPError, from side: Side) -> Bool {
        history.note(.icmp)
        icmpErrors = icmpErrors == .max ? .max : icmpErrors + 1
        let isV4 = error.quoted.source.address.isIPv4
        let isPathMTU = isV4 ? error.type == 3 && error.code == 4 : error.type == 2
        if isPathMTU { return false }
        if phase == .halfOpen || phase == .answered { marks.insert(.rejected) }
        return true
    }
}

/// A socket that connects to its own address and port: an open from both ends at once, with one end
/// (RFC 9293 §3.5).
extension Flow {
    mutating func takeOwn(_ segment: borrowing FlowSegment, from side: Side, at time: Int64)
        -> FlowActions
    {
        guard segment.flags.contains(.syn) else {
            history.note(.initiatorAck)
            if segment.payloadLength > 0 { self[side].marks.insert(.sentData) }
            guard phase == .established || phase == .answered else { return [] }
            phase = .settled
            return .record
        }
        guard segment.flags.contains(.ack) else {
            history.note(.syn)
            syns = syns == .max ? .max : syns + 1
            let isRepeat =
                self[side].marks.contains(.synchronized)
                && self[side].initialSequence == segment.sequence
            if !isRepeat {
                self[side].synchronize(by: segment)
                attempts = attempts == .max ? .max : attempts + 1
                synTime = time
            }
            return [.record, .suspicious]
        }
        history.note(.synAck)
        synAcks = synAcks == .max ? .max : synAcks + 1
        if phase == .halfOpen, self[side].isAnswered(by: segment.acknowledgment) {
            complete(at: time)
        }
        return [.record, .suspicious]
    }
}
