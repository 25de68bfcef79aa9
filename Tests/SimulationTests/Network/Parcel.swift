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

    /// The same datagram so many routers further on.
    func aged(by hops: UInt8) -> Parcel {
        guard case .segment(var segment) = content else { return self }
        segment.timeToLive = segment.timeToLive > hops ? segment.timeToLive - hops : 0
        return replacing(content: .segment(segment), source, destination)
    }

    /// The same datagram with one end of its connection renamed, in what it quotes as well.
    func renaming(_ old: Endpoint, to new: Endpoint) -> Parcel {
        func renamed(_ segment: SegmentFields) -> SegmentFields {
            var copy = segment
            if copy.source == old { copy.source = new }
            if copy.destination == old { copy.destination = new }
            return copy
        }
        let renamedContent: Content =
            switch content {
            case .segment(let segment): .segment(renamed(segment))
            case .error(let refusal, let quoted, let number):
                .error(refusal, about: renamed(quoted), identification: number)
            }
        return replacing(
            content: renamedContent,
            source == old.address ? new.address : source,
            destination == old.address ? new.address : destination
        )
    }

    private func replacing(content: Content, _ source: Address, _ destination: Address) -> Parcel {
        Parcel(
            source: source,
            destination: destination,
            content: content,
            identification: identification,
            isFromClient: isFromClient
        )
    }

    /// The client's end of its connection.
    var clientEnd: Endpoint {
        switch content {
        case .segment(let segment): isFromClient ? segment.source : segment.destination
        // It quotes what went the other way.
        case .error(_, let quoted, _): isFromClient ? quoted.destination : quoted.source
        }
    }

    /// The server's end of its connection.
    var serverEnd: Endpoint { clientEnd == segment.source ? segment.destination : segment.source }

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
