/// The packet blocks of a pcapng file (draft-ietf-opsawg-pcapng), walked where a window of the file
/// lies in memory.
struct PcapngRecords: RecordWalker {
    /// Records that Wireshark numbers like packets, though they hold none: custom blocks and their
    /// like.
    var otherRecords: UInt64 = 0
    /// Packets of simple packet blocks, which have no time: they get that of the packet before.
    var packetsWithoutTime: UInt64 = 0
    /// Whether any interface so far has stamps finer than a microsecond.
    var hasNanoseconds = false
    /// The interfaces' link types without repetition, in the order in which they appear.
    var linkTypes: [LinkType] = []

    var isBigEndian = false
    var interfaces: [PcapngInterface] = []
    /// Their names, where they have any.
    var interfaceNames: [String?] = []
    /// Drops that the sections before recorded.
    var formerDrops: UInt64 = 0
    /// The interface of the present packet.
    var selected = UInt32.max
    var interface = PcapngInterface(
        fileLinkType: .max,
        snapshotLength: 0,
        resolution: nil,
        offset: 0
    )
    /// What is left of a block that is larger than a window, with its second length.
    private var rest = 0
    private var announced: UInt32 = 0

    /// More interfaces of one section are refused.
    static let interfaceLimit = 65_536
    /// Longer names of interfaces are not kept, in bytes.
    static let longestName = 256
    private static let byteOrderMagic: UInt32 = 0x1A2B_3C4D
    /// A type, a length, and the length again.
    private static let frameworkLength = 12
    /// An enhanced packet block without packet and options.
    private static let enhancedLength = 32

    enum BlockType {
        static let section: UInt32 = 0x0A0D_0D0A
        static let interface: UInt32 = 1
        static let obsoletePacket: UInt32 = 2
        static let simplePacket: UInt32 = 3
        static let statistics: UInt32 = 5
        static let enhancedPacket: UInt32 = 6
        /// systemd's journal, Sysdig's events, custom blocks.
        static let numbered: Set<UInt32> = [
            9, 0x204, 0x208, 0x216, 0x221, 0x0BAD, 0x4000_0BAD,
        ]
    }

    /// Packets that were dropped while the file was captured, as far as it says so.
    var drops: UInt64 {
        interfaces.reduce(formerDrops) { $0 &+ $1.drops &+ $1.dropsBetweenPackets }
    }

    /// The snapshot length of the first interface, in octets; 0 for no limit.
    var snapshotLength: Int { interfaces.first?.snapshotLength ?? 0 }

    /// As libpcap numbers it: that of the first interface, until there is a packet.
    var dataLink: Int32 { selected == .max ? interfaces.first?.dataLink ?? -1 : interface.dataLink }

    /// The interface of the present packet, as another file describes it.
    var description: CaptureInterface {
        let number = Int(selected)
        return CaptureInterface(
            name: interfaceNames.indices.contains(number) ? interfaceNames[number] : nil,
            dataLink: interface.dataLink,
            snapshotLength: interface.snapshotLength,
            hasNanoseconds: interface.hasNanoseconds
        )
    }

    /// Steps to the next packet if it is in the next block and that is ahead as a whole, so that
    /// nothing must be moved.
    @inline(always)
    mutating func advanceInPlace(
        in stretch: inout OctetStretch,
        to record: inout CapturedRecord
    ) -> Bool {
        let step =
            isBigEndian ? bigEndianStep(stretch) : step(stretch, isBigEndian: false)
        guard let step else { return false }
        record = step.record
        stretch.step(over: step.length)
        return true
    }

    /// A step in the byte order of few machines.
    @inline(never)
    private mutating func bigEndianStep(
        _ stretch: OctetStretch
    ) -> (length: Int, record: CapturedRecord)? {
        step(stretch, isBigEndian: true)
    }

    /// The next packet, and the length of its block.
    @inline(always)
    private mutating func step(
        _ stretch: OctetStretch,
        isBigEndian: Bool
    ) -> (length: Int, record: CapturedRecord)? {
        // What is read of a block of which only a part is ahead lies in the margin, and means
        // nothing.
        let (type, claimed) = stretch.words(at: 0, isBigEndian: isBigEndian)
        let (number, high) = stretch.words(at: 8, isBigEndian: isBigEndian)
        let (low, captured) = stretch.words(at: 16, isBigEndian: isBigEndian)
        let length = Int(claimed)
        guard type == BlockType.enhancedPacket, length <= stretch.left,
            length &- Self.enhancedLength >= Int(captured), claimed & 3 == 0,
            stretch.word(at: length &- 4, isBigEndian: isBigEndian) == claimed,
            captured <= CapturedRecord.longestFrame, number == selected || select(number)
        else { return nil }
        let stamp = UInt64(high) << 32 | UInt64(low)
        let record = CapturedRecord(
            start: stretch.position &+ 28,
            count: Int(captured),
            time: stamp <= interface.largest
                ? Int64(truncatingIfNeeded: stamp &* interface.factor)
                : interface.time(of: stamp),
            originalLength: stretch.word(at: 24, isBigEndian: isBigEndian),
            linkType: interface.linkType
        )
        return (length, record)
    }

    /// Steps to the next packet.
    ///
    /// - Returns: `false` at the end of the file.
    mutating func advance(
        in window: inout OctetWindow,
        to record: inout CapturedRecord
    ) throws(RecordFault) -> Bool {
        while true {
            if window.advance(with: &self, to: &record) { return true }
            guard try finishBlock(in: &window) else { return false }
            if try advanceBlock(in: &window, to: &record) { return true }
        }
    }

    /// Reads the section header, and what follows up to the first interface.
    mutating func begin(in window: inout OctetWindow) throws(RecordFault) {
        var record = CapturedRecord()
        while interfaces.isEmpty, try finishBlock(in: &window) {
            let type = window.word(at: window.position, isBigEndian: isBigEndian)
            // A packet before any interface is for the first step to complain of.
            if type == BlockType.enhancedPacket || type == BlockType.simplePacket
                || type == BlockType.obsoletePacket
            {
                return
            }
            _ = try advanceBlock(in: &window, to: &record)
        }
    }

    /// Leaves a large block behind, and makes sure of the next one's begin.
    ///
    /// - Returns: `false` at the end of the file.
    private mutating func finishBlock(in window: inout OctetWindow) throws(RecordFault) -> Bool {
        if rest > 0 {
            try window.requireMotion()
            let length = rest
            guard try window.skip(length - 4), try window.fetch(4) else {
                throw .record("its block has \(announced) bytes, and the file ends before")
            }
            let repeated = window.word(at: window.position, isBigEndian: isBigEndian)
            guard repeated == announced else { throw Self.contradiction(announced, repeated) }
            window.position += 4
            rest = 0
        }
        guard try window.fetch(Self.frameworkLength) else {
            if window.left == 0 { return false }
            throw .record("a block has 12 bytes or more, and the file ends after \(window.left)")
        }
        return true
    }

    private static func contradiction(_ first: UInt32, _ second: UInt32) -> RecordFault {
        .record("its block has \(first) bytes by its start, and \(second) by its end")
    }

    /// Reads one block, of which the first 12 octets are ahead.
    ///
    /// - Returns: whether it holds a packet.
    private mutating func advanceBlock(
        in window: inout OctetWindow,
        to record: inout CapturedRecord
    ) throws(RecordFault) -> Bool {
        let start = window.word(at: window.position, isBigEndian: isBigEndian)
        if start == BlockType.section { try readByteOrder(in: window) }
        let (type, claimed) = window.words(at: window.position, isBigEndian: isBigEndian)
        guard claimed & 3 == 0, claimed >= UInt32(Self.frameworkLength) else {
            throw .record("its block claims \(claimed) bytes; expected a multiple of 4 from 12 on")
        }
        let length = Int(claimed)
        let present = min(length, OctetWindow.length)
        guard try window.fetch(present) else {
            throw .record(
                "its block has \(claimed) bytes, and the file ends after \(window.left) of them"
            )
        }
        let body = Body(
            start: window.position + 8,
            end: window.position + (present == length ? length - 4 : present),
            isCut: present < length,
            isBigEndian: isBigEndian
        )
        if present == length {
            let repeated = window.word(at: body.end, isBigEndian: isBigEndian)
            guard repeated == claimed else { throw Self.contradiction(claimed, repeated) }
        }
        let isPacket = try read(type, body, in: window, to: &record)
        window.position += present
        (rest, announced) = (length - present, claimed)
        return isPacket
    }

    private mutating func readByteOrder(in window: borrowing OctetWindow) throws(RecordFault) {
        for order in [false, true]
        where window.word(at: window.position + 8, isBigEndian: order) == Self.byteOrderMagic {
            isBigEndian = order
            return
        }
        throw .record("its section begins without the byte-order magic 1a 2b 3c 4d")
    }
}
