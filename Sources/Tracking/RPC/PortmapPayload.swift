/// The payload of a TCP segment or UDP datagram from or to a port mapper.
package struct PortmapPayload: Hashable, Sendable {
    package let source: Endpoint
    package let destination: Endpoint
    package let transport: Transport
    package let octets: [UInt8]

    /// Where every port mapper listens (RFC 1833 §3).
    package static let port: UInt16 = 111
    /// As many octets are looked at.
    private static let limit = 16_384
    private static let datagramHeaderLength = 8

    /// Reads an IP datagram, as far as it was captured; `nil` for any other, and for a part of one.
    init?(ip datagram: RawSpan) {
        guard datagram.byteCount > 0 else { return nil }
        if let ip = IPv4Header(datagram) {
            guard !ip.isFragment else { return nil }
            let claimed = ip.totalLength == 0 ? datagram.byteCount : ip.totalLength
            self.init(
                datagram,
                in: ip.length..<max(ip.length, min(claimed, datagram.byteCount)),
                Transport(rawValue: ip.transport),
                from: ip.source,
                to: ip.destination
            )
        } else if let ip = IPv6Header(datagram),
            case .found(let number, let offset) = ip.transport(within: datagram.byteCount)
        {
            let claimed = IPv6Header.length + ip.payloadLength
            let end = ip.payloadLength == 0 ? datagram.byteCount : min(claimed, datagram.byteCount)
            self.init(
                datagram,
                in: offset..<max(offset, end),
                Transport(rawValue: number),
                from: ip.source,
                to: ip.destination
            )
        } else {
            return nil
        }
    }

    private init?(
        _ datagram: RawSpan,
        in range: Range<Int>,
        _ transport: Transport?,
        from source: Address,
        to destination: Address
    ) {
        guard let transport, range.count >= Self.datagramHeaderLength else { return nil }
        let ports = (
            datagram.bigEndian(at: range.lowerBound, as: UInt16.self),
            datagram.bigEndian(at: range.lowerBound + 2, as: UInt16.self)
        )
        guard ports.0 == Self.port || ports.1 == Self.port else { return nil }
        var begin = range.lowerBound + Self.datagramHeaderLength
        if transport == .tcp {
            let rest = datagram.extracting(droppingFirst: range.lowerBound)
            guard let header = TCPHeader(rest) else { return nil }
            begin = range.lowerBound + header.length
        }
        guard begin < range.upperBound else { return nil }
        let end = min(range.upperBound, begin + Self.limit)
        self.source = Endpoint(source, port: ports.0)
        self.destination = Endpoint(destination, port: ports.1)
        self.transport = transport
        octets = (begin..<end).map { datagram.octet(at: $0) }
    }
}

extension PortmapPayload {
    /// Where the messages in it begin.
    ///
    /// Over TCP a record mark stands before each (RFC 5531 §11). Some hosts send that in a segment
    /// of its own, so that a message may begin with the payload.
    var messages: [Int] {
        guard transport == .tcp else { return [0] }
        var positions: [Int] = []
        var offset = 0
        while let mark = word(at: offset), offset + 4 < octets.count {
            let length = Int(mark & 0x7FFF_FFFF)
            guard length >= leastMessage, length <= mostMessage else { break }
            positions.append(offset + 4)
            offset += 4 + length
        }
        return positions.isEmpty ? [0] : positions
    }

    /// No reply is shorter, in octets; no message for a port mapper is longer than `mostMessage`.
    private var leastMessage: Int { 20 }
    private var mostMessage: Int { 1 << 20 }

    private func word(at offset: Int) -> UInt32? {
        var reader = XDRReader(octets, from: min(offset, octets.count))
        return reader.word()
    }
}

extension DecodedFrame {
    /// What the frame carries from or to a port mapper.
    package func portmap(in frame: borrowing Frame) -> PortmapPayload? {
        guard let datagramOffset else { return nil }
        switch packet {
        case .segment(let segment):
            let port = PortmapPayload.port
            guard segment.source.port == port || segment.destination.port == port,
                segment.payloadLength > 0
            else { return nil }
        case .unread(.notTCP): break
        case .unread, .icmpError, .addressClaim: return nil
        }
        return PortmapPayload(ip: frame.octets.extracting(droppingFirst: datagramOffset))
    }
}
