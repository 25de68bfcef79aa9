import Glibc
import Tracking

/// Shows a text that is longer than the terminal through the user's pager.
///
/// It is started before the sandbox, which lets nothing be started, and waits for the first byte.
struct Pager {
    /// What a shell reports of a command that cannot be run.
    private static let unusable: [Int32] = [126, 127]
    private static let usual = "less -FRX"

    private let child: pid_t
    private let output: Int32

    /// Starts it, where standard output is a terminal and the user wants one.
    init?() {
        guard Output.terminalHeight != nil, let command = Self.command else { return nil }
        // As the usual one behaves, unless the user says how it should.
        unsafe setenv("LESS", "FRX", 0)
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { return nil }
        _ = fcntl(ends[1], F_SETFD, FD_CLOEXEC)
        // Ctrl-C ends the reading of the capture, and the pager shows what there is.
        let handler = signal(SIGINT, SIG_IGN)
        let child = Self.start("read -r go && exec \(command)", reading: ends[0])
        _ = signal(SIGINT, handler)
        close(ends[0])
        guard let child else {
            close(ends[1])
            return nil
        }
        (self.child, output) = (child, ends[1])
    }

    /// Writes a text to standard output, through a pager where it does not fit on the screen.
    ///
    /// - Parameters:
    ///   - octets: the text.
    ///   - pager: one that waits; it ends with this.
    /// - Throws: when it could not be written.
    static func show(_ octets: [UInt8], through pager: Pager?) throws(ExitStatus) {
        guard let pager else {
            try Output.standard(octets)
            return
        }
        let isLong = Output.terminalHeight.map { lines(of: octets) >= $0 } ?? false
        if pager.finish(showing: isLong ? octets : nil), isLong { return }
        try Output.standard(octets)
    }

    private static func lines(of octets: [UInt8]) -> Int {
        octets.count { $0 == UInt8(ascii: "\n") }
    }

    /// `PAGER`, or less; `nil` where the user wants none.
    private static var command: String? {
        guard let value = unsafe getenv("PAGER") else { return usual }
        let words = unsafe String(cString: value)
        return words.isEmpty || words == "cat" ? nil : words
    }

    /// Hands it a text, or nothing to do, and waits until it ends.
    ///
    /// - Returns: whether it could be run.
    private func finish(showing octets: [UInt8]?) -> Bool {
        // The pager may end before it has all, and Ctrl-C is for the pager.
        let numbers = [SIGPIPE, SIGINT]
        let handlers = numbers.map { signal($0, SIG_IGN) }
        if let octets { _ = Output.write([UInt8(ascii: "\n")] + octets, to: output) }
        close(output)
        var status: Int32 = 0
        while unsafe waitpid(child, &status, 0) < 0, errno == EINTR {}
        for (number, handler) in zip(numbers, handlers) { _ = signal(number, handler) }
        return !Self.unusable.contains(status >> 8 & 0xFF)
    }

    /// Starts a command of the shell; `nil` where there is no shell.
    private static func start(_ command: String, reading input: Int32) -> pid_t? {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
        var arguments: [UnsafeMutablePointer<CChar>?] = unsafe [
            strdup("sh"), strdup("-c"), strdup(command), nil,
        ]
        defer { unsafe arguments.forEach { unsafe free($0) } }
        var child: pid_t = 0
        let result = unsafe posix_spawn(&child, "/bin/sh", &actions, nil, &arguments, environ)
        return result == 0 ? child : nil
    }
}
