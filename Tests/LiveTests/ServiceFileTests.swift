import Foundation
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
        tool("systemd-analyze") != nil
            || skipped("the unit as systemd reads it", "there is no systemd-analyze")
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
        tool("promtool") != nil || skipped("alert rules", "there is no promtool")
    }

    @Test(.enabled(if: hasPromtool))
    func `hold rules that Prometheus understands`() throws {
        let rules = Self.folder.appending(path: "prometheus-rules.yml").path

        let check = try run(try #require(tool("promtool")), ["check", "rules", rules])

        #expect(check.status == 0, "\(check.errors)\(check.output)")
        #expect(check.output.contains("SUCCESS: 6 rules found"))
    }

    @Test(.enabled(if: hasPromtool))
    func `hold rules that fire when connections fail, and not before`() throws {
        let folder = try Scratch()
        let rules = Self.folder.appending(path: "prometheus-rules.yml").path
        let test = """
            rule_files: ['\(rules)']
            evaluation_interval: 1m
            tests:
              - interval: 1m
                input_series:
                  - series: 'synopsis_findings_total{instance="a",pathology="syn-burst",severity="error"}'
                    values: '0x10 1x30'
                  - series: 'synopsis_findings_total{instance="a",pathology="port-reuse",severity="note"}'
                    values: '0x10 7x30'
                alert_rule_test:
                  - {eval_time: 10m, alertname: ConnectionsFail, exp_alerts: []}
                  - eval_time: 12m
                    alertname: ConnectionsFail
                    exp_alerts:
                      - exp_labels: {instance: a, pathology: syn-burst, severity: warning}
                        exp_annotations: {summary: 'a saw connections fail: syn-burst'}
                  - {eval_time: 35m, alertname: ConnectionsFail, exp_alerts: []}
            """
        try test.write(toFile: folder.path("test.yml"), atomically: false, encoding: .utf8)

        let check = try run(
            try #require(tool("promtool")),
            ["test", "rules", folder.path("test.yml")]
        )

        #expect(check.status == 0, "\(check.output)\(check.errors)")
    }
}
