import Foundation
import Testing

/// The page of bounds says what the code has.
@Suite struct `The page of bounds` {
    private static let sources = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Sources")

    private struct Row {
        let number: Int
        let bytes: String
        let file: String
        let constant: String
    }

    private func rows() throws -> [Row] {
        let page = try String(
            contentsOf: Self.sources.appending(path: "Bounds.md"),
            encoding: .utf8
        )
        return page.matches(of: /\| ([\d,]+) \| ([^|]+) \| `([^`]+)\.(\w+)` \|/).compactMap { row in
            Int(row.output.1.replacing(",", with: "")).map {
                Row(
                    number: $0,
                    bytes: String(row.output.2),
                    file: String(row.output.3),
                    constant: String(row.output.4)
                )
            }
        }
    }

    /// What a constant is set to: a number, or one shifted.
    private func value(of constant: String, in file: String) throws -> Int? {
        let path = Self.sources.appending(path: "\(file).swift")
        let text = try String(contentsOf: path, encoding: .utf8)
        let pattern = try Regex(
            "static (?:let|var) \(constant)(?:: \\w+)? = ([\\d_]+)(?: << (\\d+))?"
        )
        guard let match = text.firstMatch(of: pattern), let number = match[1].substring else {
            return nil
        }
        let shift = match[2].substring.flatMap { Int($0) } ?? 0
        return Int(number.replacing("_", with: "")).map { $0 << shift }
    }

    @Test func `gives each one as the code has it, in things and in bytes`() throws {
        let rows = try rows()

        #expect(rows.count > 50)
        for row in rows {
            #expect(try value(of: row.constant, in: row.file) == row.number, "\(row.constant)")
            #expect(!row.bytes.trimmingCharacters(in: .whitespaces).isEmpty)
        }
    }

    @Test func `leaves out no table of the tracker`() throws {
        let listed = Set(try rows().map { "\($0.file).\($0.constant)" })
        let folder = Self.sources.appending(path: "Tracking")
        let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
        var missing: [String] = []
        for case let file as URL in try #require(files) where file.pathExtension == "swift" {
            let text = try String(contentsOf: file, encoding: .utf8)
            let path = file.deletingPathExtension().path.dropFirst(Self.sources.path.count + 1)
            for match in text.matches(of: /static let (\w*[lL]imit)(?:: \w+)? = \d/) {
                let name = "\(path).\(match.output.1)"
                if !listed.contains(name), !Self.others.contains(name) { missing.append(name) }
            }
        }

        #expect(missing.isEmpty)
    }

    /// Limits of something else than a table.
    private static let others: Set<String> = [
        "Tracking/Capture/PacketFilter.linkTypeLimit",
        "Tracking/RPC/PortmapLog.likeLimit",
        "Tracking/Wire/LayerTrail.limit",
        "Tracking/Tracker/Ingest/PrefetchThread.spinLimit",
    ]
}
