import Diagnosing
import Testing
import Tracking

/// The words for RSTs and bare ACKs: the rule that made them.
@Suite struct `The rule behind a reply` {
    private func rules(@ExchangeBuilder _ steps: () -> [ScriptStep]) throws -> [String] {
        let history = try #require(histories(of: Exchange(steps)).first)
        return history.events.indices.compactMap { history.rule(of: $0) }
    }

    @Test func `of a refused SYN is that it was refused`() throws {
        let rules = try rules {
            client.syn(seq: 0xFFFF_FFFF)
            server.rstAck(ack: 0)
        }

        #expect(rules == ["refuses-syn"])
    }

    @Test func `of a second SYN is that it fell into a window`() throws {
        let rules = try rules {
            client.syn(seq: 1000)
            client.syn(seq: 2000)
            server.synAck(seq: 5000, ack: 1001)
            client.rst(seq: 1001)
            server.rstAck(ack: 2001)
        }

        #expect(rules == ["passive-syn-sent", "in-window-syn"])
    }

    @Test func `of the right SYN-ACK is that no socket waits`() throws {
        let rules = try rules {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.rst(seq: 1001)
        }

        #expect(rules == ["passive-no-socket"])
    }

    @Test func `of a live socket is an abort`() throws {
        let rules = try rules {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
            server.ack(seq: 5001, ack: 1001).flags(.rst)
        }

        #expect(rules == ["active-abort"])
    }

    @Test func `of a RST that follows nothing is not claimed`() throws {
        let rules = try rules {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.rst(seq: 77)
        }

        #expect(rules == ["unexplained-rst"])
    }

    @Test func `of a bare ACK names the state`() throws {
        let challenge = try rules {
            client.syn(seq: 4_115_864_593)
            server.ack(seq: 2_410_280_810, ack: 956_456_355)
            client.rst(seq: 956_456_355)
        }
        let timeWait = try histories(of: TimeWaitCollision.manual.example).flatMap { history in
            history.events.indices.compactMap { history.rule(of: $0) }
        }

        #expect(challenge == ["challenge-unknown", "passive-syn-sent"])
        #expect(timeWait == ["paws-ack", "passive-syn-sent"])
    }

    @Test func `stands with the evidence`() throws {
        let refused = try finding(by: ConnectionRefused.self, in: ConnectionRefused.manual.example)
        let collision = try finding(
            by: TimeWaitCollision.self,
            in: TimeWaitCollision.manual.example
        )

        #expect(refused.evidence.contains { $0.rule == "refuses-syn" })
        #expect(collision.evidence.map(\.rule) == [nil, "paws-ack"])
    }

    @Test func `is told beside the packet`() throws {
        let history = try #require(histories(of: TimeWaitCollision.manual.example).first)
        let annotations = Annotations(history)
        let remarks = history.events.indices.compactMap { annotations.remark(on: $0) }

        #expect(remarks.contains { $0.contains("in TIME-WAIT, and TSval is older than its last") })
        #expect(remarks.contains { $0.contains("should clear the other end's old state") })
    }

    @Test func `of old data is that it belongs to the connection before`() throws {
        let exchange = Exchange {
            client.data(seq: 1001, ack: 5001, length: 100)
            server.data(seq: 5001, ack: 1101, length: 100)
            pause(.seconds(1))
            client.syn(seq: 3_000_000_000)
            server.data(seq: 5001, ack: 1101, length: 100)
        }
        let history = try #require(histories(of: exchange).first)

        #expect(
            Annotations(history).remark(on: history.events.count - 1)
                == "Still belongs to the previous connection."
        )
    }
}
