/// A decoded segment that waits in a batch until its flow's memory has come.
struct WaitingSegment: BitwiseCopyable {
    var segment: Segment
    var key: FlowKey
    var side: Side
    /// What the flow table's search begins with.
    var tag: UInt32
    var facts: FrameFacts
    /// Where its frame lies in the source.
    var place: Int

    /// A place in a batch that nobody waits in.
    static let none: WaitingSegment = {
        let nowhere = Endpoint(Address(ipv4: 0), port: 0)
        let (key, side) = FlowKey.of(nowhere, nowhere)
        return WaitingSegment(
            segment: Segment(
                source: nowhere,
                destination: nowhere,
                sequence: SequenceNumber(0),
                acknowledgment: SequenceNumber(0),
                payloadLength: 0,
                flags: [],
                window: 0,
                options: TCPOptions(),
                timeToLive: 0,
                identification: 0
            ),
            key: key,
            side: side,
            tag: 0,
            facts: FrameFacts(time: 0, number: 0, originalLength: 0, context: .plain),
            place: 0
        )
    }()
}

extension WaitingSegment {
    /// Reads a plain segment of IPv6.
    ///
    /// - Returns: `false` for anything else.
    @inline(never)
    mutating func read(plainIPv6 frame: borrowing Frame, at place: Int) -> Bool {
        guard segment.read(plainIPv6: frame.octets) else { return false }
        let link = LinkFacts(plainIPv6: frame.octets, of: segment)
        facts = FrameFacts(frame, context: .plain, link: link)
        self.place = place
        return true
    }

    /// Reads a plain segment of either version behind one VLAN tag.
    ///
    /// - Returns: the tag; `nil` for anything else.
    @inline(never)
    mutating func read(tagged frame: borrowing Frame, at place: Int) -> Encapsulation? {
        let octets = frame.octets
        guard octets.byteCount > 18, octets.bigEndian(at: 12, as: UInt16.self) == EtherType.vlan
        else { return nil }
        let number = octets.bigEndian(at: 14, as: UInt16.self) & 0x0FFF
        var tag = Encapsulation()
        guard number != 0, tag.enter(.vlan, UInt64(number)) else { return nil }
        // Seen from behind the tag's length, ether type and datagram stand where they do without a tag.
        let untagged = octets.extracting(droppingFirst: 4)
        var link = LinkFacts(ethernet: octets, at: 0)
        if segment.read(plainEthernet: untagged) {
            if segment.flags.contains(.syn) {
                link.checksum = SegmentChecksum(plainEthernet: untagged)
            }
        } else if segment.read(plainIPv6: untagged) {
            link.checksum = LinkFacts(plainIPv6: untagged, of: segment).checksum
        } else {
            return nil
        }
        facts = FrameFacts(frame, context: .plain, link: link)
        self.place = place
        return tag
    }
}
