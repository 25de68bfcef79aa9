import Diagnosing
import Testing
import Tracking

@Suite struct `A forged RST` {
    /// A running connection that a RST of the server's address ends, with what follows.
    private func ended(@ExchangeBuilder by steps: () -> [ScriptStep]) -> Exchange {
        Exchange {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001).ttl(57)
            client.ack(seq: 1001, ack: 5001)
            for step in steps() { step }
        }
    }

    @Test func `shows its points one by one`() throws {
        let exchange = ended {
            client.data(seq: 1001, ack: 5001, length: 9)
            server.reset(seq: 5001, ack: 1010).ttl(60).mac(9)
        }

        let found = try finding(by: InjectedReset.self, in: exchange)

        #expect(found[metric: "points"] == .integer(7))
        #expect(found[metric: "points_ttl"] == .integer(4))
        #expect(found[metric: "points_mac"] == .integer(3))
        #expect(found.status == .likely)
        #expect(
            found.explanation.contains(
                "TTL 60, 3 hops nearer than the other packets of its source"
            )
        )
    }

    @Test func `comes from nearer than its sender`() throws {
        let exchange = ended { server.reset(seq: 5001, ack: 1001).ttl(60) }

        #expect(try finding(by: InjectedReset.self, in: exchange).severity == .warning)
    }

    @Test func `below what had arrived is ignored`() throws {
        let exchange = ended {
            server.data(seq: 5001, ack: 1001, length: 1460).ttl(57)
            server.reset(seq: 5001, ack: 1001).ttl(60)
            client.ack(seq: 1001, ack: 6461)
        }

        let found = try finding(by: InjectedReset.self, in: exchange)

        #expect(found.severity == .note)
        #expect(found.summary.contains("was ignored: its sequence number lies below"))
    }

    @Test func `is not one that comes from farther away`() throws {
        let exchange = ended { server.reset(seq: 5001, ack: 1001).ttl(50) }

        #expect(try findings(in: exchange, by: [InjectedReset.self]).isEmpty)
    }

    @Test func `is not taken for one when its sender's hops vary anyway`() throws {
        let exchange = ended {
            server.data(seq: 5001, ack: 1001, length: 9).ttl(55)
            server.reset(seq: 5010, ack: 1001).ttl(60).identification(9)
        }

        #expect(try findings(in: exchange, by: [InjectedReset.self]).isEmpty)
    }

    @Test func `is ignored where both ends go on, and then a note`() throws {
        let exchange = ended {
            server.reset(seq: 5001, ack: 1001).ttl(57)
            server.data(seq: 5001, ack: 1001, length: 90).ttl(57).after(.milliseconds(40))
            client.ack(seq: 1001, ack: 5091)
        }

        let found = try finding(by: InjectedReset.self, in: exchange)

        #expect(found.severity == .note)
        #expect(found.summary.contains("was ignored"))
    }

    @Test func `is not one after which data comes from elsewhere`() throws {
        let exchange = ended {
            client.data(seq: 1001, ack: 5001, length: 9)
            server.data(seq: 5001, ack: 1010, length: 90).ttl(57)
            server.reset(seq: 5091, ack: 1010).ttl(57)
            server.data(seq: 5991, ack: 1010, length: 90).ttl(64).after(.seconds(1))
        }

        #expect(try findings(in: exchange, by: [InjectedReset.self]).isEmpty)
    }

    @Test func `is not what a device adds once the host has reset the connection itself`() throws {
        let exchange = ended {
            client.data(seq: 1001, ack: 5001, length: 9)
            server.rst(seq: 5001).ttl(57)
            server.reset(seq: 5001, ack: 1010).ttl(64)
        }

        #expect(try findings(in: exchange, by: [InjectedReset.self]).isEmpty)
    }

    @Test func `is not one where a load balancer answers with one TTL and sends data with another`()
        throws
    {
        let exchange = Exchange {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001).ttl(245)
            client.ack(seq: 1001, ack: 5001)
            client.data(seq: 1001, ack: 5001, length: 90)
            server.ack(seq: 5001, ack: 1091).ttl(245)
            server.data(seq: 5001, ack: 1091, length: 700).ttl(53)
            client.ack(seq: 1091, ack: 5701)
            server.rst(seq: 5701).ttl(245).after(.seconds(9))
        }

        #expect(try findings(in: exchange, by: [InjectedReset.self]).isEmpty)
    }

    @Test func `is not a RST whose sender goes on because it was for an old SYN-ACK`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000)
            client.syn(seq: 9000)
            server.synAck(seq: 5000, ack: 1001)
            client.rst(seq: 1001)
            server.synAck(seq: 6000, ack: 9001)
            client.ack(seq: 9001, ack: 6001)
            client.data(seq: 9001, ack: 6001, length: 9).after(.seconds(1))
        }

        #expect(try findings(in: exchange, by: [InjectedReset.self]).isEmpty)
    }
}

@Suite struct `A wrong checksum` {
    @Test func `of a SYN-ACK explains why it is ignored`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001).damaged
            server.synAck(seq: 5000, ack: 1001).damaged.after(.seconds(1))
        }

        let found = try finding(by: BadChecksum.self, in: exchange)

        #expect(found.reason == "syn-ack")
        #expect(found.count == 2)
        #expect(found.confidence == .high)
    }

    @Test func `says nothing where the server goes on all the same`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000).damaged
            server.synAck(seq: 5000, ack: 77_001)
            client.ack(seq: 77_001, ack: 5001)
        }

        #expect(try findings(in: exchange, by: [BadChecksum.self]).isEmpty)
    }

    @Test func `says nothing where edited packets come up all the same`() throws {
        let edited = Exchange {
            client.syn(seq: 1000).damaged
            server.synAck(seq: 5000, ack: 1001).damaged
            client.ack(seq: 1001, ack: 5001)
            for _ in 0..<3 {
                client.syn(seq: 7000).damaged.between(clientPort: 4000).after(.seconds(1))
            }
        }

        #expect(try findings(in: edited, by: [BadChecksum.self]).isEmpty)
    }
}

@Suite struct `An answer from elsewhere` {
    @Test func `must be for this very SYN`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000, tsval: 70)
            server.synAck(seq: 5000, ack: 1001, tsecr: 71).between(server: "198.51.100.77")
            client.syn(seq: 1000, tsval: 1070).after(.seconds(1))
        }

        #expect(try findings(in: exchange, by: [MisroutedSYNACK.self]).isEmpty)
    }

    @Test func `is none where the initiator takes it and goes on`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001).between(server: "10.1.2.3")
            client.ack(seq: 1001, ack: 5001)
            client.data(seq: 1001, ack: 5001, length: 9)
        }

        #expect(try findings(in: exchange, by: [MisroutedSYNACK.self]).isEmpty)
    }

    @Test func `is found even when the client sent its SYN but once`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001).between(server: "198.51.100.77")
            client.rst(seq: 1001).between(server: "198.51.100.77")
        }

        let found = try finding(by: MisroutedSYNACK.self, in: exchange)

        #expect(found[metric: "answered_by"] == .text("198.51.100.77"))
        #expect(found.packets == [2])
    }
}

@Suite struct `Both sides of a translation` {
    @Test func `are one incident`() throws {
        let exchange = Exchange {
            for _ in 0..<2 {
                client.syn(seq: 1000, tsval: 70).after(.seconds(1))
                client.syn(seq: 1000, tsval: 70).between(client: "203.0.113.9").ttl(63)
            }
            for _ in 0..<2 { client.syn(seq: 1000, tsval: 3070).after(.seconds(2)) }
        }

        let found = try incidents(in: exchange)

        #expect(found.count == 1)
        #expect(found.first?.root.guards.contains(.bothSidesOfNAT) == true)
    }

    @Test func `of a new life do not reach back into the one before`() throws {
        let exchange = Exchange {
            client.syn(seq: 500, tsval: 70).identification(3)
            client.syn(seq: 1000, tsval: 70).identification(7)
            server.synAck(seq: 5000, ack: 1001, tsecr: 70)
            client.ack(seq: 1001, ack: 5001)
            client.syn(seq: 777_000, tsval: 70).identification(7).ttl(63)
        }

        #expect(try findings(in: exchange).map(\.pathology).contains("syn-burst"))
    }

    @Test func `of a device that rewrites ISNs are no burst`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000, tsval: 70).identification(77)
            client.syn(seq: 880_000, tsval: 70).identification(77).ttl(63)
            server.synAck(seq: 5000, ack: 880_001, tsecr: 70)
            server.synAck(seq: 5000, ack: 1001, tsecr: 70).ttl(63)
            client.ack(seq: 1001, ack: 5001)
        }

        let pathologies = try findings(in: exchange).map(\.pathology)

        #expect(!pathologies.contains("syn-burst"))
        #expect(!pathologies.contains("syn-ack-unseen"))
    }
}
