import Diagnosing
import Testing
import Tracking

@Suite struct `A TLS alert` {
    private func found(@ExchangeBuilder _ steps: () -> [ScriptStep]) throws -> [Finding] {
        try findings(in: connected(steps))
    }

    private static let hello = client.tls(.clientHello(serverName: "example.org"))

    @Test(arguments: [
        (UInt8(40), "handshake_failure"), (48, "unknown_ca"), (70, "protocol_version"),
        (112, "unrecognized_name"), (116, "certificate_required"), (200, "alert 200"),
    ])
    func `in the clear is named`(_ code: UInt8, _ name: String) throws {
        let found = try found {
            Self.hello
            server.tls(.alert(level: 2, code: code))
            server.fin()
            client.fin()
        }

        #expect(found.map(\.pathology) == ["tls-alert"])
        #expect(found.first?[metric: "alert"] == .text(name))
        #expect(found.first?[metric: "sent_by"] == .text("server"))
        #expect(found.first?.severity == .error)
        #expect(found.first?.confidence == .high)
    }

    @Test func `of the client is its own verdict on the certificate`() throws {
        let found = try found {
            Self.hello
            server.tls(.serverHello(version: 0x0304, suite: 0x1301), .applicationData(1600))
            client.tls(.alert(level: 2, code: 48))
            client.reset()
        }

        #expect(found.map(\.pathology) == ["tls-alert"])
        #expect(found.first?[metric: "sent_by"] == .text("client"))
        #expect(found.first?.explanation.contains("may have destroyed it") == true)
    }

    @Test func `in TLS 1_3 may be the server's whole answer to a client's certificate`() throws {
        let found = try found {
            Self.hello
            server.tls(.serverHello(version: 0x0304, suite: 0x1301), .applicationData(1600))
            client.tls(.changeCipherSpec, .applicationData(700), .applicationData(60))
            server.tls(.applicationData(19))
            server.reset()
        }

        #expect(found.map(\.reason) == ["encrypted"])
        #expect(found.map(\.status) == [.likely])
        #expect(found.map(\.confidence) == [.medium])
    }

    @Test func `that closes an idle session of TLS 1_3 is none`() throws {
        let found = try found {
            Self.hello
            server.tls(.serverHello(version: 0x0304, suite: 0x1301), .applicationData(1600))
            client.tls(.changeCipherSpec, .applicationData(53))
            server.tls(.applicationData(19)).after(.seconds(3))
            server.fin()
            client.tls(.applicationData(19))
            client.fin()
        }

        #expect(found.isEmpty)
    }

    @Test func `that is encrypted before the handshake is complete is one`() throws {
        let found = try found {
            Self.hello
            server.tls(.serverHello(), .certificate, .serverHelloDone)
            client.tls(.clientKeyExchange, .changeCipherSpec, .finished, .encryptedAlert(26))
            client.fin()
            server.fin()
        }

        #expect(found.map(\.pathology) == ["tls-alert"])
        #expect(found.map(\.reason) == ["encrypted"])
    }

    @Test func `in mid-session is a warning`() throws {
        let found = try found {
            ScriptOpening.tls12[3...].map(\.self)
            client.tls(.applicationData(60))
            server.tls(.applicationData(60))
            server.tls(.alert(level: 2, code: 20))
            server.fin()
        }

        #expect(found.map(\.severity) == [.warning])
    }

    @Test(arguments: [UInt8(0), 90, 100, 112])
    func `that is but a warning is none`(_ code: UInt8) throws {
        let found = try findings(
            in: connected {
                Self.hello
                server.tls(.alert(level: 1, code: code))
                server.tls(.serverHello(), .certificate, .serverHelloDone)
                server.reset()
            },
            by: [TLSFatalAlert.self]
        )

        #expect(found.isEmpty)
    }

    @Test func `may close the session before it is one`() throws {
        let found = try found {
            Self.hello
            server.tls(.serverHello(), .certificate, .serverHelloDone)
            client.tls(.alert(level: 1, code: 90), .alert(level: 1, code: 0))
            client.fin()
        }

        #expect(found.map(\.pathology) == ["tls-alert"])
        #expect(found.map(\.reason) == ["close-notify"])
        #expect(found.map(\.severity) == [.note])
    }

    @Test func `in answer to a FIN without one is a complaint, and not the fault`() throws {
        let found = try found {
            Self.hello
            server.tls(.serverHello())
            server.fin()
            client.tls(.alert(level: 2, code: 50))
            client.fin()
        }

        #expect(found.map(\.pathology) == ["tls-handshake-reset"])
    }

    @Test func `of the usual close is none`() throws {
        let old = try found {
            ScriptOpening.tls12[3...].map(\.self)
            client.tls(.applicationData(60))
            server.tls(.applicationData(600), .encryptedAlert(26))
            server.fin()
            client.tls(.encryptedAlert(26))
            client.reset()
        }
        let new = try found {
            ScriptOpening.tls13[3...].map(\.self)
            client.tls(.applicationData(60))
            server.tls(.applicationData(600))
            client.tls(.applicationData(19))
            client.fin()
            server.tls(.applicationData(19))
            client.rst(seq: 1400)
        }

        #expect(old.isEmpty)
        #expect(new.isEmpty)
    }
}
