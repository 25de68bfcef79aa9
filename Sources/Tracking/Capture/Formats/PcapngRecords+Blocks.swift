/// What each kind of block says.
extension PcapngRecords {
    /// Reads a block's body.
    ///
    /// - Returns: whether it holds a packet.
    mutating func read(
        _ type: UInt32,
        _ body: Body,
        in window: borrowing OctetWindow,
        to record: inout CapturedRecord
    ) throws(RecordFault) -> Bool {
        switch type {
        case BlockType.section:
            try beginSection(body, in: window)
        case BlockType.interface:
            try declareInterface(body, in: window)
        case BlockType.statistics:
            noteDrops(body, in: window)
        case BlockType.enhancedPacket:
            try body.require(20, for: "an enhanced packet block")
            let (interface, high) = body.words(at: 0, in: window)
            let (low, captured) = body.words(at: 8, in: window)
            let original = body.words(at: 12, in: window).1
            try choose(interface)
            try locate(body, at: 20, captured, original, in: &record)
            record.time = self.interface.time(of: UInt64(high) << 32 | UInt64(low))
            return true
        case BlockType.obsoletePacket:
            try body.require(20, for: "a packet block")
            let (ids, high) = body.words(at: 0, in: window)
            let (low, captured) = body.words(at: 8, in: window)
            let original = body.words(at: 12, in: window).1
            let (number, drops) =
                isBigEndian ? (ids >> 16, ids & 0xFFFF) : (ids & 0xFFFF, ids >> 16)
            try choose(number)
            try locate(body, at: 20, captured, original, in: &record)
            record.time = self.interface.time(of: UInt64(high) << 32 | UInt64(low))
            if drops != 0xFFFF { interfaces[Int(number)].dropsBetweenPackets &+= UInt64(drops) }
            return true
        case BlockType.simplePacket:
            try body.require(4, for: "a simple packet block")
            let original = body.word(at: 0, in: window)
            try choose(0)
            let limit = interface.snapshotLength == 0 ? Int.max : interface.snapshotLength
            let captured = min(Int(original), limit, body.count - 4)
            try locate(body, at: 4, UInt32(captured), original, in: &record)
            packetsWithoutTime &+= 1
            return true
        default:
            if BlockType.numbered.contains(type) { otherRecords &+= 1 }
        }
        return false
    }

    private mutating func locate(
        _ body: Body,
        at offset: Int,
        _ captured: UInt32,
        _ original: UInt32,
        in record: inout CapturedRecord
    ) throws(RecordFault) {
        guard Int(captured) <= body.count - offset || body.isCut else {
            throw .record(
                "it claims \(captured) bytes, and its block has room for \(body.count - offset)"
            )
        }
        record.start = body.start + offset
        record.count = min(Int(captured), CapturedRecord.longestFrame)
        record.originalLength = original
        record.linkType = interface.linkType
    }

    private mutating func beginSection(
        _ body: Body,
        in window: borrowing OctetWindow
    ) throws(RecordFault) {
        try body.require(16, for: "a section header")
        let version = body.word(at: 4, in: window)
        let major = isBigEndian ? version >> 16 : version & 0xFFFF
        guard major == 1 else { throw .record("its section is of version \(major); expected 1") }
        formerDrops = drops
        interfaces = []
        interfaceNames = []
        selected = .max
    }

    private mutating func declareInterface(
        _ body: Body,
        in window: borrowing OctetWindow
    ) throws(RecordFault) {
        try body.require(8, for: "an interface description")
        guard interfaces.count < Self.interfaceLimit else {
            throw .record("its section has more than \(Self.interfaceLimit) interfaces")
        }
        let (type, snapshotLength) = body.words(at: 0, in: window)
        var resolution: UInt8?
        var offset: Int64 = 0
        var name: String?
        for option in body.options(from: 8, in: window) {
            if option.code == 2, option.count <= Self.longestName {
                let octets = window[option.start, option.count]
                let bytes = (0..<octets.byteCount).map { octets.octet(at: $0) }
                name = String(decoding: bytes, as: UTF8.self)
            }
            if option.code == 9, option.count >= 1 {
                resolution = window[option.start, 1].octet(at: 0)
            }
            if option.code == 14, option.count >= 8 {
                offset = Int64(bitPattern: body.long(at: option.start, in: window))
            }
        }
        let interface = PcapngInterface(
            fileLinkType: isBigEndian ? type >> 16 : type & 0xFFFF,
            snapshotLength: snapshotLength,
            resolution: resolution,
            offset: offset
        )
        interfaces.append(interface)
        interfaceNames.append(name)
        hasNanoseconds = hasNanoseconds || interface.hasNanoseconds
        if !linkTypes.contains(interface.linkType) { linkTypes.append(interface.linkType) }
    }

    private mutating func noteDrops(_ body: Body, in window: borrowing OctetWindow) {
        guard body.count >= 12 else { return }
        let number = Int(body.word(at: 0, in: window))
        guard number < interfaces.count else { return }
        var drops: UInt64 = 0
        for option in body.options(from: 12, in: window)
        where (option.code == 5 || option.code == 7) && option.count >= 8 {
            drops &+= body.long(at: option.start, in: window)
        }
        // Counted since the capture began; so the latest word holds all.
        interfaces[number].drops = max(interfaces[number].drops, drops)
    }

    private mutating func choose(_ number: UInt32) throws(RecordFault) {
        guard select(number) else {
            throw .record(
                "it names interface \(number), but the section declared \(interfaces.count)"
            )
        }
    }

    /// - Returns: whether there is such an interface.
    @inline(never)
    mutating func select(_ number: UInt32) -> Bool {
        guard number < interfaces.count else { return false }
        selected = number
        interface = interfaces[Int(number)]
        return true
    }
}
