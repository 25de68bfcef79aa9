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
