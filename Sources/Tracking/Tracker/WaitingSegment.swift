/// A segment that waits in a batch until its flow's memory has come.
///
/// It holds as much as following a running connection takes; the rest is read from its frame again where the flow wants it. Not copyable, so that it stays where it was read to.
struct WaitingSegment: ~Copyable {
    /// In nanoseconds since 1970.
    var time: Int64 = 0
    /// The frame's place in the input, from 1.
    var number: UInt64 = 0
    /// Where the frame lies in its source.
    var place = 0
    var key: FlowKey
    /// What the flow table's search begins with.
    var tag: UInt32 = 0
    var sequence = SequenceNumber(0)
    var acknowledgment = SequenceNumber(0)
    /// In octets, as the datagram claims.
    var payloadLength: UInt32 = 0
    /// Where in the frame the payload begins, in octets; the frame may end before.
    var payloadOffset: UInt32 = 0
    /// The frame's length on the wire, in octets.
    var originalLength: UInt32 = 0
    var flags = TCPFlags(rawValue: 0)
    var window: UInt16 = 0
    var identification: UInt16 = 0
    var timeToLive: UInt8 = 0
    var side = Side.low
    var options = TCPOptions()

    /// A place in a batch that nobody waits in.
    init() {
        let nowhere = Endpoint(Address(ipv4: 0), port: 0)
        key = FlowKey.of(nowhere, nowhere).key
    }

    /// A segment that was decoded layer by layer, with its frame at hand: it waits in no batch, and has no place.
    init(_ segment: Segment, in frame: borrowing Frame) {
        time = frame.time
        number = frame.number
        (key, side) = FlowKey.of(segment.source, segment.destination)
        sequence = segment.sequence
        acknowledgment = segment.acknowledgment
        payloadLength = segment.payloadLength
        let behind = min(Int(segment.capturedLength), frame.octets.byteCount)
        payloadOffset = UInt32(clamping: frame.octets.byteCount - behind)
        originalLength = frame.originalLength
        flags = segment.flags
        window = segment.window
        identification = segment.identification
        timeToLive = segment.timeToLive
        options = segment.options
    }

    /// What was captured of its payload.
    @_lifetime(copy frame)
    func payload(in frame: RawSpan) -> RawSpan {
        let behind = frame.extracting(droppingFirst: min(Int(payloadOffset), frame.byteCount))
        return behind.extracting(first: min(behind.byteCount, Int(payloadLength)))
    }
}

/// Reading the forms that nearly all packets have.
extension WaitingSegment {
    /// The octets of an Ethernet header and an IP header, without options or extensions, in a frame that was read here.
    fileprivate static func headersLength(of frame: RawSpan) -> Int {
        frame.octet(at: 12) == 0x86 ? 54 : 34
    }

    /// The octets of an Ethernet header, an IPv4 header without options and a TCP header without options.
    private static let plainLength = 54

    /// Of a segment from or to a port mapper the payload is read, too.
    @inline(always)
    private static func isOfPortMapper(_ ports: UInt32) -> Bool {
        ports >> 16 == UInt32(PortmapPayload.port) || ports & 0xFFFF == UInt32(PortmapPayload.port)
    }

    /// Reads an untagged Ethernet frame with a whole IPv4 datagram without options, and a whole TCP header in it.
    ///
    /// - Returns: `false` for anything else, which the decoder takes layer by layer; then nothing is read.
    @inline(always)
    mutating func read(plainIPv4 octets: RawSpan) -> Bool {
        guard octets.byteCount >= Self.plainLength,
            octets.plain(at: 12, as: UInt32.self) >> 8 == 0x0008_0045,
            octets.plain(at: 23, as: UInt8.self) == 6,
            octets.plain(at: 20, as: UInt16.self) & 0x3FFF == 0
        else { return false }
        let ports: UInt32 = octets.plain(at: 34)
        let total = Int(octets.plain(at: 16, as: UInt16.self))
        let bits: UInt16 = octets.plain(at: 46)
        let length = Int(bits >> 12) * 4
        guard length >= TCPHeader.minimumLength, total >= 20 + length,
            octets.byteCount >= 34 + length, !Self.isOfPortMapper(ports)
        else { return false }
        (key, side) = FlowKey.ofIPv4(addresses: octets.plain(at: 26), ports: ports)
        sequence = SequenceNumber(octets.plain(at: 38))
        acknowledgment = SequenceNumber(octets.plain(at: 42))
        payloadLength = UInt32(truncatingIfNeeded: total - 20 - length)
        payloadOffset = UInt32(truncatingIfNeeded: 34 &+ length)
        flags = TCPFlags(rawValue: bits & 0x1FF)
        window = octets.plain(at: 48)
        timeToLive = octets.plain(at: 22)
        identification = octets.plain(at: 18)
        options = TCPOptions()
        if length > TCPHeader.minimumLength {
            options.read(plain: octets, at: 34, length: length)
        }
        return true
    }

    /// The octets of an Ethernet header, an IPv6 header and a TCP header without options.
    private static let plainIPv6Length = 74

    /// Reads the next most usual form: an untagged Ethernet frame with an IPv6 datagram without extension headers,
    /// and a whole TCP header in it.
    ///
    /// - Returns: `false` for anything else; then nothing is read.
    @inline(never)
    mutating func read(plainIPv6 octets: RawSpan) -> Bool {
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
        sequence = SequenceNumber(octets.plain(at: 58))
        acknowledgment = SequenceNumber(octets.plain(at: 62))
        payloadLength = UInt32(truncatingIfNeeded: total - length)
        payloadOffset = UInt32(truncatingIfNeeded: 54 &+ length)
        flags = TCPFlags(rawValue: bits & 0x1FF)
        window = octets.plain(at: 68)
        timeToLive = octets.plain(at: 21)
        identification = 0
        options = TCPOptions()
        if length > TCPHeader.minimumLength {
            options.read(plain: octets, at: 54, length: length)
        }
        return true
    }
}

extension Segment {
    /// A plain segment whole, with the checksum of a SYN.
    @inline(always)
    init(_ waiting: borrowing WaitingSegment, in frame: RawSpan) {
        self.init(
            source: waiting.key[waiting.side],
            destination: waiting.key[waiting.side.other],
            sequence: waiting.sequence,
            acknowledgment: waiting.acknowledgment,
            payloadLength: waiting.payloadLength,
            flags: waiting.flags,
            window: waiting.window,
            options: waiting.options,
            timeToLive: waiting.timeToLive,
            identification: waiting.identification,
            capturedLength: UInt32(clamping: frame.byteCount - Int(waiting.payloadOffset))
        )
        if waiting.flags.contains(.syn) {
            let begin = WaitingSegment.headersLength(of: frame)
            checksum = SegmentChecksum(
                of: frame.extracting(droppingFirst: begin),
                length: Int(waiting.payloadOffset) - begin + Int(waiting.payloadLength),
                from: source.address,
                to: destination.address
            )
        }
    }
}
