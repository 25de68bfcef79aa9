import Diagnosing
import Testing
import Tracking

/// What listens at a port, and who says so.
@Suite struct `The name of a service` {
    private static let refused = Exchange(from: "10.0.0.36:866", to: "10.0.0.182:304") {
        client.syn(seq: 1000)
        server.rstAck(ack: 1001)
    }

    /// What a port mapper says of a program, so long after the begin of the refused connection.
    private func said(
        _ seconds: Int64,
        by server: String = "10.0.0.182",
        to client: String = "10.0.0.36",
        over transport: Transport = .tcp,
        port: UInt32 = 304,
        versions: [UInt32] = [4]
    ) -> [MemoryFrames.Record] {
        var exchange = Exchange(from: "\(client):1022", to: "\(server):111") {
            for version in versions {
                Tracking.client.getPort(
                    of: 100_021,
                    version: version,
                    over: transport,
                    call: version
                )
                Tracking.server.port(port, call: version)
            }
        }
        exchange.begin += seconds * 1_000_000_000
        return exchange.frames
    }

    private func headline(with frames: [MemoryFrames.Record]) throws -> String {
        let all = (Self.refused.frames + frames).sorted { $0.time < $1.time }
        return try #require(incidents(in: all).first).headline
    }

    @Test func `holds for what came before it was said`() throws {
        let frames = Self.refused.frames + said(25)

        let found = try #require(incidents(in: frames).first)

        let expected = "Connection refused: 10.0.0.36 cannot connect to 10.0.0.182:304 (NLM v4)"
        #expect(found.headline == expected)
        #expect(
            found.verdict.hasPrefix(
                "10.0.0.182:304 (NLM v4, the NFS lock manager, as packet 4 says) refused the connection"
            )
        )
    }

    @Test func `may be said to another client`() throws {
        #expect(try headline(with: said(1, to: "10.0.0.99")).hasSuffix("304 (NLM v4)"))
    }

    @Test func `tells all versions`() throws {
        #expect(
            try headline(with: said(1, versions: [1, 3, 4])).hasSuffix("304 (NLM v1, v3 and v4)")
        )
    }

    @Test func `is not taken from another host, port or transport`() throws {
        let plain = "Connection refused: 10.0.0.36 cannot connect to 10.0.0.182:304"

        #expect(try headline(with: said(1, by: "10.0.0.183")) == plain)
        #expect(try headline(with: said(1, over: .udp)) == plain)
        #expect(try headline(with: said(1, port: 3049)) == plain)
    }

    @Test func `is what is usual where nobody says it`() throws {
        let exchange = Exchange(to: "198.51.100.20:22") {
            client.syn(seq: 1000)
            server.rstAck(ack: 1001)
        }

        let found = try #require(incidents(in: exchange).first)

        let expected = "Connection refused: 192.0.2.10 cannot connect to 198.51.100.20:22 (ssh)"
        #expect(found.headline == expected)
        #expect(!found.verdict.contains("(ssh)"))
    }

    @Test func `says more than what is usual`() throws {
        var nfs = Self.refused
        nfs.server = Endpoint(nfs.server.address, port: 2049)
        let frames = nfs.frames + said(1, port: 2049, versions: [3])

        let found = try #require(incidents(in: frames).first)

        #expect(found.headline.hasSuffix(":2049 (NLM v3)"))
    }

    @Test func `is better known by an answer than by a list`() throws {
        let list = Exchange(from: "10.0.0.36:1000", to: "10.0.0.182:111") {
            client.datagram(.portmapCall(5, version: 2, procedure: 4))
            server.datagram(.portmapReply(to: 5, [1, 100_021, 4, 6, 304, 0]))
        }

        let alone = try #require(incidents(in: Self.refused.frames + list.frames).first)
        let both = try #require(
            incidents(in: Self.refused.frames + list.frames + said(25)).first
        )

        #expect(alone.verdict.contains("304 (NLM v4, the NFS lock manager, as packet 4 says)"))
        #expect(both.verdict.contains("304 (NLM v4, the NFS lock manager, as packet 6 says)"))
    }

    @Test func `stands once in a text`() throws {
        let found = try #require(incidents(in: Self.refused.frames + said(1)).first)

        #expect(found.verdict.ranges(of: "NLM").count == 1)
    }
}
