import CPcap
import Glibc

/// An open input of which the first octets were read: enough to tell what it is.
struct CaptureStream: ~Copyable {
    let name: String
    let descriptor: Int32
    /// What a pcap file's header takes, or all that there is.
    let beginning: [UInt8]
    /// In octets, `nil` for a pipe.
    let size: UInt64?

    /// A pcap file's header, in octets.
    static let headerLength = 24

    /// Opens the file at `path`, or standard input for `-`.
    init(path: String) throws(CaptureError) {
        let opened = unsafe path == "-" ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC)
        guard opened >= 0 else { throw CaptureError(input: path, reason: Self.complaint()) }
        var status = stat()
        let isKnown = unsafe fstat(opened, &status) == 0
        guard !isKnown || status.st_mode & S_IFMT != S_IFDIR else {
            close(opened)
            throw CaptureError(input: path, reason: "is a directory, not a capture file")
        }
        let isFile = isKnown && status.st_mode & S_IFMT == S_IFREG
        name = path
        descriptor = opened
        beginning = Self.read(Self.headerLength, from: opened)
        size = isFile ? UInt64(status.st_size) : nil
    }

    deinit {
        close(descriptor)
    }

    var format: CaptureFormat { CaptureFormat(magic: Array(beginning.prefix(4))) }

    /// - Throws: what was found instead of a capture.
    func requireCapture() throws(CaptureError) {
        switch format {
        case .pcap, .pcapng:
            return
        case .compressed(let program):
            let reason = "is compressed; unpack it on the way: \(program) -dc \(name) | synopsis -"
            throw CaptureError(input: name, offset: 0, reason: reason)
        case .unknown where beginning.isEmpty:
            throw CaptureError(
                input: name,
                reason: "is empty; a capture file begins with a header of 24 octets"
            )
        case .unknown:
            let digits = beginning.prefix(4).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
            let found = digits.joined(separator: " ")
            let reason = "expected the magic number of pcap or pcapng, found the octets \(found)"
            throw CaptureError(input: name, offset: 0, reason: reason)
        }
    }

    /// What the operating system said last.
    private static func complaint() -> String {
        unsafe String(cString: strerror(errno))
    }

    private static func read(_ count: Int, from descriptor: Int32) -> [UInt8] {
        var octets: [UInt8] = []
        while octets.count < count {
            var chunk = [UInt8](repeating: 0, count: count - octets.count)
            let got = unsafe Glibc.read(descriptor, &chunk, chunk.count)
            guard got > 0 else { return octets }
            octets += chunk.prefix(got)
        }
        return octets
    }
}
