import Foundation

/// A program that runs beside the test, and goes with it.
final class Running {
    let process = Process()
    let folder: Scratch

    /// - Parameters:
    ///   - arguments: the path of the program, and its arguments.
    ///   - folder: where `out` and `err` are.
    ///   - environment: what is added to that of the tests.
    ///   - input: its standard input.
    ///   - output: its standard output; `nil` for the file `out`.
    /// - Throws: when it cannot be started.
    init(
        _ arguments: [String],
        in folder: Scratch,
        environment: [String: String] = [:],
        input: FileHandle = .nullDevice,
        output: FileHandle? = nil
    ) throws {
        self.folder = folder
        process.executableURL = URL(filePath: arguments[0])
        process.arguments = Array(arguments.dropFirst())
        process.environment = ProcessInfo.processInfo.environment
            .merging(environment) { $1 }
        process.standardInput = input
        process.standardOutput = try output ?? FileHandle(forWritingTo: folder.file("out"))
        process.standardError = try FileHandle(forWritingTo: folder.file("err"))
        try process.run()
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
    }

    /// Whether it ends within so many seconds.
    func ends(within seconds: Double) -> Bool {
        let end = Date(timeIntervalSinceNow: seconds)
        while process.isRunning, Date() < end { usleep(10_000) }
        return !process.isRunning
    }

    /// A line of `/proc/PID/status`, without its name.
    func status(_ name: String) -> [String] {
        let path = "/proc/\(process.processIdentifier)/status"
        let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("\(name):") } ?? ""
        return line.split(whereSeparator: \.isWhitespace).dropFirst().map(String.init)
    }

    func text(_ name: String) -> String {
        (try? String(contentsOf: folder.url.appending(path: name), encoding: .utf8)) ?? ""
    }
}

/// Waits until something holds, ten seconds at most.
func eventually(_ holds: () -> Bool) -> Bool {
    for _ in 0..<1000 {
        if holds() { return true }
        usleep(10_000)
    }
    return holds()
}
