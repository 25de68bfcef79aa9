import Foundation
import Testing

/// The built program, run as a user runs it.
enum Program {
    struct Outcome {
        let status: Int32
        let output: String
        let errors: String
    }

    static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The program that was built beside these tests.
    static var path: URL {
        get throws {
            let test = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
            let beside = [test.deletingLastPathComponent(), root.appending(path: ".build/debug")]
            let found = beside.map { $0.appending(path: "synopsis") }.first {
                FileManager.default.isExecutableFile(atPath: $0.path)
            }
            return try #require(found)
        }
    }

    static func run(
        _ arguments: String...,
        input: Data? = nil,
        environment: [String: String] = [:]
    ) throws -> Outcome {
        try run(all: arguments, input: input, environment: environment)
    }

    static func run(
        all arguments: [String],
        input: Data? = nil,
        environment: [String: String] = [:]
    ) throws -> Outcome {
        let process = Process()
        process.executableURL = try path
        process.arguments = arguments
        process.currentDirectoryURL = root.appending(path: "Captures")
        process.environment = ProcessInfo.processInfo.environment
            .merging(["TZ": "UTC", "NO_COLOR": "1", "LC_ALL": "C.UTF-8"]) { $1 }
            .merging(environment) { $1 }
        let folder = try Scratch()
        let output = folder.file("out")
        let errors = folder.file("err")
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: errors)
        if let input {
            let source = folder.file("in", input)
            process.standardInput = try FileHandle(forReadingFrom: source)
        } else {
            process.standardInput = FileHandle.nullDevice
        }
        try process.run()
        process.waitUntilExit()
        return Outcome(
            status: process.terminationStatus,
            output: try String(contentsOf: output, encoding: .utf8),
            errors: try String(contentsOf: errors, encoding: .utf8)
        )
    }
}

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

    func file(_ name: String, _ content: Data = Data()) -> URL {
        let file = url.appending(path: name)
        _ = FileManager.default.createFile(atPath: file.path, contents: content)
        return file
    }
}
