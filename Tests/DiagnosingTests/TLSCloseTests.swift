import Diagnosing
import Testing
import Tracking

/// Sessions of TLS 1.2 and 1.3 in which a request was answered.
private let answered12: [ScriptStep] =
    ScriptOpening.tls12[3...]
    + [client.tls(.applicationData(60)), server.tls(.applicationData(600)), client.ack()]
private let answered13: [ScriptStep] =
    ScriptOpening.tls13[3...]
    + [client.tls(.applicationData(60)), server.tls(.applicationData(600)), client.ack()]

/// The next sequence numbers of both ends, where the client spoke last.
private func next(after steps: [ScriptStep]) -> (client: UInt32, server: UInt32) {
    guard case .segment(let last)? = connected({ steps }).steps.last?.content else { return (0, 0) }
    return (last.sequence, last.acknowledgment)
}

@Suite struct `A TLS session without close_notify` {
    private func found(
        after opening: [ScriptStep] = answered12,
        @ExchangeBuilder _ steps: () -> [ScriptStep]
    ) throws -> [Finding] {
        try findings(in: connected { opening + steps() }, by: [TLSPrematureClose.self])
    }

    @Test func `is certain up to TLS 1_2, and likely in TLS 1_3`() throws {
        let old = try found { server.fin() }
        let new = try found(after: answered13) { server.fin() }

        #expect(old.map(\.reason) == ["no-close-notify"])
        #expect(old.map(\.status) == [.confirmed])
        #expect(new.map(\.reason) == ["no-alert-sized-record"])
        #expect(new.map(\.status) == [.likely])
        #expect((old + new).map(\.severity) == [.note, .note])
    }

    @Test func `is a note when the client closes, or the server an idle connection`() throws {
        let client = try found { Party.client.fin() }
        let idle = try found { server.fin().after(.seconds(60)) }

        #expect(client.map(\.severity) == [.note])
        #expect(idle.map(\.severity) == [.note])
    }

    @Test func `is certain in the middle of a record, in any version`() throws {
        let record = ScriptRecord.applicationData(4000).encoded

        for opening in [answered12, answered13] {
            let found = try found(after: opening) {
                server.data(Array(record.prefix(2505)))
                client.ack()
                server.fin()
            }

            #expect(found.map(\.reason) == ["truncated-record"])
            #expect(found.map(\.confidence) == [.high])
            #expect(found.first?[metric: "missing_octets"] == .integer(1500))
        }
    }

    @Test func `may end with the complaint of the other end`() throws {
        let exchange = connected {
            answered12
            server.fin()
            client.tls(.encryptedAlert(26))
            server.rst(seq: next(after: answered12).server + 1)
        }

        let found = try findings(in: exchange)

        #expect(found.map(\.pathology) == ["tls-premature-close"])
        #expect(found.first?[metric: "closed_by"] == .text("server"))
    }

    @Test func `is none where the last octets were not captured`() throws {
        let found = try found { server.fin(seq: 9000, ack: 1400) }

        #expect(found.isEmpty)
    }

    @Test func `is none where a stack without a socket resets it`() throws {
        let found = try found { server.rst(seq: 6000).after(.seconds(400)) }

        #expect(found.isEmpty)
    }

    @Test func `is none where its alert comes with the FIN`() throws {
        let found = try findings(
            in: connected {
                answered12
                server.tls(.encryptedAlert(26)).flags(.fin)
                client.tls(.encryptedAlert(26)).flags(.fin)
                server.ack()
            }
        )

        #expect(found.isEmpty)
    }
}

@Suite struct `A close_notify of one end only` {
    private func found(
        after opening: [ScriptStep] = answered12,
        @ExchangeBuilder _ steps: () -> [ScriptStep]
    ) throws -> [Finding] {
        try findings(in: connected { opening + steps() })
            .filter { $0.pathology.hasPrefix("tls") }
    }

    @Test func `is answered by FIN or by RST`() throws {
        let fin = try found {
            server.tls(.encryptedAlert(26))
            client.ack()
            client.fin()
            server.fin()
        }
        let reset = try found {
            server.tls(.encryptedAlert(26))
            client.reset()
        }

        #expect(fin.map(\.reason) == ["fin-without-close-notify"])
        #expect(reset.map(\.reason) == ["rst-on-close-notify"])
        #expect((fin + reset).map(\.severity) == [.note, .note])
    }

    @Test func `is likely in TLS 1_3, by the length of the last record`() throws {
        let found = try found(after: answered13) {
            client.tls(.applicationData(19))
            client.fin()
            server.fin()
        }

        #expect(found.map(\.pathology) == ["tls-one-sided-close"])
        #expect(found.map(\.status) == [.likely])
        #expect(found.first?[metric: "close_notify_by"] == .text("client"))
    }

    @Test func `is a warning up to TLS 1_2 when the other end goes on talking`() throws {
        let found = try found {
            client.tls(.encryptedAlert(26))
            server.tls(.applicationData(700))
            server.fin()
            client.fin()
        }

        #expect(found.map(\.severity) == [.warning])
        #expect(found.first?[metric: "data_after_close_notify"] == .flag(true))
    }

    @Test func `is a note where the end that closed both TLS and TCP gets an answer`() throws {
        let found = try found {
            client.tls(.applicationData(200))
            client.tls(.encryptedAlert(26))
            client.fin()
            server.tls(.applicationData(700)).after(.milliseconds(20))
            server.fin()
        }

        #expect(found.map(\.severity) == [.note])
    }

    @Test func `may leave the connection open`() throws {
        let exchange = connected {
            answered12
            server.tls(.encryptedAlert(26))
            client.ack()
            client.ack().after(.seconds(30))
        }

        let found = try findings(in: exchange, by: [TLSOneSidedClose.self])

        #expect(found.map(\.reason) == ["left-open"])
        #expect(found.map(\.status) == [.pending])
    }

    @Test func `is none where the other end's FIN crossed it`() throws {
        let numbers = next(after: answered12)

        let found = try found {
            client.tls(.encryptedAlert(26))
            server.fin(seq: numbers.server, ack: numbers.client)
            client.fin()
        }

        #expect(found.isEmpty)
    }

    @Test func `is none where an alert was but a warning in mid-session`() throws {
        let found = try found {
            server.tls(.encryptedAlert(26))
            client.tls(.applicationData(60))
            server.tls(.applicationData(700))
            client.tls(.encryptedAlert(26))
            server.tls(.encryptedAlert(26))
            client.fin()
            server.fin()
        }

        #expect(found.isEmpty)
    }
}
