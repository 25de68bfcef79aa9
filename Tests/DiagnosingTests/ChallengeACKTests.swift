import Diagnosing
import Testing
import Tracking

@Suite struct `A challenge ACK` {
    /// A connection of 705 to 2049 that the server still holds: its numbers are 1101 and 5001.
    private static let before: [ScriptStep] = [
        client.syn(seq: 1000), server.synAck(seq: 5000, ack: 1001),
        client.ack(seq: 1001, ack: 5001), client.data(seq: 1001, ack: 5001, length: 100),
        server.ack(seq: 5001, ack: 1101), pause(.seconds(1)),
    ]

    private func exchange(@ExchangeBuilder _ steps: () -> [ScriptStep]) -> Exchange {
        Exchange(
            from: "192.0.2.10:705",
            to: "198.51.100.20:2049",
            steps: Self.before + steps()
        )
    }

    @Test func `is a warning once the RST has cleared the old connection`() throws {
        let exchange = exchange {
            client.syn(seq: 3_000_000_000)
            server.ack(seq: 5001, ack: 1101)
            client.rst(seq: 1101)
            pause(.milliseconds(10))
            client.syn(seq: 3_000_000_000)
            server.synAck(seq: 900_000, ack: 3_000_000_001)
            client.ack(seq: 3_000_000_001, ack: 900_001)
        }

        let challenge = try finding(by: ChallengeACK.self, in: exchange)

        #expect(challenge.reason == "established")
        #expect(challenge.severity == .warning)
        #expect(challenge.status == .confirmed)
        #expect(challenge[metric: "resets"] == .integer(1))
        #expect(challenge[metric: "resolved"] == .flag(true))
        #expect(challenge.summary.hasSuffix("then the connection was established."))
        #expect(
            challenge.explanation.contains("came up 10.4 ms later")
                || challenge.explanation.contains("later.")
        )
    }

    @Test func `for ever is an error`() throws {
        let exchange = exchange {
            for _ in 0..<5 {
                client.syn(seq: 3_000_000_000)
                server.ack(seq: 5001, ack: 1101)
                pause(.seconds(1))
            }
        }

        let challenge = try finding(by: ChallengeACK.self, in: exchange)

        #expect(challenge.count == 5)
        #expect(challenge.severity == .error)
        #expect(challenge[metric: "stuck"] == .flag(true))
        #expect(challenge.summary.contains("5 times"))
        #expect(challenge.explanation.contains("192.0.2.10 did not answer it with a RST"))
        #expect(challenge.causes.contains("ack-not-delivered"))
    }

    @Test func `at the end of the capture is pending`() throws {
        let exchange = exchange {
            client.syn(seq: 3_000_000_000)
            server.ack(seq: 5001, ack: 1101)
            client.rst(seq: 1101)
        }

        let challenge = try finding(by: ChallengeACK.self, in: exchange)

        #expect(challenge.status == .pending)
        #expect(challenge.severity == .warning)
    }

    @Test func `whose numbers nobody knows is only likely`() throws {
        let challenge = try finding(by: ChallengeACK.self, in: ChallengeACK.manual.example)

        #expect(challenge.reason == "unknown")
        #expect(challenge.status == .likely)
        #expect(challenge.confidence == .medium)
    }

    @Test func `follows from a burst when a half-open entry sent it`() throws {
        let exchange = Exchange(from: "10.0.0.47:705", to: "10.0.0.81:304") {
            client.syn(seq: 2_301_595_334)
            client.syn(seq: 4_241_129_203)
            server.synAck(seq: 513_380_914, ack: 2_301_595_335)
            client.rst(seq: 2_301_595_335)
            server.ack(seq: 513_380_915, ack: 2_301_595_335)
            client.rst(seq: 2_301_595_335)
            pause(.seconds(4))
            client.syn(seq: 4_241_129_203)
        }

        let challenge = try finding(by: ChallengeACK.self, in: exchange)
        let incident = try #require(incidents(in: exchange).first)
        let role = incident.chain.first { $0.finding.pathology == "challenge-ack" }?.role

        #expect(challenge.reason == "syn-received")
        #expect(challenge.packets == [5])
        #expect(incident.root.pathology == "syn-burst")
        #expect(role == .consequence)
    }

    @Test func `is not a late ACK of the connection before`() throws {
        let exchange = exchange {
            client.syn(seq: 3_000_000_000)
            server.ack(seq: 5001, ack: 1101)
            server.synAck(seq: 900_000, ack: 3_000_000_001)
            client.ack(seq: 3_000_000_001, ack: 900_001)
        }

        #expect(try findings(in: exchange, by: [ChallengeACK.self]).isEmpty)
    }

    @Test func `is not an ACK that shows that the SYN-ACK was missed`() throws {
        let exchange = Exchange {
            client.syn(seq: 1000)
            server.ack(seq: 5001, ack: 1301)
            server.data(seq: 5001, ack: 1301, length: 500)
            client.ack(seq: 1301, ack: 5501)
        }

        #expect(try findings(in: exchange, by: [ChallengeACK.self]).isEmpty)
    }

    @Test func `is not a window update while no SYN waits`() throws {
        let exchange = Exchange {
            client.data(seq: 1001, ack: 5001, length: 100)
            server.ack(seq: 5001, ack: 1101).window(0)
            pause(.seconds(1))
            server.ack(seq: 5001, ack: 1101)
            client.rst(seq: 1101)
        }

        #expect(try findings(in: exchange, by: [ChallengeACK.self]).isEmpty)
    }

    @Test func `is not an answer to a late copy of the SYN that began the connection`() throws {
        let exchange = Exchange {
            client.data(seq: 1001, ack: 5001, length: 100)
            server.data(seq: 5001, ack: 1101, length: 100)
            pause(.milliseconds(20))
            client.syn(seq: 1000, tsval: 1)
            server.ack(seq: 5101, ack: 1101)
            client.rst(seq: 1101)
        }

        #expect(try findings(in: exchange).allSatisfy { $0.severity == .note })
    }

    @Test func `is not an ACK of data whose SYN the capture shows late`() throws {
        let exchange = Exchange {
            server.synAck(seq: 5000, ack: 3_000_000_001)
            client.data(seq: 3_000_000_001, ack: 5001, length: 639)
            client.syn(seq: 3_000_000_000)
            server.ack(seq: 5001, ack: 3_000_000_640)
            server.data(seq: 5001, ack: 3_000_000_640, length: 500)
        }

        #expect(try findings(in: exchange).allSatisfy { $0.severity == .note })
    }

    @Test func `counts once where a mirror delivers it twice`() throws {
        let frames = ChallengeACK.manual.example.frames
        let mirrored = frames.flatMap { frame in
            [frame, MemoryFrames.Record(time: frame.time + 20_000, octets: frame.octets)]
        }

        let found = try histories(of: mirrored).compactMap { ChallengeACK().examine($0) }

        #expect(found.map(\.count) == [1])
    }
}
