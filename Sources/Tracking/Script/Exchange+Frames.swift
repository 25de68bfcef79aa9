extension Exchange {
    /// The script as Ethernet frames with right lengths and checksums.
    package var frames: [MemoryFrames.Record] {
        var writer = FrameWriter(exchange: self)
        return steps.compactMap { writer.write($0) }
    }

    /// The script as a pcap file with microsecond stamps, to open in any analyser.
    package var pcap: [UInt8] {
        var file: [UInt8] = []
        file.appendLittleEndian(0xA1B2_C3D4 as UInt32)
        file.appendLittleEndian(2 as UInt16)
        file.appendLittleEndian(4 as UInt16)
        for field in [0, 0, 65535, 1] as [UInt32] { file.appendLittleEndian(field) }
        for frame in frames {
            file.appendLittleEndian(UInt32(frame.time / 1_000_000_000))
            file.appendLittleEndian(UInt32(frame.time % 1_000_000_000 / 1000))
            file.appendLittleEndian(UInt32(frame.octets.count))
            file.appendLittleEndian(UInt32(frame.octets.count))
            file += frame.octets
        }
        return file
    }
}

extension [UInt8] {
    fileprivate mutating func append(_ value: some FixedWidthInteger) {
        for shift in stride(from: value.bitWidth - 8, through: 0, by: -8) {
            append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }

    fileprivate mutating func appendLittleEndian(_ value: some FixedWidthInteger) {
        append(value.byteSwapped)
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

/// Writes the frames of one script, in order.
private struct FrameWriter {
    let exchange: Exchange
    var time: Int64
    /// Set by a pause: the next step follows at once.
    var hasPaused = true
    /// The newest datagram of each end, for the errors to quote.
    var newest: [Party: [UInt8]] = [:]
    var timestamps: [Party: UInt32] = [:]
    var identifications: [Party: UInt16] = [.client: 0x1000, .server: 0x8000, .router: 0xC000]

    init(exchange: Exchange) {
        self.exchange = exchange
        time = exchange.begin
    }

    mutating func write(_ step: ScriptStep) -> MemoryFrames.Record? {
        if case .silence = step.content {
            time += step.delay
            hasPaused = true
            return nil
        }
        if !hasPaused { time += step.delay }
        hasPaused = false
        let datagram: [UInt8]
        switch step.content {
        case .segment(let segment):
            datagram = self.datagram(of: segment, from: step.party)
            newest[step.party] = datagram
        case .refusal(let refusal, let about):
            datagram = self.datagram(of: refusal, about: about, from: step.party)
        case .silence:
            return nil
        }
        return MemoryFrames.Record(time: time, octets: ethernet(datagram, from: step.party))
    }

    private func address(of party: Party) -> Address {
        switch party {
        case .client: exchange.client.address
        case .server: exchange.server.address
        case .router:
            exchange.client.address.isIPv4
                ? Address(ipv4: 0xCB00_7101) : Address(high: 0x2001_0DB8_0000_00FF, low: 1)
        }
    }

    private func ethernet(_ datagram: [UInt8], from party: Party) -> [UInt8] {
        let macs: [[UInt8]] = [[2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2]]
        var frame = party == .client ? macs[1] + macs[0] : macs[0] + macs[1]
        for vlan in exchange.vlans {
            frame.append(0x8100 as UInt16)
            frame.append(vlan)
        }
        frame.append((exchange.client.address.isIPv4 ? 0x0800 : 0x86DD) as UInt16)
        return frame + datagram
    }

    private mutating func datagram(of segment: ScriptSegment, from party: Party) -> [UInt8] {
        let isClient = party == .client
        let (source, destination) =
            isClient
            ? (exchange.client, exchange.server) : (exchange.server, exchange.client)
        let own = isClient ? exchange.clientShift : exchange.serverShift
        let other = isClient ? exchange.serverShift : exchange.clientShift
        let isWithoutSequence =
            segment.flags.contains(.rst) && segment.flags.contains(.ack) && segment.sequence == 0
        let options = segment.hasOptions ? self.options(of: segment, from: party) : []
        var tcp: [UInt8] = []
        tcp.append(source.port)
        tcp.append(destination.port)
        tcp.append(isWithoutSequence ? 0 : segment.sequence &+ own)
        tcp.append(segment.flags.contains(.ack) ? segment.acknowledgment &+ other : 0)
        tcp.append(UInt16((20 + options.count) / 4) << 12 | segment.flags.rawValue)
        tcp.append(segment.window)
        tcp.append(0 as UInt32)
        tcp += options
        tcp += [UInt8](repeating: 0x2E, count: segment.length)
        seal(&tcp, at: 16, protocol: 6, from: source.address, to: destination.address)
        return ip(tcp, protocol: 6, from: source.address, to: destination.address, by: party)
    }

    private mutating func options(of segment: ScriptSegment, from party: Party) -> [UInt8] {
        let clock = UInt32(truncatingIfNeeded: (time - exchange.begin) / 1_000_000)
        let value =
            segment.timestampValue ?? clock &+ (party == .client ? 110_171_009 : 1_978_101_347)
        let echo = segment.timestampEcho ?? timestamps[party.peer] ?? 0
        timestamps[party] = value
        var options: [UInt8] = []
        if segment.flags.contains(.syn) {
            options += [2, 4, 5, 0xB4, 4, 2, 8, 10]
            options.append(value)
            options.append(echo)
            options += [1, 3, 3, 7]
        } else {
            options += [1, 1, 8, 10]
            options.append(value)
            options.append(echo)
        }
        return options
    }

    private mutating func datagram(
        of refusal: Refusal,
        about: Party,
        from party: Party
    ) -> [UInt8] {
        let destination = address(of: about)
        let source = address(of: party)
        var icmp: [UInt8] = [refusal.type, refusal.code, 0, 0, 0, 0, 0, 0]
        icmp += newest[about] ?? []
        if source.isIPv4 {
            let checksum = icmp.internetChecksum
            icmp[2] = UInt8(checksum >> 8)
            icmp[3] = UInt8(checksum & 0xFF)
        } else {
            seal(&icmp, at: 2, protocol: 58, from: source, to: destination)
        }
        let number: UInt8 = source.isIPv4 ? 1 : 58
        return ip(icmp, protocol: number, from: source, to: destination, by: party)
    }

    /// Puts in the checksum over the pseudo header (RFC 9293 §3.1; RFC 8200 §8.1).
    private func seal(
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

    private mutating func ip(
        _ payload: [UInt8],
        protocol number: UInt8,
        from source: Address,
        to destination: Address,
        by party: Party
    ) -> [UInt8] {
        var header: [UInt8] = []
        if source.isIPv4 {
            let identification = (identifications[party] ?? 0) &+ 1
            identifications[party] = identification
            header += [0x45, 0]
            header.append(UInt16(20 + payload.count))
            header.append(identification)
            header += [0x40, 0, 64, number, 0, 0]
            header.append(source)
            header.append(destination)
            let checksum = header.internetChecksum
            header[10] = UInt8(checksum >> 8)
            header[11] = UInt8(checksum & 0xFF)
        } else {
            header += [0x60, 0, 0, 0]
            header.append(UInt16(payload.count))
            header += [number, 64]
            header.append(source)
            header.append(destination)
        }
        return header + payload
    }
}
