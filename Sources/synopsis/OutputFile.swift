import Glibc
import Tracking

/// A file that a command writes: never one that it reads, and whole or not at all.
struct OutputFile {
    let path: String

    /// Why a file must not be written.
    struct Refusal: Error {
        let shown: ShownText
    }

    /// - Parameters:
    ///   - path: as the user gave it.
    ///   - inputs: the paths of what is read; `-` is standard input.
    ///   - isForced: whether an existing capture may be replaced.
    /// - Throws: when the path names an address of an unknown scheme, an input, or a capture.
    init(_ path: String, beside inputs: [String] = [], isForced: Bool) throws(Refusal) {
        self.path = path
        if let scheme = Self.scheme(of: path) {
            throw Refusal(
                shown: """
                    \(foreign: path): cannot be written: '\(foreign: scheme):' is not a kind of output; \
                    for a file of this name, use ./\(foreign: path)
                    """
            )
        }
        guard let status = Self.status(of: path) else { return }
        let twin = inputs.first { input in
            let other = input == "-" ? Self.standardInput : Self.status(of: input)
            return other?.st_dev == status.st_dev && other?.st_ino == status.st_ino
        }
        if let twin, status.st_mode & S_IFMT == S_IFREG {
            let name: ShownText = twin == "-" ? "standard input" : "\(foreign: twin)"
            throw Refusal(shown: "\(foreign: path): is not written: it is the input \(name)")
        }
        if !isForced, status.st_mode & S_IFMT == S_IFREG, Self.isCapture(path) {
            throw Refusal(
                shown:
                    "\(foreign: path): is not overwritten: it begins like a capture (--force overwrites it)"
            )
        }
    }

    /// `udp` in `udp:host:514`: letters before a colon, where no file is meant.
    static func scheme(of path: String) -> String? {
        let head = path.prefix { $0.isASCII && $0.isLetter }
        return head.count > 1 && path.dropFirst(head.count).first == ":" ? String(head) : nil
    }

    private static func status(of path: String) -> stat? {
        var status = stat()
        return unsafe stat(path, &status) == 0 ? status : nil
    }

    private static var standardInput: stat? {
        var status = stat()
        return unsafe fstat(STDIN_FILENO, &status) == 0 ? status : nil
    }

    /// Whether a file begins like a capture, or like one that was compressed.
    private static func isCapture(_ path: String) -> Bool {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var magic = [UInt8](repeating: 0, count: 4)
        guard unsafe pread(descriptor, &magic, 4, 0) == 4 else { return false }
        return CaptureFormat(magic: magic) != .unknown || magic.starts(with: [0x1F, 0x8B])
            || magic == [0x28, 0xB5, 0x2F, 0xFD] || magic == [0x04, 0x22, 0x4D, 0x18]
    }

    /// What makes the parts of a file, and gives each to be written.
    typealias Parts = (_ write: ([UInt8]) throws(ExitStatus) -> Void) throws(ExitStatus) -> Void

    /// Writes all parts: beside the file first, which they then replace; straight into a pipe or
    /// device.
    ///
    /// - Throws: when not all of it could be written; then the file is as it was before.
    func write(_ parts: Parts) throws(ExitStatus) {
        if isOpenAlready || Self.status(of: path).map({ $0.st_mode & S_IFMT != S_IFREG }) == true {
            try writeThrough(parts)
        } else {
            try replace(by: parts)
        }
    }

    private func writeThrough(_ parts: Parts) throws(ExitStatus) {
        let descriptor = unsafe open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY)
        guard descriptor >= 0 else { throw Output.complaint(about: path, errno) }
        defer { close(descriptor) }
        try parts { octets throws(ExitStatus) in
            if !Output.write(octets, to: descriptor) {
                throw Output.complaint(about: path, errno)
            }
        }
    }

    private func replace(by parts: Parts) throws(ExitStatus) {
        let part = self.part
        let flags = O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC
        let descriptor = unsafe open(part, flags, 0o644)
        guard descriptor >= 0 else { throw Output.complaint(about: path, errno) }
        defer { close(descriptor) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            Output.error("synopsis: \(foreign: path): is being written by another synopsis\n")
            throw ExitStatus(code: Program.failure)
        }
        do throws(ExitStatus) {
            guard ftruncate(descriptor, 0) == 0 else { throw Output.complaint(about: path, errno) }
            try parts { octets throws(ExitStatus) in
                if !Output.write(octets, to: descriptor) {
                    throw Output.complaint(about: path, errno)
                }
            }
            guard fsync(descriptor) == 0, unsafe rename(part, path) == 0 else {
                throw Output.complaint(about: path, errno)
            }
        } catch {
            _ = unsafe unlink(part)
            throw error
        }
    }

    /// Whether the path is one by which the system names what is open, such as /dev/stdout,
    /// wherever that leads.
    private var isOpenAlready: Bool { path.hasPrefix("/dev/") || path.hasPrefix("/proc/") }

    /// `.NAME.part` in the same folder.
    private var part: String {
        guard let slash = path.lastIndex(of: "/") else { return ".\(path).part" }
        return "\(path[...slash]).\(path[path.index(after: slash)...]).part"
    }
}
