import Diagnosing
import Foundation
import Reporting
import Testing
import Tracking

@testable import Live

/// A capture of the repository, and what the offline analysis says of it.
struct Replay {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Captures").path

    let incidents: [Incident]
    let tally: Tally
    let attempts: AttemptCounts
    /// What a live analysis counts of it.
    let occurrences: [Occurrence: Int]

    init(_ path: String) throws {
        var file = try PcapFile(path: path)
        var tracker = Tracker(flowLimit: 100_000, collectsHandshakes: false)
        while try tracker.consume(next: 1000, from: &file) {}
        let capture = tracker.finish()
        tally = capture.tally
        incidents = Diagnosis(of: capture, knownIssues: KnownIssueLibrary.all).incidents
        (attempts, occurrences) = try Self.watched(path)
    }

    /// The same capture, asked at its end as if it went on.
    private static func watched(_ path: String) throws -> (AttemptCounts, [Occurrence: Int]) {
        var file = try PcapFile(path: path)
        var tracker = Tracker(flowLimit: 100_000)
        tracker.watchChanges()
        while try tracker.consume(next: 1000, from: &file) {}
        let end = (tracker.tally.window?.last ?? 0) + 300_000_000_000
        var diagnosis = IncrementalDiagnosis()
        diagnosis.count(&tracker, time: end)
        for _ in 0..<8 { _ = diagnosis.poll(at: &tracker, time: end) }
        tracker.countUnanswered(at: end)
        return (tracker.totals.attempts, diagnosis.takeOccurrences())
    }

    /// What was found, without what depends on where the packets stand.
    var findings: [String] {
        incidents.flatMap(\.chain).map {
            "\($0.finding.pathology) \($0.finding.severity) \($0.finding.count) \($0.role) \($0.id)"
        }.sorted()
    }

    var last: Int64 { tally.window?.last ?? 0 }
}
