import Diagnosing
import Testing
import Tracking

@Suite struct `A TLS session that another one replaces` {
    private static let hello = client.tls(.clientHello(serverName: "example.org"))

    /// Steps on a client port.
    private func on(_ port: UInt16, @ExchangeBuilder _ steps: () -> [ScriptStep]) -> [ScriptStep] {
        steps().map { $0.between(clientPort: port) }
    }

    private func used(_ port: UInt16, name: String = "example.org") -> [ScriptStep] {
        on(port) {
            ScriptOpening.tcp
            client.tls(.clientHello(serverName: name))
            server.tls(.serverHello(), .certificate, .serverHelloDone)
            client.tls(.clientKeyExchange, .changeCipherSpec, .finished)
            server.tls(.changeCipherSpec, .finished)
            client.tls(.applicationData(60))
            server.tls(.applicationData(300))
        }
    }

    private func unanswered(_ port: UInt16, for wait: Duration) -> [ScriptStep] {
        on(port) {
            ScriptOpening.tcp
            Self.hello
            server.ack()
            client.fin().after(wait)
            server.fin()
            client.ack()
        }
    }

    private func cuts(@ExchangeBuilder _ steps: () -> [ScriptStep]) throws -> [Finding] {
        try findings(in: Exchange(steps), by: [TLSHandshakeReset.self])
    }

    @Test func `is a note where the other is used within two seconds`() throws {
        let before = try cuts {
            used(4001)
            unanswered(4000, for: .milliseconds(1500))
        }
        let after = try cuts {
            unanswered(4000, for: .milliseconds(1500))
            used(4001)
        }

        #expect(before.map(\.severity) == [.note])
        #expect(after.map(\.severity) == [.note])
    }

    @Test func `is an error where the other is for another name, or has no answer`() throws {
        let named = try cuts {
            unanswered(4000, for: .milliseconds(1500))
            used(4001, name: "other.example")
        }
        let silent = try cuts {
            unanswered(4000, for: .milliseconds(1500))
            Array(used(4001).dropLast())
        }

        #expect(named.map(\.severity) == [.error])
        #expect(silent.map(\.severity) == [.error])
    }

    @Test func `is an error where it is alone, or the other comes late`() throws {
        let alone = try cuts { unanswered(4000, for: .milliseconds(1500)) }
        let late = try cuts {
            unanswered(4000, for: .milliseconds(1500))
            pause(.seconds(9))
            used(4001)
        }

        #expect(alone.map(\.severity) == [.error])
        #expect(late.map(\.severity) == [.error])
    }

    @Test func `is a note where the client stops three together`() throws {
        let opened: [ScriptStep] = [4000, 4001, 4002].flatMap { (port: UInt16) in
            on(port) {
                ScriptOpening.tcp
                client.tls(.clientHello(serverName: "host\(port).example"))
                server.ack()
            }
        }
        let closed: [ScriptStep] = [4000, 4001, 4002].flatMap { (port: UInt16) in
            on(port) { client.fin() }
        }

        let three = try cuts {
            opened
            pause(.milliseconds(1500))
            closed
        }
        let two = try cuts {
            opened.filter { $0.clientPort != 4002 }
            pause(.milliseconds(1500))
            closed.filter { $0.clientPort != 4002 }
        }

        #expect(three.map(\.severity) == [.note, .note, .note])
        #expect(two.map(\.severity) == [.error, .error])
    }

    @Test func `is a note where the client left before the server had sent all`() throws {
        let certificate = ScriptRecord.certificate.encoded
        let half = try cuts {
            ScriptOpening.tcp
            Self.hello
            server.tls(.serverHello())
            server.data(Array(certificate.prefix(209)))
            client.ack()
            client.fin().after(.milliseconds(1500))
        }
        let whole = try cuts {
            ScriptOpening.tcp
            Self.hello
            server.tls(.serverHello(), .certificate, .serverHelloDone)
            client.ack()
            client.fin().after(.milliseconds(1500))
        }

        #expect(half.map(\.severity) == [.note])
        #expect(whole.map(\.severity) == [.warning])
    }

    @Test func `by an alert is a warning where the next try is served`() throws {
        let refused = on(4000) {
            ScriptOpening.tcp
            Self.hello
            server.tls(.serverHello(), .certificate, .serverHelloDone)
            client.tls(.alert(level: 2, code: 48))
            client.fin()
            server.fin()
            client.ack()
        }

        let served = try findings(
            in: Exchange {
                refused
                used(4001)
            },
            by: [TLSFatalAlert.self]
        )
        let alone = try findings(in: Exchange { refused }, by: [TLSFatalAlert.self])

        #expect(served.map(\.severity) == [.warning])
        #expect(served.first?.explanation.contains("in another TLS session") == true)
        #expect(alone.map(\.severity) == [.error])
    }

    @Test func `by an alert is a warning where a session is in use`() throws {
        let found = try findings(
            in: Exchange {
                used(4001)
                on(4000) {
                    ScriptOpening.tcp
                    Self.hello
                    server.tls(.alert(level: 2, code: 40))
                    server.fin()
                    client.fin()
                    server.ack()
                }
            },
            by: [TLSFatalAlert.self]
        )

        #expect(found.map(\.severity) == [.warning])
    }

    @Test func `may have been reset for its name`() throws {
        let steps: [ScriptStep] = [4000, 4001].flatMap { (port: UInt16) in
            on(port) {
                ScriptOpening.tcp
                Self.hello
                server.reset()
            }
        }

        let found = try findings(in: Exchange { steps }, by: [TLSHandshakeReset.self])

        #expect(found.map(\.reason) == ["reset", "reset"])
        #expect(found.first?.causes.contains("middlebox-blocks-server-name") == true)
        #expect(try TLSHandshakeReset.blame(for: #require(found.first)) == [.server, .network])
    }
}

extension ScriptStep {
    fileprivate var clientPort: UInt16? {
        if case .segment(let segment) = content { segment.clientPort } else { nil }
    }
}
