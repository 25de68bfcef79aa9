import Foundation
import Live

/// A folder that goes when it is no longer needed.
final class Scratch: Sendable {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appending(
            path: "synopsis-\(UUID().uuidString)"
        )
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func path(_ name: String) -> String { url.appending(path: name).path }

    func text(_ name: String) throws -> String {
        try String(contentsOfFile: path(name), encoding: .utf8)
    }
}

/// Waits until something holds, five seconds at most.
func eventually(_ holds: () throws -> Bool) rethrows -> Bool {
    for _ in 0..<500 {
        if try holds() { return true }
        usleep(10_000)
    }
    return try holds()
}

extension EventOutput {
    /// Ends it, and waits for that.
    func end(within time: Duration) {
        close(by: .now + time)
        join()
    }
}

func line(_ text: String) -> [UInt8] { Array("\(text)\n".utf8) }

/// What a program said.
struct Outcome {
    let status: Int32
    let output: String
    let errors: String
}

/// Runs a program to its end.
func run(_ program: String, _ arguments: [String], input: String = "") throws -> Outcome {
    let folder = try Scratch()
    for name in ["in", "out", "err"] {
        try (name == "in" ? input : "").write(
            toFile: folder.path(name),
            atomically: false,
            encoding: .utf8
        )
    }
    let process = Process()
    process.executableURL = URL(filePath: program)
    process.arguments = arguments
    process.standardInput = FileHandle(forReadingAtPath: folder.path("in"))
    process.standardOutput = FileHandle(forWritingAtPath: folder.path("out"))
    process.standardError = FileHandle(forWritingAtPath: folder.path("err"))
    try process.run()
    process.waitUntilExit()
    return Outcome(
        status: process.terminationStatus,
        output: try folder.text("out"),
        errors: try folder.text("err")
    )
}
