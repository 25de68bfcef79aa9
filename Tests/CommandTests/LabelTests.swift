import Foundation
import Testing

/// The labelled captures: what a right diagnosis of each contains, and what it must not say.
///
/// What is missed or false today stands in `known-faults.txt` beside the captures. The list may
/// only shrink: `SYNOPSIS_RECORD=1 swift test` takes out what is mended, and adds nothing.
@Suite(.tags(.slow)) struct `A labelled capture` {
    private static let isRecording = ProcessInfo.processInfo.environment["SYNOPSIS_RECORD"] == "1"

    @Test(arguments: ["Lab", "Field"])
    func `has the faults that are known, and no other`(_ collection: String) async throws {
        let folder = Program.root.appending(path: "Captures/\(collection)")
        let labels = try Label.all(in: folder)
        #expect(labels.count > 100)

        let faults = try await withThrowingTaskGroup(of: [String].self) { group in
            for label in labels {
                group.addTask { try label.faults(in: folder) }
            }
            return try await group.reduce(into: []) { $0 += $1 }.sorted()
        }

        let list = KnownFaults(url: folder.appending(path: "known-faults.txt"))
        let change = try faults.difference(from: list.lines())
        if Self.isRecording {
            try list.remove(change.removals)
        } else {
            #expect(change.removals.isEmpty, "mended, and still listed: SYNOPSIS_RECORD=1")
        }
        #expect(change.insertions.isEmpty, "new faults")
    }
}

/// A sorted list of faults, one a line, in a file that begins with a remark.
private struct KnownFaults {
    let url: URL

    func lines() throws -> [String] {
        try String(contentsOf: url, encoding: .utf8).split(separator: "\n")
            .filter { !$0.hasPrefix("#") }.map(String.init)
    }

    func remove(_ mended: [CollectionDifference<String>.Change]) throws {
        let remark = try String(contentsOf: url, encoding: .utf8).prefix { $0 != "\n" }
        var left = try lines()
        for case .remove(_, let line, _) in mended {
            left.firstIndex(of: line).map { _ = left.remove(at: $0) }
        }
        let text = ([String(remark)] + left).joined(separator: "\n") + "\n"
        try Data(text.utf8).write(to: url)
    }
}
