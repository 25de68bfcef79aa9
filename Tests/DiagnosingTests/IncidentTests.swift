import Diagnosing
import Testing
import Tracking

/// How findings become incidents, and many alike become one.
@Suite struct `An incident` {
    private func refusals(from clients: Int, to servers: Int) -> [MemoryFrames.Record] {
        var frames: [MemoryFrames.Record] = []
        for client in 0..<clients {
            for server in 0..<servers {
                var exchange = Exchange(
                    from: "10.1.\(client / 200).\(client % 200 + 1):\(30_000 + server)",
                    to: "10.9.0.1:\(1000 + server)"
                ) {
                    Tracking.client.syn(seq: 1000)
                    Tracking.server.rstAck(ack: 1001)
                }
                exchange.begin += Int64(frames.count) * 1_000_000
                frames += exchange.frames
            }
        }
        return frames
    }

    @Test func `after an idle close tells how it came to that`() throws {
        let exchange = Exchange(from: "192.0.2.10:50000", to: "198.51.100.20:2049") {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
            client.data(seq: 1001, ack: 5001, length: 100)
            server.data(seq: 5001, ack: 1101, length: 100)
            client.ack(seq: 1101, ack: 5101)
            server.fin(seq: 5101, ack: 1101).after(.seconds(360))
            client.fin(seq: 1101, ack: 5102)
            server.ack(seq: 5102, ack: 1102)
            client.syn(seq: 9000).between(clientPort: 50001).after(.seconds(3))
            server.rstAck(ack: 9001).between(clientPort: 50001)
        }

        let found = try #require(incidents(in: exchange.frames).first)

        let chain = found.chain.map(\.finding.pathology)
        #expect(chain == ["connection-refused", "idle-timeout-close"])
        #expect(
            found.verdict.hasSuffix(
                """
                Before that, 198.51.100.20 closed its connection after 360 s of inactivity. \
                Fault: server (198.51.100.20).
                """
            )
        )
    }

    @Test func `joins the flows of one client and one service`() throws {
        var frames: [MemoryFrames.Record] = []
        for port in 0..<12 {
            var exchange = try #require(Catalog.detector(named: "connection-refused")).manual
                .example
            exchange.client = Endpoint(exchange.client.address, port: UInt16(47_000 + port))
            exchange.begin += Int64(port) * 1_000_000
            frames += exchange.frames
        }

        let found = try incidents(in: frames)

        #expect(found.count == 1)
        #expect(found.first?.flows == 12)
        #expect(found.first?.root.count == 12)
        #expect(found.first?.root.subject.initiatorPort == nil)
        #expect(
            found.first?.headline
                == "Connection refused: 192.0.2.10 cannot connect to 198.51.100.20:6379 (redis; 12 connections)"
        )
    }

    @Test func `is called after what most of its failures have`() throws {
        let exchange = Exchange(from: "192.0.2.10:902", to: "198.51.100.20:2049") {
            ChallengeACK.manual.example.steps
            for port in UInt16(50_001)...50_002 {
                client.syn(seq: 90_000).between(clientPort: port)
                client.syn(seq: 90_000).between(clientPort: port).after(.seconds(1))
                client.syn(seq: 90_000).between(clientPort: port).after(.seconds(2))
                client.syn(seq: 90_000).between(clientPort: port).after(.seconds(4))
            }
        }

        let incident = try #require(incidents(in: exchange).first)
        let challenge = incident.chain.first { $0.finding.pathology == "challenge-ack" }

        #expect(challenge?.finding.isEstablished == true)
        #expect(incident.root.pathology == "syn-unanswered")
        #expect(incident.failed == 2)
    }

    @Test func `joins all clients of one broken service`() throws {
        let found = try incidents(in: refusals(from: 300, to: 1))

        #expect(found.count == 1)
        #expect(found.first?.flows == 300)
        #expect(found.first?.root.subject.initiatorAddress == nil)
        #expect(found.first?.root.evidence.count == Finding.evidenceLimit)
        #expect(found.first?.root.evidenceOmitted == 300 - Finding.evidenceLimit)
        #expect(
            found.first?.headline
                == "Connection refused: 300 hosts cannot connect to 10.9.0.1:1000 (300 connections)"
        )
    }

    @Test func `joins all services that one client cannot reach`() throws {
        let found = try incidents(in: refusals(from: 1, to: 19))

        #expect(found.count == 1)
        #expect(found.first?.root.subject.responderPort == nil)
        #expect(
            found.first?.headline.hasPrefix(
                "Connection refused: 10.1.0.1 cannot connect to several ports of 10.9.0.1"
            )
                == true
        )
    }

    @Test func `calls it a scan when one client tries many ports of a host`() throws {
        let found = try incidents(in: refusals(from: 1, to: 200))

        #expect(found.count == 1)
        #expect(found.first?.chain.map(\.finding.pathology) == ["port-scan"])
        #expect(found.first?.root[metric: "ports"] == .integer(200))
    }

    @Test func `of one client's failures takes in no notes about other services`() throws {
        var frames = refusals(from: 1, to: 19)
        for server in 0..<19 {
            var exchange = Exchange(
                from: "10.1.0.1:\(40_000 + server)",
                to: "10.9.0.\(server + 2):443"
            ) {
                ScriptOpening.tcp
                client.reset().after(.milliseconds(5))
            }
            exchange.begin += Int64(server) * 1_000_000_000
            frames += exchange.frames
        }
        frames.sort { $0.time < $1.time }

        let found = try incidents(in: frames)

        #expect(found.map(\.severity) == [.error, .note])
        #expect(found.map(\.flows) == [19, 19])
        #expect(found[0].chain.map(\.finding.pathology) == ["connection-refused"])
    }

    @Test(arguments: [(2, 2), (3, 1), (9, 1)])
    func `is one where a router has no route for several`(_ count: Int, _ expected: Int) throws {
        var frames: [MemoryFrames.Record] = []
        for number in 0..<count {
            var exchange = Exchange(
                from: "10.1.0.\(number + 1):40000",
                to: "198.51.100.\(number + 1):\(1000 + number)"
            ) {
                client.syn(seq: 1000)
                router.refuses(.networkUnreachable, about: .client)
            }
            exchange.begin += Int64(number) * 1_000_000_000
            frames += exchange.frames
        }

        let found = try incidents(in: frames)

        #expect(found.count == expected)
        #expect(found.map(\.flows).reduce(0, +) == count)
        #expect(found.allSatisfy { $0.severity == .error })
    }

    @Test func `names the ports that a scan found open`() throws {
        var frames = refusals(from: 1, to: 30)
        for port: UInt16 in [2000, 2001] {
            var open = Exchange {
                client.syn(seq: 1000)
                server.synAck(seq: 5000, ack: 1001)
                client.rst(seq: 1001)
            }
            open.client = try #require(Endpoint("10.1.0.1:\(50_000 + port)"))
            open.server = try #require(Endpoint("10.9.0.1:\(port)"))
            frames += open.frames
        }

        let found = try incidents(in: frames.sorted { $0.time < $1.time })

        #expect(found.first?.root.pathology == "port-scan")
        #expect(found.first?.root.explanation.hasSuffix("Open: ports 2000 and 2001.") == true)
    }

    /// One port of many hosts, with two SYNs to each.
    private func sweep(of hosts: Int) throws -> [MemoryFrames.Record] {
        try (0..<hosts).flatMap { index in
            var exchange = Exchange {
                client.syn(seq: 1000)
                client.syn(seq: 1000).after(.seconds(3))
            }
            exchange.server = try #require(Endpoint("10.9.\(index / 250).\(index % 250 + 1):135"))
            exchange.begin += Int64(index) * 700_000_000
            return exchange.frames
        }.sorted { $0.time < $1.time }
    }

    @Test func `calls it a sweep when one client asks a port of very many hosts`() throws {
        let wide = try incidents(in: sweep(of: 120))
        let narrow = try incidents(in: sweep(of: 60))

        #expect(wide.map(\.root.pathology) == ["port-scan"])
        #expect(wide.first?.root.reason == "sweep")
        #expect(wide.first?.blame == [.client])
        #expect(narrow.map(\.root.pathology) == ["syn-unanswered"])
    }

    @Test func `keeps a few of either apart`() throws {
        #expect(try incidents(in: refusals(from: 3, to: 2)).count == 6)
    }

    @Test func `has the same id in two overlapping captures`() throws {
        let frames = Article.burst.frames
        let whole = try incidents(in: frames)
        let part = try incidents(in: Array(frames.prefix(16)))

        #expect(whole.map(\.id) == part.map(\.id))
        #expect(whole[0].root.id == part[0].root.id)
    }

    @Test func `gives each check once, host by host`() throws {
        let checks = try #require(incidents(in: Article.burst).first).checks

        let keys = checks.map { "\($0.host ?? "") \($0.command)" }
        #expect(Set(keys).count == keys.count)
        #expect(checks.contains { $0.host == "10.0.0.81" && $0.command.text.contains("syn-recv") })
    }

    @Test func `comes the gravest first`() throws {
        var reuse = try #require(Catalog.detector(named: "port-reuse")).manual.example
        reuse.client = Endpoint(reuse.client.address, port: 999)
        reuse.begin -= 1_000_000_000_000

        let found = try incidents(in: reuse.frames + Article.burst.frames)

        #expect(found.map(\.severity) == [.error, .note])
    }
}
