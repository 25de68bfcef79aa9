import Tracking

/// Writes a section of pcapng (draft-ietf-opsawg-pcapng), with comments on the section and on
/// packets, into memory.
///
/// All numbers have their least octet first; times are in nanoseconds, or in microseconds for an
/// interface that has no finer ones.
package struct PcapngWriter {
    /// Block types (§11.1).
    private enum Block {
        static let section: UInt32 = 0x0A0D_0D0A
        static let interface: UInt32 = 1
        static let packet: UInt32 = 6
        /// A custom block that is not copied (§4.9).
        static let custom: UInt32 = 0x4000_0BAD
    }

    /// Option codes (§3.5, §4.1, §4.2).
    private enum Option {
        static let end: UInt16 = 0
        static let comment: UInt16 = 1
        static let hostSystem: UInt16 = 3
        static let application: UInt16 = 4
        static let interfaceName: UInt16 = 2
        static let timeResolution: UInt16 = 9
    }

    /// What was written and not taken: a whole file, where nothing was.
    package private(set) var octets: [UInt8] = []
    private var interfaces: [CaptureInterface] = []

    /// Begins a section.
    ///
    /// - Parameters:
    ///   - comment: what is to be said of all of it; `nil` for nothing.
    ///   - application: the program that writes it.
    ///   - system: the operating system; `nil` where nobody knows.
    package init(comment: String?, application: String, system: String? = nil) {
        append(Block.section) { body in
            body.append(little: 0x1A2B_3C4D as UInt32)
            body.append(little: 1 as UInt16)
            body.append(little: 0 as UInt16)
            // The length of the section, not given.
            body.append(little: UInt64.max)
            if let comment { body.append(Option.comment, comment) }
            if let system { body.append(Option.hostSystem, system) }
            body.append(Option.application, application)
            body.append(little: UInt32(Option.end))
        }
    }

    /// Takes what was written since the last time, for who writes a file piece by piece.
    package mutating func takeOctets() -> [UInt8] {
        defer { octets.removeAll(keepingCapacity: true) }
        return octets
    }

    /// The number of an interface, which is described before its first packet.
    package mutating func number(of interface: CaptureInterface) -> UInt32 {
        if let known = interfaces.lastIndex(of: interface) { return UInt32(known) }
        append(Block.interface) { body in
            body.append(little: Self.fileNumber(ofDataLink: interface.dataLink))
            body.append(little: 0 as UInt16)
            body.append(little: UInt32(clamping: interface.snapshotLength))
            if let name = interface.name { body.append(Option.interfaceName, name) }
            body.append(little: Option.timeResolution)
            body.append(little: 1 as UInt16)
            body += [interface.hasNanoseconds ? 9 : 6, 0, 0, 0]
            body.append(little: UInt32(Option.end))
        }
        interfaces.append(interface)
        return UInt32(interfaces.count - 1)
    }

    /// Writes a packet.
    ///
    /// - Parameters:
    ///   - octets: what was captured of it.
    ///   - time: in nanoseconds since 1970; one before 1970 is written as 1970, since pcapng has
    ///     none.
    ///   - interface: as `number(of:)` gave it.
    ///   - originalLength: on the wire, in octets.
    ///   - comments: what is to be said of it, each in an option of its own.
    package mutating func addPacket(
        _ octets: RawSpan,
        time: Int64,
        interface: UInt32,
        originalLength: UInt32,
        comments: [String] = []
    ) {
        let isCoarse = !interfaces[Int(interface)].hasNanoseconds
        let time = UInt64(clamping: isCoarse ? time / 1000 : time)
        append(Block.packet) { body in
            // At once: each append costs more than what it appends.
            let header = (
                interface.littleEndian, UInt32(truncatingIfNeeded: time >> 32).littleEndian,
                UInt32(truncatingIfNeeded: time).littleEndian,
                UInt32(clamping: octets.byteCount).littleEndian, originalLength.littleEndian
            )
            unsafe Swift.withUnsafeBytes(of: header) { unsafe body.append(contentsOf: $0) }
            unsafe octets.withUnsafeBytes { unsafe body.append(contentsOf: $0) }
            body.pad()
            guard !comments.isEmpty else { return }
            for comment in comments { body.append(Option.comment, comment) }
            body.append(little: UInt32(Option.end))
        }
    }

    /// Writes what stands for a record without a packet: readers number it, so that packets keep
    /// their numbers.
    package mutating func addRecord() {
        append(Block.custom) { body in body.append(little: 0 as UInt32) }
    }

    /// Appends a block: its type, its length, what `write` puts into it, and its length again
    /// (§3.1).
    private mutating func append(_ type: UInt32, _ write: (inout [UInt8]) -> Void) {
        let begin = octets.count
        octets.append(little: type)
        octets.append(little: 0 as UInt32)
        write(&octets)
        let length = UInt32(clamping: octets.count - begin + 4)
        octets.append(little: length)
        // By its bytes: a slice of `octets` would be a second owner, and all that was written be
        // copied.
        for index in 0..<4 {
            octets[begin + 4 + index] = UInt8(truncatingIfNeeded: length >> (8 * index))
        }
    }

    /// As a file numbers a link layer: libpcap's own numbers, but for a few that differ between
    /// systems.
    private static func fileNumber(ofDataLink number: Int32) -> UInt16 {
        switch number {
        case 11: 100
        case 12, 14: 101
        default: UInt16(clamping: number)
        }
    }
}

extension [UInt8] {
    @inline(always)
    fileprivate mutating func append<Value: FixedWidthInteger>(little value: Value) {
        unsafe Swift.withUnsafeBytes(of: value.littleEndian) { unsafe append(contentsOf: $0) }
    }

    /// Fills up to a multiple of four octets: blocks and options begin there.
    fileprivate mutating func pad() { while count % 4 != 0 { append(0) } }

    /// Appends an option that is a text, cut between two characters where it is too long.
    fileprivate mutating func append(_ code: UInt16, _ text: String) {
        var text = text[...]
        while text.utf8.count > 65_000 { text = text.dropLast(1 + text.utf8.count / 65_536) }
        append(little: code)
        append(little: UInt16(text.utf8.count))
        self += text.utf8
        pad()
    }
}
