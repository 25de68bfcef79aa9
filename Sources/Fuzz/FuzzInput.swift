/// Octets of a fuzzer as a capture file.
struct FuzzInput {
    /// A pcap file's header takes as many, and what is shorter is no file.
    private static let fileHeaderLength = 24
    /// How files begin that are read: pcap in its byte orders and precisions, pcapng, gzip, zstd,
    /// lz4.
    private static let magics: [[UInt8]] = [
        [0xA1, 0xB2], [0xD4, 0xC3], [0x4D, 0x3C], [0x34, 0xCD], [0x0A, 0x0D, 0x0D, 0x0A],
        [0x1F, 0x8B], [0x28, 0xB5], [0x04, 0x22],
    ]
    /// Link types as pcap files number them.
    private static let linkTypes: [UInt16] = [
        1, 1, 1, 101, 113, 0, 9, 50, 51, 104, 105, 107, 108, 117, 119, 127, 163, 178, 192, 219, 228,
        229, 239, 258, 276,
    ]

    /// The file.
    let capture: [UInt8]

    /// Takes a file as it is, and frames for one.
    ///
    /// Of frames the first octet tells the link type; each begins with how many milliseconds it
    /// comes after the one before, and with its length in two octets, the lowest first.
    init(_ octets: [UInt8]) {
        let isFile =
            octets.count >= Self.fileHeaderLength
            && Self.magics.contains { octets.starts(with: $0) }
        guard !isFile, let first = octets.first else {
            capture = octets
            return
        }
        let linkType = Self.linkTypes[Int(first) % Self.linkTypes.count]
        var file: [UInt8] = [
            0xD4, 0xC3, 0xB2, 0xA1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0,
            UInt8(truncatingIfNeeded: linkType), UInt8(linkType >> 8), 0, 0,
        ]
        var rest = octets.dropFirst()
        var time: UInt32 = 0
        while rest.count >= 3 {
            let header = Array(rest.prefix(3))
            rest = rest.dropFirst(3)
            time += UInt32(header[0])
            let frame = rest.prefix(Int(header[1]) | Int(header[2]) << 8)
            rest = rest.dropFirst(frame.count)
            let fields = [
                1_500_000_000 + time / 1000, time % 1000 * 1000, UInt32(frame.count),
                UInt32(frame.count),
            ]
            for field in fields {
                file += (0..<4).map { UInt8(truncatingIfNeeded: field >> (8 * $0)) }
            }
            file += frame
        }
        capture = file
    }
}
