/// One IPv4 datagram in its Ethernet frame, as far as it is not zeros, which no checksum feels.
struct Datagram {
    /// From the Ethernet header to the end of what is not zero.
    private(set) var octets: [UInt8] = []
    /// The frame's length on the wire, padding of short frames included.
    var length: Int { max(60, octets.count + payload) }
    private let payload: Int

    private static let link: [UInt8] = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0]

    /// A TCP segment with the options that its flags call for.
    init(
        from source: (address: UInt32, port: UInt16),
        to destination: (address: UInt32, port: UInt16),
        _ turn: Conversation.Turn,
        clock: UInt32,
        echo: UInt32,
        identification: UInt16
    ) {
        payload = turn.payload - turn.content.count
        let isReset = turn.flags & 0x04 != 0
        let options = isReset ? [] : Self.options(isSyn: turn.flags & 0x02 != 0, clock, echo)
        var tcp: [UInt8] = []
        tcp.reserveCapacity(60)
        tcp.append(source.port)
        tcp.append(destination.port)
        tcp.append(turn.sequence)
        tcp.append(turn.flags & 0x10 != 0 ? turn.acknowledgment : 0)
        tcp.append(UInt16((20 + options.count) / 4) << 12 | UInt16(turn.flags))
        tcp.append(isReset ? 0 : 502 as UInt16)
        tcp.append(0 as UInt32)
        tcp += options
        let pseudo = tcp.sum + Self.sum(source.address) + Self.sum(destination.address) + 6
        let length = UInt64(tcp.count + turn.payload)
        tcp.put(Self.complement(pseudo + length + turn.content.sum), at: 16)
        tcp += turn.content
        finish(tcp, protocol: 6, from: source.address, to: destination.address, identification)
    }

    /// An ICMP error that quotes the start of `subject`, host administratively prohibited.
    init(
        from source: UInt32,
        to destination: UInt32,
        refusing subject: Datagram,
        identification: UInt16
    ) {
        payload = 0
        var icmp: [UInt8] = [3, 10, 0, 0, 0, 0, 0, 0]
        icmp += subject.octets.dropFirst(Self.link.count)
        icmp.put(Self.complement(icmp.sum), at: 2)
        finish(icmp, protocol: 1, from: source, to: destination, identification)
    }

    private mutating func finish(
        _ content: [UInt8],
        protocol number: UInt8,
        from source: UInt32,
        to destination: UInt32,
        _ identification: UInt16
    ) {
        octets.reserveCapacity(110)
        octets += Self.link
        octets += [0x45, 0]
        octets.append(UInt16(20 + content.count + payload))
        octets.append(identification)
        octets += [0x40, 0, 64, number, 0, 0]
        octets.append(source)
        octets.append(destination)
        octets.put(Self.complement(Array(octets.dropFirst(14)).sum), at: 24)
        octets += content
    }

    private static func options(isSyn: Bool, _ clock: UInt32, _ echo: UInt32) -> [UInt8] {
        var options: [UInt8] = isSyn ? [2, 4, 5, 0xB4, 4, 2, 8, 10] : [1, 1, 8, 10]
        options.append(clock)
        options.append(echo)
        if isSyn { options += [1, 3, 3, 7] }
        return options
    }

    private static func sum(_ address: UInt32) -> UInt64 {
        UInt64(address >> 16) + UInt64(address & 0xFFFF)
    }

    /// The Internet checksum of words that add up to `sum` (RFC 1071).
    private static func complement(_ sum: UInt64) -> UInt16 {
        var folded = sum
        while folded > 0xFFFF { folded = (folded & 0xFFFF) + (folded >> 16) }
        return ~UInt16(folded)
    }
}

extension [UInt8] {
    fileprivate mutating func append(_ value: some FixedWidthInteger) {
        for shift in stride(from: value.bitWidth - 8, through: 0, by: -8) {
            append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }

    fileprivate mutating func put(_ value: UInt16, at offset: Int) {
        self[offset] = UInt8(value >> 8)
        self[offset + 1] = UInt8(value & 0xFF)
    }

    /// Of its words in network byte order, as if a zero filled the last.
    fileprivate var sum: UInt64 {
        indices.reduce(0) { $0 + UInt64(self[$1]) << ($1 % 2 == 0 ? 8 : 0) }
    }
}
