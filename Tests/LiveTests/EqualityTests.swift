import Diagnosing
import Foundation
import Reporting
import Testing
import Tracking

/// What a finding is, whatever its words.
struct Gist: Hashable, CustomStringConvertible {
    let id: String
    let pathology: String
    let count: Int
    let role: String
    let severity: String
    let incident: String

    var description: String { "\(severity) \(pathology) ×\(count) \(role) \(id) of \(incident)" }

    static func all(of incidents: [Incident]) -> Set<Gist> {
        Set(
            incidents.flatMap { incident in
                incident.chain.map { link in
                    Gist(
                        id: link.id,
                        pathology: link.finding.pathology,
                        count: link.finding.count,
                        role: link.role.rawValue,
                        severity: link.finding.severity.name,
                        incident: incident.id
                    )
                }
            }
        )
    }
}

@Suite struct `A capture that is looked at while it is read` {
    private static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Captures")

    static let captures: [String] =
        ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
        .filter { $0.hasSuffix(".pcap") }.sorted()

    private func offline(_ name: String) throws -> [Incident] {
        var file = try PcapFile(path: Self.folder.appending(path: name).path)
        var tracker = Tracker()
        while try tracker.consume(next: 16_384, from: &file) {}
        return Diagnosis(of: tracker.finish(), knownIssues: KnownIssueLibrary.all).incidents
    }

    /// - Returns: the incidents of the last look, and of the end.
    private func live(_ name: String, slice: Int) throws -> (last: [Incident], end: [Incident]) {
        var file = try PcapFile(path: Self.folder.appending(path: name).path)
        var tracker = Tracker()
        tracker.watchChanges()
        var incremental = IncrementalDiagnosis(knownIssues: KnownIssueLibrary.all)
        var last: [Incident] = []
        var isMore = true
        while isMore {
            isMore = try tracker.consume(next: slice, from: &file)
            let now = tracker.tally.window?.last ?? 0
            incremental.count(&tracker, time: now)
            last = incremental.poll(at: &tracker, time: now, share: 1)
        }
        return (last, incremental.finish(tracker.finish()).diagnosis.incidents)
    }

    @Test(arguments: captures, [1, 7, 1000])
    func `gives the same findings in the end`(_ name: String, _ slice: Int) throws {
        let expected = try offline(name)

        let found = try live(name, slice: slice)

        #expect(Gist.all(of: found.end) == Gist.all(of: expected))
        #expect(found.end.map(\.verdict) == expected.map(\.verdict))
    }

    @Test(arguments: captures)
    func `has found the same at its last look`(_ name: String) throws {
        let expected = try offline(name)

        let found = try live(name, slice: 7)

        #expect(Gist.all(of: found.last) == Gist.all(of: expected))
    }

    @Test func `is one of many`() { #expect(Self.captures.count > 15) }
}
