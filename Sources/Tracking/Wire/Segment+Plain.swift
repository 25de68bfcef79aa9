extension Segment {
    /// The octets of an Ethernet header, an IPv4 header without options and a TCP header without options.
    private static let plainLength = 54

    /// Of a segment from or to a port mapper the payload is read, too.
    @inline(always)
    private static func isOfPortMapper(_ ports: UInt32) -> Bool {
        ports >> 16 == UInt32(PortmapPayload.port) || ports & 0xFFFF == UInt32(PortmapPayload.port)
    }

    /// Reads the one form that nearly all packets have: an untagged Ethernet frame with a whole IPv4 datagram
    /// without options, and a whole TCP header in it.
    ///
    /// - Returns: `false` for anything else, which the decoder takes layer by layer; then nothing is read.
    @inline(always)
    mutating func read(plainEthernet octets: RawSpan) -> Bool {
        guard octets.byteCount >= Self.plainLength,
            octets.plain(at: 12, as: UInt32.self) >> 8 == 0x0008_0045,
            octets.plain(at: 23, as: UInt8.self) == 6,
            octets.plain(at: 20, as: UInt16.self) & 0x3FFF == 0,
            !Self.isOfPortMapper(octets.plain(at: 34))
        else { return false }
        let total = Int(octets.plain(at: 16, as: UInt16.self))
        let bits: UInt16 = octets.plain(at: 46)
        let length = Int(bits >> 12) * 4
        guard length >= TCPHeader.minimumLength, total >= 20 + length,
            octets.byteCount >= 34 + length
        else { return false }
        source = Endpoint(
            Address(ipv4: octets.plain(at: 26)),
            port: octets.plain(at: 34)
        )
        destination = Endpoint(
            Address(ipv4: octets.plain(at: 30)),
            port: octets.plain(at: 36)
        )
        sequence = SequenceNumber(octets.plain(at: 38))
        acknowledgment = SequenceNumber(octets.plain(at: 42))
        payloadLength = UInt32(truncatingIfNeeded: total - 20 - length)
        flags = TCPFlags(rawValue: bits & 0x1FF)
        window = octets.plain(at: 48)
        timeToLive = octets.plain(at: 22)
        identification = octets.plain(at: 18)
        capturedLength = UInt32(truncatingIfNeeded: octets.byteCount &- 34 &- length)
        firstOctet = capturedLength > 0 ? octets.plain(at: 34 &+ length) : 0
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
    @inline(always)
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
        source = Endpoint(
            Address(high: octets.plain(at: 22), low: octets.plain(at: 30)),
            port: octets.plain(at: 54)
        )
        destination = Endpoint(
            Address(high: octets.plain(at: 38), low: octets.plain(at: 46)),
            port: octets.plain(at: 56)
        )
        sequence = SequenceNumber(octets.plain(at: 58))
        acknowledgment = SequenceNumber(octets.plain(at: 62))
        payloadLength = UInt32(truncatingIfNeeded: total - length)
        flags = TCPFlags(rawValue: bits & 0x1FF)
        window = octets.plain(at: 68)
        timeToLive = octets.plain(at: 21)
        identification = 0
        capturedLength = UInt32(truncatingIfNeeded: octets.byteCount &- 54 &- length)
        firstOctet = capturedLength > 0 ? octets.plain(at: 54 &+ length) : 0
        options = TCPOptions()
        if length > TCPHeader.minimumLength {
            options.read(plain: octets, at: 54, length: length)
        }
        return true
    }
}
