import Diagnosing
import Testing
import Tracking

@Suite struct `A changed SYN-ACK` {
    private func found(@ExchangeBuilder in steps: () -> [ScriptStep]) throws -> [Finding] {
        try findings(in: Exchange(steps), by: [ChangedSYNACK.self])
    }

    @Test func `shows two machines or two SYNs when the SYN was not sent again`() throws {
        let found = try found {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            server.synAck(seq: 905_000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
        }

        #expect(found.map(\.reason) == ["two-responders"])
        #expect(found.map(\.severity) == [.warning])
        #expect(found.map(\.confidence) == [.medium])
        #expect(found.first?.packets == [2, 3])
    }

    @Test func `after the SYN was sent again shows another machine by its time to live`() throws {
        let found = try found {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001).ttl(60)
            client.syn(seq: 1000).after(.seconds(1))
            server.synAck(seq: 905_000, ack: 1001).ttl(59)
            client.rst(seq: 1001)
        }

        #expect(found.map(\.reason) == ["rebalanced"])
        #expect(found.map(\.severity) == [.error])
        #expect(found.first?[metric: "differs_in"] == .text("ttl"))
        #expect(found.first?[metric: "client_resets"] == .integer(1))
    }

    @Test func `after the SYN was sent again may be a cookie of the same machine`() throws {
        let found = try found {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.syn(seq: 1000).after(.seconds(1))
            server.synAck(seq: 905_000, ack: 1001)
            client.ack(seq: 1001, ack: 905_001)
        }

        #expect(found.map(\.reason) == ["regenerated"])
        #expect(found.map(\.severity) == [.note])
        #expect(found.map(\.confidence) == [.medium])
    }

    @Test func `may answer a SYN that was sent again before the first answer came`() throws {
        let found = try found {
            client.syn(seq: 1000)
            client.syn(seq: 1000).after(.seconds(1))
            server.synAck(seq: 5000, ack: 1001).after(.milliseconds(300))
            server.synAck(seq: 905_000, ack: 1001).after(.milliseconds(700))
            client.ack(seq: 1001, ack: 5001)
        }

        #expect(found.map(\.reason) == ["regenerated"])
    }

    @Test func `of the same machine is not made two by another router`() throws {
        let found = try found {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001).ttl(57)
            client.syn(seq: 1000).after(.seconds(1))
            server.synAck(seq: 905_000, ack: 1001).ttl(57).mac(9)
            client.ack(seq: 1001, ack: 905_001)
        }

        #expect(found.map(\.reason) == ["regenerated"])
    }

    @Test func `tells two machines on one network by their cards`() throws {
        let found = try found {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.syn(seq: 1000).after(.seconds(1))
            server.synAck(seq: 905_000, ack: 1001).mac(9)
            client.ack(seq: 1001, ack: 5001)
        }

        #expect(found.map(\.reason) == ["rebalanced"])
        #expect(found.first?.explanation.contains("MAC address") == true)
    }

    @Test func `is a fresh one after a RST`() throws {
        let found = try found {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.rst(seq: 1001)
            client.syn(seq: 1000).after(.seconds(1))
            server.synAck(seq: 905_000, ack: 1001)
            client.ack(seq: 1001, ack: 905_001)
        }

        #expect(found.isEmpty)
    }

    @Test func `is a fresh one after the entry has expired`() throws {
        let found = try found {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.syn(seq: 1000).after(.seconds(64))
            server.synAck(seq: 905_000, ack: 1001)
            client.ack(seq: 1001, ack: 905_001)
        }

        #expect(found.isEmpty)
    }

    @Test func `is one packet on both sides of a device that rewrites sequence numbers`() throws {
        let found = try found {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001, tsval: 7).identification(77).ttl(64)
            server.synAck(seq: 905_000, ack: 1001, tsval: 7).identification(77).ttl(63)
            client.ack(seq: 1001, ack: 905_001)
        }

        #expect(found.isEmpty)
    }

    @Test func `is the root where a SYN cookie is but guessed`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001).options(.maximumSegmentSize(1460))
            server.synAck(seq: 905_000, ack: 1001).options(.maximumSegmentSize(1460))
            client.ack(seq: 1001, ack: 5001)
        }

        let incident = try #require(try incidents(in: exchange).first)

        #expect(incident.root.pathology == "syn-ack-changed")
    }

    @Test func `is told beside its packet`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            server.synAck(seq: 905_000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
        }

        let history = try #require(try histories(of: exchange).first)

        #expect(
            Annotations(history).remark(on: 2)
                == "Answers the SYN with another ISN than packet 2 did."
        )
    }
}
