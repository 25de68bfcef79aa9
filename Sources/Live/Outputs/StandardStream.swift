import Glibc

/// Standard output or standard error as a stream of lines, each written at once.
package struct StandardStream: LineSink {
    package private(set) var isAbandoned = false
    package private(set) var statistics = OutputStatistics()
    private let descriptor: Int32
    package private(set) var trouble: String?

    /// - Parameter descriptor: what to write to; it stays open.
    package init(descriptor: Int32 = STDOUT_FILENO) {
        self.descriptor = descriptor
    }

    package var name: String {
        descriptor == STDERR_FILENO ? "standard error" : "standard output"
    }

    package mutating func write(line: [UInt8]) {
        guard !isAbandoned else {
            statistics.dropped += 1
            return
        }
        var written = 0
        while written < line.count {
            let count = unsafe line[written...].withUnsafeBytes { rest in
                unsafe Glibc.write(descriptor, rest.baseAddress, rest.count)
            }
            if count > 0 {
                written += count
            } else if count < 0, errno == EAGAIN {
                waitForReader()
            } else if count == 0 || errno != EINTR {
                stop(because: count == 0 ? EIO : errno)
                return
            }
        }
        statistics.written += 1
    }

    /// A stream may be set not to wait by another process that has it open.
    private func waitForReader() {
        var polled = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = unsafe poll(&polled, 1, 1000)
    }

    private mutating func stop(because code: Int32) {
        isAbandoned = true
        statistics.dropped += 1
        statistics.errors += 1
        // A reader that has seen enough (`| head`) is a normal end.
        if code != EPIPE { trouble = complaint(code) }
    }

    package mutating func takeNotice() -> String? { nil }

    package mutating func reopen() {}

    package mutating func close() {}
}
