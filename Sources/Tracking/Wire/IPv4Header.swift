/// An IPv4 header where it lies in a captured frame (RFC 791 §3.1).
struct IPv4Header: ~Escapable {
    static let minimumLength = 20

    private let octets: RawSpan

    /// - Returns: `nil` when the fixed header was not captured whole, or is not one of version 4.
    @inline(always)
    @_lifetime(copy octets)
    init?(_ octets: RawSpan) {
        guard octets.byteCount >= Self.minimumLength, octets.octet(at: 0) >> 4 == 4,
            octets.octet(at: 0) & 0x0F >= 5
        else { return nil }
        self.octets = octets
    }

    /// With options, in octets: 20 … 60.
    @inline(always) var length: Int { Int(octets.octet(at: 0) & 0x0F) * 4 }
    @inline(always) var totalLength: Int { Int(octets.bigEndian(at: 2, as: UInt16.self)) }
    @inline(always) var identification: UInt16 { octets.bigEndian(at: 4) }
    @inline(always) var timeToLive: UInt8 { octets.octet(at: 8) }
    @inline(always) var transport: UInt8 { octets.octet(at: 9) }
    @inline(always) var source: Address { Address(ipv4: octets.bigEndian(at: 12)) }
    @inline(always) var destination: Address { Address(ipv4: octets.bigEndian(at: 16)) }

    /// Whether it carries a part of a datagram, the first or a later one.
    var isFragment: Bool { octets.bigEndian(at: 6, as: UInt16.self) & 0x3FFF != 0 }

    /// Whether it carries a later part of a datagram, and so no transport header.
    @inline(always) var isLaterFragment: Bool {
        octets.bigEndian(at: 6, as: UInt16.self) & 0x1FFF != 0
    }
}

extension Packet {
    @inline(always)
    init(ipv4 datagram: RawSpan) {
        guard let ip = IPv4Header(datagram) else {
            self = .unread(datagram.byteCount < IPv4Header.minimumLength ? .cutShort : .malformed)
            return
        }
        guard !ip.isLaterFragment else {
            self = .unread(.laterFragment)
            return
        }
        guard ip.length <= datagram.byteCount else {
            self = .unread(.cutShort)
            return
        }
        // A total length of 0 is a datagram that the sending host left to its network card to cut (TSO).
        let total = ip.totalLength == 0 ? datagram.byteCount : ip.totalLength
        let rest = datagram.extracting(droppingFirst: ip.length)
        switch ip.transport {
        case 6:
            self.init(
                tcp: rest,
                from: ip.source,
                to: ip.destination,
                claiming: total - ip.length,
                timeToLive: ip.timeToLive,
                identification: ip.identification
            )
        case 1:
            self.init(
                icmp: rest,
                from: ip.source,
                to: ip.destination,
                timeToLive: ip.timeToLive
            )
        default:
            self = .unread(.notTCP)
        }
    }

    /// The segment in `octets`, as far as it was captured, of `length` octets as IP claims it.
    @inline(always)
    init(
        tcp octets: RawSpan,
        from source: Address,
        to destination: Address,
        claiming length: Int,
        timeToLive: UInt8,
        identification: UInt16
    ) {
        guard let tcp = TCPHeader(octets) else {
            let isWhole = octets.byteCount >= TCPHeader.minimumLength
            self = .unread(isWhole || length < TCPHeader.minimumLength ? .malformed : .cutShort)
            return
        }
        guard let payloadLength = UInt32(exactly: length - tcp.length) else {
            self = .unread(.malformed)
            return
        }
        var segment = Segment(
            source: Endpoint(source, port: tcp.sourcePort),
            destination: Endpoint(destination, port: tcp.destinationPort),
            sequence: tcp.sequence,
            acknowledgment: tcp.acknowledgment,
            payloadLength: payloadLength,
            flags: tcp.flags,
            window: tcp.window,
            options: tcp.options,
            timeToLive: timeToLive,
            identification: identification
        )
        segment.capturedLength = UInt32(clamping: octets.byteCount - tcp.length)
        if segment.flags.contains(.syn) {
            segment.checksum = SegmentChecksum(
                of: octets,
                length: length,
                from: source,
                to: destination
            )
        }
        self = .segment(segment)
    }
}
