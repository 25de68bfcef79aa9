import Foundation
import Requirements
import Testing

/// A service that is down and comes back, as those who watch it see it.
@Suite(.serialized, .tags(.slow)) struct `An outage on the loopback` {
    private func value(_ series: String, in metrics: String) -> Int {
        let line = metrics.split(separator: "\n").first { $0.hasPrefix("\(series) ") }
        return line.flatMap { Int($0.split(separator: " ").last ?? "") } ?? -1
    }

    private func sum(_ prefix: String, in metrics: String) -> Int {
        metrics.split(separator: "\n").filter { $0.hasPrefix(prefix) }
            .compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }.reduce(0, +)
    }

    private func events(_ text: String) throws -> [[String: Any]] {
        try text.split(separator: "\n").compactMap {
            try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
        }
    }

    @Test(.enabled(if: Outage.isPossible), .timeLimit(.minutes(5)))
    func `counts each connection within two seconds, and tells of the recovery`() throws {
        let outage = try Outage()
        let refused = "synopsis_handshakes_total{outcome=\"refused\"}"
        let established = "synopsis_handshakes_total{outcome=\"established\"}"
        let failures = "synopsis_failures_total{pathology=\"connection-refused\""

        func play(_ what: String, _ count: Int, until holds: (String) -> Bool) -> TimeInterval {
            outage.play(what, count)
            let end = Date()
            #expect(Outage.isTrue(within: 10) { holds(outage.metrics) })
            return Date().timeIntervalSince(end)
        }
        var total = 0
        for step in [1, 9, 40, 50, 100, 150, 150] {
            total += step
            let delay = play("refuse", step) { value(refused, in: $0) == total }
            #expect(delay < 2, "\(total)")
        }
        #expect(play("serve", 50) { value(established, in: $0) == 50 } < 2)
        #expect(value(refused, in: outage.metrics) == 500)
        // Those that fail while others are served are warnings.
        #expect(Outage.isTrue(within: 10) { sum(failures, in: outage.metrics) == 500 })
        let hasRecovered = eventually { outage.events.contains("\"state\":\"recovered\"") }
        outage.end()

        #expect(hasRecovered)
        let events = try events(outage.events)
        checkStory(events)
        try check(events, in: outage.folder)
        try query(outage.folder)
    }

    /// The events tell of one incident that grew and recovered.
    private func checkStory(_ events: [[String: Any]]) {
        #expect(events.compactMap { $0["seq"] as? Int } == events.indices.map { $0 + 1 })
        let incidents = events.compactMap { $0["incident"] as? [String: Any] }
        // One incident, reported at widening intervals and not with every failure.
        #expect(Set(incidents.compactMap { $0["id"] as? String }).count == 1)
        #expect(incidents.last?["failed"] as? Int == 500)
        #expect(incidents.last?["state"] as? String == "recovered")
        #expect(incidents.count < 20)
    }

    /// Every event fits the schema.
    private func check(_ events: [[String: Any]], in folder: Scratch) throws {
        guard `The schema`.hasValidator else { return }
        let schema = folder.file(
            "schema.json",
            Data(try Program.run("schema", "event").output.utf8)
        )
        let files = try events.enumerated().map { index, event in
            folder.file("\(index).json", try JSONSerialization.data(withJSONObject: event)).path
        }
        let (status, output) = try `The schema`.python(
            ["-c", `The schema`.validator, schema.path] + files
        )
        #expect(status == 0, "\(output)")
    }

    /// The queries of the integrations find the last state of the incident.
    private func query(_ folder: Scratch) throws {
        let integrations = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Sources/synopsis/Integrations")
        for (module, script) in [
            (
                "duckdb",
                """
                import duckdb, os, sys
                os.chdir(sys.argv[1])
                for query in duckdb.extract_statements(open(sys.argv[2]).read()):
                    rows = duckdb.sql(query.query)
                    print(rows.fetchall() if rows else "")
                """
            ),
            (
                "chdb",
                """
                import chdb.session, os, sys
                os.chdir(sys.argv[1])
                session = chdb.session.Session()
                session.query("CREATE DATABASE d")
                session.query("USE d")
                text = open(sys.argv[2]).read().replace("'events.ndjson'", repr(os.getcwd() + "/events.ndjson"))
                for query in text.split(";"):
                    if query.strip():
                        print(session.query(query, "TSV"))
                """
            ),
        ] {
            let isThere = try `The schema`.python(["-c", "import \(module)"]).status == 0
            let reason = isThere ? nil : "not installed: \(module)"
            guard isRun("the queries for \(module)", unless: reason) else { continue }
            let name = module == "chdb" ? "clickhouse.sql" : "duckdb.sql"
            let (status, output) = try `The schema`.python(
                ["-c", script, folder.url.path, integrations.appending(path: name).path]
            )
            #expect(status == 0, "\(output)")
            #expect(output.contains("recovered"))
            #expect(output.contains("500"))
        }
    }
}
