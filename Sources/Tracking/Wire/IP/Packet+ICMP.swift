/// Reading the errors: eight octets of their own, then the datagram that they quote.
extension Packet {
    private static let quoteOffset = 8

    /// An ICMP message; only the errors of RFC 792 that quote a TCP segment are of interest.
    @inline(never)
    init(icmp octets: RawSpan, from source: Address, to destination: Address, timeToLive: UInt8) {
        guard octets.byteCount > 0 else {
            self = .unread(.cutShort)
            return
        }
        // Destination unreachable, source quench, redirect, time exceeded, parameter problem.
        switch octets.octet(at: 0) {
        case 3, 4, 11, 12: break
        default:
            self = .unread(.notTCP)
            return
        }
        guard octets.byteCount > Self.quoteOffset else {
            self = .unread(.cutShort)
            return
        }
        let quote = octets.extracting(droppingFirst: Self.quoteOffset)
        guard let ip = IPv4Header(quote), ip.length <= quote.byteCount else {
            self = .unread(.cutShort)
            return
        }
        guard ip.transport == 6, !ip.isLaterFragment else {
            self = .unread(.notTCP)
            return
        }
        self.init(
            quoting: quote.extracting(droppingFirst: ip.length),
            from: ip.source,
            to: ip.destination,
            in: (octets.octet(at: 0), octets.octet(at: 1), source, destination, timeToLive)
        )
    }

    /// An ICMPv6 message; only the errors of RFC 4443 §3 that quote a TCP segment are of interest.
    @inline(never)
    init(icmpv6 octets: RawSpan, from source: Address, to destination: Address, timeToLive: UInt8) {
        guard octets.byteCount > 0 else {
            self = .unread(.cutShort)
            return
        }
        if octets.octet(at: 0) == 136, let claim = AddressClaim(advertisement: octets) {
            self = .addressClaim(claim)
            return
        }
        guard (1...4).contains(octets.octet(at: 0)) else {
            self = .unread(.notTCP)
            return
        }
        guard octets.byteCount > Self.quoteOffset else {
            self = .unread(.cutShort)
            return
        }
        let quote = octets.extracting(droppingFirst: Self.quoteOffset)
        guard let ip = IPv6Header(quote) else {
            self = .unread(.cutShort)
            return
        }
        switch ip.transport(within: quote.byteCount, opensFirstFragment: true) {
        case .found(6, let offset):
            self.init(
                quoting: quote.extracting(droppingFirst: offset),
                from: ip.source,
                to: ip.destination,
                in: (octets.octet(at: 0), octets.octet(at: 1), source, destination, timeToLive)
            )
        case .cutShort:
            self = .unread(.cutShort)
        case .fragment, .found:
            self = .unread(.notTCP)
        }
    }

    private init(
        quoting tcp: RawSpan,
        from source: Address,
        to destination: Address,
        in error: (type: UInt8, code: UInt8, sender: Address, receiver: Address, timeToLive: UInt8)
    ) {
        guard tcp.byteCount >= 8 else {
            self = .unread(.cutShort)
            return
        }
        let hasFlags = tcp.byteCount >= 14
        self = .icmpError(
            ICMPError(
                type: error.type,
                code: error.code,
                sender: error.sender,
                receiver: error.receiver,
                timeToLive: error.timeToLive,
                quoted: QuotedPacket(
                    source: Endpoint(source, port: tcp.bigEndian(at: 0)),
                    destination: Endpoint(destination, port: tcp.bigEndian(at: 2)),
                    sequence: SequenceNumber(tcp.bigEndian(at: 4)),
                    acknowledgment: SequenceNumber(hasFlags ? tcp.bigEndian(at: 8) : 0),
                    flags: TCPFlags(
                        rawValue: hasFlags ? tcp.bigEndian(at: 12, as: UInt16.self) & 0x1FF : 0
                    ),
                    hasFlags: hasFlags
                )
            )
        )
    }
}
