/// What the first four octets of a file say about the rest.
package enum CaptureFormat: Hashable, Sendable {
    case pcap(nanoseconds: Bool, recordHeaderLength: UInt64)
    case pcapng
    case compressed(with: String)
    case unknown

    package init(magic: [UInt8]) {
        switch magic {
        case [0xA1, 0xB2, 0xC3, 0xD4], [0xD4, 0xC3, 0xB2, 0xA1]:
            self = .pcap(nanoseconds: false, recordHeaderLength: 16)
        case [0xA1, 0xB2, 0x3C, 0x4D], [0x4D, 0x3C, 0xB2, 0xA1]:
            self = .pcap(nanoseconds: true, recordHeaderLength: 16)
        case [0xA1, 0xB2, 0xCD, 0x34], [0x34, 0xCD, 0xB2, 0xA1]:
            self = .pcap(nanoseconds: false, recordHeaderLength: 24)
        case [0x0A, 0x0D, 0x0D, 0x0A]:
            self = .pcapng
        case [0x28, 0xB5, 0x2F, 0xFD]:
            self = .compressed(with: "zstd")
        case [0x04, 0x22, 0x4D, 0x18]:
            self = .compressed(with: "lz4")
        case _ where magic.starts(with: [0x1F, 0x8B]):
            self = .compressed(with: "gzip")
        default:
            self = .unknown
        }
    }
}
