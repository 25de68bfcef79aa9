import Diagnosing
import Foundation
import Testing

/// What the compiler and the formatter do not check.
@Suite struct `The tree` {
    private static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private func sources(_ folders: [String] = ["Sources", "Tests"]) throws -> [URL] {
        var files: [URL] = []
        for folder in folders {
            let directory = Self.root.appending(path: folder)
            let all = FileManager.default.enumerator(at: directory, includingPropertiesForKeys: nil)
            files += (all?.allObjects ?? []).compactMap { $0 as? URL }
        }
        return files.filter { $0.pathExtension == "swift" }.sorted { $0.path < $1.path }
    }

    private func lines(of file: URL) throws -> [Substring] {
        try String(contentsOf: file, encoding: .utf8).split(
            separator: "\n",
            omittingEmptySubsequences: false
        )
    }

    /// Longer functions that are known, by file: the list may only shrink.
    private static let longFunctions = [
        "ReconnectLoop.swift", "SYNFlood.swift", "Wrapping.swift",
    ]

    @Test func `has no function of more than 60 lines`() throws {
        let head = #/^(?<indent> *)(?:(?!//|\.)[^"]*\s)?(?:func\s.*|init[?(<].*|deinit .*)$/#
        var long: [String] = []
        for file in try sources() {
            let lines = try lines(of: file)
            for (number, line) in lines.enumerated() {
                guard let match = line.wholeMatch(of: head), !line.hasSuffix("}") else { continue }
                let end = lines[number...].firstIndex { $0 == match.indent + "}" } ?? number
                if end - number >= 60 { long.append(file.lastPathComponent) }
            }
        }

        #expect(long == Self.longFunctions)
    }

    @Test func `keeps comments within 100 columns`() throws {
        var wide: [String] = []
        for file in try sources() {
            for (number, line) in try lines(of: file).enumerated()
            where line.count > 100 && line.drop(while: { $0 == " " }).hasPrefix("//") {
                wide.append("\(file.lastPathComponent):\(number + 1)")
            }
        }

        #expect(wide.isEmpty, ".ci/wrap breaks them")
    }

    @Test func `has no folder of more than 16 files but the detectors`() throws {
        let folders = Dictionary(grouping: try sources(["Sources"])) {
            $0.deletingLastPathComponent().path
        }

        let full = folders.filter { $0.value.count > 16 }.keys
        #expect(full.filter { !$0.hasSuffix("/Detectors") }.isEmpty)
    }

    @Test func `documents everything that another file uses`() throws {
        var bare: [String] = []
        for file in try sources(["Sources"]) {
            let lines = try lines(of: file)
            for (number, line) in lines.enumerated() {
                let text = line.drop { $0 == " " }
                guard
                    text.hasPrefix("package struct") || text.hasPrefix("package enum")
                        || text.hasPrefix("package protocol")
                else { continue }
                let above = lines[..<number].last { !$0.drop { $0 == " " }.hasPrefix("@") } ?? ""
                if !above.drop(while: { $0 == " " }).hasPrefix("///") {
                    bare.append("\(file.lastPathComponent):\(number + 1)")
                }
            }
        }

        #expect(bare.isEmpty)
    }

    @Test func `traps on nothing that a packet can say`() throws {
        let banned = [
            "try!", "fatalError", "preconditionFailure", "@unchecked Sendable", "TODO", "FIXME",
        ]
        var found: [String] = []
        for file in try sources(["Sources"]) {
            for (number, line) in try lines(of: file).enumerated()
            where banned.contains(where: line.contains) {
                found.append("\(file.lastPathComponent):\(number + 1)")
            }
        }

        #expect(found.isEmpty)
    }

    @Test func `uses Foundation only in reports and tests`() throws {
        let users = try sources(["Sources"]).filter { file in
            try lines(of: file).contains { $0.hasPrefix("import Foundation") }
        }

        #expect(users.allSatisfy { $0.path.contains("/Reporting/") })
    }

    @Test func `has a file for every detector`() {
        for detector in Catalog.detectors {
            let path = Self.root.appending(path: "Sources/Diagnosing/Detectors/\(detector).swift")
                .path
            #expect(FileManager.default.fileExists(atPath: path))
        }
    }

    @Test func `refers to nothing outside of itself`() throws {
        let outside = ["../" + "shared", "." + "library"]
        for file in try sources() {
            let text = try String(contentsOf: file, encoding: .utf8)
            #expect(!outside.contains(where: text.contains), "\(file.lastPathComponent)")
        }
    }
}
