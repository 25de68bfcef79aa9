import Tracking

extension KnownIssueCase {
    /// A connection on which the server says one thing, and closes.
    private static func refused(_ port: UInt16, _ words: [UInt8]) -> Exchange {
        Exchange(to: "198.51.100.20:\(port)") {
            ScriptOpening.tcp
            server.data(words)
            server.fin()
            client.fin()
            server.ack()
        }
    }

    private static func refused(_ port: UInt16, _ words: String) -> Exchange {
        refused(port, Array(words.utf8))
    }

    private static func answered(_ request: String, _ answer: [UInt8]) -> Exchange {
        Exchange(to: "198.51.100.20:8080") {
            ScriptOpening.tcp
            client.data(Array(request.utf8))
            server.data(answer)
            server.fin()
            client.fin()
            server.ack()
        }
    }

    private static func mysql(_ code: UInt16) -> [UInt8] {
        [9, 0, 0, 0, 0xFF, UInt8(code & 0xFF), UInt8(code >> 8)] + Array("refused".utf8)
    }

    private static func postgres(_ code: String) -> [UInt8] {
        [0x45, 0, 0, 0, 30] + Array("SFATAL\0C\(code)\0Mrefused\0\0".utf8)
    }

    /// Three connections that are used at different times, and closed each so long after that.
    private static func idle(_ wait: Duration, closedBy party: Party) -> Exchange {
        Exchange(to: "198.51.100.20:3306") {
            for port: UInt16 in 4000..<4003 {
                for step in ScriptOpening.tcp + [
                    server.data(Array("greeting".utf8)), client.data(Array("select".utf8)),
                    server.data(Array("answer".utf8)), party.fin().after(wait),
                ] {
                    step.between(clientPort: port)
                }
            }
        }
    }

    private static let badRequest = Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8)
    private static let preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

    static let refusals: [KnownIssueCase] = [
        KnownIssueCase(
            id: "sshd-max-startups",
            shows: refused(22, "Exceeded MaxStartups\r\n"),
            nearMiss: refused(22, "Not allowed at this time\r\n")
        ),
        KnownIssueCase(
            id: "sshd-source-penalty",
            shows: refused(22, "Not allowed at this time\r\n"),
            nearMiss: refused(22, "SSH-2.0-OpenSSH_9.8\r\n")
        ),
        KnownIssueCase(
            id: "postgresql-too-many-clients",
            shows: refused(5432, postgres("53300")),
            nearMiss: refused(5432, postgres("57P03"))
        ),
        KnownIssueCase(
            id: "postgresql-pg-hba",
            shows: refused(5432, postgres("28000")),
            nearMiss: refused(5432, postgres("53300"))
        ),
        KnownIssueCase(
            id: "mysql-too-many-connections",
            shows: refused(3306, mysql(1040)),
            nearMiss: refused(3306, mysql(1130))
        ),
        KnownIssueCase(
            id: "mysql-host-refused",
            shows: refused(3306, mysql(1130)),
            nearMiss: refused(3306, mysql(1040))
        ),
        KnownIssueCase(
            id: "mysql-wait-timeout",
            shows: idle(.seconds(8), closedBy: server),
            nearMiss: idle(.seconds(8), closedBy: client)
        ),
        KnownIssueCase(
            id: "redis-maxclients",
            shows: refused(6379, "-ERR max number of clients reached\r\n"),
            nearMiss: refused(110, "-ERR too many connections\r\n")
        ),
        KnownIssueCase(
            id: "redis-protected-mode",
            shows: refused(6379, "-DENIED Redis is running in protected mode\r\n"),
            nearMiss: refused(6379, "-ERR max number of clients reached\r\n")
        ),
        KnownIssueCase(
            id: "proxy-protocol-not-expected",
            shows: answered("PROXY TCP4 192.0.2.1 198.51.100.20 4000 80\r\n", badRequest),
            nearMiss: answered(
                "PROXY TCP4 192.0.2.1 198.51.100.20 4000 80\r\n",
                Array("HTTP/1.1 200 OK\r\n\r\n".utf8)
            )
        ),
        KnownIssueCase(
            id: "grpc-to-http1",
            shows: answered(preface, badRequest),
            nearMiss: answered(preface, [0, 0, 0, 4, 0, 0, 0, 0, 0])
        ),
    ]
}
