import Tracking

/// An exchange that shows a known issue, and one that looks alike and does not.
struct KnownIssueCase {
    let id: String
    let shows: Exchange
    let nearMiss: Exchange

    static let all: [KnownIssueCase] =
        handshakes + answers + middleboxes + sessions + closing + standing + refusals

    /// A connection that both ends close, the client first; its last TSval is the script's clock.
    @ExchangeBuilder
    static func closed(_ clientSequence: UInt32 = 50_000) -> [ScriptStep] {
        client.syn(seq: clientSequence)
        server.synAck(seq: 5000, ack: clientSequence + 1)
        client.ack(seq: clientSequence + 1, ack: 5001)
        client.data(seq: clientSequence + 1, ack: 5001, length: 9)
        server.ack(seq: 5001, ack: clientSequence + 10)
        client.fin(seq: clientSequence + 10, ack: 5001)
        server.fin(seq: 5001, ack: clientSequence + 11)
        client.ack(seq: clientSequence + 11, ack: 5002)
    }

    /// A connection that the client forgets while the server keeps it.
    @ExchangeBuilder
    static var forgotten: [ScriptStep] {
        client.syn(seq: 50_000)
        server.synAck(seq: 5000, ack: 50_001)
        client.ack(seq: 50_001, ack: 5001)
        client.data(seq: 50_001, ack: 5001, length: 9)
        server.ack(seq: 5001, ack: 50_010)
    }

    @ExchangeBuilder
    static func opened(_ port: UInt16? = nil) -> [ScriptStep] {
        client.syn(seq: 1000).between(clientPort: port)
        server.synAck(seq: 5000, ack: 1001).between(clientPort: port)
        client.ack(seq: 1001, ack: 5001).between(clientPort: port)
    }

    private static let handshakes: [KnownIssueCase] = [
        KnownIssueCase(
            id: "linux-accept-queue-overflow",
            shows: Exchange {
                for port: UInt16 in 4000..<4002 {
                    for step in opened(port) { step }
                    client.data(seq: 1001, ack: 5001, length: 9).between(clientPort: port)
                    server.synAck(seq: 5000, ack: 1001).between(clientPort: port).after(.seconds(1))
                }
            },
            nearMiss: Exchange {
                for step in opened() { step }
                server.synAck(seq: 5000, ack: 1001).after(.seconds(1))
            }
        ),
        KnownIssueCase(
            id: "tcp-defer-accept",
            shows: Exchange {
                for step in opened() { step }
                for wait in [1, 2, 4] {
                    server.synAck(seq: 5000, ack: 1001).after(.seconds(wait))
                    client.ack(seq: 1001, ack: 5001)
                }
            },
            nearMiss: Exchange {
                for step in opened() { step }
                server.synAck(seq: 5000, ack: 1001).after(.seconds(1))
                client.ack(seq: 1001, ack: 5001)
            }
        ),
        KnownIssueCase(
            id: "windows-listen-backlog",
            shows: Exchange {
                for step in opened(4000) { step }
                client.syn(seq: 7000)
                server.rstAck(ack: 7001).ttl(126)
            },
            nearMiss: Exchange {
                for step in opened(4000) { step }
                client.syn(seq: 7000)
                server.rstAck(ack: 7001).ttl(62)
            }
        ),
        KnownIssueCase(
            id: "nfs-ganesha-closes-at-once",
            shows: visits(to: 2049),
            nearMiss: visits(to: 80)
        ),
        KnownIssueCase(
            id: "snat-port-race",
            shows: Exchange {
                for port: UInt16 in 0..<6 {
                    client.syn(seq: 1000).between(clientPort: 4000 + port).after(.seconds(1))
                    client.syn(seq: 1000).between(clientPort: 4000 + port).after(.seconds(1))
                    server.synAck(seq: 5000, ack: 1001).between(clientPort: 4000 + port)
                    client.ack(seq: 1001, ack: 5001).between(clientPort: 4000 + port)
                }
            },
            nearMiss: Exchange {
                client.syn(seq: 1000)
                client.syn(seq: 1000).after(.seconds(1))
                server.synAck(seq: 5000, ack: 1001)
                client.ack(seq: 1001, ack: 5001)
            }
        ),
        KnownIssueCase(
            id: "tcp-tw-recycle-behind-nat",
            shows: twoClocks(600_000),
            nearMiss: twoClocks(900_100)
        ),
        KnownIssueCase(
            id: "small-stack-wrong-refusal",
            shows: Exchange {
                client.syn(seq: 1000)
                server.rstAck(ack: 1000)
                client.syn(seq: 1000).after(.seconds(1))
                server.rstAck(ack: 1000)
            },
            nearMiss: Exchange {
                client.syn(seq: 1000)
                server.rstAck(ack: 1001)
            }
        ),
    ]

    private static let answers: [KnownIssueCase] = [
        KnownIssueCase(
            id: "stale-connection-on-peer",
            shows: Exchange {
                for step in forgotten { step }
                for _ in 0..<4 {
                    client.syn(seq: 7_000_000).after(.seconds(1))
                    server.ack(seq: 5001, ack: 50_010)
                }
            },
            nearMiss: Exchange {
                for step in forgotten { step }
                client.syn(seq: 7_000_000).after(.seconds(1))
                server.ack(seq: 5001, ack: 50_010)
                client.rst(seq: 50_010)
                client.syn(seq: 7_000_000)
                server.synAck(seq: 9000, ack: 7_000_001)
                client.ack(seq: 7_000_001, ack: 9001)
            }
        ),
        KnownIssueCase(
            id: "nfs-low-isn-reconnect",
            shows: Exchange(from: "192.0.2.10:894", to: "198.51.100.20:2049") {
                for step in forgotten { step }
                client.syn(seq: 40_000).after(.seconds(400))
                server.reset(seq: 5001, ack: 40_001)
            },
            nearMiss: Exchange(from: "192.0.2.10:894", to: "198.51.100.20:2049") {
                for step in forgotten { step }
                client.syn(seq: 90_000).after(.seconds(400))
                server.rstAck(ack: 90_001)
            }
        ),
        KnownIssueCase(
            id: "nfs-reconnect-same-port-dropped",
            shows: reused(from: 894, to: 2049, isAnswered: false),
            nearMiss: reused(from: 894, to: 2049, isAnswered: true)
        ),
        KnownIssueCase(
            id: "reused-port-dropped",
            shows: reused(from: 40_000, to: 443, isAnswered: false),
            nearMiss: reused(from: 40_000, to: 443, isAnswered: true)
        ),
        KnownIssueCase(
            id: "syn-retry-rebalanced",
            shows: Exchange {
                client.syn(seq: 1000)
                server.synAck(seq: 5000, ack: 1001).ttl(60)
                client.syn(seq: 1000).after(.seconds(1))
                server.synAck(seq: 990_000, ack: 1001).ttl(59)
                client.ack(seq: 1001, ack: 5001)
            },
            nearMiss: Exchange {
                client.syn(seq: 1000)
                server.synAck(seq: 5000, ack: 1001)
                client.syn(seq: 1000).after(.seconds(1))
                server.synAck(seq: 5000, ack: 1001)
                client.ack(seq: 1001, ack: 5001)
            }
        ),
        KnownIssueCase(
            id: "rhel-6.9-sunrpc-syn-burst",
            shows: burst,
            nearMiss: Exchange(from: "10.0.0.47:40705", to: "10.0.0.81:304") {
                client.syn(seq: 1000)
                client.syn(seq: 90_000)
                server.synAck(seq: 5000, ack: 1001)
            }
        ),
        KnownIssueCase(
            id: "conntrack-calls-answer-invalid",
            shows: unseenAnswer(refusedBy: client),
            nearMiss: unseenAnswer(refusedBy: router)
        ),
    ]

    private static func visits(to port: UInt16) -> Exchange {
        Exchange(to: "198.51.100.20:\(port)") {
            for visit: UInt16 in 0..<6 {
                client.syn(seq: 1000).between(clientPort: 900 + visit).after(.seconds(1))
                server.synAck(seq: 5000, ack: 1001).between(clientPort: 900 + visit)
                client.ack(seq: 1001, ack: 5001).between(clientPort: 900 + visit)
                server.fin(seq: 5001, ack: 1001).between(clientPort: 900 + visit)
                client.fin(seq: 1001, ack: 5002).between(clientPort: 900 + visit)
                server.ack(seq: 5002, ack: 1002).between(clientPort: 900 + visit)
            }
        }
    }

    private static func twoClocks(_ value: UInt32) -> Exchange {
        Exchange {
            for port: UInt16 in 0..<10 {
                let clock = 900_000 + UInt32(port)
                client.syn(seq: 1000, tsval: clock).between(clientPort: 4000 + port)
                server.synAck(seq: 5000, ack: 1001).between(clientPort: 4000 + port)
                client.ack(seq: 1001, ack: 5001).timestamps(clock).between(clientPort: 4000 + port)
            }
            for _ in 0..<3 { client.syn(seq: 9000, tsval: value).after(.seconds(2)) }
        }
    }

    private static func reused(from port: UInt16, to service: UInt16, isAnswered: Bool) -> Exchange
    {
        Exchange(from: "192.0.2.10:\(port)", to: "198.51.100.20:\(service)") {
            for step in closed() { step }
            client.syn(seq: 9_000_000).after(.seconds(90))
            client.syn(seq: 9_000_000).after(.seconds(1))
            client.syn(seq: 9_000_000).after(.seconds(2))
            if isAnswered {
                server.synAck(seq: 800_000, ack: 9_000_001)
                client.ack(seq: 9_000_001, ack: 800_001)
            }
        }
    }

    private static func unseenAnswer(refusedBy party: Party) -> Exchange {
        Exchange {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 77_000)
            party.refuses(.hostProhibited, about: .server)
            client.syn(seq: 1000).after(.seconds(3))
            server.synAck(seq: 5000, ack: 77_000)
            party.refuses(.hostProhibited, about: .server)
        }
    }
}
