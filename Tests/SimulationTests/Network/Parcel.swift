import Tracking

/// A datagram on its way, before it is written as octets.
struct Parcel {
    enum Content {
        case segment(SegmentFields)
        /// An ICMP error that quotes a segment and its identification.
        case error(Refusal, about: SegmentFields, identification: UInt16)
    }

    let source: Address
    let destination: Address
    let content: Content
    let identification: UInt16
    let isFromClient: Bool

    /// The segment, or the one that the error quotes.
    var segment: SegmentFields {
        switch content {
        case .segment(let segment), .error(_, let segment, _): segment
        }
    }

    var isError: Bool {
        if case .error = content { true } else { false }
    }

    /// Its octets, with the sequence numbers of every host moved by what `shift` says.
    func datagram(_ shift: (Address) -> UInt32) -> Datagram {
        switch content {
        case .segment(let segment):
            return Datagram(segment.shifted(by: shift), identification: identification)
        case .error(let refusal, let quoted, let number):
            return Datagram(
                refusal,
                about: Datagram(quoted.shifted(by: shift), identification: number),
                from: source,
                to: destination,
                identification: identification
            )
        }
    }
}

extension SegmentFields {
    /// The same segment with the sequence numbers of both ends moved round the circle.
    fileprivate func shifted(by shift: (Address) -> UInt32) -> SegmentFields {
        var copy = self
        let isWithoutSequence = flags.contains([.rst, .ack]) && sequence == 0
        if !isWithoutSequence { copy.sequence &+= shift(source.address) }
        if flags.contains(.ack) { copy.acknowledgment &+= shift(destination.address) }
        return copy
    }

    var isSyn: Bool { flags.contains(.syn) && !flags.contains(.ack) }
    var isSynAck: Bool { flags.contains([.syn, .ack]) }
}
