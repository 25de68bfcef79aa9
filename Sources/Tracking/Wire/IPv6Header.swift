/// An IPv6 header where it lies in a captured frame (RFC 8200 §3).
struct IPv6Header: ~Escapable {
    static let length = 40

    private let octets: RawSpan

    /// - Returns: `nil` when the header was not captured whole, or is not one of version 6.
    @_lifetime(copy octets)
    init?(_ octets: RawSpan) {
        guard octets.byteCount >= Self.length, octets.octet(at: 0) >> 4 == 6 else { return nil }
        self.octets = octets
    }

    var payloadLength: Int { Int(octets.bigEndian(at: 4, as: UInt16.self)) }
    var nextHeader: UInt8 { octets.octet(at: 6) }
    var hopLimit: UInt8 { octets.octet(at: 7) }

    var source: Address {
        Address(high: octets.bigEndian(at: 8), low: octets.bigEndian(at: 16))
    }

    var destination: Address {
        Address(high: octets.bigEndian(at: 24), low: octets.bigEndian(at: 32))
    }

    /// The transport protocol and where its header begins, behind all extension headers (RFC 8200 §4).
    ///
    /// - Parameter reach: how many octets from the header's begin may be read.
    /// - Returns: where it is, or why it cannot be had.
    func transport(within reach: Int) -> Transport {
        var header = nextHeader
        var offset = Self.length
        // Each step advances by 8 octets or more, so the walk ends with the datagram.
        while true {
            switch header {
            case 0, 43, 60, 135:
                guard offset + 8 <= reach else { return .cutShort }
                header = octets.octet(at: offset)
                offset += (Int(octets.octet(at: offset + 1)) + 1) * 8
            case 51:
                guard offset + 8 <= reach else { return .cutShort }
                header = octets.octet(at: offset)
                offset += (Int(octets.octet(at: offset + 1)) + 2) * 4
            case 44:
                guard offset + 8 <= reach else { return .cutShort }
                let fragment: UInt16 = octets.bigEndian(at: offset + 2)
                guard fragment >> 3 == 0 else { return .laterFragment }
                header = octets.octet(at: offset)
                offset += 8
            default:
                return offset <= reach ? .found(header, offset) : .cutShort
            }
        }
    }

    /// Where the walk over the extension headers ended.
    enum Transport {
        case found(UInt8, Int)
        case laterFragment
        case cutShort
    }
}

extension Packet {
    @inline(never)
    init(ipv6 datagram: RawSpan) {
        guard let ip = IPv6Header(datagram) else {
            self = .unread(datagram.byteCount < IPv6Header.length ? .cutShort : .malformed)
            return
        }
        switch ip.transport(within: datagram.byteCount) {
        case .laterFragment:
            self = .unread(.laterFragment)
        case .cutShort:
            self = .unread(.cutShort)
        case .found(6, let offset):
            // A payload length of 0 is a jumbogram or a datagram left to the network card to cut.
            let claimed =
                ip.payloadLength == 0 ? datagram.byteCount : IPv6Header.length + ip.payloadLength
            self.init(
                tcp: datagram.extracting(droppingFirst: offset),
                from: ip.source,
                to: ip.destination,
                claiming: claimed - offset,
                timeToLive: ip.hopLimit,
                identification: 0
            )
        case .found(58, let offset):
            self.init(
                icmpv6: datagram.extracting(droppingFirst: offset),
                from: ip.source,
                to: ip.destination,
                timeToLive: ip.hopLimit
            )
        case .found:
            self = .unread(.notTCP)
        }
    }
}
