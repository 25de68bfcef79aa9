import Diagnosing
import Foundation
import Testing
import Tracking

/// Of a history only those detectors are asked whose needs it meets: the others must have nothing
/// to say.
@Suite struct `A detector whose needs a history does not meet` {
    private static let names = Catalog.manuals.map(\.id)

    /// All captures of the project, the labelled ones among them.
    private static let captures: [String] = {
        let project = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let files = FileManager.default.enumerator(
            at: project.appending(path: "Captures"),
            includingPropertiesForKeys: nil
        )
        return (files?.compactMap { $0 as? URL } ?? []).map(\.path).sorted()
            .filter { $0.hasSuffix(".pcap") || $0.hasSuffix(".pcapng") }
    }()

    /// The ids of the detectors that find something in a history although it does not meet their
    /// needs.
    private func findsInVain(in history: History) -> [String] {
        Catalog.detectors.compactMap { detector in
            if let needs = detector.needs, history.traits.isSuperset(of: needs) { return nil }
            return detector.init().examine(history) == nil ? nil : detector.manual.id
        }
    }

    @Test(arguments: names)
    func `finds nothing in an example or near miss`(_ id: String) throws {
        let manual = try #require(Catalog.detector(named: id)).manual

        let histories = try histories(of: manual.example) + histories(of: manual.nearMiss)

        #expect(histories.flatMap(findsInVain).isEmpty)
    }

    @Test(arguments: names)
    func `finds nothing in an example that lacks a packet or has one twice`(_ id: String) throws {
        let frames = try #require(Catalog.detector(named: id)).manual.example.frames
        let places = frames.indices.prefix(24)

        let lacking = places.map { place in
            frames.enumerated().filter { $0.offset != place }.map(\.element)
        }
        let doubled = places.map { frames[...$0] + frames[$0...] }

        for variant in lacking + doubled.map(Array.init) {
            #expect(try histories(of: variant).flatMap(findsInVain).isEmpty)
        }
    }

    @Test(arguments: captures)
    func `finds nothing in a real capture`(_ path: String) throws {
        var tracker = Tracker()
        var file = try PcapFile(path: path)
        // What is damaged is examined up to there.
        while (try? tracker.consume(next: 1024, from: &file)) == true {}
        let capture = tracker.finish()

        var found: [String] = []
        capture.forEachSuspicious { found += findsInVain(in: History($0, in: capture.facts)) }

        #expect(found.isEmpty)
    }
}
