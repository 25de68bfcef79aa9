/// A flow of which nothing but one SYN was captured, in one cache line: what a flood leaves by the million.
///
/// It holds all that the SYN says, so that the flow can be made of it when a second packet comes.
struct Opening: BitwiseCopyable {
    /// In nanoseconds since 1970.
    let time: Int64
    /// The frame's place in the input, from 1; 0 for a place that is free.
    private(set) var packet: UInt64
    let link: UInt64
    private let source: UInt32
    private let destination: UInt32
    private let sourcePort: UInt16
    private let destinationPort: UInt16
    let sequence: SequenceNumber
    let timestampValue: UInt32
    let frameLength: UInt16
    let window: UInt16
    let maximumSegmentSize: UInt16
    let identification: UInt16
    let flags: TCPFlags
    let windowScale: UInt8
    let presence: TCPOptions.Presence
    let order: TCPOptions.Order
    let timeToLive: UInt8

    /// - Returns: `nil` for a segment that is no SYN, or one of which more is to be kept than finds room: with data, an
    ///   acknowledgment, faulty options, in a VLAN or tunnel, of IPv6, or to itself.
    @inline(always)
    init?(_ segment: borrowing FlowSegment) {
        let options = segment.options
        guard segment.flags.isSuperset(of: .syn), segment.flags.isDisjoint(with: Self.otherFlags),
            segment.isPlain, segment.payloadLength == 0, segment.acknowledgment.rawValue == 0,
            options.timestampEcho == 0, segment.originalLength <= UInt16.max,
            segment.key.lowAddress.isIPv4, segment.key.highAddress.isIPv4, !segment.isToItself,
            !Flow.isFaulty(options)
        else { return nil }
        let isHigh = segment.side == .high
        let low = UInt32(truncatingIfNeeded: segment.key.lowAddress.low)
        let high = UInt32(truncatingIfNeeded: segment.key.highAddress.low)
        source = isHigh ? high : low
        destination = isHigh ? low : high
        sourcePort = isHigh ? segment.key.highPort : segment.key.lowPort
        destinationPort = isHigh ? segment.key.lowPort : segment.key.highPort
        time = segment.time
        packet = segment.number
        link = segment.link.packed
        sequence = segment.sequence
        timestampValue = options.timestampValue
        frameLength = UInt16(truncatingIfNeeded: segment.originalLength)
        window = segment.window
        maximumSegmentSize = options.maximumSegmentSize
        identification = segment.identification
        flags = segment.flags
        windowScale = options.windowScale
        presence = options.presence
        order = options.order
        timeToLive = segment.timeToLive
    }

    var isFree: Bool { packet == 0 }

    /// What its SYN said.
    @inline(always)
    var facts: SegmentFacts {
        var facts = SegmentFacts()
        facts.time = time
        facts.packet = packet
        facts.sequence = sequence
        facts.frameLength = UInt32(frameLength)
        facts.options.timestampValue = timestampValue
        facts.options.maximumSegmentSize = maximumSegmentSize
        facts.options.presence = presence
        facts.options.windowScale = windowScale
        facts.options.order = order
        facts.window = window
        facts.flags = flags
        facts.identification = identification
        facts.timeToLive = timeToLive
        return facts
    }

    /// Leaves its place to another one.
    mutating func leave() { packet = 0 }

    private static let otherFlags: TCPFlags = [.ack, .rst, .fin]

    /// Its four-tuple, and on which side of that its initiator is.
    @inline(always)
    var key: (key: FlowKey, side: Side) {
        FlowKey.ofIPv4(
            addresses: UInt64(source) << 32 | UInt64(destination),
            ports: UInt32(sourcePort) << 16 | UInt32(destinationPort)
        )
    }
}

extension Flow {
    /// The flow as its one SYN leaves it, without its tape.
    @inline(always)
    init(_ opening: borrowing Opening) {
        let (key, side) = opening.key
        self.init(key: key, time: opening.time, packet: opening.packet)
        if side == .high { marks = [.inUse, .initiatorIsHigh] }
        letters.note(.syn)
        syns = 1
        attempts = 1
        offered = opening.presence
        synTime = opening.time
        self[side] = Sender(synchronizedBy: opening)
    }
}

extension Sender {
    @inline(always)
    fileprivate init(synchronizedBy opening: borrowing Opening) {
        initialSequence = opening.sequence
        next = opening.sequence.advanced(by: 1)
        timestamp = opening.timestampValue
        timeToLive = opening.timeToLive
        marks = [.spoke, .synchronized]
    }
}

extension Event {
    /// The SYN of an opening.
    @inline(always)
    init(_ opening: borrowing Opening) {
        self.init(
            facts: opening.facts,
            context: .plain,
            kind: .syn,
            side: opening.key.side,
            annex: Address(high: opening.link, low: 0)
        )
    }
}
