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

    init(_ path: String) throws {
        var file = try PcapFile(path: path)
        var tracker = Tracker(flowLimit: 100_000, collectsHandshakes: false)
        while try tracker.consume(next: 1000, from: &file) {}
        let capture = tracker.finish()
        incidents = Diagnosis(of: capture, knownIssues: KnownIssueLibrary.all).incidents
        tally = capture.tally
    }

    /// What was found, without what depends on where the packets stand.
    var findings: [String] {
        incidents.flatMap(\.chain).map {
            "\($0.finding.pathology) \($0.finding.severity) \($0.finding.count) \($0.role) \($0.id)"
        }.sorted()
    }

    var last: Int64 { tally.window?.last ?? 0 }
}
