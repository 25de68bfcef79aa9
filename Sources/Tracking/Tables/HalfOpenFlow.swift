/// A flow of which nothing but one SYN was captured, in 40 octets: what a flood leaves by the
/// million.
///
/// With its form it holds all that the SYN says, so that the flow can be made of it when a second
/// packet comes.
struct HalfOpenFlow: BitwiseCopyable {
    /// In nanoseconds since 1970.
    let time: Int64
    /// The frame's number in the input, in the higher 48 bits, and the number of the SYN's form; 0
    /// for a slot that is free.
    private var packetAndTemplate: UInt64
    private let source: UInt32
    private let destination: UInt32
    /// The source port in the higher half, the destination port in the lower.
    private let ports: UInt32
    let sequence: SequenceNumber
    let timestampValue: UInt32
    let window: UInt16
    let identification: UInt16

    /// Whether it can hold all that a segment says: a SYN over IPv4 without data, acknowledgment,
    /// faulty options, signature, VLAN or tunnel, and not to itself.
    @inline(always)
    static func holds(_ segment: borrowing FlowSegment) -> Bool {
        segment.flags.intersection(Self.control) == .syn && segment.isPlain
            && segment.payloadLength == 0 && segment.acknowledgment.rawValue == 0
            && segment.options.timestampEcho == 0 && segment.number < 1 << 48
            && segment.key.lowAddress.isIPv4 && segment.key.highAddress.isIPv4
            && !segment.isToItself && !Flow.isFaulty(segment.options)
            && segment.options.presence.isDisjoint(with: .signature)
    }

    private static let control: TCPFlags = [.syn, .ack, .rst, .fin]

    /// - Parameters:
    ///   - segment: one that it can hold.
    ///   - template: the number of its template.
    @inline(always)
    init(_ segment: borrowing FlowSegment, template: UInt16) {
        let isHigh = segment.side == .high
        let low = UInt32(truncatingIfNeeded: segment.key.lowAddress.low)
        let high = UInt32(truncatingIfNeeded: segment.key.highAddress.low)
        let (lowPort, highPort) = (UInt32(segment.key.lowPort), UInt32(segment.key.highPort))
        source = isHigh ? high : low
        destination = isHigh ? low : high
        ports = isHigh ? highPort << 16 | lowPort : lowPort << 16 | highPort
        time = segment.time
        packetAndTemplate = segment.number << 16 | UInt64(template)
        sequence = segment.sequence
        timestampValue = segment.options.timestampValue
        window = segment.window
        identification = segment.identification
    }

    /// The frame's number in the input, from 1.
    var packet: UInt64 { packetAndTemplate >> 16 }

    var template: UInt16 { UInt16(truncatingIfNeeded: packetAndTemplate) }

    var isFree: Bool { packetAndTemplate == 0 }

    /// Leaves its slot to another one.
    mutating func leave() { packetAndTemplate = 0 }

    /// Its four-tuple, and on which side of that its initiator is.
    @inline(always)
    var key: (key: FlowKey, side: Side) {
        FlowKey.ofIPv4(
            addresses: UInt64(source) << 32 | UInt64(destination),
            ports: ports
        )
    }

    @inline(always)
    var initiator: Address { Address(ipv4: source) }

    /// Whether it asks for a service.
    @inline(always)
    func isTo(_ service: Endpoint) -> Bool {
        service.port == UInt16(truncatingIfNeeded: ports)
            && service.address == Address(ipv4: destination)
    }
}

/// What SYNs of one stack by one way have in common.
struct SYNTemplate: Hashable, BitwiseCopyable {
    /// The link facts, and the time to live in the highest octet.
    private let linkAndLife: UInt64
    /// From the lowest bit on the segment size, the window scale, the flags, and which options
    /// there are.
    private let packedOptions: UInt64
    private let order: TCPOptions.Order
    /// The frame's length on the wire, in octets.
    private let frameLength: UInt32

    @inline(always)
    init(_ segment: borrowing FlowSegment) {
        let options = segment.options
        linkAndLife = segment.link.packed | UInt64(segment.timeToLive) << 56
        packedOptions =
            UInt64(options.maximumSegmentSize) | UInt64(options.windowScale) << 16
            | UInt64(options.presence.rawValue) << 40 | UInt64(segment.flags.rawValue) << 24
        order = options.order
        frameLength = segment.originalLength
    }

    var timeToLive: UInt8 { UInt8(truncatingIfNeeded: linkAndLife >> 56) }

    var presence: TCPOptions.Presence {
        TCPOptions.Presence(rawValue: UInt16(truncatingIfNeeded: packedOptions >> 40))
    }

    /// The SYN of an opening in this form.
    func syn(of halfOpen: HalfOpenFlow) -> Event {
        var facts = SegmentFacts(
            at: halfOpen.time,
            packet: halfOpen.packet,
            frameLength: frameLength
        )
        facts.sequence = halfOpen.sequence
        facts.options.timestampValue = halfOpen.timestampValue
        facts.options.maximumSegmentSize = UInt16(truncatingIfNeeded: packedOptions)
        facts.options.windowScale = UInt8(truncatingIfNeeded: packedOptions >> 16)
        facts.options.presence = presence
        facts.options.order = order
        facts.window = halfOpen.window
        facts.flags = TCPFlags(rawValue: UInt16(truncatingIfNeeded: packedOptions >> 24))
        facts.identification = halfOpen.identification
        facts.timeToLive = timeToLive
        return Event(
            facts: facts,
            encapsulation: .plain,
            kind: .syn,
            side: halfOpen.key.side,
            annex: Address(high: linkAndLife & (1 << 56 - 1), low: 0)
        )
    }
}

/// The forms of the SYNs that openings hold, up to 65,536; a SYN in a further one makes a whole
/// flow.
struct SYNTemplates {
    private static let limit = 1 << 16

    private var templates: [SYNTemplate] = []
    private var numbers: [SYNTemplate: UInt16] = [:]
    private var newest: (template: SYNTemplate, number: UInt16)?

    subscript(number: UInt16) -> SYNTemplate { templates[Int(number)] }

    /// The number of a form; `nil` if there are too many.
    @inline(always)
    mutating func number(of template: SYNTemplate) -> UInt16? {
        if let newest, newest.template == template { return newest.number }
        return find(template)
    }

    @inline(never)
    private mutating func find(_ template: SYNTemplate) -> UInt16? {
        guard let number = numbers[template] ?? add(template) else { return nil }
        newest = (template, number)
        return number
    }

    private mutating func add(_ template: SYNTemplate) -> UInt16? {
        guard templates.count < Self.limit else { return nil }
        let number = UInt16(templates.count)
        templates.append(template)
        numbers[template] = number
        return number
    }
}

extension Flow {
    /// The flow as its one SYN leaves it, without its event log.
    @inline(always)
    init(_ halfOpen: HalfOpenFlow, in template: SYNTemplate) {
        let (key, side) = halfOpen.key
        self.init(key: key, time: halfOpen.time, packet: halfOpen.packet)
        if side == .high { marks = [.inUse, .initiatorIsHigh] }
        // Where letters are wanted, there are no openings.
        history = .unwanted
        syns = 1
        attempts = 1
        offered = template.presence
        synTime = halfOpen.time
        self[side] = EndpointState(synchronizedBy: halfOpen, in: template)
    }
}

extension EndpointState {
    @inline(always)
    fileprivate init(synchronizedBy halfOpen: HalfOpenFlow, in template: SYNTemplate) {
        initialSequence = halfOpen.sequence
        next = halfOpen.sequence.advanced(by: 1)
        timestamp = halfOpen.timestampValue
        timeToLive = template.timeToLive
        marks = [.seen, .synchronized]
    }
}
