import Diagnosing
import Foundation
import Reporting
import Testing
import Tracking

/// Captures that were cut or damaged anywhere: whatever is left of them gives a report.
@Suite(.tags(.slow)) struct `A mutilated capture` {
    private static let project = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// More mutations of each capture, and the labelled captures too: for a long run by hand.
    private static let wanted = ProcessInfo.processInfo.environment["SYNOPSIS_MUTATIONS"]
        .flatMap { Int($0) }

    private static let captures: [String] = {
        let folders = [
            project.appending(path: "Captures"),
            project.appending(path: "Captures/Lab"),
            project.appending(path: "Captures/Field"),
        ]
        return folders.prefix(wanted == nil ? 1 : 3).map(\.path).flatMap { folder in
            let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            return names.filter { $0.hasSuffix(".pcap") || $0.hasSuffix(".pcapng") }.sorted()
                .map { "\(folder)/\($0)" }
        }
    }()

    /// Prefixes of longer files are tried in steps that make about so many.
    private static let prefixes = 300

    @Test(arguments: captures)
    func `gives a report in every prefix`(_ path: String) throws {
        let whole = try Data(contentsOf: URL(filePath: path))
        let step = Self.wanted == nil ? max(1, whole.count / Self.prefixes) : 1

        try Mutilation.withFile { file in
            for count in stride(from: 0, through: min(whole.count, 20_000), by: step) {
                try file.check(whole.prefix(count), "\(path), \(count) octets")
            }
        }
    }

    @Test(arguments: captures)
    func `gives a report after every mutation`(_ path: String) throws {
        let whole = try Data(contentsOf: URL(filePath: path))
        let isSmall = whole.count < 100_000
        var random = SplitMix64(seed: UInt64(whole.count))

        try Mutilation.withFile { file in
            for round in 0..<(isSmall ? Self.wanted ?? 100 : 10) {
                let damaged = Mutilation.damage(whole, &random)
                try file.check(damaged, "\(path), mutation \(round)")
            }
        }
    }
}

/// A file that is written anew for each try.
private struct Mutilation {
    private let file: URL

    static func withFile(_ body: (Mutilation) throws -> Void) throws {
        let file = FileManager.default.temporaryDirectory
            .appending(path: "mutilated-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        try body(Mutilation(file: file))
    }

    /// Changes a few octets or many, doubles a part, leaves one out, or cuts the end.
    static func damage(_ whole: Data, _ random: inout SplitMix64) -> Data {
        var octets = [UInt8](whole)
        func position() -> Int { Int.random(in: 0..<max(1, octets.count), using: &random) }
        for _ in 0..<([1, 3, 10, 60].randomElement(using: &random) ?? 1) {
            guard !octets.isEmpty else { break }
            let (start, count) = (position(), Int.random(in: 1...90, using: &random))
            let part = start..<min(octets.count, start + count)
            switch Int.random(in: 0..<12, using: &random) {
            case 0: octets.removeSubrange(part)
            case 1: octets.insert(contentsOf: octets[part], at: position())
            case 2: octets.removeLast(min(octets.count, count))
            case 3...6: octets[start] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            default: octets[start] = [0, 1, 127, 128, 255].randomElement(using: &random) ?? 0
            }
        }
        return Data(octets)
    }

    /// Reads the octets as a capture; what can be read gives valid JSON, and a text.
    func check(_ octets: Data, _ name: String) throws {
        try octets.write(to: file)
        guard let report = try? report(reading: file.path, flowLimit: 500) else { return }
        let json = try? JSONSerialization.jsonObject(with: Data(JSONReport(report).octets))
        #expect(json != nil, "\(name)")
        #expect(!TextReport(report).text.isEmpty, "\(name)")
        #expect(HTMLReport(report).text.hasSuffix("</html>\n"), "\(name)")
        #expect(MarkdownReport(report).text.hasPrefix("# "), "\(name)")
    }
}
