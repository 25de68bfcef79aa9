import Diagnosing
import Testing
import Tracking

/// Which packet another one is about, and what must not be read into it.
@Suite struct `Attribution` {
    @Test func `lays RSTs to the segments that they answer in turn`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.syn(seq: 900_000_000)
            server.ack(seq: 5001, ack: 1001)
            client.rst(seq: 1001)
            client.rst(seq: 1001)
        }

        let history = try #require(histories(of: exchange).first)

        #expect(history.resets().map(\.rule) == [.rejects(1), .rejects(3)])
    }

    @Test func `lays ICMP errors to the segments that they quote in turn`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            server.synAck(seq: 5000, ack: 1001)
            client.refuses(.hostProhibited)
            client.refuses(.hostProhibited)
        }

        let refusal = try finding(by: AdministrativelyProhibited.self, in: exchange)

        #expect(
            refusal.evidence.map(\.note) == [
                "rejects packet 2, 200 µs after it", "rejects packet 3, 200 µs after it",
            ]
        )
    }

    @Test func `takes a RST for a refusal once the initiator had reset the entry`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.rst(seq: 1001)
            pause(.seconds(20))
            client.syn(seq: 900_000)
            server.rstAck(ack: 900_001)
        }

        #expect(try finding(by: ConnectionRefused.self, in: exchange).packets == [5])
    }

    @Test func `lets an initiator accept an answer whose SYN was not captured`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 777_001)
            client.ack(seq: 777_001, ack: 5001)
            client.data(seq: 777_001, ack: 5001, length: 100)
            server.ack(seq: 5001, ack: 777_101)
        }

        #expect(try findings(in: exchange).isEmpty)
    }

    @Test func `accuses nobody behind a cut`() throws {
        let exchange = Exchange {
            for cycle: UInt32 in 0..<3000 {
                client.syn(seq: 1000 + cycle * 70_000)
                server.synAck(seq: 5000 + cycle, ack: 1001 + cycle * 70_000)
                client.rst(seq: 1001 + cycle * 70_000)
            }
        }

        let found = try findings(in: exchange)

        #expect(found.map(\.pathology) == ["rst-loop"])
        #expect(found.first?.guards.contains(.eventLogFull) == true)
        #expect(found.first?.explanation.contains("every count is a lower bound") == true)
    }

    @Test func `says that an answer crossed a SYN only where it can have`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000, tsval: 0)
            pause(.seconds(1))
            client.syn(seq: 900_000, tsval: 0)
            server.synAck(seq: 5000, ack: 1001, tsecr: 0)
        }

        #expect(try finding(by: StaleSYNACK.self, in: exchange).reason == "late")
    }

    @Test func `names the end that had closed its side`() throws {
        let exchange = Exchange {
            client.data(seq: 1001, ack: 5001, length: 100)
            server.ack(seq: 5001, ack: 1101)
            client.fin(seq: 1101, ack: 5001)
            server.ack(seq: 5001, ack: 1102)
            pause(.seconds(2))
            client.syn(seq: 700_000)
            server.synAck(seq: 9000, ack: 700_001)
        }

        let reuse = try finding(by: PortReuse.self, in: exchange)

        #expect(reuse.explanation.contains("192.0.2.10 had closed its side"))
    }
}
