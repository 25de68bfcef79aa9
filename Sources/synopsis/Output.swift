import Glibc
import Tracking

/// Writes text to the standard streams, whole or not at all.
enum Output {
    /// Writes to standard output.
    ///
    /// - Throws: when not all of it could be written, on a full disk say.
    static func standard(_ octets: [UInt8]) throws(ExitStatus) {
        guard write(octets, to: STDOUT_FILENO) else {
            throw complaint(about: "standard output", errno)
        }
    }

    static func standard(_ text: String) throws(ExitStatus) {
        try standard(Array(text.utf8))
    }

    static func error(_ shown: ShownText) {
        _ = write(Array(shown.text.utf8), to: STDERR_FILENO)
    }

    /// The file that is to be written.
    ///
    /// - Throws: when it must not be, which is said.
    static func file(
        _ path: String,
        beside inputs: [String],
        isForced: Bool
    ) throws(ExitStatus) -> OutputFile {
        do throws(OutputFile.Refusal) {
            return try OutputFile(path, beside: inputs, isForced: isForced)
        } catch {
            Self.error("synopsis: \(error.shown)\n")
            throw ExitStatus(code: Program.failure)
        }
    }

    /// Says why something could not be written, and gives the status that ends the program.
    static func complaint(about target: String, _ error: Int32) -> ExitStatus {
        let reason = unsafe String(cString: strerror(error))
        Self.error("synopsis: \(foreign: target): cannot be written: \(foreign: reason)\n")
        return ExitStatus(code: Program.failure)
    }

    /// - Returns: whether all of it could be written.
    static func write(_ octets: [UInt8], to descriptor: Int32) -> Bool {
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

    /// The lines of the terminal on standard output; `nil` where it is none.
    static var terminalHeight: Int? {
        var size = winsize()
        guard isTerminal(STDOUT_FILENO),
            unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0
        else { return nil }
        return Int(size.ws_row)
    }

    /// Whether the locale's characters are UTF-8, as they are taken to be where no locale is set.
    static var isUTF8: Bool {
        let names = ["LC_ALL", "LC_CTYPE", "LANG"]
        guard let locale = names.lazy.compactMap({ environment($0) }).first?.lowercased() else {
            return true
        }
        return locale.contains("utf-8") || locale.contains("utf8")
    }

    /// The value of an environment variable, if it is set and not empty.
    static func environment(_ name: String) -> String? {
        guard let value = unsafe getenv(name), unsafe value.pointee != 0 else { return nil }
        return unsafe String(cString: value)
    }
}
