import Diagnosing
import Testing
import Tracking

@Suite struct `An unreachable destination` {
    private func finding(in exchange: Exchange) throws -> Finding {
        try DiagnosingTests.finding(by: Unreachable.self, in: exchange)
    }

    @Test func `is a REJECT rule where the destination itself calls its port unreachable`() throws {
        let exchange = Exchange(to: "198.51.100.20:5432") {
            client.syn(seq: 1000)
            server.refuses(.portUnreachable)
        }

        let found = try finding(in: exchange)

        #expect(found.reason == "destination-host")
        #expect(found.severity == .error)
        #expect(found.causes == ["reject-rule"])
        #expect(found.explanation.contains("A closed port would answer the SYN with a RST"))
        #expect(found[metric: "icmp_code"] == .integer(3))
        #expect(found[metric: "destination_port"] == .integer(5432))
        #expect(try findings(in: exchange).map(\.pathology) == ["icmp-unreachable"])
    }

    @Test func `is called by its own protocol over IPv6`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000)
            router.refuses(.hostUnreachable, about: .client)
        }

        #expect(try finding(in: exchange).summary.contains("(ICMP host unreachable)"))
        #expect(
            try finding(in: exchange.overIPv6).summary.contains("(ICMPv6 address unreachable)")
        )
    }

    @Test func `is a neighbour that does not answer where the initiator tells itself`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000)
            pause(.seconds(3))
            client.refuses(.hostUnreachable, about: .client)
        }

        let found = try finding(in: exchange)

        #expect(found.reason == "own-host")
        #expect(found.causes == ["neighbour-does-not-answer"])
        #expect(found.checks.map(\.command) == ["ip neigh show to 198.51.100.20"])
        #expect(found[metric: "sent_by"] == .text("client"))
    }

    @Test func `about a port comes from a packet filter on the sender`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000)
            client.refuses(.portUnreachable, about: .client)
        }

        let found = try finding(in: exchange)

        #expect(found.reason == "own-host")
        #expect(found.causes == ["reject-rule"])
        #expect(found.checks.map(\.command) == ["iptables -nvL OUTPUT"])
    }

    @Test(arguments: [
        (Refusal.networkUnreachable, "no-route"), (.hostUnreachable, "no-route"),
        (.timeExceeded, "routing-loop"),
    ])
    func `has another cause by the code that a router sends`(
        _ refusal: Refusal,
        _ cause: String
    ) throws {
        let exchange = Exchange {
            client.syn(seq: 1000)
            router.refuses(refusal, about: .client)
        }

        for version in [exchange, exchange.overIPv6] {
            let found = try finding(in: version)

            #expect(found.reason == "router")
            #expect(found.causes == [cause])
        }
    }

    @Test func `is a silent neighbour of the router that took its time`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000)
            pause(.seconds(3))
            router.refuses(.hostUnreachable, about: .client)
        }

        let found = try finding(in: exchange)

        #expect(found.causes == ["neighbour-does-not-answer"])
        #expect(found.checks.map(\.command) == ["ip neigh show to 198.51.100.20"])
    }

    @Test func `is a warning when a later SYN came through`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000)
            router.refuses(.hostUnreachable, about: .client)
            pause(.seconds(1))
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
        }

        let found = try finding(in: exchange)

        #expect(found.severity == .warning)
        #expect(found.explanation.contains("still sent 1 more SYN after the first error"))
    }

    @Test func `is a note about data of a running connection`() throws {
        let exchange = Exchange {
            client.data(seq: 1001, ack: 5001, length: 300)
            router.refuses(.hostUnreachable, about: .client)
            pause(.milliseconds(200))
            client.data(seq: 1001, ack: 5001, length: 300)
            server.ack(seq: 5001, ack: 1301)
        }

        let found = try finding(in: exchange)

        #expect(found.severity == .note)
        #expect(found.explanation.contains("An established connection only records it"))
    }

    @Test func `may be the answer that the initiator refuses`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.refuses(.portUnreachable)
            pause(.seconds(1))
            server.synAck(seq: 5000, ack: 1001)
            client.refuses(.portUnreachable)
        }

        let found = try finding(in: exchange)

        #expect(found.count == 2)
        #expect(found[metric: "refused_synacks"] == .integer(2))
        #expect(found.summary.hasPrefix("192.0.2.10 itself refused the SYN-ACK from 198.51.100.20"))
    }

    @Test func `is not claimed by an error that quotes another SYN`() throws {
        var forged = Exchange {
            client.syn(seq: 777_000)
            router.refuses(.hostUnreachable, about: .client)
        }.frames
        forged.removeFirst()
        let real = Exchange {
            client.syn(seq: 1000)
            pause(.milliseconds(1))
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
        }.frames

        let found = try histories(of: (real + forged).sorted { $0.time < $1.time })
            .compactMap { Unreachable().examine($0) }

        #expect(found.isEmpty)
    }

    @Test func `is told once of many flows`() throws {
        var frames: [MemoryFrames.Record] = []
        for port in 0..<5 {
            var exchange = Unreachable.manual.example
            exchange.client = Endpoint(exchange.client.address, port: UInt16(47_000 + port))
            exchange.begin += Int64(port) * 1_000_000
            frames += exchange.frames
        }

        let incident = try #require(incidents(in: frames).first)

        #expect(incident.flows == 5)
        #expect(
            incident.root.summary.hasSuffix("were answered with ICMP port unreachable, 5 times.")
        )
    }
}
