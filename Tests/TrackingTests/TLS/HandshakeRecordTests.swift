import Testing

@testable import Tracking

@Suite struct `A TLS handshake` {
    @Test func `of TLS 1_2 is read message by message`() throws {
        let stream = try stream {
            client.tls(.clientHello(serverName: "example.org", applicationProtocol: "h2"))
            server.tls(.serverHello(), .certificate, .message(12, length: 300), .serverHelloDone)
            client.tls(.clientKeyExchange, .changeCipherSpec, .finished)
            server.tls(.message(4, length: 180), .changeCipherSpec, .finished)
            client.tls(.applicationData(53))
        }
        let session = try #require(stream.tls)

        #expect(session.versionName == "TLS 1.2")
        #expect(session.cipherSuite == 0xC02F)
        #expect(
            session.server.messages
                == .these(
                    .serverHello,
                    .certificate,
                    .serverKeyExchange,
                    .serverHelloDone,
                    .newSessionTicket,
                    .changeCipherSpec,
                    .finished
                )
        )
        #expect(
            session.clients.messages
                == .these(.clientHello, .clientKeyExchange, .changeCipherSpec, .finished)
        )
        #expect(session.isComplete)
        #expect(session.clients.dataRecords == 1)
        #expect(session.clients.dataOctets == 53)
        #expect(stream.serverName == "example.org")
        #expect(stream.applicationProtocol == "h2")
    }

    @Test func `of TLS 1_3 is told by what is encrypted`() throws {
        let session = try session {
            client.tls(.clientHello())
            server.tls(
                .serverHello(version: 0x0304, suite: 0x1301),
                .changeCipherSpec,
                .applicationData(23),
                .applicationData(1619)
            )
            server.tls(.applicationData(281), .applicationData(69))
            client.tls(.changeCipherSpec, .applicationData(69))
            server.tls(.applicationData(250))
            client.tls(.applicationData(46))
        }

        #expect(session.versionName == "TLS 1.3")
        #expect(session.isComplete)
        #expect(session.server.messages.contains(.encryptedHandshake))
        #expect(session.server.dataRecords == 1)
        #expect(session.clients.dataRecords == 1)
    }

    @Test func `is not complete before the client's Finished`() throws {
        let session = try session {
            client.tls(.clientHello())
            server.tls(.serverHello(version: 0x0304, suite: 0x1301), .applicationData(1619))
        }

        #expect(!session.isComplete)
        #expect(session.hasFinished(session.client.other))
        #expect(session.server.dataRecords == 0)
    }

    @Test func `may begin with two ClientHellos`() throws {
        let session = try session {
            client.tls(.clientHello())
            server.tls(.helloRetryRequest, .changeCipherSpec)
            client.tls(.changeCipherSpec, .clientHello())
            server.tls(.serverHello(version: 0x0304, suite: 0x1301), .applicationData(1619))
            client.tls(.applicationData(53))
        }

        #expect(
            session.server.messages
                == .these(
                    .helloRetryRequest,
                    .changeCipherSpec,
                    .serverHello,
                    .encryptedHandshake
                )
        )
        #expect(session.isComplete)
    }

    @Test func `may have several messages in one record`() throws {
        let session = try session {
            client.tls(.clientHello())
            server.tls(.together([.serverHello(), .certificate, .serverHelloDone]))
        }

        #expect(
            session.server.messages
                == TLSMessages.these(.serverHello, .certificate, .serverHelloDone)
        )
        #expect(session.server.lastMessage == .serverHelloDone)
    }

    @Test(arguments: [5, 40, 100, 500])
    func `may have one message in several records`(_ cut: Int) throws {
        let message = Array(ScriptRecord.certificate.encoded.dropFirst(5))
        let parts = [Array(message.prefix(cut)), Array(message.dropFirst(cut))].map { part in
            let header: [UInt8] = [22, 3, 3, UInt8(part.count >> 8), UInt8(part.count & 0xFF)]
            return ScriptRecord.octets(header + part)
        }

        let session = try session {
            client.tls(.clientHello())
            server.tls(.serverHello(), parts[0])
            server.tls(parts[1], .serverHelloDone)
        }

        #expect(
            session.server.messages
                == TLSMessages.these(.serverHello, .certificate, .serverHelloDone)
        )
    }

    @Test func `whose beginning was not captured is read from there`() throws {
        let exchange = Exchange {
            server.tls(.serverHello(), .certificate, .serverHelloDone)
            client.ack()
            client.tls(.clientKeyExchange, .changeCipherSpec, .finished)
            server.reset()
        }

        let session = try #require(try stream(exchange).tls)

        #expect(session.clients.messages.contains(.clientKeyExchange))
        #expect(session.server.messages.contains(.serverHello))
        #expect(!session.server.hasGap)
    }

    @Test func `may begin late on a connection that spoke in the clear`() throws {
        let stream = try stream {
            server.data([UInt8]("220 mail\r\n".utf8))
            client.data([UInt8]("EHLO me\r\n".utf8))
            server.data([UInt8]("250 STARTTLS\r\n".utf8))
            client.data([UInt8]("STARTTLS\r\n".utf8))
            server.data([UInt8]("220 go\r\n".utf8))
            client.tls(.clientHello(serverName: "mail.example"))
            server.tls(.serverHello(), .certificate, .serverHelloDone)
        }

        #expect(stream.tls?.server.messages.contains(.certificate) == true)
        #expect(stream.serverName == "mail.example")
    }

    @Test func `is none where nobody speaks TLS`() throws {
        let stream = try stream {
            client.data([UInt8]("GET / HTTP/1.1\r\n\r\n".utf8))
            server.data([UInt8]("HTTP/1.1 200 OK\r\n\r\n".utf8))
            client.data([22, 3, 1, 0, 80, 99, 0, 0, 9, 9, 9, 9])
            server.data([22, 3, 3, 0, 80, 2, 99, 0, 9, 9, 9, 9])
        }

        #expect(stream.tls == nil)
    }

    @Test(arguments: [0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0xFFFF_F000] as [UInt32])
    func `is read wherever on the circle the sequence numbers lie`(_ shift: UInt32) throws {
        let exchange = Exchange {
            ScriptOpening.tls12
            server.reset()
        }

        let session = try #require(try stream(exchange.shifted(by: shift)).tls)

        #expect(session.isComplete)
        #expect(!session.server.hasGap)
    }
}
