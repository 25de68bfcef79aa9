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
    fileprivate mutating func appendLittleEndian(_ value: some FixedWidthInteger) {
        append(value.byteSwapped)
    }
}

/// Writes the frames of one script, in order.
private struct FrameWriter {
    let exchange: Exchange
    var time: Int64
    /// Set by a pause: the next step follows at once.
    var hasPaused = true
    /// The newest datagram of each end, for the errors to quote.
    var newest: [Party: Datagram] = [:]
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
        let datagram: Datagram
        var mac: UInt8?
        switch step.content {
        case .segment(let segment):
            mac = segment.mac
            datagram = self.datagram(of: segment, from: step.party)
            newest[step.party] = datagram
        case .refusal(let refusal, let about):
            datagram = Datagram(
                refusal,
                about: newest[about],
                from: address(of: step.party),
                to: address(of: about),
                identification: nextIdentification(of: step.party)
            )
        case .claim(let card):
            mac = card
            datagram = Datagram(claimOf: address(of: step.party), byCard: card)
        case .datagram(let payload):
            let isClient = step.party == .client
            datagram = Datagram(
                udp: payload,
                from: isClient ? exchange.client : exchange.server,
                to: isClient ? exchange.server : exchange.client,
                identification: nextIdentification(of: step.party)
            )
        case .silence:
            return nil
        }
        let isFromClient = step.party == .client
        let vlans = isFromClient ? exchange.vlans : exchange.answerVLANs ?? exchange.vlans
        return MemoryFrames.Record(
            time: time,
            octets: datagram.frame(isFromClient: isFromClient, vlans: vlans, mac: mac)
        )
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

    /// IPv6 has none and takes none.
    private mutating func nextIdentification(of party: Party) -> UInt16 {
        guard exchange.client.address.isIPv4 else { return 0 }
        let identification = (identifications[party] ?? 0) &+ 1
        identifications[party] = identification
        return identification
    }

    private mutating func datagram(of segment: ScriptSegment, from party: Party) -> Datagram {
        let isClient = party == .client
        let client = Endpoint(
            segment.clientAddress ?? exchange.client.address,
            port: segment.clientPort ?? exchange.client.port
        )
        let server = Endpoint(
            segment.serverAddress ?? exchange.server.address,
            port: segment.serverPort ?? exchange.server.port
        )
        let own = isClient ? exchange.clientShift : exchange.serverShift
        let other = isClient ? exchange.serverShift : exchange.clientShift
        let isWithoutSequence =
            segment.flags.contains(.rst) && segment.flags.contains(.ack) && segment.sequence == 0
        var fields = SegmentFields(
            from: isClient ? client : server,
            to: isClient ? server : client,
            flags: segment.flags,
            sequence: isWithoutSequence ? 0 : segment.sequence &+ own
        )
        fields.acknowledgment = segment.acknowledgment &+ other
        fields.window = segment.window
        fields.length = segment.length
        fields.payload = segment.payload
        if segment.hasOptions { fields.timestamps = timestamps(of: segment, from: party) }
        fields.options = segment.options
        fields.timeToLive = segment.timeToLive
        fields.isDamaged = segment.isDamaged
        let identification = segment.identification ?? nextIdentification(of: party)
        return Datagram(fields, identification: identification)
    }

    private mutating func timestamps(
        of segment: ScriptSegment,
        from party: Party
    ) -> SegmentFields.Timestamps {
        let clock = UInt32(truncatingIfNeeded: (time - exchange.begin) / 1_000_000)
        let value =
            segment.timestampValue ?? clock &+ (party == .client ? 110_171_009 : 1_978_101_347)
        let echo = segment.timestampEcho ?? timestamps[party.peer] ?? 0
        timestamps[party] = value
        return SegmentFields.Timestamps(value: value, echo: echo)
    }
}
