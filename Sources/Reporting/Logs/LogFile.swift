import Glibc
import Tracking

/// Why a log could not be read: one sentence with its name.
package struct LogError: Error, CustomStringConvertible {
    /// As it may be shown.
    package let shown: ShownText

    package var description: String { shown.text }
}

/// Reads the lines of a log from a file or pipe.
package enum LogFile {
    private static let chunk = 65_536
    /// As much of a line is looked at, in octets.
    private static let lineLimit = 4096
    /// How files begin that hold no lines, and what they are.
    private static let foreign: [(begin: [UInt8], name: String)] = [
        ([0x1F, 0x8B], "compressed with gzip"), ([0x28, 0xB5, 0x2F, 0xFD], "compressed with zstd"),
        ([0xFD, 0x37, 0x7A, 0x58], "compressed with xz"),
        ([0x42, 0x5A, 0x68], "compressed with bzip2"),
        ([0xFF, 0xFE], "UTF-16"), ([0xFE, 0xFF], "UTF-16"),
    ]

    /// Gives all lines of the file at `path` to `reader`; `-` is standard input.
    ///
    /// - Throws: when it cannot be opened or read to its end, or is no text.
    package static func read(_ path: String, into reader: inout LogReader) throws(LogError) {
        let descriptor = path == "-" ? STDIN_FILENO : unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw complaint(about: path) }
        defer { if path != "-" { close(descriptor) } }
        var buffer = [UInt8](repeating: 0, count: chunk)
        var line: [UInt8] = []
        var isFirst = true
        while true {
            let count = unsafe Glibc.read(descriptor, &buffer, chunk)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw complaint(about: path) }
            if count == 0 { break }
            if isFirst, let name = foreign.first(where: { buffer.starts(with: $0.begin) })?.name {
                throw LogError(
                    shown:
                        "\(foreign: path): cannot be read as a log: it is \(foreign: name); expected lines of text"
                )
            }
            isFirst = false
            split(buffer[..<count], &line, reader: &reader)
        }
        if !line.isEmpty { finish(&line, reader: &reader) }
    }

    private static func split(
        _ octets: ArraySlice<UInt8>,
        _ line: inout [UInt8],
        reader: inout LogReader
    ) {
        var rest = octets
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            line += rest[..<end].prefix(lineLimit - line.count)
            finish(&line, reader: &reader)
            rest = rest[(end + 1)...]
        }
        line += rest.prefix(lineLimit - line.count)
    }

    private static func finish(_ line: inout [UInt8], reader: inout LogReader) {
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        reader.read(line)
        line.removeAll(keepingCapacity: true)
    }

    private static func complaint(about path: String) -> LogError {
        let reason = unsafe String(cString: strerror(errno))
        return LogError(shown: "\(foreign: path): cannot be read as a log: \(foreign: reason)")
    }
}
