import Foundation
import Live
import Requirements
import Testing

/// The examples for those who leave it running.
@Suite struct `The service files` {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Sources/synopsis/Service")

    private func text(_ name: String) throws -> String {
        try String(contentsOf: Self.folder.appending(path: name), encoding: .utf8)
    }

    private static var hasSystemd: Bool {
        isRun("the unit as systemd reads it", with: "systemd-analyze")
    }

    /// The unit as it would be installed, but for a program that exists here.
    private func unit(in folder: Scratch) throws -> String {
        let text = try text("synopsis.service").replacing(
            "/usr/local/bin/synopsis",
            with: "/bin/true"
        )
        try text.write(toFile: folder.path("synopsis.service"), atomically: false, encoding: .utf8)
        return folder.path("synopsis.service")
    }

    @Test(.enabled(if: hasSystemd))
    func `hold a unit that systemd understands`() throws {
        let folder = try Scratch()

        let check = try run(
            try #require(tool("systemd-analyze")),
            ["verify", "--man=no", try unit(in: folder)]
        )

        #expect(check.status == 0)
        #expect(!check.errors.contains("synopsis.service"), "\(check.errors)")
    }

    @Test(.enabled(if: hasSystemd))
    func `hold a unit that leaves little to attack`() throws {
        let folder = try Scratch()

        let check = try run(
            try #require(tool("systemd-analyze")),
            ["security", "--offline=true", "--threshold=20", try unit(in: folder)]
        )

        #expect(check.status == 0, "\(check.output.suffix(200))\(check.errors)")
    }

    private static var hasPromtool: Bool {
        isRun("alert rules", with: "promtool")
    }

    @Test(.enabled(if: hasPromtool))
    func `hold rules that Prometheus understands`() throws {
        let rules = Self.folder.appending(path: "prometheus-rules.yml").path

        let check = try run(try #require(tool("promtool")), ["check", "rules", rules])

        #expect(check.status == 0, "\(check.errors)\(check.output)")
        #expect(check.output.contains("SUCCESS: 12 rules found"))
    }

    @Test(.enabled(if: hasPromtool))
    func `hold rules that fire as long as an outage lasts, and not before or after`() throws {
        let check = try run(
            try #require(tool("promtool")),
            ["test", "rules", Self.folder.appending(path: "prometheus-rules.test.yml").path]
        )

        #expect(check.status == 0, "\(check.output)\(check.errors)")
    }

    @Test func `hold rules that ask for metrics that exist`() throws {
        let metrics = MetricsSnapshot().prometheusText
        let known = Set(
            metrics.matches(of: /# TYPE (\w+) (\w+)/).flatMap { match in
                match.2 == "histogram" ? ["\(match.1)_bucket"] : [String(match.1)]
            }
        )

        let asked = Set(
            try text("prometheus-rules.yml").matches(of: /[\s(](synopsis_\w+)/).map { String($0.1) }
        )

        #expect(asked.count > 6)
        // The series of outputs begin with the first output.
        #expect(asked.subtracting(known) == ["synopsis_events_dropped_total"])
    }
}
