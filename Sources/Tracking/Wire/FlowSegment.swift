/// A segment in a batch, as its flow sees it: with its key, and who of the two sent it.
///
/// It holds as much as following a running connection takes; the rest is read from its frame again
/// where the flow wants it. Not copyable, so that it stays where it was read to.
///
/// Sound although it holds a pointer: who reads frames into a batch keeps them until the batch is
/// followed, and the frame is lent no longer than the segment.
@safe
struct FlowSegment: ~Copyable {
    /// What it says.
    private(set) var facts = SegmentFacts()
    private(set) var side = Side.low
    /// Whether it is a segment in one of the plain forms; what a segment has is good only then.
    private(set) var isPlain = false
    private(set) var linkType = LinkType.ethernet
    /// What the flow table's search begins with.
    var tag: UInt32 = 0
    /// Where in the frame the payload begins, in octets; the frame may end before.
    private(set) var payloadOffset: UInt32 = 0
    private(set) var key: FlowKey
    private let anchor = Anchor()
    private var memory: UnsafeRawPointer?
    /// In octets.
    private(set) var capturedLength: UInt32 = 0
    private(set) var link = LinkFacts()
    /// The VLANs and tunnels it is in.
    private(set) var encapsulation = EncapsulationID.plain

    /// A slot in a batch that nobody waits in.
    init() {
        let nowhere = Endpoint(Address(ipv4: 0), port: 0)
        key = FlowKey.of(nowhere, nowhere).key
    }

    /// A segment that was decoded layer by layer.
    init(_ segment: Segment, in frame: borrowing Frame, _ frameFacts: FrameFacts) {
        (key, side) = FlowKey.of(segment.source, segment.destination)
        facts.sequence = segment.sequence
        facts.acknowledgment = segment.acknowledgment
        facts.payloadLength = segment.payloadLength
        let behind = min(Int(segment.capturedLength), frame.octets.byteCount)
        payloadOffset = UInt32(clamping: frame.octets.byteCount - behind)
        facts.flags = segment.flags
        facts.window = segment.window
        facts.identification = segment.identification
        facts.timeToLive = segment.timeToLive
        facts.options = segment.options
        take(frame)
        encapsulation = frameFacts.encapsulation
        link = frameFacts.link
        _ = dropAbsentPayload()
    }

    /// Takes a frame, of which nothing has been read yet.
    @inline(always)
    mutating func take(_ frame: borrowing Frame) {
        facts.time = frame.time
        facts.packet = frame.number
        facts.frameLength = frame.originalLength
        unsafe memory = frame.octets.withUnsafeBytes { $0.baseAddress }
        capturedLength = UInt32(truncatingIfNeeded: frame.octets.byteCount)
        linkType = frame.linkType
    }

    /// What was captured of its frame.
    var octets: RawSpan {
        @_lifetime(borrow self)
        @inline(always)
        get {
            let memory = unsafe UnsafeRawBufferPointer(start: memory, count: Int(capturedLength))
            return unsafe _overrideLifetime(memory.bytes, borrowing: self)
        }
    }

    /// Its frame.
    var frame: Frame {
        @_lifetime(borrow self)
        get {
            Frame(
                octets: octets,
                time: time,
                number: number,
                originalLength: originalLength,
                linkType: linkType
            )
        }
    }

    /// What was captured of its payload.
    var payload: RawSpan {
        @_lifetime(borrow self)
        get {
            let behind = octets.extracting(droppingFirst: min(Int(payloadOffset), octets.byteCount))
            return behind.extracting(first: min(behind.byteCount, Int(payloadLength)))
        }
    }
}

/// Reading the forms that nearly all packets have.
extension FlowSegment {
    /// Reads the segment in the frame that was taken, if it is a plain one.
    @inline(always)
    mutating func read(seed: UInt64) {
        isPlain = false
        // Of a frame without octets there may be no memory.
        guard linkType == .ethernet, capturedLength >= Self.plainLength else { return }
        let memory = unsafe UnsafeRawBufferPointer(
            start: memory.unsafelyUnwrapped,
            count: Int(capturedLength)
        )
        if unsafe read(plainIPv4: memory.bytes, seed: seed) {
            isPlain = true
        } else {
            guard unsafe read(plainIPv6: memory.bytes, seed: seed) else { return }
            isPlain = true
        }
        link = unsafe LinkFacts(plainEthernet: memory.bytes)
        if flags.contains(.syn) { noteChecksum() }
    }

    /// The octets of an Ethernet header and an IP header, without options or extensions, in a frame
    /// that was read here.
    private static func headersLength(of frame: RawSpan) -> Int {
        frame.octet(at: 12) == 0x86 ? 54 : 34
    }

    /// The octets of an Ethernet header, an IPv4 header without options and a TCP header without
    /// options.
    private static let plainLength = 54

    /// Of a segment from or to a port mapper the payload is read, too.
    @inline(always)
    private static func isOfPortMapper(_ ports: UInt32) -> Bool {
        ports >> 16 == UInt32(PortmapPayload.port) || ports & 0xFFFF == UInt32(PortmapPayload.port)
    }

    /// Reads an untagged Ethernet frame with a whole IPv4 datagram without options, and a whole TCP
    /// header in it.
    ///
    /// - Parameters:
    ///   - octets: no less than `plainLength` of them.
    ///   - seed: that of the flow table.
    /// - Returns: `false` for anything else, which the decoder takes layer by layer; then nothing
    ///   is read.
    @inline(always)
    private mutating func read(plainIPv4 octets: RawSpan, seed: UInt64) -> Bool {
        guard octets.plain(at: 12, as: UInt16.self) == 0x0800,
            octets.plain(at: 14, as: UInt8.self) == 0x45
        else { return false }
        // Total length, identification, place of a fragment, time to live, protocol.
        let datagram: UInt64 = octets.plain(at: 16)
        guard datagram & 0x3FFF_00FF == 6 else { return false }
        let ports: UInt32 = octets.plain(at: 34)
        let control: UInt32 = octets.plain(at: 46)
        let length = Int(truncatingIfNeeded: control >> 28) &* 4
        let payload = Int(truncatingIfNeeded: datagram >> 48) &- 20 &- length
        guard length >= TCPHeader.minimumLength, payload >= 0,
            octets.byteCount >= 34 &+ length, !Self.isOfPortMapper(ports)
        else { return false }
        (key, side, tag) = FlowKey.ofIPv4(
            from: octets.plain(at: 26),
            to: octets.plain(at: 30),
            ports: ports,
            seed: seed
        )
        facts.sequence = SequenceNumber(octets.plain(at: 38))
        facts.acknowledgment = SequenceNumber(octets.plain(at: 42))
        facts.payloadLength = UInt32(truncatingIfNeeded: payload)
        payloadOffset = UInt32(truncatingIfNeeded: 34 &+ length)
        facts.flags = TCPFlags(rawValue: UInt16(truncatingIfNeeded: control >> 16) & 0x1FF)
        facts.window = UInt16(truncatingIfNeeded: control)
        facts.timeToLive = UInt8(truncatingIfNeeded: datagram >> 8)
        facts.identification = UInt16(truncatingIfNeeded: datagram >> 32)
        facts.options.read(plain: octets, at: 34, length: length)
        return true
    }

    /// The octets of an Ethernet header, an IPv6 header and a TCP header without options.
    private static let plainIPv6Length = 74

    /// Reads the next most usual form: an untagged Ethernet frame with an IPv6 datagram without
    /// extension headers, and a whole TCP header in it.
    ///
    /// - Returns: `false` for anything else; then nothing is read.
    @inline(never)
    private mutating func read(plainIPv6 octets: RawSpan, seed: UInt64) -> Bool {
        guard octets.byteCount >= Self.plainIPv6Length,
            octets.plain(at: 12, as: UInt32.self) >> 12 == 0x8_6DD6,
            octets.plain(at: 20, as: UInt8.self) == 6,
            !Self.isOfPortMapper(octets.plain(at: 54))
        else { return false }
        let total = Int(octets.plain(at: 18, as: UInt16.self))
        let bits: UInt16 = octets.plain(at: 66)
        let length = Int(bits >> 12) * 4
        guard length >= TCPHeader.minimumLength, total >= length, octets.byteCount >= 54 + length
        else { return false }
        let source = Address(high: octets.plain(at: 22), low: octets.plain(at: 30))
        let destination = Address(high: octets.plain(at: 38), low: octets.plain(at: 46))
        (key, side) = FlowKey.of(
            Endpoint(source, port: octets.plain(at: 54)),
            Endpoint(destination, port: octets.plain(at: 56))
        )
        facts.sequence = SequenceNumber(octets.plain(at: 58))
        facts.acknowledgment = SequenceNumber(octets.plain(at: 62))
        facts.payloadLength = UInt32(truncatingIfNeeded: total - length)
        payloadOffset = UInt32(truncatingIfNeeded: 54 &+ length)
        facts.flags = TCPFlags(rawValue: bits & 0x1FF)
        facts.window = octets.plain(at: 68)
        facts.timeToLive = octets.plain(at: 21)
        facts.identification = 0
        facts.options.read(plain: octets, at: 54, length: length)
        tag = key.hash(seed: seed)
        return true
    }
}

extension FlowSegment {
    /// In nanoseconds since 1970.
    @inline(always) var time: Int64 { facts.time }
    /// The frame's number in the input, from 1.
    @inline(always) var number: UInt64 { facts.packet }
    /// The frame's length on the wire, in octets.
    @inline(always) var originalLength: UInt32 { facts.frameLength }
    @inline(always) var sequence: SequenceNumber { facts.sequence }
    @inline(always) var acknowledgment: SequenceNumber { facts.acknowledgment }
    /// In octets, as the datagram claims.
    @inline(always) var payloadLength: UInt32 { facts.payloadLength }
    @inline(always) var flags: TCPFlags { facts.flags }
    @inline(always) var window: UInt16 { facts.window }
    @inline(always) var identification: UInt16 { facts.identification }
    @inline(always) var timeToLive: UInt8 { facts.timeToLive }
    @inline(always) var options: TCPOptions { facts.options }

    var source: Endpoint { key[side] }
    var destination: Endpoint { key[side.other] }

    /// Whether source and destination are the same address and port.
    @inline(always)
    var isToItself: Bool {
        key.lowPort == key.highPort && key.lowAddress == key.highAddress
    }

    /// How much sequence space it takes: the payload, and one each for SYN and FIN (RFC 9293 §3.4).
    @inline(always)
    var sequenceLength: UInt32 {
        payloadLength &+ UInt32(flags.rawValue & 1) &+ UInt32(flags.rawValue >> 1 & 1)
    }

    /// What sort of event it makes.
    @inline(always)
    var eventKind: Event.Kind { Event.Kind(flags: flags, payloadLength: payloadLength) }

    /// No frame of Ethernet is shorter, in octets: shorter ones are filled with zeros.
    private static let shortestFrame: UInt32 = 60

    /// Whether its payload is the padding of its frame, which a device took for part of it.
    @inline(always)
    var isPadding: Bool { originalLength == Self.shortestFrame && isFilled }

    @inline(never)
    private var isFilled: Bool {
        let payload = payload
        guard (2...6).contains(payloadLength), !flags.contains(.psh),
            payload.byteCount == Int(payloadLength)
        else { return false }
        return (0..<payload.byteCount).allSatisfy { payload.octet(at: $0) == 0 }
    }

    /// Takes from a SYN the payload that IP claims beyond its frame, and that never was there: it
    /// is damaged.
    ///
    /// - Returns: `false` where there is none.
    private mutating func dropAbsentPayload() -> Bool {
        guard flags.contains(.syn), payloadLength > 0, originalLength >= capturedLength,
            payloadOffset &+ payloadLength > originalLength
        else { return false }
        facts.payloadLength = 0
        link.checksum = .wrong
        return true
    }

    /// Looks what became of the checksum of a SYN in one of the plain forms.
    @inline(never)
    private mutating func noteChecksum() {
        if dropAbsentPayload() { return }
        let begin = Self.headersLength(of: octets)
        if begin == 34 {
            let length = Int(payloadOffset) &- 34 &+ Int(payloadLength)
            link.checksum = SegmentChecksum(inPlainIPv4: octets, length: length)
            return
        }
        link.checksum = SegmentChecksum(
            of: octets.extracting(droppingFirst: begin),
            length: Int(payloadOffset) - begin + Int(payloadLength),
            from: key[side].address,
            to: key[side.other].address
        )
    }
}
