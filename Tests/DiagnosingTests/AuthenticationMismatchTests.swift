import Diagnosing
import Testing
import Tracking

@Suite struct `A TCP signature` {
    private static let md5: ScriptOption = .octets([1, 1, 19, 18] + .init(repeating: 7, count: 16))
    private static let ao: ScriptOption = .octets([29, 16] + .init(repeating: 9, count: 14))

    private func found(_ exchange: Exchange) throws -> [Finding] {
        try findings(in: exchange, by: [AuthenticationMismatch.self])
    }

    private func bgp(@ExchangeBuilder _ steps: () -> [ScriptStep]) -> Exchange {
        Exchange(to: "198.51.100.20:179", steps)
    }

    /// A connection of the same host on another port, which shows that the host is alive.
    @ExchangeBuilder private static var other: [ScriptStep] {
        client.syn(seq: 70_000).between(clientPort: 40_000, serverPort: 22)
        server.synAck(seq: 80_000, ack: 70_001).between(clientPort: 40_000, serverPort: 22)
        client.ack(seq: 70_001, ack: 80_001).between(clientPort: 40_000, serverPort: 22)
    }

    @Test func `that the answer lacks is a mismatch`() throws {
        let found = try found(
            bgp {
                client.syn(seq: 1000).options(Self.md5)
                server.synAck(seq: 5000, ack: 1001)
            }
        )

        #expect(found.map(\.reason) == ["unsigned-answer"])
        #expect(found.first?[metric: "signature"] == .text("TCP MD5"))
        #expect(found.first?.severity == .error)
    }

    @Test func `of another kind in the answer is a mismatch`() throws {
        let found = try found(
            bgp {
                client.syn(seq: 1000).options(Self.ao)
                server.synAck(seq: 5000, ack: 1001).options(Self.md5)
                client.syn(seq: 1000).options(Self.ao).after(.seconds(1))
            }
        )

        #expect(found.map(\.reason) == ["unsigned-answer"])
        #expect(found.first?[metric: "signature"] == .text("TCP-AO"))
    }

    @Test func `on both ends of a connection that is established is none`() throws {
        let exchange = bgp {
            client.syn(seq: 1000).options(Self.ao)
            server.synAck(seq: 5000, ack: 1001).options(Self.ao)
            client.ack(seq: 1001, ack: 5001).options(Self.ao)
        }

        #expect(try found(exchange).isEmpty)
    }

    @Test func `of a refusal that is not honoured tells of another key`() throws {
        let found = try found(
            bgp {
                client.syn(seq: 1000).options(Self.md5)
                server.rstAck(ack: 1001).options(Self.md5)
                client.syn(seq: 1000).options(Self.md5).after(.seconds(2))
            }
        )

        #expect(found.map(\.reason) == ["ignored-answer"])
    }

    @Test func `on SYNs that a living host does not answer is an error`() throws {
        let found = try found(
            bgp {
                Self.other
                client.syn(seq: 1000).options(Self.md5)
                client.syn(seq: 1000).options(Self.md5).after(.seconds(1))
            }
        )

        #expect(found.map(\.reason) == ["unanswered"])
        #expect(found.map(\.severity) == [.error])
        #expect(found.map(\.status) == [.likely])
    }

    @Test func `on SYNs to a host that was never heard is a note`() throws {
        let found = try found(
            bgp {
                client.syn(seq: 1000).options(Self.md5)
                client.syn(seq: 1000).options(Self.md5).after(.seconds(1))
            }
        )

        #expect(found.map(\.severity) == [.note])
        #expect(found.map(\.confidence) == [.low])
    }

    @Test func `that a host uses itself is missed in SYNs that it does not answer`() throws {
        let found = try found(
            bgp {
                server.syn(seq: 70_000).options(Self.md5)
                    .between(clientPort: 179, serverPort: 4000)
                client.syn(seq: 1000)
                client.syn(seq: 1000).after(.seconds(1))
            }
        )

        #expect(found.map(\.reason) == ["missing-signature"])
        #expect(AuthenticationMismatch.blame(for: found[0]) == [.client, .server])
    }

    @Test func `is the root of the SYNs that stay unanswered`() throws {
        let incident = try #require(
            try incidents(
                in: bgp {
                    Self.other
                    for wait in [0, 1, 2, 4] {
                        client.syn(seq: 1000).options(Self.md5).after(.seconds(wait))
                    }
                    pause(.seconds(20))
                    client.ack(seq: 70_001, ack: 80_001).between(clientPort: 40_000, serverPort: 22)
                }
            ).first
        )

        #expect(incident.root.pathology == "tcp-authentication-mismatch")
        #expect(incident.chain.contains { $0.finding.pathology == "syn-unanswered" })
    }
}
