import Foundation
import Requirements
import Testing

/// A real Prometheus that watches a live capture by the rules and the dashboard that come with it.
@Suite(.serialized, .tags(.slow)) struct `Prometheus beside a live capture` {
    private static let sources = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Sources/synopsis")
    private static let program = "/usr/bin/prometheus"
    private static var isPossible: Bool {
        isRunAsRoot("Prometheus beside a live capture", with: "curl", "python3", "prometheus")
    }

    private let address = "127.0.0.1:\(Int.random(in: 30_000..<32_000))"

    /// The rules as they ship, but for their time: a minute lasts two seconds.
    private static func rules() throws -> String {
        let file = sources.appending(path: "Service/prometheus-rules.yml")
        return try String(contentsOf: file, encoding: .utf8)
            .replacing(/\[(\d+)m\]/) { "[\(2 * (Int($0.1) ?? 0))s]" }
            .replacing(/for: (\d+)m/) { "for: \(2 * (Int($0.1) ?? 0))s" }
    }

    private func start(scraping target: String, in folder: Scratch) throws -> Running {
        _ = folder.file("rules.yml", Data(try Self.rules().utf8))
        let configuration = """
            global: {scrape_interval: 500ms, scrape_timeout: 500ms, evaluation_interval: 500ms}
            rule_files: [rules.yml]
            scrape_configs:
              - job_name: synopsis
                static_configs: [{targets: ["\(target)"]}]
            """
        let file = folder.file("prometheus.yml", Data(configuration.utf8))
        return try Running(
            [
                Self.program, "--config.file=\(file.path)", "--web.listen-address=\(address)",
                "--storage.tsdb.path=\(folder.url.appending(path: "data").path)",
            ],
            in: folder
        )
    }

    /// The values of a query, now; `nil` where Prometheus refuses it.
    private func ask(_ query: String) throws -> [Double]? {
        let text = Outage.get(
            "--data-urlencode",
            "query=\(query)",
            "http://\(address)/api/v1/query"
        )
        let answer = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        guard answer?["status"] as? String == "success",
            let data = answer?["data"] as? [String: Any]
        else { return nil }
        let results = data["result"] as? [[String: Any]] ?? []
        return results.compactMap { ($0["value"] as? [Any])?.last as? String }.compactMap(
            Double.init
        )
    }

    private func isFiring(_ alert: String) throws -> Bool {
        try ask("ALERTS{alertname=\"\(alert)\",alertstate=\"firing\"}")?.isEmpty == false
    }

    private static let alerts = ["ServiceRefusesConnections", "ConnectionsFail"]

    @Test(.enabled(if: isPossible), .timeLimit(.minutes(4)))
    func `counts, alerts as long as an outage lasts, and not after it`() throws {
        let outage = try Outage()
        let prometheus = try start(scraping: outage.address, in: Scratch())
        let refused = "sum(synopsis_handshakes_total{outcome=\"refused\"})"
        let established = "sum(synopsis_handshakes_total{outcome=\"established\"})"
        #expect(try Outage.isTrue(within: 30) { try ask(refused) == [0] })
        outage.play("serve", 20)
        #expect(try Outage.isTrue(within: 2) { try ask(established) == [20] })
        for alert in Self.alerts { #expect(try !isFiring(alert)) }

        let begin = Date()
        var firing: Date?
        for step in 1...20 {
            outage.play("refuse", 25)
            #expect(
                try Outage.isTrue(within: 2) { try ask(refused) == [Double(25 * step)] },
                "\(step)"
            )
            if firing == nil, try Self.alerts.allSatisfy(isFiring) { firing = Date() }
            usleep(700_000)
        }
        let since = Date().timeIntervalSince(try #require(firing))
        #expect(try #require(firing).timeIntervalSince(begin) < 8)
        for alert in Self.alerts {
            // At each half second of the outage since then.
            let count = "count(ALERTS{alertname=\"\(alert)\",alertstate=\"firing\"}) or vector(0)"
            let range = "[\(Int(since * 1000) - 500)ms:500ms]"
            #expect(try ask("min_over_time((\(count))\(range))") == [1], "\(alert)")
        }

        let isOver = try Outage.isTrue(within: 60) {
            outage.play("serve", 20)
            return try !Self.alerts.contains(where: isFiring)
        }
        #expect(isOver)
        #expect(outage.events.contains("\"state\":\"recovered\""))
        try runQueries()
        outage.end()
        kill(prometheus.process.processIdentifier, SIGTERM)
        #expect(prometheus.ends(within: 10))
    }

    /// All queries of the dashboard and the rules are answered, and most of them with something.
    private func runQueries() throws {
        let file = Self.sources.appending(path: "Integrations/grafana-dashboard.json")
        let dashboard = try JSONSerialization.jsonObject(with: Data(contentsOf: file))
        let panels = (dashboard as? [String: Any])?["panels"] as? [[String: Any]] ?? []
        let queries = panels.flatMap { $0["targets"] as? [[String: Any]] ?? [] }
            .compactMap { $0["expr"] as? String }
            .map { query in
                query.replacing("$__rate_interval", with: "1m").replacing("$__range", with: "5m")
                    .replacing(/\$(instance|service|severity)/, with: ".*")
            }
        let answers = try queries.map { query in
            let answer = try ask(query)
            #expect(answer != nil, "\(query)")
            return answer ?? []
        }
        let recorded = try Self.rules().matches(of: /record: (\S+)/).map { String($0.1) }
        for record in recorded { #expect(try ask(record)?.isEmpty == false, "\(record)") }
        #expect(queries.count > 15 && recorded.count > 4)
        let empty = zip(queries, answers).filter(\.1.isEmpty).map(\.0)
        #expect(empty.isEmpty, "\(empty)")
    }
}
