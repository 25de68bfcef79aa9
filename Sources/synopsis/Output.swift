import Glibc

/// Writes text to the standard streams, whole or not at all.
enum Output {
    /// Writes to standard output.
    ///
    /// - Throws: when not all of it could be written, on a full disk say.
    static func standard(_ octets: [UInt8]) throws(ExitStatus) {
        guard write(octets, to: STDOUT_FILENO) else {
            throw complaint(about: "standard output")
        }
    }

    static func standard(_ text: String) throws(ExitStatus) {
        try standard(Array(text.utf8))
    }

    static func error(_ text: String) {
        _ = write(Array(text.utf8), to: STDERR_FILENO)
    }

    /// Writes the file at `path`, which it replaces.
    static func file(_ octets: [UInt8], at path: String) throws(ExitStatus) {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        guard descriptor >= 0 else { throw complaint(about: path) }
        guard write(octets, to: descriptor), close(descriptor) == 0 else {
            throw complaint(about: path)
        }
    }

    private static func complaint(about place: String) -> ExitStatus {
        let reason = unsafe String(cString: strerror(errno))
        error("synopsis: \(place): cannot be written: \(reason)\n")
        return ExitStatus(code: Program.failure)
    }

    /// - Returns: whether all of it could be written.
    private static func write(_ octets: [UInt8], to descriptor: Int32) -> Bool {
        var written = 0
        while written < octets.count {
            let count = unsafe octets[written...].withUnsafeBytes { rest in
                unsafe Glibc.write(descriptor, rest.baseAddress, rest.count)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            written += count
        }
        return true
    }

    static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

    /// The columns of the terminal on standard output.
    static var terminalWidth: Int? {
        var size = winsize()
        guard unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
            return nil
        }
        return Int(size.ws_col)
    }

    /// The value of an environment variable, if it is set and not empty.
    static func environment(_ name: String) -> String? {
        guard let value = unsafe getenv(name), unsafe value.pointee != 0 else { return nil }
        return unsafe String(cString: value)
    }
}
