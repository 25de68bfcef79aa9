import Diagnosing
import Testing
import Tracking

@Suite struct `A server that turns clients away` {
    private static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    private static func mysql(_ code: UInt16, _ text: String) -> [UInt8] {
        let body = [0xFF, UInt8(code & 0xFF), UInt8(code >> 8)] + bytes("#08004" + text)
        return [UInt8(body.count), 0, 0, 0] + body
    }

    private static func postgres(_ code: String, _ text: String) -> [UInt8] {
        let fields = bytes("SFATAL\0VFATAL\0C\(code)\0M\(text)\0\0")
        return [0x45, 0, 0, 0, UInt8(fields.count + 4)] + fields
    }

    private func refused(_ words: [UInt8], greets: Bool = false) -> Exchange {
        Exchange(to: "198.51.100.20:4000") {
            ScriptOpening.tcp
            if greets {
                client.data([0, 0, 0, 8, 4, 0xD2, 0x16, 0x2F])
                server.data(Self.bytes("N"))
                client.data([0, 0, 0, 9, 0, 3, 0, 0, 0])
            }
            server.data(words)
            server.fin()
            client.fin()
            server.ack()
        }
    }

    private func found(_ exchange: Exchange) throws -> [Finding] {
        try findings(in: exchange, by: [TurnedAway.self])
    }

    private static let refusals: [(words: [UInt8], name: String, reason: String)] = [
        (bytes("-ERR max number of clients reached\r\n"), "Redis", "connection-limit"),
        (bytes("-DENIED Redis is running in protected mode"), "Redis", "access-rule"),
        (bytes("Exceeded MaxStartups\r\n"), "SSH", "connection-limit"),
        (bytes("Not allowed at this time\r\n"), "SSH", "access-rule"),
        (bytes("554 5.7.1 Go away\r\n"), "SMTP or FTP", "refusal"),
        (bytes("421 Too many connections\r\n"), "SMTP or FTP", "refusal"),
        (bytes("* BYE Too many connections\r\n"), "IMAP", "refusal"),
        (bytes("-ERR too many\r\n"), "POP3", "refusal"),
        (mysql(1040, "Too many connections"), "MySQL", "connection-limit"),
        (mysql(1130, "Host is not allowed"), "MySQL", "access-rule"),
        (mysql(1159, "Timeout"), "MySQL", "refusal"),
        (postgres("53300", "sorry, too many clients already"), "PostgreSQL", "connection-limit"),
        (postgres("28000", "no pg_hba.conf entry"), "PostgreSQL", "access-rule"),
        (postgres("57P03", "starting up"), "PostgreSQL", "starting-or-stopping"),
    ]

    @Test(arguments: refusals.indices)
    func `is known by the code of its protocol`(_ index: Int) throws {
        let (words, name, reason) = Self.refusals[index]

        let found = try found(refused(words))

        #expect(found.map(\.reason) == [reason])
        #expect(found.first?[metric: "protocol"] == .text(name))
        #expect(found.first?.summary.contains("the server's last \(words.count) bytes") == true)
    }

    @Test func `after it declined TLS is known, too`() throws {
        let words = Self.postgres("28000", "no pg_hba.conf entry")

        #expect(try found(refused(words, greets: true)).map(\.reason) == ["access-rule"])
    }

    @Test(arguments: [
        "+OK ready\r\n", "220 mail.example.org\r\n", "* OK IMAP4\r\n", "SSH-2.0-OpenSSH_9.6\r\n",
        "-NOAUTH Authentication required.\r\n", "HTTP/1.0 404 Not Found\r\n\r\n",
        "42 is the answer",
        "Sun Nov 29 13:00:00 2026\r\n", "E", "Login: root\r\n",
    ])
    func `is none that greets, answers or only closes`(_ text: String) throws {
        #expect(try found(refused(Self.bytes(text))).isEmpty)
    }

    @Test func `is none that answers a command so`() throws {
        let exchange = Exchange(to: "198.51.100.20:6379") {
            ScriptOpening.tcp
            client.data(Self.bytes("*-7\r\n"))
            server.data(Self.bytes("-ERR Protocol error: invalid multibulk length\r\n"))
            server.fin()
            client.fin()
        }

        #expect(try found(exchange).isEmpty)
    }

    @Test func `is not quoted unless somebody asks for it`() throws {
        let frames = refused(Self.bytes("-ERR max number of clients reached\r\n")).frames

        #expect(try quote(of: frames, isWanted: false) == nil)
        #expect(try quote(of: frames, isWanted: true) == "-ERR max number of clients reached")
    }

    @Test func `is quoted without what could forge a line, and up to 80 characters`() throws {
        let forged = "-ERR \u{1B}[31m\u{202E}" + String(repeating: "x", count: 100) + "\r\nFORGED"

        let quote = try quote(of: refused(Self.bytes(forged)).frames, isWanted: true)

        #expect(quote?.count == 81)
        #expect(quote?.hasPrefix("-ERR \u{FFFD}[31m\u{FFFD}xxx") == true)
        #expect(quote?.contains("FORGED") == false)
    }

    @Test func `is quoted by the text within a packet of a database`() throws {
        let mysql = refused(Self.mysql(1040, "Too many connections")).frames
        let postgres = refused(Self.postgres("53300", "sorry, too many clients already")).frames

        #expect(try quote(of: mysql, isWanted: true) == "Too many connections")
        #expect(try quote(of: postgres, isWanted: true) == "sorry, too many clients already")
    }

    private func quote(of frames: [MemoryFrames.Record], isWanted: Bool) throws -> String? {
        let capture = try TrackedCapture(of: frames, quotesServers: isWanted)
        return Diagnosis(of: capture).incidents.first?.quote?.text
    }
}

@Suite struct `A proxy whose server does not answer` {
    private func found(_ status: String, after wait: Duration) throws -> [Finding] {
        try findings(
            in: Exchange(to: "198.51.100.20:80") {
                ScriptOpening.tcp
                client.data(Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
                server.ack()
                server.data(Array("HTTP/1.1 \(status)\r\n\r\n".utf8)).after(wait)
                client.fin()
                server.fin()
                client.ack()
            }
        )
    }

    @Test func `says so by the status 504, with the length of its wait`() throws {
        let found = try found("504 Gateway Time-out", after: .seconds(3))

        #expect(found.map(\.pathology) == ["unanswered-request"])
        #expect(found.map(\.reason) == ["gateway-timeout"])
        #expect(found.first?.summary.contains("with the HTTP status 504 after 3 s") == true)
    }

    @Test func `is no matter of another status, or of a quick one`() throws {
        #expect(try found("200 OK", after: .seconds(3)).isEmpty)
        #expect(try found("504 Gateway Time-out", after: .milliseconds(20)).isEmpty)
    }
}

@Suite struct `Two ends that speak different protocols` {
    private static let preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    private static let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

    private func found(
        _ request: String,
        _ answer: [UInt8],
        port: UInt16 = 9000,
        greets: Bool = false
    ) throws -> [Finding] {
        let exchange = Exchange(to: "198.51.100.20:\(port)") {
            ScriptOpening.tcp
            if greets { server.data(answer) }
            client.data(Array(request.utf8))
            if !greets { server.data(answer) }
            server.fin()
            client.fin()
            server.ack()
        }
        return try findings(in: exchange, by: [ProtocolMismatch.self])
    }

    private func found(
        _ request: String,
        _ answer: String,
        greets: Bool = false
    ) throws -> [String?] {
        try found(request, Array(answer.utf8), greets: greets).map(\.reason)
    }

    @Test func `are told apart by what they begin with`() throws {
        let settings: [UInt8] = [0, 0, 0, 4, 0, 0, 0, 0, 0]
        let alert: [UInt8] = [21, 3, 3, 0, 2, 2, 50]
        #expect(try found(Self.preface, "HTTP/1.1 400 Bad Request\r\n\r\n") == ["http2-to-http1"])
        #expect(try found(Self.get, settings).map(\.reason) == ["http1-to-http2"])
        #expect(try found(Self.get, alert).map(\.reason) == ["plain-to-tls"])
        #expect(try found("PROXY TCP4 192.0.2.1", alert).map(\.reason) == ["proxy-header"])
        let refused = "HTTP/1.1 400 Bad Request\r\n\r\n"
        #expect(try found("PROXY TCP4 192.0.2.1", refused) == ["proxy-header"])
        #expect(try found(Self.get, "SSH-2.0-OpenSSH_9.6\r\n", greets: true) == ["other-service"])
    }

    @Test func `are not claimed where both may speak the same`() throws {
        let settings: [UInt8] = [0, 0, 0, 4, 0, 0, 0, 0, 0]
        #expect(try found(Self.preface, settings).isEmpty)
        #expect(try found(Self.get, "HTTP/1.1 404 Not Found\r\n\r\n").isEmpty)
        #expect(try found(Self.get, "HTTP/1.1 400 Bad Request\r\n\r\n").isEmpty)
        #expect(try found("PROXY TCP4 192.0.2.1", "HTTP/1.1 404 Not Found\r\n\r\n").isEmpty)
        #expect(try found("EHLO a\r\n", "220 mail.example.org\r\n", greets: true).isEmpty)
    }

    @Test func `are not claimed where the change to TLS was not captured`() throws {
        let exchange = Exchange(to: "198.51.100.20:21") {
            ScriptOpening.tcp
            server.data(Array("220 ready\r\n".utf8))
            client.tls(.clientHello(serverName: "example.org"))
            server.tls(.serverHello(), .certificate, .serverHelloDone)
            client.tls(.clientKeyExchange, .changeCipherSpec, .finished)
            server.tls(.changeCipherSpec, .finished)
            client.tls(.applicationData(40))
            server.fin()
            client.fin()
        }

        #expect(try findings(in: exchange, by: [ProtocolMismatch.self]).isEmpty)
    }

    @Test func `are not claimed for a 404 at a port of TLS`() throws {
        let answer = Array("HTTP/1.1 404 Not Found\r\n\r\n".utf8)
        #expect(try found(Self.get, answer, port: 8443).isEmpty)
    }
}
