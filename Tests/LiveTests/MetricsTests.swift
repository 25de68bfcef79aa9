import Diagnosing
import Foundation
import Live
import Logging
import Requirements
import Serving
import ServiceLifecycle
import Synchronization
import Testing
import Tracking

/// What Prometheus scrapes.
@Suite(.serialized) struct `Metrics` {
    private func snapshot() throws -> MetricsSnapshot {
        let replay = try Replay("\(Replay.folder)/nfs-syn-burst.pcap")
        var snapshot = MetricsSnapshot()
        snapshot.tally = replay.tally
        snapshot.attempts = replay.attempts
        snapshot.start = 1_493_140_009.5
        snapshot.flowsTracked = 3
        snapshot.interfaces = [.init(name: "eth\"0\\", droppedByKernel: 7, droppedByInterface: 2)]
        for (occurrence, count) in replay.occurrences {
            let label = snapshot.labels.label(
                of: occurrence.port,
                occurrence.responder,
                ServiceNames()
            )
            snapshot.failures.count(occurrence, count, at: label)
        }
        var statistics = OutputStatistics()
        statistics.dropped = 5
        snapshot.outputs = [("tcp:log:5044", statistics)]
        snapshot.slices = SliceFolder.Statistics()
        return snapshot
    }

    @Test func `tell what was seen`() throws {
        let lines = Set(try snapshot().prometheusText.split(separator: "\n").map(String.init))

        #expect(lines.contains("synopsis_packets_total 26"))
        #expect(lines.contains("synopsis_connection_attempts_total 5"))
        #expect(lines.contains("synopsis_handshakes_total{outcome=\"unanswered\"} 3"))
        #expect(lines.contains("synopsis_handshakes_total{outcome=\"rejected\"} 2"))
        #expect(lines.contains("synopsis_handshakes_total{outcome=\"established\"} 0"))
        let failures = "synopsis_failures_total{pathology="
        let ofService = "severity=\"error\",service=\"304\"}"
        #expect(lines.contains("\(failures)\"syn-burst\",\(ofService) 1"))
        #expect(lines.contains("\(failures)\"port-scan\",\(ofService) 0"))
        #expect(lines.contains("\(failures)\"port-scan\",severity=\"note\",service=\"other\"} 0"))
        #expect(
            lines.contains(
                "synopsis_packets_dropped_total{interface=\"eth\\\"0\\\\\",place=\"kernel\"} 7"
            )
        )
        #expect(lines.contains("synopsis_events_dropped_total{output=\"tcp:log:5044\"} 5"))
        #expect(lines.contains("synopsis_start_time_seconds 1493140009.5"))
        #expect(lines.contains("# TYPE synopsis_handshake_latency_seconds histogram"))
        #expect(lines.contains("synopsis_packets_unread_total{reason=\"not_tcp\"} 0"))
    }

    @Test func `count connections as they begin and come up`() throws {
        let healthy = try Replay("\(Replay.folder)/healthy-wan.pcap").tally

        #expect(healthy.attempts > 0)
        #expect(healthy.attempts == healthy.attempted)
        #expect(healthy.established == healthy.outcome(.completed))
        let attempts = try Replay("\(Replay.folder)/healthy-wan.pcap").attempts
        #expect(attempts.attempts == healthy.attempts)
        #expect(attempts[.completed] == healthy.established)
    }

    @Test func `have histograms whose buckets only rise, up to half a minute`() throws {
        var snapshot = MetricsSnapshot()
        snapshot.attempts = try Replay("\(Replay.folder)/healthy-wan.pcap").attempts
        let text = snapshot.prometheusText

        for leg in ["syn_to_syn_ack", "syn_ack_to_ack", "first_syn_to_ack"] {
            let rows = text.split(separator: "\n").filter {
                $0.hasPrefix("synopsis_handshake_latency_seconds") && $0.contains("\"\(leg)\"")
            }
            let buckets = rows.filter { $0.contains("_bucket") }
                .compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }
            let count = rows.last.flatMap { $0.split(separator: " ").last }.flatMap { Int($0) }

            #expect(rows.contains { $0.contains("le=\"30.0\"") })
            #expect(buckets == buckets.sorted())
            #expect(buckets.last == count)
            #expect((count ?? 0) > 0)
        }
    }

    @Test func `have no more services than are told apart`() throws {
        var labels = ServiceLabels()
        for port in 1...5000 {
            let name = labels.label(of: UInt16(port), nil, ServiceNames())
            #expect((name == ServiceLabels.other) == (port > ServiceLabels.limit))
        }

        #expect(labels.all.count <= ServiceLabels.limit)
        #expect(labels.label(of: nil, nil, ServiceNames()) == ServiceLabels.other)
    }

    @Test func `have a bounded number of series`() throws {
        var snapshot = MetricsSnapshot()
        for occurrence in try Replay("\(Replay.folder)/nfs-syn-burst.pcap").occurrences.keys {
            for port in 1...5000 {
                let label = snapshot.labels.label(of: UInt16(port), nil, ServiceNames())
                snapshot.failures.count(occurrence, 1, at: label)
            }
        }

        let series = snapshot.prometheusText.split(separator: "\n").filter { !$0.hasPrefix("#") }
        let kinds = Catalog.manuals.count * Severity.allCases.count
        #expect(series.count < kinds * (ServiceLabels.limit + 1) + 1000)
    }

    private static var hasPromtool: Bool {
        isRun("promtool's opinion of metrics", with: "promtool")
    }

    @Test(.enabled(if: hasPromtool))
    func `pass promtool`() throws {
        let check = try run(
            try #require(tool("promtool")),
            ["check", "metrics"],
            input: try snapshot().prometheusText
        )

        #expect(check.status == 0, "\(check.errors)\(check.output)")
        #expect(check.errors == "")
    }

    /// Serves a snapshot on loopback while `body` runs.
    private func serving(
        _ snapshot: MetricsSnapshot,
        _ body: @escaping @Sendable (Int) async throws -> Void
    ) async throws {
        // Time stands still: beside tests that keep every thread busy an answer may take a minute.
        let board = MetricsBoard(now: { 0 })
        board.post(snapshot)
        let (ports, ready) = AsyncStream.makeStream(of: Int.self)
        var logger = Logger(label: "test")
        logger.logLevel = .error
        let server = MetricsServer(
            host: "127.0.0.1",
            port: 0,
            contentType: MetricsSnapshot.contentType,
            logger: logger,
            text: { board.snapshot.prometheusText },
            isHealthy: { board.illness },
            isReady: { board.obstacle },
            onReady: { ready.yield($0) }
        )
        let group = ServiceGroup(
            configuration: .init(services: [.init(service: server)], logger: logger)
        )
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            var port = 0
            for await first in ports {
                port = first
                break
            }
            try await body(port)
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    /// As a scraper asks, which comes again: beside tests that keep every thread busy, an answer
    /// may take longer than the server waits for a request.
    private static func fetch(_ address: String) throws -> Outcome {
        try run(
            "/usr/bin/env",
            ["curl", "-s", "-S", "-i", "-m", "30", "--retry", "5", "--retry-all-errors", address]
        )
    }

    private static var hasCurl: Bool {
        isRun("scrapes over HTTP", with: "curl")
    }

    @Test(.enabled(if: hasCurl))
    func `are served over HTTP`() async throws {
        try await serving(try snapshot()) { port in
            let answer = try Self.fetch("http://127.0.0.1:\(port)/metrics")
            let missing = try Self.fetch("http://127.0.0.1:\(port)/nothing")
            let health = try Self.fetch("http://127.0.0.1:\(port)/healthz")
            let readiness = try Self.fetch("http://127.0.0.1:\(port)/readyz")

            #expect(answer.output.hasPrefix("HTTP/1.1 200 OK"))
            #expect(answer.output.lowercased().contains("content-type: text/plain; version=0.0.4"))
            #expect(answer.output.contains("synopsis_packets_total 26\n"))
            #expect(missing.output.hasPrefix("HTTP/1.1 404"))
            #expect(health.output.hasPrefix("HTTP/1.1 200 OK"))
            #expect(health.output.hasSuffix("ok\n"))
            #expect(readiness.output.hasPrefix("HTTP/1.1 200 OK"))
        }
    }

    @Test func `call a capture ill that has not moved for fifteen seconds`() throws {
        let clock = Mutex<Int64>(0)
        let board = MetricsBoard(now: { clock.withLock { $0 } })
        let beforeTheFirst = (board.illness, board.obstacle)
        board.post(try snapshot())
        clock.withLock { $0 = 15_000_000_000 }
        let atTheLimit = (board.illness, board.obstacle)
        clock.withLock { $0 = 23_000_000_000 }

        #expect(beforeTheFirst == (nil, "the capture has not begun"))
        #expect(atTheLimit == (nil, nil))
        #expect(board.illness == "the capture has not moved for 23 s")
        #expect(board.obstacle == board.illness)
    }

    /// Connects to a port of the loopback, and says the beginning of a request.
    private static func halfARequest(to port: Int) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        _ = unsafe withUnsafePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(client, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        trickle(client, "GET /metrics HTTP/1.1\r\nX-a: ")
        return client
    }

    /// - Returns: whether the other end still listens.
    @discardableResult
    private static func trickle(_ client: Int32, _ text: String) -> Bool {
        let octets = Array(text.utf8)
        return unsafe send(client, octets, octets.count, Int32(MSG_NOSIGNAL)) == octets.count
    }

    @Test(.enabled(if: hasCurl))
    func `are served although a crowd of requests never ends`() async throws {
        try await serving(try snapshot()) { port in
            // Sixty-four at a time, each for five seconds, would keep a scraper waiting for a
            // minute.
            let crowd = (0..<800).map { _ in Self.halfARequest(to: port) }
            let answer = try Self.fetch("http://127.0.0.1:\(port)/metrics")

            #expect(answer.output.hasPrefix("HTTP/1.1 200 OK"))
            #expect(answer.output.lowercased().contains("connection: close"))
            // A byte now and then does not keep any of them.
            var left = crowd.count
            for _ in 0..<16 where left > 0 {
                try await Task.sleep(for: .milliseconds(500))
                left = crowd.count { Self.trickle($0, "b") }
            }
            #expect(left == 0)
            for client in crowd { close(client) }
        }
    }

    private static var hasPrometheus: Bool {
        isRun("a scrape by Prometheus", with: "prometheus", "curl")
    }

    @Test(.enabled(if: hasPrometheus), .timeLimit(.minutes(4)))
    func `are scraped by a real Prometheus, and its queries answer right`() async throws {
        try await serving(try snapshot()) { port in
            let folder = try Scratch()
            let configuration = """
                global: {scrape_interval: 1s, scrape_timeout: 1s}
                scrape_configs:
                  - job_name: synopsis
                    static_configs: [{targets: ['127.0.0.1:\(port)']}]
                """
            try configuration.write(
                toFile: folder.path("prometheus.yml"),
                atomically: false,
                encoding: .utf8
            )
            let own = 20_000 + Int.random(in: 0..<20_000)
            let prometheus = Process()
            prometheus.executableURL = URL(filePath: try #require(tool("prometheus")))
            prometheus.arguments = [
                "--config.file=\(folder.path("prometheus.yml"))",
                "--storage.tsdb.path=\(folder.path("data"))",
                "--web.listen-address=127.0.0.1:\(own)",
            ]
            prometheus.standardOutput = FileHandle.nullDevice
            prometheus.standardError = FileHandle.nullDevice
            try prometheus.run()
            defer {
                kill(prometheus.processIdentifier, SIGKILL)
                prometheus.waitUntilExit()
            }

            let queries = [
                "up%7Bjob=%22synopsis%22%7D": "\"1\"",
                "synopsis_packets_total": "\"26\"",
                "sum(synopsis_failures_total)": "\"3\"",
                "sum(synopsis_packets_dropped_total)": "\"9\"",
                "histogram_quantile(0.5,synopsis_handshake_latency_seconds_bucket)": "\"value\"",
            ]
            for (query, value) in queries {
                var answer = ""
                for _ in 0..<150 {
                    let url = "http://127.0.0.1:\(own)/api/v1/query?query=\(query)"
                    answer = try run("/usr/bin/env", ["curl", "-g", "-s", "-m", "5", url]).output
                    if answer.contains(value) { break }
                    try await Task.sleep(for: .milliseconds(100))
                }
                #expect(answer.contains(value), "\(query): \(answer)")
            }
        }
    }

    @Test func `are not served where somebody else listens`() async throws {
        try await serving(MetricsSnapshot()) { port in
            let second = MetricsServer(
                host: "127.0.0.1",
                port: UInt16(port),
                contentType: "text/plain",
                logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }),
                text: { "" }
            )

            await #expect(throws: (any Error).self) { try await second.run() }
        }
    }
}
