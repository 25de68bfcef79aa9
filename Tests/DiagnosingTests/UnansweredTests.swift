import Diagnosing
import Testing
import Tracking

@Suite struct `Silence` {
    private func silence(in exchange: Exchange) throws -> Finding? {
        try findings(in: exchange, by: [UnansweredSYN.self]).first
    }

    @Test func `of a port is the ordinary case`() throws {
        let found = try #require(try silence(in: UnansweredSYN.manual.example))

        #expect(found.reason == "all-to-port")
        #expect(found[metric: "answered_attempts"] == .integer(0))
    }

    @Test func `after another connection may be a memory of that`() throws {
        let exchange = Exchange {
            client.data(seq: 1001, ack: 5001, length: 100)
            server.ack(seq: 5001, ack: 1101)
            pause(.seconds(120))
            client.syn(seq: 700_000)
            pause(.seconds(1))
            client.syn(seq: 700_000)
            pause(.seconds(4))
            client.syn(seq: 700_000)
        }

        let found = try #require(try silence(in: exchange))

        #expect(found.reason == "only-after-idle")
        #expect(found.causes.first == "state-of-old-connection")
        #expect(found.explanation.contains("its last packet came 120 s earlier"))
    }

    @Test func `after a refused attempt is told of the others alone`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000)
            server.rstAck(ack: 1001)
            pause(.seconds(1))
            client.syn(seq: 71_000)
            pause(.seconds(1))
            client.syn(seq: 71_000)
            pause(.seconds(3))
            client.syn(seq: 71_000)
        }

        let found = try #require(try silence(in: exchange))

        #expect(found.packets == [3, 4, 5])
        #expect(found.severity == .error)
        #expect(found[metric: "answered_attempts"] == .integer(1))
        #expect(found.summary.hasSuffix("; 1 other attempt had an answer."))
        #expect(
            Set(try findings(in: exchange).map(\.pathology)) == [
                "connection-refused", "syn-unanswered",
            ]
        )
    }

    @Test func `ends where a later attempt is refused`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000)
            pause(.seconds(1))
            client.syn(seq: 1000)
            pause(.seconds(3))
            client.syn(seq: 71_000)
            server.rstAck(ack: 71_001)
            pause(.seconds(60))
            client.syn(seq: 171_000)
            server.rstAck(ack: 171_001)
        }

        let found = try #require(try silence(in: exchange))

        #expect(found.packets == [1, 2])
        #expect(found[metric: "waited_us"] == .integer(4_000_000))
    }

    @Test func `may meet Fast Open or ECN only`() throws {
        func exchange(_ first: ScriptStep) -> Exchange {
            Exchange {
                first
                pause(.seconds(1))
                first
                pause(.seconds(3))
                client.syn(seq: 71_000)
                server.rstAck(ack: 71_001)
            }
        }

        let fastOpen = exchange(client.syn(seq: 1000).options(.fastOpen(8)))
        let ecn = exchange(client.syn(seq: 1000).flags([.ece, .cwr]))

        #expect(try silence(in: fastOpen)?.reason == "only-with-fast-open")
        #expect(try silence(in: ecn)?.reason == "only-with-ecn")
    }

    @Test func `is left to others where the connection came up`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000).flags([.ece, .cwr])
            pause(.seconds(1))
            client.syn(seq: 1000).flags([.ece, .cwr])
            pause(.seconds(2))
            client.syn(seq: 71_000)
            server.synAck(seq: 5000, ack: 71_001)
            client.ack(seq: 71_001, ack: 5001)
        }

        #expect(try silence(in: exchange) == nil)
    }

    @Test func `is not claimed where a stale answer came`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000)
            pause(.seconds(1))
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 900_001)
            pause(.seconds(3))
        }

        #expect(try silence(in: exchange) == nil)
    }

    /// A SYN that is sent three times in three seconds, and what else is captured.
    private func retried(then rest: Duration) -> Exchange {
        Exchange {
            client.syn(seq: 1000)
            client.syn(seq: 1000).after(.seconds(1))
            client.syn(seq: 1000).after(.seconds(2))
            client.syn(seq: 9000).between(clientPort: 40_999).after(rest)
        }
    }

    @Test func `beside an answer on another port is likelier a firewall's`() throws {
        let exchange = Exchange(to: "198.51.100.20:82") {
            client.syn(seq: 1000).between(clientPort: 4001, serverPort: 81)
            server.rstAck(ack: 1001).between(clientPort: 4001, serverPort: 81)
            client.syn(seq: 2000)
            client.syn(seq: 2000).after(.seconds(1))
            pause(.seconds(4))
            client.syn(seq: 3000).between(clientPort: 4002, serverPort: 81)
            server.rstAck(ack: 3001).between(clientPort: 4002, serverPort: 81)
        }

        let found = try finding(by: UnansweredSYN.self, in: exchange)

        #expect(found.explanation.contains("198.51.100.20 answered on port 81 at that time"))
    }

    /// SYNs of one client to hosts of several networks, and one connection that is answered.
    private func attempts(to answered: String?) throws -> [Incident] {
        let asked = ["52.1.0.1:443", "34.2.0.1:443", "20.3.0.1:80", "20.3.0.2:443"]
        var frames = asked.enumerated().flatMap { index, service in
            var exchange = Exchange(from: "10.1.0.3:\(40_000 + index)", to: service) {
                client.syn(seq: 1000)
                client.syn(seq: 1000).after(.seconds(1))
                client.syn(seq: 1000).after(.seconds(2))
                pause(.seconds(4))
            }
            exchange.begin += Int64(index) * 1_000_000_000
            return exchange.frames
        }
        if let answered {
            frames +=
                Exchange(from: "10.1.0.3:50000", to: answered) {
                    client.syn(seq: 1000)
                    server.synAck(seq: 5000, ack: 1001)
                    client.ack(seq: 1001, ack: 5001)
                    pause(.seconds(20))
                    client.data(seq: 1001, ack: 5001, length: 3)
                    server.ack(seq: 5001, ack: 1004)
                }.frames
        }
        return try incidents(in: frames.sorted { $0.time < $1.time })
    }

    @Test func `outside its network is one incident of a client without a way out`() throws {
        let found = try attempts(to: "10.1.0.9:22")

        #expect(found.count == 1)
        #expect(found.first?.flows == 4)
        #expect(found.first?.blame == [.network, .client])
        #expect(found.first?.root.explanation.contains("None of the 4 hosts outside") == true)
    }

    @Test func `is the servers' where any host outside answered on any port`() throws {
        #expect(try attempts(to: "8.8.8.8:853").count == 4)
    }

    @Test func `says when the client gave up`() throws {
        let finding = try #require(try silence(in: retried(then: .seconds(60))))

        #expect(finding.summary.contains("3 SYNs"))
        #expect(finding.summary.contains("sent over 3 s"))
        #expect(finding.explanation.contains("1 s and 3 s after the first time, and then no more."))
    }

    @Test func `does not say so before another SYN was due`() throws {
        let finding = try #require(try silence(in: retried(then: .seconds(3))))

        #expect(finding.explanation.contains("1 s and 3 s after the first time."))
    }

    @Test func `of less than half a second is not worth a word`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000)
            pause(.milliseconds(200))
            client.syn(seq: 1000)
            pause(.milliseconds(200))
            client.syn(seq: 1000)
        }

        #expect(try silence(in: exchange) == nil)
    }

    @Test func `ends with the client's patience, and not with the capture`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000)
            for gap in [1, 2, 4, 8] {
                pause(.seconds(gap))
                client.syn(seq: 1000)
            }
            client.syn(seq: 7000).between(clientPort: 50_001, serverPort: 81).after(.seconds(600))
        }

        let found = try #require(try silence(in: exchange))

        #expect(found.status == .confirmed)
        #expect(found.explanation.hasSuffix("and then no more."))
    }
}
