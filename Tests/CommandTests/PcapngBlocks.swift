import Foundation
import Testing

/// The blocks of a pcapng file with their comments, read without the program's own reader.
struct PcapngBlocks {
    struct Packet {
        /// From 1.
        let number: UInt64
        let bytes: [UInt8]
        let originalLength: UInt32
        let comments: [String]
    }

    private(set) var sectionComment = ""
    private(set) var packets: [Packet] = []

    init(reading path: String) throws {
        let file = [UInt8](try Data(contentsOf: URL(filePath: path)))
        var (position, number) = (0, 0 as UInt64)
        while position + 12 <= file.count {
            let (type, length) = (Self.word(file, position), Int(Self.word(file, position + 4)))
            try #require(length >= 12 && length % 4 == 0 && position + length <= file.count)
            try #require(Self.word(file, position + length - 4) == UInt32(length))
            let end = position + length - 4
            switch type {
            case 0x0A0D_0D0A:
                sectionComment = Self.comments(file, from: position + 24, to: end).joined()
            case 6:
                number += 1
                let captured = Int(Self.word(file, position + 20))
                let options = position + 28 + (captured + 3) / 4 * 4
                packets.append(
                    Packet(
                        number: number,
                        bytes: Array(file[position + 28..<position + 28 + captured]),
                        originalLength: Self.word(file, position + 24),
                        comments: Self.comments(file, from: options, to: end)
                    )
                )
            case 0x0BAD, 0x4000_0BAD: number += 1
            default: break
            }
            position += length
        }
        try #require(position == file.count)
    }

    private static func word(_ file: [UInt8], _ position: Int) -> UInt32 {
        file[position..<position + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// The options with code 1.
    private static func comments(_ file: [UInt8], from start: Int, to end: Int) -> [String] {
        var (position, comments) = (start, [String]())
        while position + 4 <= end {
            let (code, length) = (
                Int(file[position]) | Int(file[position + 1]) << 8,
                Int(file[position + 2]) | Int(file[position + 3]) << 8
            )
            if code == 0 { break }
            if code == 1 {
                comments.append(
                    String(decoding: file[position + 4..<position + 4 + length], as: UTF8.self)
                )
            }
            position += 4 + (length + 3) / 4 * 4
        }
        return comments
    }
}
