import Diagnosing
import Testing
import Tracking

/// Clients of SMB that try two ports of one host, and keep what answers first.
@Suite struct `The race of two SMB ports` {
    private static let winner = Exchange(to: "198.51.100.20:445") {
        client.syn(seq: 7000).between(clientPort: 40_000)
        server.synAck(seq: 9000, ack: 7001).between(clientPort: 40_000)
        client.ack(seq: 7001, ack: 9001).between(clientPort: 40_000)
        client.data(seq: 7001, ack: 9001, length: 100).between(clientPort: 40_000)
        server.data(seq: 9001, ack: 7101, length: 200).between(clientPort: 40_000)
    }

    private func loser(of port: UInt16) -> Exchange {
        Exchange(to: "198.51.100.20:\(port)") {
            client.syn(seq: 1000)
            pause(.seconds(3))
            client.syn(seq: 1000)
            pause(.seconds(6))
            client.syn(seq: 1000)
        }
    }

    private func severities(_ loser: Exchange) throws -> [Severity] {
        let frames = (Self.winner.frames + loser.frames).sorted { $0.time < $1.time }
        return try findings(in: frames, by: [UnansweredSYN.self]).map(\.severity)
    }

    @Test func `is a note for the port that does not answer`() throws {
        #expect(try severities(loser(of: 139)) == [.note])
    }

    @Test func `leaves other ports alone`() throws {
        #expect(try severities(loser(of: 135)) == [.error])
    }

    @Test func `ends without a word where the client resets the slower one`() throws {
        let exchange = Exchange(to: "198.51.100.20:139") {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
            client.reset(seq: 1001, ack: 5001)
        }
        var other = exchange
        other.server = Endpoint(other.server.address, port: 8080)

        #expect(try findings(in: exchange, by: [ResetAfterHandshake.self]).isEmpty)
        #expect(try findings(in: other, by: [ResetAfterHandshake.self]).count == 1)
    }
}
