import Diagnosing
import Testing
import Tracking

@Suite struct `A remark on a segment of a TLS session` {
    /// What is said of each packet that was kept, by its number.
    private func remarks(@ExchangeBuilder _ steps: () -> [ScriptStep]) throws -> [UInt64: String] {
        let history = try #require(try histories(of: connected(steps)).first)
        let annotations = Annotations(history)
        return history.events.indices.reduce(into: [:]) {
            $0[history.events[$1].packet] = annotations.remark(on: $1)
        }
    }

    @Test func `names what its records hold`() throws {
        let remarks = try remarks {
            client.tls(.clientHello(serverName: "example.org"))
            server.ack()
            server.tls(.serverHello(), .certificate, .serverHelloDone)
            client.tls(.alert(level: 2, code: 48))
            client.fin()
        }

        #expect(remarks[4] == "TLS: ClientHello (server example.org).")
        #expect(remarks[6] == "TLS: ServerHello, Certificate, ServerHelloDone.")
        #expect(remarks[7] == "TLS: Alert (fatal, unknown_ca).")
    }

    @Test func `says what is encrypted, as far as it can be told`() throws {
        let remarks = try remarks {
            client.tls(.clientHello())
            server.tls(
                .serverHello(version: 0x0304, suite: 0x1301),
                .changeCipherSpec,
                .applicationData(1200)
            )
            client.tls(.changeCipherSpec, .applicationData(53))
            server.tls(.applicationData(900))
            client.tls(.applicationData(19))
            client.fin()
            server.fin()
        }

        #expect(
            remarks[5] == "TLS: ServerHello, ChangeCipherSpec, encrypted handshake messages."
        )
        #expect(remarks[7] == "TLS: application data.")
        #expect(remarks[8] == "TLS: by its length an encrypted alert.")
    }

    @Test func `says where TLS has ended, or never began`() throws {
        let ended = try remarks {
            ScriptOpening.tls12[3...].map(\.self)
            client.tls(.encryptedAlert(26))
            server.tls(.encryptedAlert(26))
            client.data([UInt8]("HELLO".utf8))
        }
        let other = try remarks {
            client.tls(.clientHello())
            server.data([UInt8]("HTTP/1.1 400 Bad Request\r\n".utf8))
            server.fin()
        }

        #expect(ended[8] == "TLS: an encrypted alert.")
        #expect(ended[10] == "No longer TLS.")
        #expect(other[5] == "Not TLS: the HTTP status of a malformed request.")
    }

    @Test func `stands beside a segment that came before what lies in front of it`() throws {
        let flight = ScriptRecord.serverHello().encoded + ScriptRecord.certificate.encoded
        let rest = ScriptRecord.serverHelloDone.encoded
        let parts = connected {
            client.tls(.clientHello())
            server.data(flight)
            server.data(rest)
        }.steps.suffix(2)

        let remarks = try remarks {
            client.tls(.clientHello())
            parts.reversed()
            server.reset()
        }

        #expect(remarks[5]?.hasPrefix("TLS: ServerHelloDone.") == true)
        #expect(remarks[6] == "TLS: ServerHello, Certificate.")
    }

    @Test func `is none beside segments of other connections`() throws {
        let remarks = try remarks {
            client.data([UInt8]("GET / HTTP/1.1\r\n\r\n".utf8))
            server.data([UInt8]("HTTP/1.1 200 OK\r\n\r\n".utf8))
            server.reset()
        }

        #expect(remarks.values.allSatisfy { !$0.contains("TLS") })
    }
}
