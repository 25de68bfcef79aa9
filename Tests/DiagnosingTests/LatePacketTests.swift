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
