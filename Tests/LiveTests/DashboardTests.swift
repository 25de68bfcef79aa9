import Foundation
import Live
import Requirements
import Testing

/// The dashboard for Grafana.
@Suite struct `The dashboard` {
    private static let file = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Sources/synopsis/Integrations/grafana-dashboard.json")

    /// All queries, with values in the place of Grafana's variables.
    private func queries() throws -> [String] {
        let value = try JSONSerialization.jsonObject(with: Data(contentsOf: Self.file))
        let panels = (value as? [String: Any])?["panels"] as? [[String: Any]] ?? []
        let targets = panels.flatMap { $0["targets"] as? [[String: Any]] ?? [] }
        return targets.compactMap { $0["expr"] as? String }.map { query in
            query.replacing("$__rate_interval", with: "5m").replacing("$__range", with: "1h")
                .replacing(/\$(instance|service|severity)/, with: ".*")
        }
    }

    private static var hasPromtool: Bool {
        isRun("queries of the dashboard", with: "promtool")
    }

    @Test(.enabled(if: hasPromtool))
    func `asks what Prometheus understands`() throws {
        let queries = try queries()
        let rules = queries.enumerated().map { number, query in
            ["record": "query\(number)", "expr": query]
        }
        let groups = ["groups": [["name": "dashboard", "rules": rules] as [String: Any]]]
        let folder = try Scratch()
        try JSONSerialization.data(withJSONObject: groups, options: .withoutEscapingSlashes)
            .write(to: URL(filePath: folder.path("rules.yml")))

        let check = try run(
            try #require(tool("promtool")),
            ["check", "rules", folder.path("rules.yml")]
        )

        #expect(queries.count > 15)
        #expect(check.status == 0, "\(check.errors)\(check.output)")
        #expect(check.output.contains("SUCCESS: \(queries.count) rules found"))
    }

    @Test func `asks for metrics that exist, by labels that they have`() throws {
        var snapshot = MetricsSnapshot()
        snapshot.outputs = [("file", OutputStatistics())]
        snapshot.interfaces = [.init(name: "eth0")]
        var labels: [String: Set<String>] = [:]
        for line in snapshot.prometheusText.split(separator: "\n") where !line.hasPrefix("#") {
            let name = line.prefix { $0 != "{" && $0 != " " }
            let own = line.matches(of: /[{,](\w+)="/).map { String($0.1) }
            labels[String(name), default: []].formUnion(own)
        }

        for query in try queries() {
            for match in query.matches(of: /((?:synopsis|process)_\w+)\{([^}]*)\}/) {
                let known = try #require(labels[String(match.1)], "\(match.1)")
                let asked = match.2.matches(of: /(\w+)[=!]/).map { String($0.1) }
                // Prometheus itself adds these.
                let foreign = Set(asked).subtracting(known).subtracting(["instance", "job"])
                #expect(foreign.isEmpty, "\(query)")
            }
        }
    }
}
