import Diagnosing
import Foundation
import Testing

/// What a user reads is plain English.
@Suite struct `The language` {
    private static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Words that were translated literally, or that the field does not use.
    private static let banned: [String] = [
        "told", "anew", "in vain", "at once", "by turns", "heed", "heeds", "heeded", "nobody",
        "somebody", "anybody", "whoever", "is none", "so many", "so long", "as many", "octet",
        "octets", "came up", "come up", "comes up", "the connection before", "nothing is wrong",
    ]

    /// The banned words in a text, in which identifiers and ids do not count.
    private func slips(in text: some StringProtocol) -> [String] {
        let words = text.lowercased().split { !$0.isLetter && $0 != "-" && $0 != "_" }
        let line = " " + words.joined(separator: " ") + " "
        return Self.banned.filter { line.contains(" \($0) ") }
    }

    private func files(_ suffix: String, in folder: String) throws -> [URL] {
        let directory = Self.root.appending(path: folder)
        let all = FileManager.default.enumerator(at: directory, includingPropertiesForKeys: nil)
        return (all?.allObjects ?? []).compactMap { $0 as? URL }
            .filter { $0.pathExtension == suffix }.sorted { $0.path < $1.path }
    }

    /// The literals of a source file that are sentences or parts of them, with their lines.
    private func literals(of file: URL) throws -> [(line: Int, text: Substring)] {
        var found: [(Int, Substring)] = []
        var isInBlock = false
        let text = try String(contentsOf: file, encoding: .utf8)
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false)
            .enumerated()
        {
            let code = line.drop { $0 == " " }
            if code.hasPrefix("//") { continue }
            if code.contains("\"\"\"") {
                isInBlock.toggle()
            } else if isInBlock {
                found.append((number + 1, code))
            } else {
                for literal in code.matches(of: #/"((?:[^"\\]|\\.)*)"/#)
                where literal.output.1.contains(" ") {
                    found.append((number + 1, literal.output.1))
                }
            }
        }
        return found
    }

    @Test func `of the program has none of the banned words`() throws {
        let rooms = ["Tracking", "Diagnosing", "Reporting", "Live", "Serving", "synopsis"]
        var found: [String] = []
        for file in try rooms.flatMap({ try files("swift", in: "Sources/\($0)") }) {
            for (line, text) in try literals(of: file) {
                // What an interpolation names is no word of the sentence.
                let plain = text.replacing(#/\\\([^)]*\)/#, with: "…")
                found += slips(in: plain).map { "\(file.lastPathComponent):\(line): \($0)" }
            }
        }

        #expect(found.isEmpty)
    }

    /// Words of which a reader would have to guess the meaning; the field has others.
    private static let privateWords: Set<Substring> = [
        "Talk", "Speech", "Dialogue", "Census", "Surge", "Probing", "Collapse", "Tape", "Opening",
        "mute", "isMute", "domain", "Leeway", "Step", "legs", "sieve", "noteworthy", "oddity",
        "Surroundings", "Announcements", "Composition", "IncidentDraft", "Commentary", "Judgement",
        "patience", "leisure", "youth", "lingering", "promptness", "speaker", "takeTurn", "life",
        "lives", "place", "places", "told", "volley",
    ]

    @Test func `of the code has the words of the field`() throws {
        var found: [String] = []
        for file in try files("swift", in: "Sources") {
            let text = try String(contentsOf: file, encoding: .utf8)
            // Comments, literals and what is in backticks are prose.
            let code = text.replacing(#/"""[\s\S]*?"""|"(?:[^"\\\n]|\\.)*"|//[^\n]*/#, with: "")
            let words = code.split { !$0.isLetter && !$0.isNumber && $0 != "_" }
            found += Set(words).intersection(Self.privateWords)
                .map { "\(file.lastPathComponent): \($0)" }
        }

        #expect(found.isEmpty)
    }

    @Test(arguments: ["README.md", "Captures/README.md", ".github/CONTRIBUTING.md"])
    func `of a page has none of the banned words`(page: String) throws {
        let text = try String(contentsOf: Self.root.appending(path: page), encoding: .utf8)

        #expect(slips(in: text).isEmpty)
    }

    @Test func `of pages, examples and known issues has none of the banned words`() throws {
        let pages =
            try files("md", in: "Sources") + files("md", in: "Tests") + files("txt", in: "Captures")
            + files("json", in: "Sources/Reporting/KnownIssues")
        #expect(pages.count > 50)
        for page in pages {
            let text = try String(contentsOf: page, encoding: .utf8)

            #expect(slips(in: text).isEmpty, "\(page.lastPathComponent)")
        }
    }

    @Test(arguments: Catalog.manuals.map(\.id))
    func `of a manual has sentences of at most 25 words`(id: String) throws {
        let manual = try #require(Catalog.detector(named: id)?.manual)
        for text in [manual.sees, manual.means, manual.unless] {
            // What stands in parentheses is passed over, and a semicolon or colon is a rest.
            let plain = text.replacing(#/ \([^)]*\)/#, with: "")
            for sentence in plain.split(separator: #/[.;:] /#) {
                let count = sentence.split(separator: " ").count
                #expect(count <= 25, "\(sentence)")
            }
        }
    }
}
