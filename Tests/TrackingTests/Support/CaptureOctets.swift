/// Capture files built octet by octet.
enum CaptureOctets {
    struct Record {
        var seconds: UInt32 = 1_495_000_000
        /// In the file's unit.
        var fraction: UInt32 = 0
        var octets: [UInt8]
        /// `nil`: as long as the captured octets.
        var originalLength: UInt32?
    }

    /// The older format (draft-ietf-opsawg-pcap).
    static func pcap(
        _ records: [Record],
        magic: UInt32 = 0xA1B2_C3D4,
        isBigEndian: Bool = false,
        linkType: UInt32 = 1
    ) -> [UInt8] {
        func word(_ value: UInt32) -> [UInt8] {
            isBigEndian ? Octets.big(value) : Octets.little(value)
        }
        let version = isBigEndian ? [0, 2, 0, 4] : [2, 0, 4, 0] as [UInt8]
        let header = word(magic) + version + word(0) + word(0) + word(65535) + word(linkType)
        return records.reduce(into: header) { file, record in
            let length = UInt32(record.octets.count)
            file += word(record.seconds) + word(record.fraction) + word(length)
            file += word(record.originalLength ?? length) + record.octets
        }
    }

    /// The newer format (draft-ietf-opsawg-pcapng): one section, one interface.
    static func pcapng(_ records: [Record], isNanoseconds: Bool = false) -> [UInt8] {
        let section =
            Octets.little(0x1A2B_3C4D as UInt32) + [1, 0, 0, 0] + [UInt8](repeating: 255, count: 8)
        let resolution: [UInt8] = isNanoseconds ? [9, 0, 1, 0, 9, 0, 0, 0, 0, 0, 0, 0] : []
        let interface = [1, 0, 0, 0] + Octets.little(65535 as UInt32) + resolution
        let file = block(0x0A0D_0D0A, section) + block(1, interface)
        return file
            + records.flatMap {
                packetBlock($0, unitsPerSecond: isNanoseconds ? 1_000_000_000 : 1_000_000)
            }
    }

    static func packetBlock(_ record: Record, unitsPerSecond: UInt64) -> [UInt8] {
        packetBlock(
            record,
            time: UInt64(record.seconds) * unitsPerSecond + UInt64(record.fraction)
        )
    }

    /// A packet at `time`, in the unit of its interface, instead of the record's own.
    static func packetBlock(_ record: Record, time: UInt64) -> [UInt8] {
        let length = UInt32(record.octets.count)
        let padding = [UInt8](repeating: 0, count: (4 - record.octets.count % 4) % 4)
        let words = [
            0, UInt32(time >> 32), UInt32(truncatingIfNeeded: time), length,
            record.originalLength ?? length,
        ]
        return block(6, words.flatMap { Octets.little($0) } + record.octets + padding)
    }

    static func block(_ type: UInt32, _ body: [UInt8]) -> [UInt8] {
        let length = Octets.little(UInt32(body.count + 12))
        return Octets.little(type) + length + body + length
    }
}
