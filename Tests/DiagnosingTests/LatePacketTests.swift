import Diagnosing
import Testing
import Tracking

@Suite struct `A packet that comes late` {
    @Test func `and is a copy of the SYN of a closed connection makes no second responder`() throws
    {
        let exchange = Exchange {
            client.syn(seq: 500)
            server.rstAck(ack: 501)
            client.syn(seq: 1000).after(.seconds(1))
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
            client.fin(seq: 1001, ack: 5001)
            server.fin(seq: 5001, ack: 1002)
            client.ack(seq: 1002, ack: 5002)
            client.syn(seq: 1000).identification(0x1002).after(.milliseconds(1))
            server.synAck(seq: 9000, ack: 1001)
            client.ack(seq: 1002, ack: 5002)
            server.rst(seq: 5002)
        }

        #expect(try findings(in: exchange, by: [ChangedSYNACK.self]).isEmpty)
    }

    @Test func `and refuses an older SYN does not reset the connection`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000)
            client.syn(seq: 1300)
            client.syn(seq: 1700)
            server.synAck(seq: 5000, ack: 1001).after(.milliseconds(10))
            client.rst(seq: 1001)
            server.synAck(seq: 7000, ack: 1701)
            client.ack(seq: 1701, ack: 7001)
            client.data(seq: 1701, ack: 7001, length: 10)
            server.rstAck(ack: 1301).after(.milliseconds(2))
            server.data(seq: 7001, ack: 1711, length: 10).after(.milliseconds(9))
            client.ack(seq: 1711, ack: 7011)
        }

        let found = try findings(in: exchange)

        #expect(!found.map(\.pathology).contains("rst-after-handshake"))
        #expect(!found.map(\.pathology).contains("rst-injected"))
    }

    @Test func `completes no attempt that the client has reset`() throws {
        let exchange = Exchange(to: "198.51.100.20:502") {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.rst(seq: 1001)
            pause(.seconds(15))
            client.data(seq: 1001, ack: 5001, length: 109)
            server.rst(seq: 5001)
        }

        let found = try findings(in: exchange, by: [ResetAfterHandshake.self])

        #expect(found.allSatisfy { $0.reason != "post-psh" && $0.severity == .note })
    }

    @Test func `and finds its connection closed does not tell that it was reset at birth`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
            client.ack(seq: 1002, ack: 5042).after(.milliseconds(2))
            client.ack(seq: 1002, ack: 5042).after(.milliseconds(2))
            server.rst(seq: 5042)
        }

        #expect(try findings(in: exchange, by: [ResetAfterHandshake.self]).isEmpty)
    }
}

@Suite struct `A SYN without an answer` {
    @Test func `is none of its own where others of its burst have one`() throws {
        let exchange = Exchange {
            for round: UInt32 in 0..<2 {
                client.syn(seq: 1000 + round * 100_000).after(.milliseconds(700))
                client.syn(seq: 1300 + round * 100_000)
                server.rstAck(ack: 1301 + round * 100_000).after(.milliseconds(10))
            }
        }

        #expect(try findings(in: exchange, by: [UnansweredSYN.self]).isEmpty)
    }

    @Test func `has one if another address sent it`() throws {
        let exchange = Exchange(to: "198.51.100.20:8000") {
            for sending: Int64 in 0..<3 {
                client.syn(seq: 1000, tsval: 70).after(.seconds(sending))
                server.synAck(seq: 5000, ack: 1001).between(server: "198.51.100.77")
                client.rst(seq: 1001).between(server: "198.51.100.77")
            }
        }

        let found = try findings(in: exchange).filter { $0.severity >= .warning }

        #expect(found.map(\.pathology) == ["syn-ack-misrouted"])
    }

    @Test func `counts if it was sent again, whatever happens to others`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000)
            server.rstAck(ack: 1001)
            client.syn(seq: 2000).after(.seconds(1))
            client.syn(seq: 2000).after(.seconds(1))
            client.syn(seq: 3000).after(.seconds(2))
            server.rstAck(ack: 3001)
            client.syn(seq: 4000).after(.seconds(1))
        }

        let found = try finding(by: UnansweredSYN.self, in: exchange)

        #expect(found[metric: "syns"] == .integer(2))
        #expect(found[metric: "attempts"] == .integer(1))
    }
}

@Suite struct `A half-open entry` {
    @Test func `that ran out makes room for one with another ISN`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            for wait in [1, 2, 4, 8, 16] {
                client.syn(seq: 1000).after(.seconds(wait))
                server.synAck(seq: 5000, ack: 1001)
            }
            client.syn(seq: 1000).after(.seconds(32))
            server.synAck(seq: 1_000_000, ack: 1001)
        }

        #expect(try findings(in: exchange, by: [ChangedSYNACK.self]).isEmpty)
    }

    @Test func `of an older SYN is ended by its RST, and the newest SYN goes on`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.syn(seq: 1300)
            server.rstAck(ack: 1301)
            client.syn(seq: 1700)
            server.synAck(seq: 7000, ack: 1701)
            client.rst(seq: 1001).after(.milliseconds(20))
            client.ack(seq: 1701, ack: 7001)
            client.data(seq: 1701, ack: 7001, length: 10)
            server.data(seq: 7001, ack: 1711, length: 10)
            client.reset(seq: 1711, ack: 7011)
            client.syn(seq: 90_000_000).after(.milliseconds(400))
        }

        let history = try #require(try histories(of: exchange).first)

        #expect(history.incarnations.count == 2)
        #expect(history.incarnations[0].isEstablished)
    }
}

@Suite struct `A capture that misses packets` {
    @Test func `takes the first data of the initiator for the completed handshake`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.data(seq: 1001, ack: 5042, length: 30)
            client.reset(seq: 1031, ack: 5500)
            server.synAck(seq: 90_000_000, ack: 80_000_001).after(.seconds(4))
            client.data(seq: 80_000_001, ack: 90_000_042, length: 30)
            server.data(seq: 90_000_042, ack: 80_000_031, length: 30)
        }

        let found = try findings(in: exchange)

        #expect(found.allSatisfy { $0.severity < .warning })
    }

    @Test func `takes the first data of the responder for the completed handshake`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            server.data(seq: 5001, ack: 1001, length: 40)
            server.synAck(seq: 90_000_000, ack: 80_000_001).after(.seconds(4))
            client.ack(seq: 80_000_001, ack: 90_000_001)
            server.data(seq: 90_000_001, ack: 80_000_001, length: 30)
        }

        let found = try findings(in: exchange)

        #expect(found.allSatisfy { $0.severity < .warning })
    }

    @Test func `does not miss the echo of a SYN that it missed`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000, tsval: 7000)
            server.synAck(seq: 5000, ack: 1001, tsecr: 7000).after(.milliseconds(900))
            client.ack(seq: 1001, ack: 5001)
            server.synAck(seq: 5000, ack: 1001, tsecr: 8000).after(.seconds(1))
        }

        #expect(try findings(in: exchange, by: [TimestampMismatch.self]).isEmpty)
    }

    @Test func `may show an ACK before its SYN-ACK`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000)
            client.ack(seq: 1001, ack: 5001).after(.milliseconds(20))
            server.synAck(seq: 5000, ack: 1001)
            client.reset(seq: 1001, ack: 5001).after(.seconds(2))
        }

        let history = try #require(try histories(of: exchange).first)

        #expect(history.incarnations[0].completion == 1)
        #expect(history.interpretations[1] == .completion(attempt: 1))
    }
}

@Suite struct `A client that resets its connection` {
    @Test func `did not refuse the SYN-ACK that comes again`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.reset(seq: 1001, ack: 5041).after(.milliseconds(5))
            server.data(seq: 5001, ack: 1001, length: 40)
            client.rst(seq: 1001).after(.milliseconds(300))
        }

        #expect(try findings(in: exchange, by: [ResetAfterHandshake.self]).isEmpty)
    }

    @Test func `is not suspected because its last data was overtaken`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
            client.reset(seq: 1101, ack: 5001).after(.milliseconds(1))
            client.data(seq: 1001, ack: 5001, length: 100).timestamps(110_171_009)
                .after(.milliseconds(12))
        }

        #expect(try findings(in: exchange, by: [InjectedReset.self]).isEmpty)
    }

    @Test func `is not refused by the answer to a late copy of its SYN`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
            client.data(seq: 1001, ack: 5001, length: 10)
            server.data(seq: 5001, ack: 1011, length: 10)
            client.reset(seq: 1011, ack: 5011)
            client.syn(seq: 1000).after(.milliseconds(1))
            server.synAck(seq: 9000, ack: 1001)
            client.rst(seq: 1001)
        }

        let found = try findings(in: exchange)

        #expect(found.allSatisfy { $0.severity < .warning })
    }
}
