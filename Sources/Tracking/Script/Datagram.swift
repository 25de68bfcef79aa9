/// The fields of a TCP segment, as they are to be written (RFC 9293 §3.1).
package struct SegmentFields: Hashable, Sendable {
    package var source: Endpoint
    package var destination: Endpoint
    package var flags: TCPFlags
    package var sequence: UInt32
    /// Written as 0 where the ACK flag is not set.
    package var acknowledgment: UInt32 = 0
    package var window: UInt16 = 64240
    /// Octets of payload.
    package var length = 0
    /// What the payload is; `nil`: dots.
    package var payload: [UInt8]?
    /// `nil`: the segment carries no timestamps, and without SYN no options at all.
    package var timestamps: Timestamps?
    /// `nil`: the usual ones.
    package var options: [ScriptOption]?
    package var timeToLive: UInt8 = 64
    /// Whether its checksum is wrong.
    package var isDamaged = false

    /// The two values of the timestamps option (RFC 7323 §3.2).
    package struct Timestamps: Hashable, Sendable {
        package var value: UInt32
        package var echo: UInt32

        package init(value: UInt32, echo: UInt32) {
            self.value = value
            self.echo = echo
        }
    }

    package init(
        from source: Endpoint,
        to destination: Endpoint,
        flags: TCPFlags,
        sequence: UInt32
    ) {
        self.source = source
        self.destination = destination
        self.flags = flags
        self.sequence = sequence
    }
}

/// An IP datagram with right lengths and checksums: what the scripts send, and what ICMP errors
/// quote.
package struct Datagram: Hashable, Sendable {
    package let octets: [UInt8]
    private let etherType: UInt16

    package init(_ segment: SegmentFields, identification: UInt16) {
        let source = segment.source.address
        let destination = segment.destination.address
        let options = Self.options(of: segment)
        var tcp: [UInt8] = []
        tcp.append(segment.source.port)
        tcp.append(segment.destination.port)
        tcp.append(segment.sequence)
        tcp.append(segment.flags.contains(.ack) ? segment.acknowledgment : 0)
        tcp.append(UInt16((20 + options.count) / 4) << 12 | segment.flags.rawValue)
        tcp.append(segment.window)
        tcp.append(0 as UInt32)
        tcp += options
        tcp += segment.payload ?? [UInt8](repeating: 0x2E, count: segment.length)
        Self.seal(&tcp, at: 16, protocol: 6, from: source, to: destination)
        if segment.isDamaged { tcp[16] ^= 0x55 }
        self.init(
            tcp,
            protocol: 6,
            from: source,
            to: destination,
            identification: identification,
            timeToLive: segment.timeToLive
        )
    }

    /// A UDP datagram (RFC 768).
    package init(
        udp payload: [UInt8],
        from source: Endpoint,
        to destination: Endpoint,
        identification: UInt16
    ) {
        var udp: [UInt8] = []
        udp.append(source.port)
        udp.append(destination.port)
        udp.append(UInt16(8 + payload.count))
        udp.append(0 as UInt16)
        udp += payload
        Self.seal(&udp, at: 6, protocol: 17, from: source.address, to: destination.address)
        self.init(
            udp,
            protocol: 17,
            from: source.address,
            to: destination.address,
            identification: identification
        )
    }

    /// An ICMP error that quotes the whole of another datagram, as Linux does.
    package init(
        _ refusal: Refusal,
        about quoted: Datagram?,
        from source: Address,
        to destination: Address,
        identification: UInt16
    ) {
        var icmp: [UInt8] = [refusal.type, refusal.code, 0, 0, 0, 0, 0, 0]
        icmp += quoted?.octets ?? []
        if source.isIPv4 {
            let checksum = icmp.internetChecksum
            icmp[2] = UInt8(checksum >> 8)
            icmp[3] = UInt8(checksum & 0xFF)
        } else {
            Self.seal(&icmp, at: 2, protocol: 58, from: source, to: destination)
        }
        self.init(
            icmp,
            protocol: source.isIPv4 ? 1 : 58,
            from: source,
            to: destination,
            identification: identification
        )
    }

    /// An ARP reply to everyone, or a neighbour advertisement, that an address belongs to a card of
    /// the scripts.
    init(claimOf address: Address, byCard lastOctet: UInt8) {
        let card: [UInt8] = [2, 0, 0, 0, 0, lastOctet]
        guard address.isIPv4 else {
            var advertisement: [UInt8] = [136, 0, 0, 0, 0x20, 0, 0, 0]
            advertisement.append(address)
            advertisement += [2, 1] + card
            let everyone = Address(high: 0xFF02_0000_0000_0000, low: 1)
            Self.seal(&advertisement, at: 2, protocol: 58, from: address, to: everyone)
            self.init(
                advertisement,
                protocol: 58,
                from: address,
                to: everyone,
                identification: 0,
                timeToLive: 255
            )
            return
        }
        var message: [UInt8] = [0, 1, 8, 0, 6, 4, 0, 2] + card
        message.append(address)
        message += [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]
        message.append(address)
        self.init(octets: message, etherType: 0x0806)
    }

    private init(octets: [UInt8], etherType: UInt16) {
        self.octets = octets
        self.etherType = etherType
    }

    private init(
        _ payload: [UInt8],
        protocol number: UInt8,
        from source: Address,
        to destination: Address,
        identification: UInt16,
        timeToLive: UInt8 = 64
    ) {
        var header: [UInt8] = []
        if source.isIPv4 {
            header += [0x45, 0]
            header.append(UInt16(20 + payload.count))
            header.append(identification)
            header += [0x40, 0, timeToLive, number, 0, 0]
            header.append(source)
            header.append(destination)
            let checksum = header.internetChecksum
            header[10] = UInt8(checksum >> 8)
            header[11] = UInt8(checksum & 0xFF)
        } else {
            header += [0x60, 0, 0, 0]
            header.append(UInt16(payload.count))
            header += [number, timeToLive]
            header.append(source)
            header.append(destination)
        }
        self.init(octets: header + payload, etherType: source.isIPv4 ? 0x0800 : 0x86DD)
    }

    /// The Ethernet frame that carries it; `mac` is the last octet of the source MAC address, and 1
    /// for the client or 2 for the server where it is not given.
    package func frame(isFromClient: Bool, vlans: [UInt16] = [], mac: UInt8? = nil) -> [UInt8] {
        let source: UInt8 = mac ?? (isFromClient ? 1 : 2)
        var frame: [UInt8] = [2, 0, 0, 0, 0, isFromClient ? 2 : 1, 2, 0, 0, 0, 0, source]
        for vlan in vlans {
            frame.append(0x8100 as UInt16)
            frame.append(vlan)
        }
        frame.append(etherType)
        return frame + octets
    }

    private static func options(of segment: SegmentFields) -> [UInt8] {
        let isSyn = segment.flags.contains(.syn)
        if let chosen = segment.options {
            let octets = chosen.flatMap { $0.encoded(with: segment.timestamps) }
            return octets + [UInt8](repeating: 1, count: (4 - octets.count % 4) % 4)
        }
        guard let timestamps = segment.timestamps else {
            return isSyn ? [2, 4, 5, 0xB4, 1, 1, 4, 2, 1, 3, 3, 7] : []
        }
        var options: [UInt8] = isSyn ? [2, 4, 5, 0xB4, 4, 2, 8, 10] : [1, 1, 8, 10]
        options.append(timestamps.value)
        options.append(timestamps.echo)
        return isSyn ? options + [1, 3, 3, 7] : options
    }

    /// Puts in the checksum over the pseudo header (RFC 9293 §3.1; RFC 8200 §8.1).
    private static func seal(
        _ octets: inout [UInt8],
        at offset: Int,
        protocol number: UInt8,
        from source: Address,
        to destination: Address
    ) {
        var pseudo: [UInt8] = []
        pseudo.append(source)
        pseudo.append(destination)
        pseudo.append(UInt32(octets.count))
        pseudo.append(UInt32(number))
        let checksum = (pseudo + octets).internetChecksum
        octets[offset] = UInt8(checksum >> 8)
        octets[offset + 1] = UInt8(checksum & 0xFF)
    }
}

extension [UInt8] {
    /// Appends in network order.
    mutating func append(_ value: some FixedWidthInteger) {
        for shift in stride(from: value.bitWidth - 8, through: 0, by: -8) {
            append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }

    fileprivate mutating func append(_ address: Address) {
        if address.isIPv4 {
            append(UInt32(truncatingIfNeeded: address.low))
        } else {
            append(address.high)
            append(address.low)
        }
    }

    /// The Internet checksum (RFC 1071).
    fileprivate var internetChecksum: UInt16 {
        var sum: UInt32 = 0
        for index in stride(from: 0, to: count, by: 2) {
            let low = index + 1 < count ? self[index + 1] : 0
            sum += UInt32(self[index]) << 8 | UInt32(low)
        }
        while sum > 0xFFFF { sum = sum & 0xFFFF + sum >> 16 }
        return ~UInt16(sum)
    }
}
