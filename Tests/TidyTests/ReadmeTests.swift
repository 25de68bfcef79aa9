import Diagnosing
import Foundation
import Reporting
import Testing
import Tracking

/// The README says what the program really does.
@Suite struct `The README` {
    private static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    private static let url = root.appending(path: "README.md")
    private static let isRecording = ProcessInfo.processInfo.environment["SYNOPSIS_RECORD"] == "1"

    private func part(
        from begin: String,
        to end: String,
        of file: URL = url
    ) throws -> Substring {
        let text = try String(contentsOf: file, encoding: .utf8)
        let start = try #require(text.firstRange(of: begin))
        let rest = text[start.upperBound...]
        let stop = try #require(rest.firstRange(of: end))
        return rest[..<stop.lowerBound]
    }

    /// Compares a generated table with the one between two comments, or records it.
    private func check(_ name: String, _ table: String, in file: URL = url) throws {
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

    @Test func `has a map with the files of unsafe code`() throws {
        var files: [String: [String]] = [:]
        let sources = Self.root.appending(path: "Sources")
        let all = FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil)
        for case let file as URL in try #require(all) where file.pathExtension == "swift" {
            let text = try String(contentsOf: file, encoding: .utf8)
            let isUnsafe = text.split(separator: "\n").contains { line in
                !line.drop { $0 == " " }.hasPrefix("//") && line.contains(/\bunsafe\b/)
            }
            guard isUnsafe else { continue }
            let folder = file.deletingLastPathComponent().path.dropFirst(sources.path.count + 1)
            let name = file.deletingPathExtension().lastPathComponent
            files[String(folder), default: []].append(name)
        }
        let rows = files.sorted { $0.key < $1.key }
            .map { "| `\($0.key)` | \($0.value.sorted().joined(separator: ", ")) |\n" }

        let table = "| folder | files |\n|---|---|\n" + rows.joined()
        try check("unsafe", table, in: sources.appending(path: "README.md"))
    }

    @Test func `has an article with the table of what is remembered`() throws {
        let rows = Signal.Memory.allCases.map { memory in
            let signals = Signal.allCases.filter { $0.memory == memory }.map { "`\($0)`" }
            let shown = signals.isEmpty ? "–" : signals.joined(separator: ", ")
            return """
                | \(memory.meaning) | `\(memory.seenIn)` | \(memory.bytes), \(memory.owner) | \(shown) |

                """
        }
        let signals = Signal.allCases.map {
            "| `\($0)` | \($0.meaning) | \($0.keepsStream ? "yes" : "") |\n"
        }

        try check(
            "memory",
            "| what is remembered | seen in | bytes | signals |\n|---|---|---|---|\n"
                + rows.joined(),
            in: Self.tutorial
        )
        try check(
            "signals",
            "| signal | what shows it | kept for it |\n|---|---|---|\n" + signals.joined(),
            in: Self.tutorial
        )
    }

    private static let tutorial = root.appending(
        path: "Sources/synopsis/Documentation.docc/Detectors.md"
    )

    @Test func `has a tutorial whose changes are those of the sources`() throws {
        let text = try String(contentsOf: Self.tutorial, encoding: .utf8)
        let changes = text.split(separator: "```diff\n+++ ").dropFirst()
            .compactMap { $0.split(separator: "\n```").first?.split(separator: "\n") }

        #expect(changes.count > 4)
        for change in changes {
            let path = try #require(change.first)
            let file = Self.root.appending(path: String(path))
            let text = try String(contentsOf: file, encoding: .utf8)
            var rest = text[...]
            for line in change.dropFirst() where !line.hasPrefix("@@") {
                let code = line.dropFirst().trimmingCharacters(in: .whitespaces)
                if line.hasPrefix("-") {
                    #expect(!text.contains(code), "\(path) still has '\(code)'")
                    continue
                }
                let found = rest.firstRange(of: code)
                #expect(found != nil, "\(path) has no line '\(code)' there")
                rest = found.map { rest[$0.upperBound...] } ?? rest
            }
        }
    }

    @Test func `names the files of slow tests that the quick run leaves out`() throws {
        let tests = Self.root.appending(path: "Tests")
        let all = FileManager.default.enumerator(at: tests, includingPropertiesForKeys: nil)
        let slow = try (all?.allObjects ?? []).compactMap { $0 as? URL }.filter { file in
            try file.pathExtension == "swift" && file.lastPathComponent != "ReadmeTests.swift"
                && String(contentsOf: file, encoding: .utf8).contains(".tags(.slow)")
        }
        let names = slow.map { $0.deletingPathExtension().lastPathComponent }.sorted()

        let page = try String(contentsOf: tests.appending(path: "README.md"), encoding: .utf8)
        #expect(names.count > 10)
        #expect(page.contains("--skip '\(names.joined(separator: "|"))'"))
    }

    @Test func `counts what it counts as the sources do`() throws {
        let captures = Self.root.appending(path: "Captures")
        func number(of folder: String) throws -> Int {
            let path = captures.appending(path: folder).path
            return try FileManager.default.contentsOfDirectory(atPath: path)
                .count { $0.contains(".pcap") }
        }
        let counts = [
            "known issues": try FileManager.default.contentsOfDirectory(
                atPath: Self.root.appending(path: "Sources/Reporting/KnownIssues").path
            ).count { $0.hasSuffix(".json") },
            "detectors": Catalog.detectors.count,
            "pathologies": Catalog.detectors.count,
            "thresholds": Threshold.all.count,
        ]
        let pages = [
            "README.md", "Sources/README.md", "Sources/Bench/README.md", "Tests/README.md",
        ]
        for page in pages {
            let text = try String(contentsOf: Self.root.appending(path: page), encoding: .utf8)
            for match in text.matches(of: /(\d+) (known issues|detectors|pathologies|thresholds)/) {
                #expect(counts[String(match.output.2)] == Int(match.output.1), "\(page)")
            }
        }
        for folder in ["Lab", "Field"] {
            let page = captures.appending(path: "\(folder)/README.md")
            let text = try String(contentsOf: page, encoding: .utf8)
            #expect(text.contains("\n\(try number(of: folder)) captures"), "\(folder)")
        }
    }

    @Test func `shows real output`() throws {
        let golden = Self.root.appending(path: "Captures/nfs-syn-burst.txt")
        let real = try Set(String(contentsOf: golden, encoding: .utf8).split(separator: "\n"))

        let shown = try part(from: "| head -11\n", to: "```").split(separator: "\n")

        #expect(shown.count > 8)
        #expect(shown.allSatisfy(real.contains))
    }

    @Test func `names commands and files that exist`() throws {
        let text = try String(contentsOf: Self.url, encoding: .utf8)

        let paths = /Captures\/[a-z-]+\.pcap|(?:Sources|Tests)\/[A-Za-z\/]+\.(?:md|swift)/
        for match in text.matches(of: paths) {
            let path = Self.root.appending(path: String(match.output)).path
            let isExample = match.output.contains("YourPathology")
            #expect(isExample || FileManager.default.fileExists(atPath: path), "\(match.output)")
        }
    }
}
