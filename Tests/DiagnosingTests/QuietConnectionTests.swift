import Diagnosing
import Testing
import Tracking

/// Connections that came up, and on which nothing comes any more.
@Suite struct `A quiet connection` {
    private func established(
        to server: String,
        @ExchangeBuilder _ rest: () -> [ScriptStep]
    ) -> Exchange {
        Exchange(
            from: "192.0.2.10:50000",
            to: server,
            steps: [
                client.syn(seq: 1000), Party.server.synAck(seq: 5000, ack: 1001),
                client.ack(seq: 1001, ack: 5001),
            ] + rest()
        )
    }

    private func alarms(in exchange: Exchange) throws -> [String] {
        try findings(in: exchange).filter { $0.severity >= .warning }.map(\.pathology)
    }

    @Test(arguments: [("198.51.100.20:8457", Severity.warning), ("198.51.100.20:443", .note)])
    func `that the server gives up is no alarm where browsers connect in advance`(
        _ address: String,
        _ severity: Severity
    ) throws {
        let exchange = established(to: address) {
            pause(.seconds(20))
            server.fin(seq: 5001, ack: 1001)
            client.fin(seq: 1001, ack: 5002)
            server.ack(seq: 5002, ack: 1002)
        }

        let found = try finding(by: SilentConnection.self, in: exchange)

        #expect(found.severity == severity)
        #expect(found[metric: "expected_speaker"] == .text("client"))
        #expect(found.summary.contains("after 20 s without a byte in either direction"))
    }

    @Test func `waits for the greeting of a mail server`() throws {
        let exchange = established(to: "198.51.100.20:25") {
            pause(.seconds(30))
            client.fin(seq: 1001, ack: 5001)
            server.fin(seq: 5001, ack: 1002)
            client.ack(seq: 1002, ack: 5002)
        }

        let found = try finding(by: SilentConnection.self, in: exchange)

        #expect(found.severity == .warning)
        #expect(found[metric: "expected_speaker"] == .text("server"))
    }

    @Test(arguments: [(40, 0), (70, 1)])
    func `is given five times as long as its service usually takes`(
        seconds: Int,
        count: Int
    ) throws {
        let exchange = established(to: "198.51.100.20:8080") {
            for _ in 0..<4 {
                client.data([UInt8](repeating: 0x2E, count: 20))
                server.ack()
                server.data([UInt8](repeating: 0x2E, count: 20)).after(.seconds(12))
                client.ack()
            }
            client.data([UInt8](repeating: 0x2E, count: 20))
            server.ack()
            client.fin().after(.seconds(seconds))
        }

        let found = try findings(in: exchange, by: [UnansweredRequest.self])

        #expect(found.count == count)
    }

    @Test func `that the server closes at once is a note`() throws {
        let exchange = established(to: "198.51.100.20:2049") {
            pause(.milliseconds(2))
            server.fin(seq: 5001, ack: 1001)
            client.fin(seq: 1001, ack: 5002)
            server.ack(seq: 5002, ack: 1002)
        }

        let found = try finding(by: SilentConnection.self, in: exchange)

        #expect(found.reason == "closed-before-data")
        #expect(found.severity == .note)
    }

    @Test func `is none that a health check closes at once`() throws {
        let exchange = established(to: "198.51.100.20:8457") {
            pause(.milliseconds(2))
            client.fin(seq: 1001, ack: 5001)
            server.fin(seq: 5001, ack: 1002)
            client.ack(seq: 1002, ack: 5002)
        }

        #expect(try findings(in: exchange).isEmpty)
    }

    @Test func `has an unanswered request if its stack acknowledged that`() throws {
        let exchange = established(to: "198.51.100.20:8080") {
            client.data(seq: 1001, ack: 5001, length: 90)
            server.ack(seq: 5001, ack: 1091)
            pause(.seconds(6))
            client.reset(seq: 1091, ack: 5001)
        }

        let found = try finding(by: UnansweredRequest.self, in: exchange)

        #expect(found.reason == "not-answered")
        #expect(found[metric: "closed_by"] == .text("client"))
        #expect(found.summary.contains("acknowledged 90 bytes"))
    }

    @Test func `may say more than wants an answer where its protocol is not known`() throws {
        let exchange = established(to: "198.51.100.20:443") {
            client.data(seq: 1001, ack: 5001, length: 90)
            server.data(seq: 5001, ack: 1091, length: 300)
            client.data(seq: 1091, ack: 5301, length: 90)
            server.ack(seq: 5301, ack: 1181)
            pause(.seconds(9))
            client.fin(seq: 1181, ack: 5301)
        }

        #expect(try finding(by: UnansweredRequest.self, in: exchange).severity == .note)
    }

    @Test func `has one that is sent again and not acknowledged, too`() throws {
        let exchange = established(to: "198.51.100.20:8080") {
            for attempt: Int64 in 0..<6 {
                client.data(seq: 1001, ack: 5001, length: 90)
                pause(.milliseconds(300 << attempt))
            }
            client.fin(seq: 1091, ack: 5001)
        }

        #expect(try finding(by: UnansweredRequest.self, in: exchange).reason == "not-acknowledged")
    }

    @Test func `is not one whose acknowledgment the capture misses`() throws {
        let exchange = established(to: "198.51.100.20:8080") {
            client.data(seq: 1001, ack: 5001, length: 90)
            pause(.seconds(11))
            client.fin(seq: 1091, ack: 5001)
        }

        #expect(try findings(in: exchange, by: [UnansweredRequest.self]).isEmpty)
    }

    @Test func `is not one whose answer the sequence numbers prove`() throws {
        let exchange = established(to: "198.51.100.20:8080") {
            client.data(seq: 1001, ack: 5001, length: 90)
            server.data(seq: 5001, ack: 1091, length: 300)
            client.data(seq: 1091, ack: 5301, length: 90)
            server.ack(seq: 5301, ack: 1181)
            pause(.seconds(11))
            client.fin(seq: 1181, ack: 7903)
            server.fin(seq: 7903, ack: 1182)
        }

        #expect(try findings(in: exchange, by: [UnansweredRequest.self]).isEmpty)
    }

    @Test func `is not a keep-alive probe`() throws {
        let exchange = established(to: "198.51.100.20:8080") {
            client.data(seq: 1001, ack: 5001, length: 90)
            server.data(seq: 5001, ack: 1091, length: 300)
            client.ack(seq: 1091, ack: 5301)
            pause(.seconds(60))
            client.data(seq: 1090, ack: 5301, length: 1)
            server.ack(seq: 5301, ack: 1091)
            pause(.seconds(60))
            client.fin(seq: 1091, ack: 5301)
        }

        #expect(try findings(in: exchange, by: [UnansweredRequest.self]).isEmpty)
    }

    @Test(arguments: [514, 8080] as [UInt16])
    func `that only takes messages is healthy`(_ port: UInt16) throws {
        let exchange = established(to: "198.51.100.20:\(port)") {
            for second: UInt32 in 0..<4 {
                pause(.seconds(1))
                client.data(seq: 1001 + second * 100, ack: 5001, length: 100)
                server.ack(seq: 5001, ack: 1101 + second * 100)
            }
            pause(.seconds(21))
            client.fin(seq: 1401, ack: 5001)
            server.fin(seq: 5001, ack: 1402)
            client.ack(seq: 1402, ack: 5002)
        }

        #expect(try alarms(in: exchange).isEmpty)
    }

    @Test func `is closed by a timer if that is round`() throws {
        let exchange = established(to: "198.51.100.20:80") {
            client.data(seq: 1001, ack: 5001, length: 90)
            server.data(seq: 5001, ack: 1091, length: 500)
            client.ack(seq: 1091, ack: 5501)
            pause(.milliseconds(75_040))
            server.fin(seq: 5501, ack: 1091)
            client.fin(seq: 1091, ack: 5502)
            server.ack(seq: 5502, ack: 1092)
        }

        let found = try findings(in: exchange)

        #expect(found.map(\.pathology) == ["idle-timeout-close"])
        #expect(found.first?.severity == .note)
        #expect(found.first?.explanation.contains("nginx keep-alive") == true)
    }

    @Test func `that is half closed is one story if it is used`() throws {
        let exchange = established(to: "198.51.100.20:514") {
            client.data(seq: 1001, ack: 5001, length: 90)
            client.fin(seq: 1091, ack: 5001)
            for second: UInt32 in 0..<6 {
                server.data(seq: 5001 + second * 10, ack: 1092, length: 10)
                pause(.seconds(8))
            }
            server.fin(seq: 5061, ack: 1092)
            client.ack(seq: 1092, ack: 5062)
        }

        #expect(try alarms(in: exchange).isEmpty)
    }

    @Test(arguments: [(true, Severity.note), (false, .warning)])
    func `beside others that are served is a spare one`(
        _ isServed: Bool,
        _ severity: Severity
    ) throws {
        let exchange = established(to: "198.51.100.20:8457") {
            client.syn(seq: 7000).between(clientPort: 50_001)
            server.synAck(seq: 9000, ack: 7001).between(clientPort: 50_001)
            client.ack(seq: 7001, ack: 9001).between(clientPort: 50_001)
            if isServed {
                client.data(seq: 7001, ack: 9001, length: 80).between(clientPort: 50_001)
                server.data(seq: 9001, ack: 7081, length: 80).between(clientPort: 50_001)
            }
            pause(.seconds(20))
            server.fin(seq: 5001, ack: 1001)
            client.fin(seq: 1001, ack: 5002)
            server.ack(seq: 5002, ack: 1002)
        }

        #expect(try finding(by: SilentConnection.self, in: exchange).severity == severity)
    }
}
