import Glibc
import Tracking

/// Shows a text that is longer than the terminal through the user's pager.
enum Pager {
    /// What a shell reports of a command that cannot be run.
    private static let unusable: [Int32] = [126, 127]
    private static let usual = "less -FRX"

    /// Writes a text to standard output, through a pager where it does not fit on the screen.
    ///
    /// - Throws: when it could not be written.
    static func show(_ octets: [UInt8], isWanted: Bool) throws(ExitStatus) {
        guard isWanted, let height = Output.terminalHeight, lines(of: octets) >= height,
            let command, run(command, octets)
        else {
            try Output.standard(octets)
            return
        }
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

    /// Runs a command of the shell with the text as its input, and waits until it ends.
    ///
    /// - Returns: whether it could be run.
    private static func run(_ command: String, _ octets: [UInt8]) -> Bool {
        // As the usual one behaves, unless the user says how it should.
        unsafe setenv("LESS", "FRX", 0)
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { return false }
        let (input, output) = (ends[0], ends[1])
        _ = fcntl(output, F_SETFD, FD_CLOEXEC)
        let child = start(command, reading: input)
        close(input)
        guard let child else {
            close(output)
            return false
        }
        // The pager may end before it has all, and Ctrl-C is for the pager.
        let numbers = [SIGPIPE, SIGINT]
        let handlers = numbers.map { signal($0, SIG_IGN) }
        _ = Output.write(octets, to: output)
        close(output)
        var status: Int32 = 0
        while unsafe waitpid(child, &status, 0) < 0, errno == EINTR {}
        for (number, handler) in zip(numbers, handlers) { _ = signal(number, handler) }
        return !unusable.contains(status >> 8 & 0xFF)
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
