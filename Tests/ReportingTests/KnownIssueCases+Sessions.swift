import Tracking

extension KnownIssueCase {
    /// A ClientHello of two segments.
    private static let longHello =
        ScriptRecord.clientHello(serverName: "example.org", length: 1800).encoded

    /// A TLS handshake up to the client's Finished, which the server acknowledges.
    @ExchangeBuilder
    private static func handshake(_ port: UInt16) -> [ScriptStep] {
        for step in ScriptOpening.tcp + [
            client.tls(.clientHello(serverName: "example.org")),
            server.tls(.serverHello(), .certificate, .serverHelloDone),
            client.tls(.clientKeyExchange, .changeCipherSpec, .finished), server.ack(),
        ] {
            step.between(clientPort: port)
        }
    }

    static let sessions: [KnownIssueCase] = [
        KnownIssueCase(
            id: "split-clienthello",
            shows: Exchange {
                ScriptOpening.tcp
                client.data(Array(longHello.prefix(1400)))
                server.ack()
                client.data(Array(longHello.dropFirst(1400)))
                client.reset().after(.seconds(10))
            },
            nearMiss: Exchange {
                ScriptOpening.tcp
                client.data(Array(longHello.prefix(1400)))
                client.data(Array(longHello.dropFirst(1400)))
                server.ack()
                client.reset().after(.seconds(10))
            }
        ),
        KnownIssueCase(
            id: "unexpected-eof-without-close-notify",
            shows: Exchange {
                ScriptOpening.tls12
                client.tls(.applicationData(60))
                server.tls(.applicationData(600))
                server.fin()
                client.tls(.encryptedAlert(26))
            },
            nearMiss: Exchange {
                ScriptOpening.tls12
                client.tls(.applicationData(60))
                server.data(Array(ScriptRecord.applicationData(600).encoded.dropLast(9)))
                server.fin()
                client.tls(.encryptedAlert(26))
            }
        ),
        KnownIssueCase(
            id: "premature-close",
            shows: Exchange {
                ScriptOpening.tls12
                client.tls(.applicationData(60))
                server.data(Array(ScriptRecord.applicationData(600).encoded.dropLast(9)))
                server.fin()
                client.tls(.encryptedAlert(26))
            },
            nearMiss: Exchange {
                ScriptOpening.tls12
                client.tls(.applicationData(60))
                server.tls(.applicationData(600))
                server.tls(.encryptedAlert(26))
                server.fin()
                client.fin()
            }
        ),
        KnownIssueCase(
            id: "packet-of-death",
            shows: Exchange {
                for port: UInt16 in 4000..<4002 {
                    handshake(port)
                    server.reset().between(clientPort: port).after(.milliseconds(15))
                }
                client.syn(seq: 9000).between(clientPort: 4002)
                server.rstAck(ack: 9001).between(clientPort: 4002)
            },
            nearMiss: Exchange {
                handshake(4000)
                client.reset().between(clientPort: 4000).after(.milliseconds(15))
                client.syn(seq: 9000).between(clientPort: 4002)
                server.rstAck(ack: 9001).between(clientPort: 4002)
            }
        ),
        KnownIssueCase(
            id: "netbackup-hand-back",
            shows: Exchange(to: "198.51.100.20:1556") {
                ScriptOpening.tls12
                client.tls(.encryptedAlert(26))
                server.fin()
                client.fin()
            },
            nearMiss: Exchange(to: "198.51.100.20:443") {
                ScriptOpening.tls12
                client.tls(.encryptedAlert(26))
                server.fin()
                client.fin()
            }
        ),
    ]
}
