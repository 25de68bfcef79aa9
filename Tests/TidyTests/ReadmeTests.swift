import Foundation
import Reporting
import Testing

/// The README says what the program really does.
@Suite struct `The README` {
    private static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    private static let place = root.appending(path: "README.md")
    private static let isRecording = ProcessInfo.processInfo.environment["SYNOPSIS_RECORD"] == "1"

    private func part(from begin: String, to end: String) throws -> Substring {
        let text = try String(contentsOf: Self.place, encoding: .utf8)
        let start = try #require(text.firstRange(of: begin))
        let rest = text[start.upperBound...]
        let stop = try #require(rest.firstRange(of: end))
        return rest[..<stop.lowerBound]
    }

    @Test func `has the table of detectors`() throws {
        let table = "\n" + Handbook.groups

        let written = try part(from: "<!-- detectors -->", to: "<!-- /detectors -->")
        if Self.isRecording, written != table {
            let text = try String(contentsOf: Self.place, encoding: .utf8)
            try Data(text.replacing("-->\(written)<!--", with: "-->\(table)<!--").utf8).write(
                to: Self.place
            )
        }

        #expect(try part(from: "<!-- detectors -->", to: "<!-- /detectors -->") == table)
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
