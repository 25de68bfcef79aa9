import Diagnosing
import Testing
import Tracking

/// What is told of handshakes that come up at the first try.
@Suite struct `A handshake that comes up at once` {
    private func pathologies(
        offering offered: [ScriptOption],
        answering answered: [ScriptOption],
        data: Int = 0,
        echo: UInt32? = nil
    ) throws -> [String] {
        let exchange = Exchange {
            client.syn(seq: 1000, length: data).options(offered)
            server.synAck(seq: 5000, ack: 1001, tsecr: echo).options(answered)
            client.ack(seq: 1001, ack: 5001)
            client.data(seq: 1001, ack: 5001, length: 100)
            server.ack(seq: 5001, ack: 1101)
            server.data(seq: 5001, ack: 1101, length: 100)
        }
        return try findings(in: exchange).map(\.pathology)
    }

    @Test(arguments: [.windowScale(7), .timestamps, .selectiveAcknowledgment] as [ScriptOption])
    func `may still answer what nobody asked for`(_ option: ScriptOption) throws {
        let found = try pathologies(
            offering: [.maximumSegmentSize(1460)],
            answering: [.maximumSegmentSize(1460), option]
        )

        #expect(found == ["option-violation"])
    }

    @Test func `may still be faulty by itself`() throws {
        #expect(
            try pathologies(offering: [.windowScale(15)], answering: []) == ["option-violation"]
        )
        #expect(
            try pathologies(offering: [], answering: [.maximumSegmentSize(0)])
                == ["option-violation"]
        )
    }

    @Test func `may still have lost the data of its SYN`() throws {
        let found = try pathologies(
            offering: [.timestamps, .fastOpen(8)],
            answering: [.timestamps],
            data: 100
        )

        #expect(found == ["tfo-fallback"])
    }

    @Test func `may still echo what no SYN carried`() throws {
        let found = try pathologies(
            offering: [.timestamps],
            answering: [.timestamps],
            echo: 4_000_000_000
        )

        #expect(found == ["timestamp-mismatch"])
    }

    @Test func `is healthy with whatever the answer leaves out`() throws {
        let found = try pathologies(
            offering: [.maximumSegmentSize(1460), .windowScale(7), .timestamps, .fastOpen(0)],
            answering: [.maximumSegmentSize(1460)]
        )

        #expect(found.isEmpty)
    }
}
