import Diagnosing
import Testing
import Tracking

/// What was away for a while, and what was forgotten meanwhile.
@Suite struct `A restart` {
    @ExchangeBuilder
    private func served(on port: UInt16, isLeftOpen: Bool = false) -> [ScriptStep] {
        client.syn(seq: 1000).between(clientPort: port)
        server.synAck(seq: 5000, ack: 1001).between(clientPort: port)
        client.ack(seq: 1001, ack: 5001).between(clientPort: port)
        client.data(seq: 1001, ack: 5001, length: 80).between(clientPort: port)
        server.data(seq: 5001, ack: 1081, length: 80).between(clientPort: port)
        client.ack(seq: 1081, ack: 5081).between(clientPort: port)
        if !isLeftOpen {
            server.fin(seq: 5081, ack: 1081).between(clientPort: port)
            client.fin(seq: 1081, ack: 5082).between(clientPort: port)
            server.ack(seq: 5082, ack: 1082).between(clientPort: port)
        }
    }

    @ExchangeBuilder
    private func refused(on ports: ClosedRange<UInt16>, every gap: Duration = .seconds(2))
        -> [ScriptStep]
    {
        for port in ports {
            client.syn(seq: 1000).between(clientPort: port).after(gap)
            server.rstAck(ack: 1001).between(clientPort: port)
        }
    }

    private func pathologies(of exchange: Exchange) throws -> [String] {
        try incidents(in: exchange).flatMap { $0.chain.map(\.finding.pathology) }
    }

    @Test func `of a service is the root of its refusals, which stay`() throws {
        let exchange = Exchange(to: "198.51.100.20:8080") {
            served(on: 40_001)
            refused(on: 40_002...40_004)
            pause(.seconds(2))
            served(on: 40_005)
        }

        let incident = try #require(try incidents(in: exchange).first)

        #expect(
            incident.chain.map(\.finding.pathology) == ["service-restart", "connection-refused"]
        )
        #expect(incident.verdict.contains("was down for 4 to 8 s and refused 3 connections"))
        #expect(incident.state == .recovered)
    }

    @Test func `of a service that comes again and again is a crash loop`() throws {
        let exchange = Exchange(to: "198.51.100.20:8080") {
            for round: UInt16 in 0..<3 {
                served(on: 40_001 + round * 10)
                refused(on: (40_002 + round * 10)...(40_004 + round * 10))
                pause(.seconds(2))
            }
            served(on: 40_041)
        }

        let found = try finding(by: ServiceRestart.self, in: exchange)

        #expect(found.reason == "repeatedly")
        #expect(found.count == 3)
        #expect(found.causes.contains("service-crashes"))
    }

    @Test func `is not what refuses some while others are served, or stay`() throws {
        let alternating = Exchange(to: "198.51.100.20:8080") {
            for port: UInt16 in [40_001, 40_005, 40_009] {
                served(on: port)
                refused(on: (port + 1)...(port + 1))
            }
            served(on: 40_013)
        }
        let limited = Exchange(to: "198.51.100.20:8080") {
            served(on: 40_001, isLeftOpen: true)
            refused(on: 40_002...40_004)
            client.data(seq: 1081, ack: 5081, length: 80).between(clientPort: 40_001)
            server.data(seq: 5081, ack: 1161, length: 80).between(clientPort: 40_001)
            pause(.seconds(2))
            served(on: 40_005)
        }

        #expect(try !pathologies(of: alternating).contains("service-restart"))
        #expect(try !pathologies(of: limited).contains("service-restart"))
    }

    @Test func `of a host is the root of all that it forgot and refused`() throws {
        let exchange = Exchange(to: "198.51.100.20:2049") {
            served(on: 909, isLeftOpen: true)
            client.data(seq: 1081, ack: 5081, length: 80).between(clientPort: 909)
                .after(.seconds(60))
            server.rst(seq: 5081).between(clientPort: 909)
            refused(on: 910...912)
            pause(.seconds(2))
            served(on: 913)
        }

        let incident = try #require(try incidents(in: exchange).first)

        let chain = incident.chain.map(\.finding.pathology)
        #expect(chain.prefix(2) == ["host-restart", "service-restart"])
        #expect(chain.contains("connection-refused") && chain.contains("abortive-close"))
        #expect(incident.blame == [.server])
        #expect(incident.verdict.contains("no longer knew 1 open connection and reset it"))
    }

    @Test func `of a host is not a process that ends by its own RSTs`() throws {
        let exchange = Exchange(to: "198.51.100.20:2049") {
            served(on: 909, isLeftOpen: true)
            client.data(seq: 1081, ack: 5081, length: 80).between(clientPort: 909)
                .after(.seconds(60))
            server.reset(seq: 5081, ack: 1161).between(clientPort: 909)
            refused(on: 910...912)
        }

        #expect(try !pathologies(of: exchange).contains("host-restart"))
    }
}

/// What a device on the way did not keep.
@Suite struct `A connection forgotten on the way` {
    @Test func `is told by a RST from nearer, with the time for which it was idle`() throws {
        let exchange = Exchange(to: "198.51.100.20:5432") {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001).ttl(60)
            client.ack(seq: 1001, ack: 5001)
            client.data(seq: 1001, ack: 5001, length: 80)
            server.data(seq: 5001, ack: 1081, length: 80).ttl(60)
            client.ack(seq: 1081, ack: 5081)
            client.data(seq: 1081, ack: 5081, length: 80).after(.seconds(350))
            server.rst(seq: 5081).ttl(63)
        }

        let incident = try #require(try incidents(in: exchange).first)

        let root = try #require(incident.chain.first?.finding)
        #expect(root.pathology == "idle-state-lost")
        #expect(root.reason == "reset")
        #expect(root[metric: "hops_nearer"] == .integer(3))
        #expect(incident.verdict.contains("after 350 s without traffic"))
        #expect(incident.blame == [.network])
    }

    @Test func `is not one whose other end answers nothing new either`() throws {
        #expect(
            try findings(in: IdleStateLost.manual.nearMiss).map(\.pathology).contains(
                "syn-unanswered"
            )
        )
        #expect(try findings(in: IdleStateLost.manual.nearMiss, by: [IdleStateLost.self]).isEmpty)
    }

    @Test func `may show by a segment that was not translated`() throws {
        let incident = try #require(
            try incidents(in: UntranslatedSegment.manual.example)
                .first { $0.chain.first?.finding.pathology == "untranslated-segment" }
        )

        #expect(incident.blame == [.network])
        #expect(
            incident.verdict.contains(
                "belongs to the connection of 192.0.2.10:50000 to 198.51.100.20:7800"
            )
        )
    }

    @Test func `joins the SYN and its translated copy`() throws {
        let exchange = Exchange(to: "198.51.100.20:7800") {
            client.syn(seq: 1000, tsval: 77)
            client.syn(seq: 1000, tsval: 77).ttl(63).between(server: "10.1.2.3")
            server.synAck(seq: 5000, ack: 1001).between(server: "10.1.2.3")
            client.rst(seq: 1001).between(server: "10.1.2.3")
        }

        let found = try incidents(in: exchange)

        #expect(found.map { $0.chain.map(\.finding.pathology) } == [["syn-ack-misrouted"]])
        #expect(found.first?.chain.first?.finding[metric: "translated_copy"] == .flag(true))
    }
}
