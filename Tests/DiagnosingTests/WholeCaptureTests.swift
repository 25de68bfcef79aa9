import Diagnosing
import Testing
import Tracking

@Suite struct `A flood of SYNs` {
    /// SYNs by the hundred, each from a port or a host of its own.
    private func flood(
        _ count: UInt32,
        every gap: Duration,
        fromOneHost: Bool = false,
        isPatient: Bool = false,
        isRefused: Bool = false
    ) -> Exchange {
        Exchange(to: "198.51.100.20:80") {
            for number in 0..<count {
                let port = 1024 + UInt16(number)
                let host = fromOneHost ? "203.0.113.1" : "203.0.\(number / 250).\(number % 250 + 1)"
                client.syn(seq: 65_537 &* number).between(clientPort: port, client: host).after(gap)
                if isPatient {
                    client.syn(seq: 65_537 &* number).between(clientPort: port, client: host)
                }
                if isRefused {
                    server.rstAck(ack: 65_537 &* number &+ 1).between(
                        clientPort: port,
                        client: host
                    )
                }
            }
        }
    }

    @Test func `is one incident, however many flows it has`() throws {
        let found = try incidents(in: flood(20_000, every: .microseconds(50)))

        #expect(found.count == 1)
        #expect(found.first?.headline == "198.51.100.20:80 (http) is flooded with SYNs")
        #expect(found.first?.root.count == 20_000)
        #expect(found.first?.root.evidence.count == Finding.evidenceLimit)
        #expect(found.first?.root[metric: "sources"] == .integer(4096))
    }

    @Test func `names its source where there is one`() throws {
        let found = try finding(
            by: SYNFlood.self,
            in: flood(300, every: .milliseconds(1), fromOneHost: true)
        )

        #expect(found.reason == "single-source")
        #expect(found.subject.initiatorAddress == Address("203.0.113.1"))
    }

    @Test func `is none when honest clients lost their server`() throws {
        let storm = flood(300, every: .milliseconds(1), isPatient: true)

        #expect(try findings(in: storm, by: [SYNFlood.self]).isEmpty)
    }

    @Test func `is none when a closed port refuses them all`() throws {
        let storm = flood(300, every: .milliseconds(1), isRefused: true)

        #expect(try findings(in: storm, by: [SYNFlood.self]).isEmpty)
    }

    @Test func `is none where the capture holds one direction only`() throws {
        let oneWay = Exchange(to: "198.51.100.20:80") {
            for number: UInt16 in 0..<400 {
                client.syn(seq: 1000).between(clientPort: 1024 + number).after(.milliseconds(1))
                client.ack(seq: 1001, ack: 5001).between(clientPort: 1024 + number)
            }
        }

        #expect(try findings(in: oneWay, by: [SYNFlood.self, PortScan.self]).isEmpty)
    }

    @Test func `is pending while honest clients have had no time to try again`() throws {
        let found = try finding(by: SYNFlood.self, in: flood(400, every: .milliseconds(1)))

        #expect(found.status == .pending)
        #expect(found.severity == .warning)
    }

    @Test func `is none when the connections come up`() throws {
        let rush = Exchange(to: "198.51.100.20:80") {
            for number: UInt16 in 0..<400 {
                client.syn(seq: 1000).between(clientPort: 1024 + number).after(.milliseconds(1))
                if number % 4 > 0 {
                    server.synAck(seq: 5000, ack: 1001).between(clientPort: 1024 + number)
                    client.ack(seq: 1001, ack: 5001).between(clientPort: 1024 + number)
                }
            }
        }

        #expect(try findings(in: rush, by: [SYNFlood.self]).isEmpty)
    }
}

@Suite struct `A scan` {
    @Test func `of all ports is one incident`() throws {
        let scan = Exchange(to: "198.51.100.20:1") {
            for port: UInt16 in 1...65_535 {
                client.syn(seq: 5000).between(serverPort: port).after(.microseconds(50))
                server.rstAck(ack: 5001).between(serverPort: port).after(.microseconds(20))
            }
        }

        let found = try incidents(in: scan)

        #expect(found.count == 1)
        #expect(found.first?.headline == "192.0.2.10 scans 65535 ports of 198.51.100.20")
        #expect(found.first?.root[metric: "ports"] == .integer(65_535))
    }

    @Test func `of one port at many hosts is told as such`() throws {
        let sweep = Exchange(to: "198.51.100.20:22") {
            for host in 1...60 {
                client.syn(seq: 5000).between(server: "198.51.100.\(host)").after(.milliseconds(1))
            }
        }

        let found = try finding(by: PortScan.self, in: sweep)

        #expect(found.reason == "hosts")
        #expect(found.confidence == .medium)
        #expect(found[metric: "hosts"] == .integer(60))
    }

    @Test func `that takes minutes is a slow one`() throws {
        let sweep = Exchange(to: "198.51.100.20:22") {
            for host in 1...60 {
                client.syn(seq: 5000).between(server: "198.51.100.\(host)").after(.seconds(5))
            }
        }

        #expect(try finding(by: PortScan.self, in: sweep).reason == "slow")
    }

    @Test func `is none where a monitor comes back to what is down`() throws {
        let monitor = Exchange(to: "198.51.100.20:22") {
            for _ in 0..<3 {
                for host in 1...60 {
                    client.syn(seq: 5000).between(server: "198.51.100.\(host)").after(.seconds(2))
                }
            }
        }

        #expect(try findings(in: monitor, by: [PortScan.self]).isEmpty)
    }

    @Test func `with FIN alone counts too`() throws {
        let scan = Exchange(to: "198.51.100.20:1") {
            for port: UInt16 in 1...30 {
                client.bare([.fin], seq: 5000).between(serverPort: port).after(.milliseconds(1))
                server.rstAck(ack: 5001).between(serverPort: port)
            }
        }

        let found = try finding(by: PortScan.self, in: scan)

        #expect(found.explanation.contains("flags that never begin a connection"))
        #expect(found.explanation.hasPrefix("Of 30 tries 30 were refused."))
    }

    @Test func `of one host's ports is told at any speed`() throws {
        let scan = Exchange(to: "198.51.100.20:1") {
            for port: UInt16 in 1...60 {
                client.syn(seq: 5000).between(serverPort: port).after(.seconds(5))
                server.rstAck(ack: 5001).between(serverPort: port)
            }
        }

        let found = try finding(by: PortScan.self, in: scan)

        #expect(found.reason == "ports")
        #expect(found.severity == .warning)
    }

    @Test func `is none when most of the ports are open and used`() throws {
        let crawl = Exchange(to: "198.51.100.20:1") {
            for port: UInt16 in 1...40 {
                client.syn(seq: 5000).between(serverPort: port).after(.milliseconds(1))
                server.synAck(seq: 9000, ack: 5001).between(serverPort: port)
                client.ack(seq: 5001, ack: 9001).between(serverPort: port)
                client.data(seq: 5001, ack: 9001, length: 10).between(serverPort: port)
                server.data(seq: 9001, ack: 5011, length: 10).between(serverPort: port)
            }
        }

        #expect(try findings(in: crawl, by: [PortScan.self]).isEmpty)
    }

    @Test func `is none when one client waits for fifty dead servers`() throws {
        let outage = Exchange(to: "198.51.100.20:3306") {
            for _ in 0..<2 {
                for host in 1...60 {
                    client.syn(seq: 5000).between(server: "198.51.100.\(host)")
                        .after(.milliseconds(20))
                }
            }
        }

        #expect(try findings(in: outage, by: [PortScan.self]).isEmpty)
    }
}

@Suite struct `A loop of reconnects` {
    private func visits(
        _ count: UInt16,
        every gap: Duration,
        @ExchangeBuilder ending: (UInt16) -> [ScriptStep]
    ) -> Exchange {
        Exchange(to: "198.51.100.20:2049") {
            for visit in 0..<count {
                client.syn(seq: 1000).between(clientPort: 900 + visit).after(gap)
                server.synAck(seq: 5000, ack: 1001).between(clientPort: 900 + visit)
                client.ack(seq: 1001, ack: 5001).between(clientPort: 900 + visit)
                for step in ending(visit) { step.between(clientPort: 900 + visit) }
            }
        }
    }

    @Test func `tells that the server resets`() throws {
        let loop = visits(6, every: .seconds(2)) { _ in server.reset(seq: 5001, ack: 1001) }

        let found = try finding(by: ReconnectLoop.self, in: loop)

        #expect(found.reason == "reset-by-server")
        #expect(found.count == 6)
    }

    @Test func `tells that the server closes before it is asked`() throws {
        let loop = visits(6, every: .seconds(2)) { _ in
            server.fin(seq: 5001, ack: 1001)
            client.data(seq: 1001, ack: 5002, length: 20).after(.milliseconds(200))
            server.rst(seq: 5002)
        }

        let found = try finding(by: ReconnectLoop.self, in: loop)

        #expect(found.reason == "closed-by-server")
        #expect(found.severity == .warning)
        #expect(found.summary.hasSuffix("198.51.100.20 closed without waiting for a request."))
        #expect(found.causes.first == "access-rule")
    }

    private static let refusal = Array("-ERR max number of clients reached\r\n".utf8)

    @Test func `tells that the server turned the client away`() throws {
        let loop = visits(6, every: .seconds(2)) { _ in
            server.data(seq: 5001, ack: 1001, Self.refusal)
            server.fin(seq: 5001 + UInt32(Self.refusal.count), ack: 1001)
            client.fin(seq: 1001, ack: 5002 + UInt32(Self.refusal.count))
        }

        let found = try finding(by: ReconnectLoop.self, in: loop)
        let incident = try #require(try incidents(in: loop).first)

        #expect(found.reason == "turned-away")
        #expect(found.severity == .warning)
        #expect(incident.root.pathology == "turned-away")
    }

    @Test func `tells that the service crashes where it refuses SYNs in between`() throws {
        let loop = visits(6, every: .seconds(2)) { _ in
            client.data(seq: 1001, ack: 5001, length: 50)
            server.reset(seq: 5001, ack: 1051)
        }
        var refused = Exchange(from: "192.0.2.11:3000", to: "198.51.100.20:2049") {
            client.syn(seq: 90_000)
            server.rstAck(ack: 90_001)
        }
        refused.begin += 5_000_000_000
        let frames = (loop.frames + refused.frames).sorted { $0.time < $1.time }

        let found = try findings(in: frames, by: [ReconnectLoop.self])

        #expect(found.map(\.reason) == ["crash"])
    }

    @Test func `is a warning where each request failed, a note where some were messages`() throws {
        func loop(_ hasRequest: @escaping (UInt16) -> Bool) -> Exchange {
            visits(6, every: .seconds(2)) { visit in
                let length = hasRequest(visit) ? 50 : 0
                if length > 0 { client.data(seq: 1001, ack: 5001, length: length) }
                server.fin(seq: 5001, ack: 1001 + UInt32(length))
                client.fin(seq: 1001 + UInt32(length), ack: 5002)
            }
        }

        let all = try finding(by: ReconnectLoop.self, in: loop { _ in true })
        let some = try finding(by: ReconnectLoop.self, in: loop { $0 < 3 })

        #expect(all.severity == .warning)
        #expect(some.severity == .note)
    }

    @Test func `is none where the client closes, even after a request`() throws {
        let loop = visits(6, every: .seconds(1)) { _ in
            client.data(seq: 1001, ack: 5001, length: 50)
            server.ack(seq: 5001, ack: 1051)
            client.fin(seq: 1051, ack: 5001).after(.seconds(1))
            server.fin(seq: 5001, ack: 1052)
            client.ack(seq: 1052, ack: 5002)
        }

        #expect(try findings(in: loop, by: [ReconnectLoop.self]).isEmpty)
    }

    @Test func `is none where the client closes and the server resets after that`() throws {
        let checks = Exchange(to: "198.51.100.20:389") {
            for number: UInt32 in 0..<9 {
                client.syn(seq: 1000 + number * 70_000).between(clientPort: 4000 + UInt16(number))
                server.synAck(seq: 5000, ack: 1001 + number * 70_000)
                    .between(clientPort: 4000 + UInt16(number))
                client.ack(seq: 1001 + number * 70_000, ack: 5001)
                    .between(clientPort: 4000 + UInt16(number))
                client.fin(seq: 1001 + number * 70_000, ack: 5001)
                    .between(clientPort: 4000 + UInt16(number))
                server.reset(seq: 5001, ack: 1002 + number * 70_000)
                    .between(clientPort: 4000 + UInt16(number))
                pause(.seconds(1))
            }
        }

        #expect(try findings(in: checks, by: [ReconnectLoop.self]).isEmpty)
    }

    @Test func `is none with four of them, or with a minute between two`() throws {
        let few = visits(4, every: .seconds(1)) { _ in server.reset(seq: 5001, ack: 1001) }
        let slow = visits(6, every: .seconds(60)) { _ in server.reset(seq: 5001, ack: 1001) }

        #expect(try findings(in: few, by: [ReconnectLoop.self]).isEmpty)
        #expect(try findings(in: slow, by: [ReconnectLoop.self]).isEmpty)
    }

    @Test func `is none where every connection did some work`() throws {
        let work = visits(9, every: .seconds(1)) { _ in
            client.data(seq: 1001, ack: 5001, length: 50)
            server.data(seq: 5001, ack: 1051, length: 500)
            server.fin(seq: 5501, ack: 1051)
            client.fin(seq: 1051, ack: 5502)
            server.ack(seq: 5502, ack: 1052)
        }

        #expect(try findings(in: work, by: [ReconnectLoop.self]).isEmpty)
    }
}

@Suite struct `A duplicate address` {
    @Test func `is none when an address moves once, as in a failover`() throws {
        let failover = Exchange {
            for card: UInt8 in [2, 2, 7, 7, 7] {
                server.claims(mac: card).after(.seconds(3))
            }
        }

        #expect(try findings(in: failover, by: [DuplicateAddress.self]).isEmpty)
    }

    @Test func `is none when an address moves back after minutes`() throws {
        let maintenance = Exchange {
            for card: UInt8 in [2, 7, 2] { server.claims(mac: card).after(.seconds(600)) }
        }

        #expect(try findings(in: maintenance, by: [DuplicateAddress.self]).isEmpty)
    }

    @Test func `is none of the same address in two VLANs, or of a shared virtual card`() throws {
        let claim = Exchange { server.claims(mac: 2) }
        let other = Exchange { server.claims(mac: 7) }
        let frames = [
            claim.tagged([10]), other.tagged([11]), claim.tagged([10]), other.tagged([11]),
        ]
        .flatMap(\.frames)

        #expect(try findings(in: frames, by: [DuplicateAddress.self]).isEmpty)
    }

    @Test func `is none where so many cards claim one that the capture must be damaged`() throws {
        let damaged = Exchange {
            for card: UInt8 in [2, 7, 2, 9, 11, 13, 7, 2, 15, 2] {
                server.claims(mac: card).after(.seconds(1))
            }
        }

        #expect(try findings(in: damaged, by: [DuplicateAddress.self]).isEmpty)
    }

    @Test func `is none where a bridge asks in its own name what another host asks`() throws {
        let claims = Exchange {
            for _ in 0..<3 {
                server.claims(mac: 2).after(.seconds(1))
                server.claims(mac: 7).after(.microseconds(14))
            }
        }
        // Of replies, requests.
        let bridged = claims.frames.map { frame in
            var octets = frame.octets
            octets[21] = 1
            return MemoryFrames.Record(time: frame.time, octets: octets)
        }

        #expect(try findings(in: bridged, by: [DuplicateAddress.self]).isEmpty)
        #expect(try !findings(in: claims, by: [DuplicateAddress.self]).isEmpty)
    }

    /// A server whose address another card claims meanwhile, which answers what comes then.
    private func usurped(by card: UInt8) -> Exchange {
        Exchange(to: "198.51.100.20:7000") {
            server.claims(mac: 2)
            ScriptOpening.tcp
            client.data([UInt8](repeating: 46, count: 80))
            server.data([UInt8](repeating: 46, count: 80))
            client.ack()
            server.claims(mac: 7).after(.seconds(1))
            client.data([UInt8](repeating: 46, count: 80)).after(.seconds(1))
            server.rst(seq: 5081).mac(card)
            for port: UInt16 in 40_001...40_003 {
                client.syn(seq: 1000).between(clientPort: port).after(.seconds(1))
                server.rstAck(ack: 1001).between(clientPort: port).mac(card)
            }
            server.claims(mac: 2).after(.seconds(1))
            client.syn(seq: 1000).between(clientPort: 40_009).after(.seconds(1))
            server.synAck(seq: 5000, ack: 1001).between(clientPort: 40_009)
            client.ack(seq: 1001, ack: 5001).between(clientPort: 40_009)
        }
    }

    @Test func `whose other host rejects connections is their root`() throws {
        let incident = try #require(try incidents(in: usurped(by: 7)).first)

        #expect(
            incident.headline
                == "198.51.100.20 is used by 2 hosts: 3 of 5 connections from 192.0.2.10 failed"
        )
        #expect(incident.severity == .error)
        #expect(
            incident.chain.map(\.finding.pathology)
                == ["duplicate-address", "connection-refused", "abortive-close"]
        )
        #expect(
            incident.verdict.contains(
                "02:00:00:00:00:07 refused 3 connections and reset 1 open connection"
            )
        )
        #expect(incident.chain[1].finding.explanation.contains("It came from 02:00:00:00:00:07"))
    }

    @Test func `is not what rejects from the card that accepts`() throws {
        let found = try incidents(in: usurped(by: 2)).flatMap { $0.chain.map(\.finding) }

        #expect(found.contains { $0.pathology == "service-restart" })
        #expect(!found.contains { $0.reason == "wrong-host" })
    }

    /// Two addresses that a card and their owners claim by turns.
    private func disputes(_ cards: [[UInt8]]) -> [MemoryFrames.Record] {
        cards.enumerated().flatMap { index, cards in
            Exchange(to: "198.51.100.\(index + 20):22") {
                for card in cards { server.claims(mac: card).after(.seconds(1)) }
            }.frames
        }.sorted { $0.time < $1.time }
    }

    @Test func `of several hosts is one card's that claims them all`() throws {
        let spoofed = disputes([[2, 9, 2, 9], [3, 9, 3, 9], [4, 9, 4, 9]])
        let swapped = disputes([[2, 9, 2, 9], [2, 9, 2, 9]])

        let found = try findings(in: spoofed, by: [DuplicateAddress.self])

        #expect(found.map(\.reason) == ["one-card"])
        #expect(found.first?.headline == "02:00:00:00:00:09 claims 3 addresses of other hosts")
        #expect(found.first?.causes.first == "arp-spoofing")
        #expect(try findings(in: swapped, by: [DuplicateAddress.self]).map(\.reason) == [nil, nil])
    }

    @Test func `names all cards and how often it changed hands`() throws {
        let dispute = Exchange {
            for card: UInt8 in [2, 7, 2, 7, 2] { server.claims(mac: card).after(.seconds(1)) }
        }

        let found = try finding(by: DuplicateAddress.self, in: dispute)

        #expect(found[metric: "owners"] == .integer(2))
        #expect(found[metric: "changes"] == .integer(4))
        #expect(found.summary.contains("02:00:00:00:00:02 and 02:00:00:00:00:07"))
    }
}
