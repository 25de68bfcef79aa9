import CLZ4
import CZlib
import CZstd

@testable import Tracking

extension Compression {
    static let all: [Compression] = [.gzip, .zstd, .lz4]

    /// A member or frame that holds these octets.
    func packed(_ octets: [UInt8]) -> [UInt8] {
        switch self {
        case .gzip: Self.gzip(octets)
        case .zstd: Self.zstd(octets)
        case .lz4: Self.lz4(octets)
        }
    }

    /// zlib's own format without its header and its sum, in gzip's (RFC 1952 §2.3).
    private static func gzip(_ octets: [UInt8]) -> [UInt8] {
        var length = compressBound(UInt(octets.count))
        var packed = [UInt8](repeating: 0, count: Int(length))
        unsafe compress2(&packed, &length, octets, UInt(octets.count), 6)
        let sum = unsafe crc32(0, octets, UInt32(octets.count))
        return [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3] + packed[2..<Int(length) - 4]
            + Octets.little(UInt32(sum)) + Octets.little(UInt32(octets.count))
    }

    private static func zstd(_ octets: [UInt8]) -> [UInt8] {
        var packed = [UInt8](repeating: 0, count: ZSTD_compressBound(octets.count))
        let length = unsafe ZSTD_compress(&packed, packed.count, octets, octets.count, 3)
        return Array(packed[..<length])
    }

    private static func lz4(_ octets: [UInt8]) -> [UInt8] {
        let bound = LZ4F_compressFrameBound(octets.count, nil)
        var packed = [UInt8](repeating: 0, count: bound)
        let length = unsafe LZ4F_compressFrame(&packed, bound, octets, octets.count, nil)
        return Array(packed[..<length])
    }
}
