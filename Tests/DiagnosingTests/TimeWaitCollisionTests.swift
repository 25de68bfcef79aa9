import Diagnosing
import Testing
import Tracking

@Suite struct `A collision with TIME-WAIT` {
    private enum Closer { case client, server }

    /// A connection without timestamps that `closer` closed first; its numbers end at 3000000102
    /// and 5002.
    private func steps(closedBy closer: Closer) -> [ScriptStep] {
        let open = [
            client.syn(seq: 3_000_000_000), server.synAck(seq: 5000, ack: 3_000_000_001),
            client.ack(seq: 3_000_000_001, ack: 5001),
            client.data(seq: 3_000_000_001, ack: 5001, length: 100),
            server.ack(seq: 5001, ack: 3_000_000_101),
        ]
        let close =
            closer == .server
            ? [
                server.fin(seq: 5001, ack: 3_000_000_101),
                client.fin(seq: 3_000_000_101, ack: 5002),
                server.ack(seq: 5002, ack: 3_000_000_102),
            ]
            : [
                client.fin(seq: 3_000_000_101, ack: 5001),
                server.fin(seq: 5001, ack: 3_000_000_102),
                client.ack(seq: 3_000_000_102, ack: 5002),
            ]
        return open + close
    }

    private func exchange(
        closedBy closer: Closer = .server,
        @ExchangeBuilder _ later: () -> [ScriptStep]
    ) -> Exchange {
        let all = (steps(closedBy: closer) + later()).map { $0.options(.maximumSegmentSize(1460)) }
        return Exchange(from: "192.0.2.10:50001", to: "198.51.100.20:80", steps: all)
    }

    @Test func `shows its whole arithmetic`() throws {
        let exchange = exchange {
            pause(.milliseconds(700))
            client.syn(seq: 2_900_000_000)
            server.ack(seq: 5002, ack: 3_000_000_102)
            client.rst(seq: 3_000_000_102)
            pause(.milliseconds(10))
            client.syn(seq: 2_900_000_000)
            server.synAck(seq: 900_000, ack: 2_900_000_001)
            client.ack(seq: 2_900_000_001, ack: 900_001)
        }

        let collision = try finding(by: TimeWaitCollision.self, in: exchange)

        #expect(collision.reason == "old-sequence")
        #expect(collision.severity == .warning)
        #expect(collision.packets == [9, 10])
        #expect(collision[metric: "isn_minus_old_rcv_nxt"] == .integer(-100_000_102))
        #expect(collision[metric: "tsval_minus_ts_recent"] == nil)
        #expect(collision[metric: "since_close_us"] == .integer(700_000))
        #expect(collision[metric: "predicted"] == .text("reject"))
        #expect(collision.explanation.contains("100000102 below the 3000000102"))
    }

    @Test func `shows how much older the timestamp is`() throws {
        let collision = try finding(
            by: TimeWaitCollision.self,
            in: TimeWaitCollision.manual.example
        )

        #expect(collision.reason == "old-timestamp")
        #expect(collision[metric: "tsval_minus_ts_recent"] == .integer(-888_004))
        #expect(collision[metric: "isn_minus_old_rcv_nxt"] == .integer(599_950))
        #expect(collision.explanation.contains("refused whatever the ISN"))
    }

    @Test func `that outlives the RST names the switch that protects it`() throws {
        let exchange = exchange {
            pause(.milliseconds(700))
            for _ in 0..<5 {
                client.syn(seq: 2_900_000_000)
                server.ack(seq: 5002, ack: 3_000_000_102)
                client.rst(seq: 3_000_000_102)
                pause(.seconds(1))
            }
        }

        let collision = try finding(by: TimeWaitCollision.self, in: exchange)
        let incident = try #require(incidents(in: exchange).first)

        #expect(collision.severity == .error)
        #expect(collision.explanation.contains("net.ipv4.tcp_rfc1337"))
        #expect(incident.root.pathology == "time-wait-collision")
        #expect(
            incident.chain.filter { $0.finding.pathology == "challenge-ack" }.map(\.role)
                == [.consequence]
        )
    }

    @Test func `may be met with silence`() throws {
        let exchange = exchange {
            pause(.milliseconds(700))
            client.syn(seq: 2_900_000_000)
            pause(.seconds(1))
            client.syn(seq: 2_900_000_000)
            pause(.seconds(3))
            client.syn(seq: 2_900_000_000)
        }

        let collision = try finding(by: TimeWaitCollision.self, in: exchange)

        #expect(collision.status == .likely)
        #expect(collision.confidence == .medium)
        #expect(collision.severity == .error)
        #expect(try incidents(in: exchange).first?.root.pathology == "time-wait-collision")
    }

    @Test func `is not claimed of silence when TIME-WAIT must be over`() throws {
        let exchange = exchange {
            pause(.seconds(61))
            client.syn(seq: 2_900_000_000)
            pause(.seconds(4))
            client.syn(seq: 2_900_000_000)
        }

        #expect(try findings(in: exchange, by: [TimeWaitCollision.self]).isEmpty)
    }

    @Test func `is none when the initiator closed first`() throws {
        let exchange = exchange(closedBy: .client) {
            pause(.milliseconds(700))
            client.syn(seq: 2_900_000_000)
            server.ack(seq: 5002, ack: 3_000_000_102)
            client.rst(seq: 3_000_000_102)
        }

        #expect(try findings(in: exchange, by: [TimeWaitCollision.self]).isEmpty)
        #expect(try finding(by: ChallengeACK.self, in: exchange).reason == "last-ack")
    }

    @Test func `is none when the new SYN is acceptable and lost`() throws {
        let exchange = exchange {
            pause(.milliseconds(700))
            client.syn(seq: 3_000_600_000)
            pause(.seconds(4))
            client.syn(seq: 3_000_600_000)
        }

        #expect(try findings(in: exchange, by: [TimeWaitCollision.self]).isEmpty)
    }

    @Test func `is none when TIME-WAIT would have accepted the SYN`() throws {
        let exchange = exchange {
            pause(.milliseconds(700))
            client.syn(seq: 3_100_000_000)
            server.ack(seq: 5002, ack: 3_000_000_102)
            client.rst(seq: 3_000_000_102)
        }

        #expect(try findings(in: exchange, by: [TimeWaitCollision.self]).isEmpty)
        #expect(try finding(by: ChallengeACK.self, in: exchange).reason == "last-ack")
    }

    @Test func `is none when the responder had closed only its own side`() throws {
        let exchange = Exchange {
            client.data(seq: 1001, ack: 5001, length: 100)
            server.fin(seq: 5001, ack: 1101)
            client.ack(seq: 1101, ack: 5002)
            pause(.seconds(1))
            client.syn(seq: 3_000_000_000, tsval: 1)
            server.ack(seq: 5002, ack: 1101)
            client.rst(seq: 1101)
        }

        #expect(try findings(in: exchange, by: [TimeWaitCollision.self]).isEmpty)
        #expect(try finding(by: ChallengeACK.self, in: exchange).reason == "fin-wait-2")
    }

    @Test func `is known even if the last ACK of the close was not captured`() throws {
        let all =
            steps(closedBy: .server).dropLast() + [
                pause(.milliseconds(700)), client.syn(seq: 2_900_000_000),
                server.ack(seq: 5002, ack: 3_000_000_102), client.rst(seq: 3_000_000_102),
            ]
        let exchange = Exchange(
            from: "192.0.2.10:50001",
            to: "198.51.100.20:80",
            steps: all.map { $0.options(.maximumSegmentSize(1460)) }
        )

        #expect(try finding(by: TimeWaitCollision.self, in: exchange).reason == "old-sequence")
    }
}
