import Glibc

/// Standard output as a stream of lines, each written at once.
package struct StandardOutput: EventOutput {
    package private(set) var isAbandoned = false
    /// Why lines could not be written, on a full disk say; the first reason only.
    package private(set) var complaint: String?
    private let descriptor: Int32

    /// - Parameter descriptor: what to write to; it stays open.
    package init(descriptor: Int32 = STDOUT_FILENO) {
        self.descriptor = descriptor
    }

    package mutating func write(line: [UInt8]) {
        guard !isAbandoned else { return }
        var written = 0
        while written < line.count {
            let count = unsafe line[written...].withUnsafeBytes { rest in
                unsafe Glibc.write(descriptor, rest.baseAddress, rest.count)
            }
            if count > 0 {
                written += count
            } else if count == 0 || errno != EINTR {
                stop(because: count == 0 ? EIO : errno)
                return
            }
        }
    }

    private mutating func stop(because code: Int32) {
        isAbandoned = true
        // A reader that has seen enough (`| head`) is a normal end.
        guard code != EPIPE, complaint == nil else { return }
        complaint = unsafe String(cString: strerror(code))
    }

    package mutating func reopen() {}

    package mutating func close() {}
}
