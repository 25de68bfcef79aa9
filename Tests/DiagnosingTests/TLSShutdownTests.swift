import Diagnosing
import Testing
import Tracking

@Suite struct `TLS that is shut down at once` {
    private let netBackup = "198.51.100.20:1556"

    private func found(
        on server: String = "198.51.100.20:1556",
        @ExchangeBuilder _ steps: () -> [ScriptStep]
    ) throws -> [Finding] {
        try findings(
            in: connected(to: server) { ScriptOpening.tls12[3...] + steps() },
            by: [TLSEarlyShutdown.self]
        )
    }

    @Test func `and TCP with it is the root of the one-sided close`() throws {
        let incident = try #require(try incidents(in: TLSEarlyShutdown.manual.example).first)

        #expect(
            incident.chain.map(\.finding.pathology) == [
                "tls-early-shutdown", "tls-one-sided-close",
            ]
        )
        #expect(incident.chain.map(\.role) == [.root, .consequence])
    }

    @Test func `is a note where no hand-back is known`() throws {
        let found = try found(on: "198.51.100.20:7000") {
            client.tls(.encryptedAlert(26))
            server.fin()
            client.fin()
        }

        #expect(found.map(\.severity) == [.note])
        #expect(found.map(\.reason) == ["closed-on-close-notify"])
    }

    @Test func `may end although both agreed`() throws {
        let found = try found {
            client.tls(.applicationData(38))
            server.tls(.applicationData(34))
            client.tls(.encryptedAlert(26))
            server.tls(.encryptedAlert(26))
            server.fin()
            client.fin()
        }

        #expect(found.map(\.reason) == ["closed-before-hand-back"])
        #expect(found.map(\.severity) == [.error])
    }

    @Test func `by both ends of any other service is an orderly close`() throws {
        let found = try found(on: "198.51.100.20:443") {
            client.tls(.encryptedAlert(26))
            server.tls(.encryptedAlert(26))
            client.fin()
            server.fin()
        }

        #expect(found.isEmpty)
    }

    private static let words = [UInt8]("db_begin 78".utf8)

    @Test func `is an error whoever closes, however the FIN and the plaintext cross`() throws {
        let finFirst = try found {
            client.tls(.encryptedAlert(26))
            server.tls(.encryptedAlert(26))
            server.fin()
            client.data(Self.words)
            server.reset()
        }
        let plaintextFirst = try found {
            client.tls(.encryptedAlert(26))
            server.tls(.encryptedAlert(26))
            client.data(Self.words)
            server.reset()
        }
        let withoutAnswer = try found {
            client.tls(.encryptedAlert(26))
            server.fin()
            client.data(Self.words)
            server.reset()
        }
        let byClient = try found {
            server.tls(.encryptedAlert(26))
            client.tls(.encryptedAlert(26))
            client.fin()
            server.data(Self.words)
            client.reset()
        }

        for found in [finFirst, plaintextFirst, withoutAnswer, byClient] {
            #expect(found.map(\.reason) == ["plaintext-refused"])
            #expect(found.map(\.severity) == [.error])
            #expect(found.first?[metric: "plaintext_octets"] == .integer(11))
        }
        #expect(finFirst.first?[metric: "closed_by"] == .text("server"))
        #expect(byClient.first?[metric: "closed_by"] == .text("client"))
        #expect(finFirst.first?.summary.contains("11 bytes that 192.0.2.10:") == true)
    }

    @Test func `is none where plaintext is served`() throws {
        let found = try found {
            client.tls(.encryptedAlert(26))
            server.tls(.encryptedAlert(26))
            client.data(Self.words)
            server.data(Self.words)
            client.fin()
            server.fin()
        }

        #expect(found.isEmpty)
    }

    @Test func `by a check that closes TCP together with it is none`() throws {
        let found = try found(on: "198.51.100.20:443") {
            client.tls(.encryptedAlert(26))
            client.fin()
            server.fin()
        }

        #expect(found.isEmpty)
    }

    @Test func `is none after real work, nor long after the handshake`() throws {
        let work = try found {
            client.tls(.applicationData(900))
            server.tls(.applicationData(4000))
            client.tls(.encryptedAlert(26))
            server.fin()
        }
        let late = try found {
            client.tls(.encryptedAlert(26)).after(.seconds(20))
            server.fin()
        }

        #expect(work.isEmpty)
        #expect(late.isEmpty)
    }
}

@Suite struct `Plaintext after TLS` {
    private func found(@ExchangeBuilder _ steps: () -> [ScriptStep]) throws -> [Finding] {
        try findings(
            in: connected {
                ScriptOpening.tls13[3...].map(\.self)
                client.tls(.applicationData(31))
                server.tls(.applicationData(27))
                steps()
            }
        )
    }

    private static let words = [UInt8]("HELLO".utf8)

    @Test func `of both ends is a hand-back in TLS 1_3 too`() throws {
        let found = try found {
            client.tls(.applicationData(19))
            server.tls(.applicationData(19))
            client.data(Self.words)
            server.data(Self.words)
            client.fin()
            server.fin()
        }

        #expect(found.map(\.reason) == ["intended-handback"])
        #expect(found.map(\.severity) == [.note])
        #expect(found.first?[metric: "plaintext_by_server"] == .flag(true))
    }

    @Test func `of which only one end had heard is a warning`() throws {
        let found = try found {
            client.tls(.applicationData(19))
            client.data(Self.words)
            server.fin()
            client.fin()
        }

        #expect(found.map(\.pathology) == ["plaintext-after-tls"])
        #expect(found.map(\.reason) == ["desync"])
        #expect(found.map(\.severity) == [.warning])
    }

    @Test func `without any alert is but possible`() throws {
        let found = try findings(
            in: connected {
                ScriptOpening.tls12[3...].map(\.self)
                server.data(Self.words)
                server.fin()
            },
            by: [PlaintextAfterTLS.self]
        )

        #expect(found.map(\.reason) == ["not-a-record"])
        #expect(found.map(\.status) == [.possible])
    }

    @Test func `is not told after a hole in the capture`() throws {
        let exchange = connected {
            ScriptOpening.tls12[3...].map(\.self)
            client.tls(.applicationData(31))
            server.tls(.applicationData(27))
            client.tls(.encryptedAlert(26))
            client.tlsAgain(seq: 9000, Self.words)
            client.tlsAgain(seq: 9005, Self.words)
        }

        #expect(try findings(in: exchange, by: [PlaintextAfterTLS.self]).isEmpty)
    }

    @Test func `that begins like a record is not seen`() throws {
        let found = try found {
            client.tls(.applicationData(19))
            server.tls(.applicationData(19))
            client.tls(.applicationData(50))
            client.tls(.applicationData(19))
            client.fin()
            server.fin()
        }

        #expect(found.isEmpty)
    }
}
