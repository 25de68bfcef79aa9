import Diagnosing
import Foundation
import Testing
import Tracking

/// What the tracker makes of a capture; of a damaged one, up to the damage.
private func tracked(
    _ path: String,
    keeping kept: Signals = .keepingStreams
) throws -> TrackedCapture {
    var tracker = Tracker(keeping: kept)
    var file = try PcapFile(path: path)
    while (try? tracker.consume(next: 1024, from: &file)) == true {}
    return tracker.finish()
}

/// Of a history only those detectors are asked whose needs it meets: the others must have nothing
/// to say.
@Suite(.tags(.slow)) struct `A detector whose needs a history does not meet` {
    private static let names = Catalog.manuals.map(\.id)

    /// All captures of the project, the labelled ones among them.
    static let captures: [String] = {
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
            if let needs = detector.needs, history.signals.isSuperset(of: needs) { return nil }
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
        let indices = frames.indices.prefix(24)

        let lacking = indices.map { index in
            frames.enumerated().filter { $0.offset != index }.map(\.element)
        }
        let doubled = indices.map { frames[...$0] + frames[$0...] }

        for variant in lacking + doubled.map(Array.init) {
            #expect(try histories(of: variant).flatMap(findsInVain).isEmpty)
        }
    }

    @Test(arguments: captures)
    func `finds nothing in a real capture`(_ path: String) throws {
        let capture = try tracked(path)

        var found: [String] = []
        capture.forEachSuspicious { found += findsInVain(in: History($0, in: capture.facts)) }

        #expect(found.isEmpty)
    }
}

/// The tracker forgets an established connection that shows nothing for which it is to be kept.
@Suite(.tags(.slow)) struct `A connection that is forgotten` {
    /// Those that look at what was sent on connections.
    private static let detectors = Catalog.detectors.filter { detector in
        detector.needs.map { !$0.isDisjoint(with: .ofStreams) } ?? false
    }

    /// How many findings of which sort there are.
    private func findings(in path: String, keeping kept: Signals) throws -> [String: Int] {
        let capture = try tracked(path, keeping: kept)
        let detectors = Self.detectors.map { $0.init() }
        var found: [String: Int] = [:]
        capture.forEachSuspicious { flow in
            let history = History(flow, in: capture.facts)
            for finding in Diagnosis.findings(in: history, by: detectors) {
                found["\(finding.pathology): \(finding.reason ?? "")", default: 0] += 1
            }
        }
        return found
    }

    @Test(arguments: `A detector whose needs a history does not meet`.captures)
    func `has nothing in it that a detector would have found`(_ path: String) throws {
        let usual = try findings(in: path, keeping: .keepingStreams)
        let all = try findings(in: path, keeping: [.stream])

        #expect(all == usual)
    }
}

/// A detector that yields to others does so whether or not their findings are wanted.
@Suite(.tags(.slow)) struct `What a detector finds` {
    private static let yielding = Catalog.detectors.filter { !$0.yieldsTo.isEmpty }.map {
        detector in
        detector.manual.id
    }

    @Test(arguments: yielding)
    func `does not depend on which others are asked`(_ id: String) throws {
        let detector = try #require(Catalog.detector(named: id))

        for manual in Catalog.manuals {
            let alone = try findings(in: manual.example, by: [detector])
            let among = try findings(in: manual.example).filter { $0.pathology == id }

            #expect(alone == among, "\(manual.id)")
        }
    }

    @Test(arguments: yielding)
    func `is nothing where one that it yields to finds something`(_ id: String) throws {
        let detector = try #require(Catalog.detector(named: id))
        var yields = 0

        for path in `A detector whose needs a history does not meet`.captures {
            let capture = try tracked(path)
            capture.forEachSuspicious { flow in
                let history = History(flow, in: capture.facts)
                guard detector.init().examine(history) != nil,
                    detector.yieldsTo.contains(where: { $0.init().examine(history) != nil })
                else { return }
                yields += 1
                #expect(Diagnosis.findings(in: history, by: [detector.init()]).isEmpty)
            }
        }
        // Both of a black hole's and a half-closed connection show in no capture.
        #expect(yields > 0 || id == HalfCloseStall.manual.id)
    }
}
