/// How an input is compressed, which its first octets tell.
package enum Compression: String, Hashable, Sendable {
    case gzip, zstd, lz4

    init?(magic: [UInt8]) {
        switch magic {
        case [0x28, 0xB5, 0x2F, 0xFD]: self = .zstd
        // What pzstd writes before its first frame; both formats would skip it.
        case _
        where magic.count == 4 && magic[0] & 0xF0 == 0x50 && magic[1...] == [0x2A, 0x4D, 0x18]:
            self = .zstd
        case [0x04, 0x22, 0x4D, 0x18]: self = .lz4
        case _ where magic.starts(with: [0x1F, 0x8B]): self = .gzip
        default: return nil
        }
    }
}
