import Diagnosing
import Testing
import Tracking

/// A connection that came up, and these steps on it.
func connected(
    to server: String = "198.51.100.20:443",
    @ExchangeBuilder _ steps: () -> [ScriptStep]
)
    -> Exchange
{
    Exchange(from: "192.0.2.10:50000", to: server, steps: ScriptOpening.tcp + steps())
}

@Suite struct `A TLS handshake that is cut off` {
    private func found(@ExchangeBuilder _ steps: () -> [ScriptStep]) throws -> [Finding] {
        try findings(in: connected(steps), by: [TLSHandshakeReset.self])
    }

    private static let hello = client.tls(.clientHello(serverName: "example.org"))
    private static let flight = server.tls(.serverHello(), .certificate, .serverHelloDone)
    private static let keys = client.tls(.clientKeyExchange, .changeCipherSpec, .finished)
    private static let newFlight = server.tls(
        .serverHello(version: 0x0304, suite: 0x1301),
        .changeCipherSpec,
        .applicationData(1600)
    )

    @Test func `by the server says after which message`() throws {
        let found = try found {
            Self.hello
            Self.flight
            Self.keys
            server.ack()
            server.reset().after(.milliseconds(15))
        }

        #expect(found.map(\.reason) == ["reset"])
        #expect(found.map(\.severity) == [.error])
        #expect(found.first?[metric: "client_said"] == .text("Finished"))
        #expect(found.first?[metric: "server_said"] == .text("ServerHelloDone"))
        #expect(found.first?[metric: "acknowledged"] == .flag(true))
        #expect(found.first?[metric: "closed_by"] == .text("server"))
        #expect(found.first?[metric: "server_name"] == .text("example.org"))
    }

    @Test func `may be captured from the ServerHello on`() throws {
        let exchange = Exchange {
            Self.flight
            client.ack()
            Self.keys
            server.ack()
            server.reset().after(.milliseconds(15))
        }

        let found = try findings(in: exchange, by: [TLSHandshakeReset.self])

        #expect(found.map(\.packets) == [[3, 5]])
    }

    @Test func `by the client in TLS 1_3 is a warning`() throws {
        let found = try found {
            Self.hello
            Self.newFlight
            client.ack()
            client.reset().after(.milliseconds(50))
        }

        #expect(found.map(\.severity) == [.warning])
        #expect(found.first?[metric: "closed_by"] == .text("client"))
        #expect(found.first?[metric: "tls_version"] == .text("TLS 1.3"))
    }

    @Test func `by a FIN is one too`() throws {
        let found = try found {
            Self.hello
            server.ack()
            server.fin().after(.seconds(30))
        }

        #expect(found.map(\.reason) == ["close"])
        #expect(found.map(\.severity) == [.error])
    }

    @Test func `by a client that soon had no need any more is a note`() throws {
        let early = try found {
            Self.hello
            server.ack()
            client.fin()
        }
        let probe = try found {
            Self.hello
            Self.flight
            Self.keys
            server.tls(.changeCipherSpec, .finished)
            client.fin()
            server.fin()
        }

        #expect(early.map(\.severity) == [.note])
        #expect(probe.isEmpty)
    }

    @Test func `in mid-record says how much lacks`() throws {
        let found = try found {
            Self.hello
            server.data(Array(ScriptRecord.certificate.encoded.prefix(209)))
            server.fin()
        }

        #expect(found.first?[metric: "missing_octets"] == .integer(500))
    }

    @Test func `by a RST of another make right after the name is perhaps a block`() throws {
        let found = try found {
            Self.hello
            server.reset().ttl(47)
        }

        #expect(found.map(\.reason) == ["sni-block"])
        #expect(found.map(\.status) == [.likely])
    }

    @Test func `for an answer in another protocol says so`() throws {
        let found = try found {
            Self.hello
            server.data([UInt8]("HTTP/1.1 400 Bad Request\r\n\r\n".utf8))
            server.fin()
        }

        #expect(found.map(\.reason) == ["no-tls-answer"])
    }

    @Test func `of which a long ClientHello arrived only in part is told by that`() throws {
        let hello = ScriptRecord.clientHello(serverName: "example.org", length: 1800).encoded
        let exchange = connected {
            client.data(Array(hello.prefix(1400)))
            server.ack()
            client.data(Array(hello.dropFirst(1400)))
            for wait in [1, 2, 4] {
                client.tlsAgain(seq: 2401, Array(hello.dropFirst(1400))).after(.seconds(wait))
            }
        }

        let found = try findings(in: exchange, by: [TLSHandshakeReset.self])

        #expect(found.map(\.reason) == ["clienthello-oversize"])
        #expect(found.first?[metric: "client_hello_octets"] == .integer(1805))
    }

    @Test func `again and again after the same message may be a packet of death`() throws {
        let exchange = Exchange {
            for port: UInt16 in [4000, 4001] {
                for step in ScriptOpening.tcp + [
                    Self.hello, Self.flight, Self.keys, server.ack(), server.reset(),
                ] {
                    step.between(clientPort: port)
                }
            }
        }

        let found = try findings(in: exchange, by: [TLSHandshakeReset.self])
        let incident = try #require(try incidents(in: exchange).first)

        #expect(found.map(\.reason) == ["packet-of-death", "packet-of-death"])
        #expect(found.first?[metric: "resets_alike"] == .integer(2))
        #expect(incident.flows == 2)
        #expect(incident.chain.map(\.finding.pathology) == ["tls-handshake-reset"])
    }

    @Test func `takes along all connections of a process that dies`() throws {
        let exchange = Exchange {
            for port: UInt16 in 4000..<4004 {
                for step in ScriptOpening.tls12 + [client.tls(.applicationData(60))] {
                    step.between(clientPort: port)
                }
                server.tls(.applicationData(300)).between(clientPort: port)
            }
            for step in ScriptOpening.tcp + [Self.hello, Self.flight, Self.keys] { step }
            server.reset().after(.milliseconds(15))
            for port: UInt16 in 4000..<4004 { server.reset().between(clientPort: port) }
        }

        let found = try findings(in: exchange, by: [TLSHandshakeReset.self])

        #expect(found.map(\.reason) == ["packet-of-death"])
        #expect(found.first?[metric: "resets_at_once"] == .integer(5))
    }

    @Test func `is none where an alert says why`() throws {
        let found = try found {
            Self.hello
            server.tls(.alert(level: 2, code: 40))
            server.reset()
        }

        #expect(found.isEmpty)
    }

    @Test func `is none where the capture missed what came before the end`() throws {
        let lost = try found {
            Self.hello
            Self.flight
            server.reset(seq: 9000, ack: 1070)
        }
        let oneWay = try findings(
            in: Exchange {
                Self.flight
                server.reset()
            },
            by: [TLSHandshakeReset.self]
        )

        #expect(lost.isEmpty)
        #expect(oneWay.isEmpty)
    }

    @Test func `is none after the server's answer, nor after an upload`() throws {
        let answered = try found {
            ScriptOpening.tls13[3...].map(\.self)
            client.tls(.applicationData(60))
            server.tls(.applicationData(300))
            server.reset()
        }
        let upload = try found {
            ScriptOpening.tls12[3...].map(\.self)
            for _ in 0..<9 { client.tls(.applicationData(900)) }
            client.fin()
        }

        #expect(answered.isEmpty)
        #expect(upload.isEmpty)
    }

    @Test func `is no RST after the handshake besides`() throws {
        let exchange = connected {
            Self.hello
            server.reset()
        }

        #expect(try findings(in: exchange).map(\.pathology) == ["tls-handshake-reset"])
    }
}

extension Party {
    /// A segment with a payload, sent once more.
    func tlsAgain(seq: UInt32, _ payload: [UInt8]) -> ScriptStep {
        var step = data(seq: seq, ack: 5001, length: payload.count)
        if case .segment(var segment) = step.content {
            segment.payload = payload
            step.content = .segment(segment)
        }
        return step
    }
}
