import Diagnosing
import Testing
import Tracking

@Suite struct `A client that leaves at the certificate` {
    private func found(@ExchangeBuilder _ steps: () -> [ScriptStep]) throws -> [Finding] {
        try findings(in: Exchange(steps), by: [CertificateRejected.self])
    }

    /// A session of TLS 1.3 up to the client's Finished.
    @ExchangeBuilder
    private func handshake(_ port: UInt16, to name: String? = "example.org") -> [ScriptStep] {
        for step in ScriptOpening.tcp + [
            client.tls(.clientHello(serverName: name)),
            server.tls(
                .serverHello(version: 0x0304, suite: 0x1301),
                .changeCipherSpec,
                .applicationData(1200)
            ), client.tls(.changeCipherSpec, .applicationData(53)),
        ] {
            step.between(clientPort: port)
        }
    }

    /// The same, and the client leaves.
    @ExchangeBuilder
    private func departure(_ port: UInt16, after pause: Duration = .zero) -> [ScriptStep] {
        for step in handshake(port) { step }
        client.tls(.applicationData(19)).between(clientPort: port).after(pause)
        client.fin().between(clientPort: port)
        server.fin().between(clientPort: port)
        client.ack().between(clientPort: port)
    }

    /// A session in which the client asks for something.
    @ExchangeBuilder
    private func session(_ port: UInt16) -> [ScriptStep] {
        for step in handshake(port) { step }
        client.tls(.applicationData(90)).between(clientPort: port)
        server.tls(.applicationData(900)).between(clientPort: port)
    }

    @Test func `may have rejected it, or only checked it`() throws {
        let found = try found { departure(4000) }

        #expect(found.map(\.severity) == [.warning])
        #expect(found.map(\.confidence) == [.low])
        #expect(found.first?.summary.contains("for example.org") == true)
    }

    @Test func `and tries again within seconds has rejected it`() throws {
        let found = try found {
            departure(4000)
            pause(.milliseconds(400))
            departure(4001)
        }

        #expect(found.map(\.severity) == [.error, .error])
    }

    @Test func `at regular intervals is a monitor, which is no error`() throws {
        let found = try found {
            departure(4000)
            pause(.seconds(5))
            departure(4001)
            pause(.seconds(5))
            departure(4002)
        }

        #expect(Set(found.map(\.severity)) == [.warning])
    }

    @Test func `is none where another session of it carries a request`() throws {
        #expect(
            try found {
                session(4000)
                departure(4001)
            }.isEmpty
        )
        #expect(
            try found {
                departure(4001)
                session(4000)
            }.isEmpty
        )
    }

    @Test func `after a pause kept a spare connection`() throws {
        #expect(try found { departure(4000, after: .seconds(3)) }.isEmpty)
    }

    @Test func `in TLS 1_2 is seen by the end of the handshake too`() throws {
        let found = try found {
            ScriptOpening.tls12
            client.tls(.encryptedAlert(26))
            client.fin()
            server.tls(.encryptedAlert(26))
            server.fin()
        }

        #expect(found.count == 1)
        #expect(found.first?[metric: "tls_version"] == .text("TLS 1.2"))
    }

    @Test func `without the server's Finished, in TLS 1_2, leaves for another reason`() throws {
        let whole = connected {
            Array(ScriptOpening.tls12.dropFirst(3))
            client.fin()
        }
        var steps = whole.steps
        let last = steps.count - 1
        if case .segment(var fin) = steps[last].content {
            fin.acknowledgment = fin.acknowledgment &- 20
            steps[last].content = .segment(fin)
        }
        let lacking = Exchange(from: "192.0.2.10:50000", to: "198.51.100.20:443", steps: steps)

        #expect(try findings(in: whole, by: [CertificateRejected.self]).count == 1)
        #expect(try findings(in: lacking, by: [CertificateRejected.self]).isEmpty)
    }

    @Test func `of a session that is taken up again has seen none`() throws {
        let found = try found {
            ScriptOpening.tcp
            client.tls(.clientHello(serverName: "example.org"))
            server.tls(.serverHello(), .changeCipherSpec, .finished)
            client.tls(.changeCipherSpec, .finished)
            client.tls(.encryptedAlert(26))
            client.fin()
        }

        #expect(found.isEmpty)
    }

    @Test func `after the greeting of a mail server came for that`() throws {
        let exchange = Exchange(to: "198.51.100.20:993") {
            ScriptOpening.tls13
            client.tls(.applicationData(19))
            client.fin()
        }

        #expect(try findings(in: exchange, by: [CertificateRejected.self]).isEmpty)
    }

    @Test func `by hand, as people do who looked at it, is none`() throws {
        #expect(try found { departure(4000, after: .milliseconds(400)) }.isEmpty)
    }

    @Test func `with a readable alert says so itself`() throws {
        let found = try findings(
            in: Exchange {
                ScriptOpening.tcp
                client.tls(.clientHello(serverName: "example.org"))
                server.tls(.serverHello(), .certificate, .serverHelloDone)
                client.tls(.alert(level: 2, code: 45))
                client.fin()
            }
        )

        #expect(found.map(\.pathology) == ["tls-alert"])
    }
}
