import Diagnosing
import Testing
import Tracking

@Suite struct `A TLS refusal` {
    private static let hello = client.tls(.clientHello(serverName: "example.org"))

    private func found(@ExchangeBuilder _ steps: () -> [ScriptStep]) throws -> Finding {
        try #require(try findings(in: connected(steps)).first)
    }

    @Test(arguments: [
        (UInt8(70), "version"), (40, "cipher"), (45, "client-certificate"), (112, "name"),
        (116, "client-certificate"), (120, "application-protocol"),
    ])
    func `by an alert of the server says for which part`(_ code: UInt8, _ part: String) throws {
        let found = try found {
            Self.hello
            server.tls(.alert(level: 2, code: code))
            server.fin()
        }

        #expect(found[metric: "refused_for"] == .text(part))
    }

    @Test func `by an alert of the client is about the certificate`() throws {
        let found = try found {
            Self.hello
            server.tls(.serverHello(), .certificate, .serverHelloDone)
            client.tls(.alert(level: 2, code: 45))
            client.fin()
        }

        #expect(found[metric: "refused_for"] == .text("certificate"))
    }

    @Test func `without an alert is told by the message that it ended at`() throws {
        let atHello = try found {
            Self.hello
            server.reset()
        }
        let atCertificate = try found {
            Self.hello
            server.tls(.serverHello(), .certificate, .message(13, length: 40), .serverHelloDone)
            client.tls(.certificate, .clientKeyExchange, .changeCipherSpec, .finished)
            server.reset()
        }

        #expect(atHello[metric: "refused_for"] == .text("version-cipher-or-name"))
        #expect(atCertificate[metric: "refused_for"] == .text("client-certificate"))
    }

    @Test func `of a client without a certificate names the empty one`() throws {
        let older = try found {
            Self.hello
            server.tls(.serverHello(), .certificate, .message(13, length: 40), .serverHelloDone)
            client.tls(.message(11, length: 3), .clientKeyExchange, .changeCipherSpec, .finished)
            server.tls(.alert(level: 2, code: 40))
            server.fin()
        }
        let newer = try found {
            Self.hello
            server.tls(.serverHello(version: 0x0304, suite: 0x1301), .applicationData(1600))
            client.tls(.changeCipherSpec, .applicationData(25), .applicationData(53))
            server.tls(.applicationData(19))
            server.reset()
        }

        #expect(older[metric: "refused_for"] == .text("client-certificate"))
        #expect(older.explanation.contains("sent an empty certificate"))
        #expect(newer.explanation.contains("By the length of its records"))
    }

    @Test func `of a client with a certificate names no empty one`() throws {
        let found = try found {
            Self.hello
            server.tls(.serverHello(version: 0x0304, suite: 0x1302), .applicationData(1600))
            client.tls(.changeCipherSpec, .applicationData(1100), .applicationData(69))
            server.tls(.applicationData(19))
            server.reset()
        }

        #expect(found[metric: "empty_client_certificate"] == nil)
    }

    private func group(_ codes: [UInt8]) throws -> Incident {
        let exchange = Exchange {
            for (index, code) in codes.enumerated() {
                for step in ScriptOpening.tcp + [
                    Self.hello, server.tls(.alert(level: 2, code: code)), server.fin(),
                    client.fin(), server.ack(),
                ] {
                    step.between(clientPort: 4000 + UInt16(index))
                }
            }
        }
        return try #require(try incidents(in: exchange).first)
    }

    @Test func `that many connections share is said once`() throws {
        let alike = try group([45, 45, 45])
        let mixed = try group([45, 48, 45])

        let shared = "ended, all with the alert certificate_expired of the server."
        #expect(alike.root.summary.hasSuffix(shared))
        #expect(mixed.root.summary.hasSuffix("ended with an alert."))
    }
}
