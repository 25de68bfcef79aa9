import Diagnosing
import Testing
import Tracking

/// Connections on which both ends go on sending and nothing moves.
@Suite struct `A connection that stands still` {
    private func established(@ExchangeBuilder _ rest: () -> [ScriptStep]) -> Exchange {
        Exchange(
            from: "192.0.2.10:50000",
            to: "198.51.100.20:80",
            steps: ScriptOpening.tcp + [
                client.data(seq: 1001, ack: 5001, length: 80),
                server.data(seq: 5001, ack: 1081, length: 1400),
            ] + rest()
        )
    }

    /// The client's window is closed, and the server probes it after each of the waits, in
    /// milliseconds.
    @ExchangeBuilder
    private func closedWindow(probedAfter waits: [Int]) -> [ScriptStep] {
        client.ack(seq: 1081, ack: 6401).window(0)
        for wait in waits {
            server.ack(seq: 6400, ack: 1081).after(.milliseconds(wait))
            client.ack(seq: 1081, ack: 6401).window(0)
        }
    }

    @Test(arguments: [(2000, Severity.note), (9000, .warning)])
    func `since its receiver does not read matters by how long that takes`(
        _ lastWait: Int,
        _ severity: Severity
    ) throws {
        let exchange = established {
            closedWindow(probedAfter: [300, 600, 1200, lastWait])
            client.ack(seq: 1081, ack: 6401).after(.milliseconds(50))
            server.data(seq: 6401, ack: 1081, length: 700)
        }

        let found = try finding(by: ZeroWindowStall.self, in: exchange)

        #expect(found.reason == "reopened")
        #expect(found.severity == severity)
        #expect(found[metric: "receiver"] == .text("client"))
    }

    @Test func `is an error where the sender gives up`() throws {
        let exchange = established {
            closedWindow(probedAfter: [300, 600, 1200])
            server.reset(seq: 6401, ack: 1081).after(.milliseconds(200))
        }

        let incident = try #require(try incidents(in: exchange).first)

        #expect(incident.severity == .error)
        #expect(incident.chain.map(\.finding.pathology) == ["zero-window-stall", "abortive-close"])
        #expect(incident.blame == [.client])
        #expect(incident.verdict.contains("its receive window stayed at 0 for 2.3 s"))
    }

    @Test func `with a closed window and nothing to send is at rest`() throws {
        let exchange = established {
            client.ack(seq: 1081, ack: 6401).window(0)
            client.ack(seq: 1081, ack: 6401).after(.seconds(30))
        }

        #expect(try findings(in: exchange, by: [ZeroWindowStall.self]).isEmpty)
    }

    @Test func `was not standing where the window opens again and again`() throws {
        let exchange = established {
            for _ in 1...20 {
                closedWindow(probedAfter: [300, 600])
                client.ack(seq: 1081, ack: 6401).after(.milliseconds(50))
            }
        }

        #expect(try findings(in: exchange, by: [ZeroWindowStall.self]).isEmpty)
    }

    @Test func `lies in a loop of ACKs only if neither end accepts the other's`() throws {
        let keepAlives = established {
            for _ in 1...9 {
                server.ack(seq: 6400, ack: 1081).after(.milliseconds(200))
                client.ack(seq: 1081, ack: 6401)
            }
        }
        let loop = established {
            for _ in 1...9 {
                server.ack(seq: 4000, ack: 1081).after(.milliseconds(200))
                client.ack(seq: 1081, ack: 6401)
            }
        }

        #expect(try findings(in: keepAlives, by: [ACKLoop.self]).isEmpty)
        let found = try finding(by: ACKLoop.self, in: loop)
        #expect(found[metric: "acks"] == .integer(18))
        #expect(found.explanation.contains("2401 below what the other end has acknowledged"))
    }

    @Test func `is not one whose sender hears the ACKs late`() throws {
        let late = established {
            for wait in [300, 600, 1200, 2400] {
                client.data(seq: 1081, ack: 6401, length: 500).after(.milliseconds(wait))
                server.ack(seq: 6401, ack: 1581)
            }
        }

        #expect(try findings(in: late, by: [UnreceivedACKs.self]).isEmpty)
    }
}

/// What wants an answer beside data.
@Suite struct `A sending without an answer` {
    private func lostFIN(behindFIN: Bool = false) -> Exchange {
        Exchange(to: "198.51.100.20:80") {
            ScriptOpening.tcp
            client.data(seq: 1001, ack: 5001, length: 80)
            server.data(seq: 5001, ack: 1081, length: 80)
            client.ack(seq: 1081, ack: 5081)
            if behindFIN { server.fin(seq: 5081, ack: 1081) }
            client.fin(seq: 1081, ack: behindFIN ? 5082 : 5081).after(.seconds(1))
            for wait in [200, 400, 800, 1600, 3200] {
                client.fin(seq: 1081, ack: behindFIN ? 5082 : 5081).after(.milliseconds(wait))
            }
        }
    }

    @Test func `is not a FIN behind the other end's own`() throws {
        let exchange = lostFIN(behindFIN: true)

        #expect(try findings(in: exchange, by: [RetransmissionTimeout.self]).isEmpty)
    }

    @Test func `may be a FIN`() throws {
        let found = try finding(by: RetransmissionTimeout.self, in: lostFIN())

        #expect(found.reason == "fin")
        #expect(found.severity == .note)
        #expect(found.count == 6)
        #expect(found.summary.contains("sent its FIN to 198.51.100.20 6 times within 6.2 s"))
        #expect(found.explanation.contains("Nothing came from 198.51.100.20 on this connection"))
    }

    @Test(arguments: [(4, 1), (1, 0)])
    func `may be a keep-alive probe, if two of them were followed by a RST`(
        probes: Int,
        count: Int
    ) throws {
        let exchange = Exchange(to: "198.51.100.20:7000") {
            ScriptOpening.tcp
            client.data(seq: 1001, ack: 5001, length: 80)
            server.data(seq: 5001, ack: 1081, length: 80)
            client.ack(seq: 1081, ack: 5081)
            for _ in 0..<probes {
                client.ack(seq: 1080, ack: 5081).after(.seconds(10))
            }
            client.reset(seq: 1081, ack: 5081).after(.seconds(10))
        }

        let found = try findings(in: exchange, by: [RetransmissionTimeout.self])

        #expect(found.count == count)
        #expect(found.allSatisfy { $0.reason == "keep-alive" && $0.count == probes })
    }

    @Test func `is answered by any sign of life`() throws {
        let exchange = Exchange(to: "198.51.100.20:7000") {
            ScriptOpening.tcp
            client.data(seq: 1001, ack: 5001, length: 80)
            server.data(seq: 5001, ack: 1081, length: 80)
            client.ack(seq: 1081, ack: 5081)
            for _ in 0..<4 {
                client.ack(seq: 1080, ack: 5081).after(.seconds(10))
                server.ack(seq: 5081, ack: 1081)
            }
            client.reset(seq: 1081, ack: 5081).after(.seconds(1))
        }

        #expect(try findings(in: exchange, by: [RetransmissionTimeout.self]).isEmpty)
    }

    @Test func `names data dropped on the way where the other end lives`() throws {
        let exchange = Exchange(to: "198.51.100.20:5432") {
            ScriptOpening.tcp
            client.data(seq: 1001, ack: 5001, length: 80)
            server.data(seq: 5001, ack: 1081, length: 80)
            client.ack(seq: 1081, ack: 5081)
            client.data(seq: 1081, ack: 5081, length: 90)
            for wait in [200, 400, 800, 1600, 3200] {
                client.data(seq: 1081, ack: 5081, length: 90).after(.milliseconds(wait))
                server.ack(seq: 5081, ack: 1081)
            }
        }

        let found = try finding(by: RetransmissionTimeout.self, in: exchange)

        #expect(found[metric: "peer_alive"] == .flag(true))
        #expect(found.causes.contains("data-dropped-on-the-way"))
        #expect(found.explanation.contains("with Ack=1081 that did not move"))
    }

    @Test func `is no request's where the server waits for the client's next word`() throws {
        func exchange(_ reaction: Duration) -> Exchange {
            Exchange(to: "198.51.100.20:27017") {
                ScriptOpening.tcp
                client.data([UInt8](repeating: 46, count: 80))
                server.data([UInt8](repeating: 46, count: 80))
                client.data([UInt8](repeating: 46, count: 141))
                server.ack()
                pause(.seconds(6))
                client.fin()
                pause(reaction)
                server.data([UInt8](repeating: 46, count: 117))
                client.rst(seq: 1223)
            }
        }

        #expect(
            try findings(in: exchange(.microseconds(400)), by: [UnansweredRequest.self]).isEmpty
        )
        #expect(
            try !findings(in: exchange(.seconds(2)), by: [UnansweredRequest.self]).isEmpty
        )
    }
}
