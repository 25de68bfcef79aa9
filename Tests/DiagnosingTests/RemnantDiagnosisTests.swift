import Diagnosing
import Foundation
import Testing
import Tracking

/// Where there are many flows, a connection that ended well leaves a remnant: nothing may come out
/// otherwise for that.
@Suite struct `A diagnosis with remnants` {
    /// What a diagnosis says.
    private struct Said: Equatable {
        let headlines: [String]
        let findings: [[Finding]]
        let isAged: Bool
    }

    private func said(of capture: consuming TrackedCapture) -> Said {
        var diagnosis = Diagnosis()
        let isAged = capture.tally.flowsAged > 0
        diagnosis.consume(capture)
        let incidents = diagnosis.incidents
        return Said(
            headlines: incidents.map(\.headline),
            findings: incidents.map { $0.chain.map(\.finding) },
            isAged: isAged
        )
    }

    private func said(of path: String, fewFlows: Int) throws -> Said {
        var tracker = Tracker(fewFlows: fewFlows)
        var file = try PcapFile(path: path)
        // What is damaged is examined up to there.
        while (try? tracker.consume(next: 1024, from: &file)) == true {}
        return said(of: tracker.finish())
    }

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

    @Test(arguments: captures)
    func `says the same of a capture`(_ path: String) throws {
        let (few, many) = (try said(of: path, fewFlows: .max), try said(of: path, fewFlows: 0))

        if !many.isAged { #expect(few == many) }
    }

    @Test(arguments: Catalog.manuals.map(\.id))
    func `says the same of an example and a near miss`(_ id: String) throws {
        let manual = try #require(Catalog.detector(named: id)).manual

        for frames in [manual.example.frames, manual.nearMiss.frames] {
            let few = said(of: try TrackedCapture(of: frames, fewFlows: .max))
            let many = said(of: try TrackedCapture(of: frames, fewFlows: 0))
            if !many.isAged { #expect(few == many) }
        }
    }
}
