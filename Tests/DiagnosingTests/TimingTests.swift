import Diagnosing
import Testing
import Tracking

@Suite struct `A slow handshake` {
    @Test func `lies with the responder when the SYN-ACK takes long`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001).after(.milliseconds(900))
            client.ack(seq: 1001, ack: 5001)
        }

        let found = try finding(by: SlowHandshake.self, in: exchange)

        #expect(found.reason == "slow-responder")
        #expect(found[metric: "syn_to_synack_us"] == .integer(900_000))
        #expect(found.severity == .note)
    }

    @Test func `lies with the initiator when the ACK takes long`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001).after(.seconds(1))
        }

        #expect(try finding(by: SlowHandshake.self, in: exchange).reason == "slow-initiator")
    }

    @Test func `is no loss when the second SYN crossed the answer to the first`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000, tsval: 70)
            client.syn(seq: 1000, tsval: 1070).after(.seconds(1))
            server.synAck(seq: 5000, ack: 1001, tsecr: 70).after(.milliseconds(800))
            client.ack(seq: 1001, ack: 5001)
        }

        let found = try finding(by: SlowHandshake.self, in: exchange)

        #expect(found.reason == "slow-responder")
        #expect(found[metric: "waited_for_retransmission_us"] == .integer(0))
    }

    @Test func `does not stand out where all are as slow`() throws {
        let far = Exchange {
            for port: UInt16 in 0..<9 {
                client.syn(seq: 1000).between(clientPort: 30_000 + port).after(.seconds(1))
                server.synAck(seq: 5000, ack: 1001).between(clientPort: 30_000 + port)
                    .after(.milliseconds(600))
                client.ack(seq: 1001, ack: 5001).between(clientPort: 30_000 + port)
                client.data(seq: 1001, ack: 5001, length: 9).between(clientPort: 30_000 + port)
                server.ack(seq: 5001, ack: 1010).between(clientPort: 30_000 + port)
                    .after(.milliseconds(600))
            }
        }

        #expect(try findings(in: far, by: [SlowHandshake.self]).isEmpty)
    }

    @Test func `stands out among quick ones`() throws {
        let mixed = Exchange {
            for port: UInt16 in 0..<9 {
                client.syn(seq: 1000).between(clientPort: 30_000 + port).after(.seconds(1))
                server.synAck(seq: 5000, ack: 1001).between(clientPort: 30_000 + port)
                    .after(.milliseconds(port == 4 ? 700 : 2))
                client.ack(seq: 1001, ack: 5001).between(clientPort: 30_000 + port)
            }
        }

        let found = try findings(in: mixed, by: [SlowHandshake.self])

        #expect(found.map(\.subject.initiatorPort) == [30_004])
        #expect(found.first?[metric: "median_us"] == .integer(2100))
    }
}

@Suite struct `A timestamp that falls back` {
    @Test func `is accepted by a peer that does not mind`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000, tsval: 5_000_000)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001).timestamps(5_000_001)
            client.data(seq: 1001, ack: 5001, length: 10).timestamps(5_000_001)
            server.ack(seq: 5001, ack: 1011)
            client.data(seq: 1011, ack: 5001, length: 10).timestamps(4_000_000)
            client.data(seq: 1021, ack: 5001, length: 10).timestamps(4_000_001)
            server.ack(seq: 5001, ack: 1031)
        }

        #expect(try findings(in: exchange, by: [TimestampRegression.self]).isEmpty)
    }

    @Test func `explains SYNs that a listener drops by the clock of another host`() throws {
        let found = try finding(by: TimestampRegression.self, in: behindOneAddress(rising: true))

        #expect(found.reason == "paws-syn-drop")
        #expect(found.severity == .error)
        #expect(found[metric: "ticks_back"] == .integer(400_009))
    }

    @Test func `explains nothing where every connection has a clock of its own`() throws {
        let found = try findings(
            in: behindOneAddress(rising: false),
            by: [TimestampRegression.self]
        )

        #expect(found.isEmpty)
    }

    /// Ten connections that came up, with one clock or with ten, and a SYN in vain with a lower
    /// one.
    private func behindOneAddress(rising: Bool) -> Exchange {
        Exchange {
            for number: UInt32 in 0..<10 {
                let value = 900_000 + (rising ? number : (number * 7919) % 31 * 1000)
                let port = 30_000 + UInt16(number)
                client.syn(seq: 1000, tsval: value).between(clientPort: port).after(.seconds(1))
                server.synAck(seq: 5000, ack: 1001).between(clientPort: port)
                client.ack(seq: 1001, ack: 5001).timestamps(value).between(clientPort: port)
                client.data(seq: 1001, ack: 5001, length: 9).timestamps(value).between(
                    clientPort: port
                )
                server.ack(seq: 5001, ack: 1010).between(clientPort: port)
            }
            client.syn(seq: 7000, tsval: 500_000).between(clientPort: 40_000).after(.seconds(1))
            client.syn(seq: 7000, tsval: 501_000).between(clientPort: 40_000).after(.seconds(1))
        }
    }
}
