import Foundation
import Reporting
import Testing

/// The README says what the program really does.
@Suite struct `The README` {
    private static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    private static let place = root.appending(path: "README.md")
    private static let isRecording = ProcessInfo.processInfo.environment["SYNOPSIS_RECORD"] == "1"

    private func part(
        from begin: String,
        to end: String,
        of file: URL = place
    ) throws -> Substring {
        let text = try String(contentsOf: file, encoding: .utf8)
        let start = try #require(text.firstRange(of: begin))
        let rest = text[start.upperBound...]
        let stop = try #require(rest.firstRange(of: end))
        return rest[..<stop.lowerBound]
    }

    /// Compares a generated table with the one between two comments, or records it.
    private func check(_ name: String, _ table: String, in file: URL = place) throws {
        let (begin, end) = ("<!-- \(name) -->", "<!-- /\(name) -->")
        let table = "\n" + table
        let written = try part(from: begin, to: end, of: file)
        if Self.isRecording, written != table {
            let text = try String(contentsOf: file, encoding: .utf8)
            let recorded = text.replacing(begin + written + end, with: begin + table + end)
            try Data(recorded.utf8).write(to: file)
        }

        #expect(try part(from: begin, to: end, of: file) == table)
    }

    @Test func `has the table of detectors`() throws {
        try check("detectors", Handbook.groups)
    }

    @Test func `has an article with the table of thresholds`() throws {
        let article = Self.root.appending(
            path: "Sources/synopsis/Documentation.docc/Configuration.md"
        )
        try check("thresholds", Handbook.thresholds, in: article)
    }

    @Test func `counts the known issues`() throws {
        let folder = Self.root.appending(path: "Sources/Reporting/KnownIssues").path
        let issues = try FileManager.default.contentsOfDirectory(atPath: folder)

        let count = issues.count { $0.hasSuffix(".json") }
        let text = try String(contentsOf: Self.place, encoding: .utf8)
        #expect(text.contains(" \(count) known issues are named"))
    }

    @Test func `shows real output`() throws {
        let golden = Self.root.appending(path: "Captures/nfs-syn-burst.txt")
        let real = try Set(String(contentsOf: golden, encoding: .utf8).split(separator: "\n"))

        let shown = try part(from: "| head -11\n", to: "```").split(separator: "\n")

        #expect(shown.count > 8)
        #expect(shown.allSatisfy(real.contains))
    }

    @Test func `names commands and files that exist`() throws {
        let text = try String(contentsOf: Self.place, encoding: .utf8)

        let paths = /Captures\/[a-z-]+\.pcap|(?:Sources|Tests)\/[A-Za-z\/]+\.(?:md|swift)/
        for match in text.matches(of: paths) {
            let path = Self.root.appending(path: String(match.output)).path
            let isExample = match.output.contains("YourPathology")
            #expect(isExample || FileManager.default.fileExists(atPath: path), "\(match.output)")
        }
    }
}
