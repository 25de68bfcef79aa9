import Glibc

/// A file that events are appended to, and that makes room for the next one when it is full or its
/// time is over.
///
/// Each line is one `write(2)`, so that a process that is killed leaves whole lines but for the
/// last. Where a disk fills up in the middle of a line, what was written of it is taken back. Older
/// files are called `FILE.1` (the youngest), `FILE.2` and so on.
package struct FileOutput: LineSink {
    private let path: String
    private let rotation: Rotation?
    /// How many older files are kept.
    private let kept: Int
    private var descriptor: Int32 = -1
    private var isRegular = false
    private var isClosed = false
    /// In octets.
    private var length: Int64 = 0
    private var period: Int64 = 0
    /// Whether the file ends within a line.
    private var isTorn = false
    /// A file that cannot be opened is tried again in this second.
    private var nextAttempt: Int64 = 0
    /// A file that cannot be moved is tried again in this second.
    private var nextRotation: Int64 = 0
    /// Why nothing can be written at present; `nil` where nothing is known against it.
    package private(set) var trouble: String?
    private var lost: UInt64 = 0
    private var notices: [String] = []
    package private(set) var statistics = OutputStatistics()

    /// Opens the file, or makes it.
    ///
    /// - Parameters:
    ///   - path: its name.
    ///   - rotation: when the next file begins; `nil` for never.
    ///   - kept: how many older files are kept, from 1.
    package init(path: String, rotation: Rotation? = nil, kept: Int = 5) {
        self.path = path
        self.rotation = rotation
        self.kept = max(1, min(kept, 10_000))
        open(at: Int64(Glibc.time(nil)))
    }

    package mutating func write(line: [UInt8]) { write(line: line, at: Int64(Glibc.time(nil))) }

    /// Takes one whole line.
    ///
    /// - Parameters:
    ///   - line: its octets, with the line feed at their end.
    ///   - second: the time, in seconds since 1970.
    package mutating func write(line: [UInt8], at second: Int64) {
        if descriptor < 0, !isClosed, second >= nextAttempt { open(at: second) }
        guard descriptor >= 0 else { return drop() }
        if isDue(for: line.count, at: second) { rotate(at: second) }
        guard descriptor >= 0 else { return drop() }
        // An empty file is of the time of its first line.
        if length == 0 { period = rotation?.period(of: second) ?? 0 }
        let before = length
        let octets = isTorn ? [0x0A] + line : line
        let (count, error) = append(octets)
        length += Int64(count)
        guard error == 0 else {
            // Half a line is of no use, and would spoil the next one.
            if count > 0 {
                if isRegular, ftruncate(descriptor, off_t(before)) == 0 {
                    length = before
                } else {
                    isTorn = true
                }
            }
            note(trouble: complaint(error))
            return drop()
        }
        isTorn = false
        statistics.written += 1
        if trouble != nil { noteRecovery() }
    }

    package var name: String { path }

    package mutating func reopen() {
        shut()
        open(at: Int64(Glibc.time(nil)))
    }

    package mutating func close() {
        shut()
        isClosed = true
    }

    package mutating func takeNotice() -> String? { notices.isEmpty ? nil : notices.removeFirst() }

    private mutating func drop() {
        statistics.dropped += 1
        lost += 1
    }

    private mutating func note(trouble reason: String) {
        statistics.errors += 1
        guard trouble != reason else { return }
        trouble = reason
        notices.append("\(path): \(reason); events are dropped until it can be written again")
        if notices.count > 16 { notices.removeFirst() }
    }

    private mutating func noteRecovery() {
        notices.append("\(path): is written again; \(OutputBacklog.words(lost)) dropped")
        trouble = nil
        lost = 0
    }

    /// - Returns: how many octets were written, and the error number or 0.
    private func append(_ octets: [UInt8]) -> (count: Int, error: Int32) {
        var written = 0
        while written < octets.count {
            let count = unsafe octets[written...].withUnsafeBytes { rest in
                unsafe Glibc.write(descriptor, rest.baseAddress, rest.count)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return (written, count == 0 ? ENOSPC : errno) }
            written += count
        }
        return (written, 0)
    }
}

// Opening and rotating.
extension FileOutput {
    private mutating func open(at second: Int64) {
        // A pipe without a reader must not make the capture wait.
        // Nor does a link lead it to a file that somebody else chose.
        let flags =
            O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY
            | (Self.isOfSystem(path) ? 0 : O_NOFOLLOW)
        descriptor = unsafe Glibc.open(path, flags, 0o640)
        if descriptor < 0, errno == EACCES || errno == EPERM {
            descriptor = unsafe Glibc.open(path, flags & ~O_RDWR | O_WRONLY, 0o640)
        }
        guard descriptor >= 0 else {
            nextAttempt = second + 1
            let isLink = errno == ELOOP
            return note(trouble: isLink ? "is a symbolic link" : complaint(errno))
        }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else {
            let error = errno
            shut()
            nextAttempt = second + 1
            return note(trouble: complaint(error))
        }
        isRegular = status.st_mode & S_IFMT == S_IFREG
        if isRegular, flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK {
            shut()
            nextAttempt = second + 1
            return note(trouble: "another process is writing it")
        }
        length = isRegular ? Int64(status.st_size) : 0
        let start = length > 0 ? Int64(status.st_mtim.tv_sec) : second
        period = rotation?.period(of: start) ?? 0
        isTorn = isRegular && length > 0 && !endsWithLineFeed()
    }

    /// Whether a path is one by which the system names what is open already, through links of its
    /// own.
    private static func isOfSystem(_ path: String) -> Bool {
        ["/dev/stdout", "/dev/stderr"].contains(path) || path.hasPrefix("/dev/fd/")
            || path.hasPrefix("/proc/self/fd/")
    }

    /// Whether the last octet of the file ends a line; where it cannot be read, that is taken for
    /// granted.
    private func endsWithLineFeed() -> Bool {
        var last: UInt8 = 0x0A
        _ = unsafe pread(descriptor, &last, 1, off_t(length - 1))
        return last == 0x0A
    }

    private mutating func shut() {
        guard descriptor >= 0 else { return }
        _ = Glibc.close(descriptor)
        descriptor = -1
    }

    private func isDue(for octets: Int, at second: Int64) -> Bool {
        guard isRegular, length > 0, second >= nextRotation else { return false }
        switch rotation {
        case .size(let limit): return length + Int64(octets) > limit
        case .period: return rotation?.period(of: second) != period
        case nil: return false
        }
    }

    /// Moves all files on by one and begins a new one; where the file cannot be moved, it goes on.
    private mutating func rotate(at second: Int64) {
        for number in stride(from: kept - 1, to: 0, by: -1) {
            _ = unsafe rename("\(path).\(number)", "\(path).\(number + 1)")
        }
        guard unsafe rename(path, "\(path).1") == 0 else {
            let reason = complaint(errno)
            statistics.errors += 1
            if nextRotation == 0 {
                notices.append("\(path): cannot be moved to \(path).1: \(reason); it keeps growing")
            }
            nextRotation = second + 60
            return
        }
        nextRotation = 0
        shut()
        open(at: second)
    }
}
