import Tracking

extension KnownIssueCase {
    static let middleboxes: [KnownIssueCase] = [
        KnownIssueCase(
            id: "untranslated-answer",
            shows: Exchange {
                client.syn(seq: 1000)
                server.synAck(seq: 5000, ack: 1001).between(server: "10.1.2.3")
                client.rst(seq: 1001).between(server: "10.1.2.3")
            },
            nearMiss: Exchange {
                client.syn(seq: 1000)
                server.synAck(seq: 5000, ack: 8001).between(server: "10.1.2.3")
                client.syn(seq: 1000).after(.seconds(1))
            }
        ),
        KnownIssueCase(
            id: "asymmetric-path",
            shows: Exchange {
                client.syn(seq: 1000)
                server.synAck(seq: 5000, ack: 1001)
                for _ in 0..<3 {
                    client.syn(seq: 1000).after(.seconds(2))
                    server.synAck(seq: 5000, ack: 1001)
                }
            },
            nearMiss: Exchange {
                client.syn(seq: 1000)
                server.synAck(seq: 5000, ack: 1001)
                server.synAck(seq: 5000, ack: 1001).after(.seconds(1))
                server.synAck(seq: 5000, ack: 1001).after(.seconds(2))
            }
        ),
        KnownIssueCase(
            id: "options-stripped-on-the-way",
            shows: Exchange {
                client.syn(seq: 1000).identification(7)
                client.syn(seq: 1000).identification(7).ttl(63).options(.maximumSegmentSize(1460))
                server.synAck(seq: 5000, ack: 1001).options(.maximumSegmentSize(1460))
                client.ack(seq: 1001, ack: 5001)
            },
            nearMiss: Exchange {
                client.syn(seq: 1000).identification(7)
                client.syn(seq: 1000).identification(7).ttl(63)
                server.synAck(seq: 5000, ack: 1001).options(.maximumSegmentSize(1460))
                client.ack(seq: 1001, ack: 5001)
            }
        ),
        KnownIssueCase(
            id: "isn-translated-one-way",
            shows: Exchange {
                client.syn(seq: 1000)
                server.synAck(seq: 5000, ack: 700_001)
                client.rst(seq: 700_001)
                client.syn(seq: 31_000).after(.seconds(1))
                server.synAck(seq: 9000, ack: 730_001)
                client.rst(seq: 730_001)
            },
            nearMiss: Exchange {
                client.syn(seq: 1000)
                server.synAck(seq: 5000, ack: 700_001)
                client.rst(seq: 700_001)
                client.syn(seq: 31_000).after(.seconds(1))
                server.synAck(seq: 5000, ack: 700_001)
                client.rst(seq: 700_001)
            }
        ),
        KnownIssueCase(
            id: "vxlan-checksum-offload",
            shows: Exchange {
                client.syn(seq: 1000)
                for wait in [1, 2, 4, 8, 16, 32] {
                    client.syn(seq: 1000).after(.seconds(wait))
                }
                server.synAck(seq: 5000, ack: 1001)
                client.ack(seq: 1001, ack: 5001)
            },
            nearMiss: Exchange {
                client.syn(seq: 1000)
                for wait in [1, 2, 4, 8, 16] { client.syn(seq: 1000).after(.seconds(wait)) }
                server.synAck(seq: 5000, ack: 1001)
                client.ack(seq: 1001, ack: 5001)
            }
        ),
        KnownIssueCase(
            id: "kube-proxy-dead-endpoint",
            shows: Exchange {
                for step in opened(4000) { step }
                client.syn(seq: 9000)
                server.refuses(.hostUnreachable).after(.seconds(3))
            },
            nearMiss: Exchange {
                for step in opened(4000) { step }
                client.syn(seq: 9000)
                server.refuses(.hostUnreachable)
            }
        ),
        KnownIssueCase(
            id: "netscaler-reset-code",
            shows: Exchange {
                for step in opened() { step }
                server.rst(seq: 5001).window(8201)
            },
            nearMiss: Exchange {
                for step in opened() { step }
                server.rst(seq: 5001)
            }
        ),
        KnownIssueCase(
            id: "f5-reset-cause",
            shows: Exchange {
                for step in opened() { step }
                server.rst(seq: 5001).saying("BIG-IP: [0x1d25d18:1055] No available SNAT addr")
            },
            nearMiss: Exchange {
                for step in opened() { step }
                server.rst(seq: 5001).saying("Go away")
            }
        ),
        KnownIssueCase(
            id: "ecn-blocked",
            shows: Exchange {
                for port: UInt16 in 4000..<4002 {
                    client.syn(seq: 1000).flags([.ece, .cwr]).between(clientPort: port)
                    client.syn(seq: 1000).between(clientPort: port).after(.seconds(1))
                    server.synAck(seq: 5000, ack: 1001).between(clientPort: port)
                    client.ack(seq: 1001, ack: 5001).between(clientPort: port)
                }
            },
            nearMiss: Exchange {
                client.syn(seq: 1000).flags([.ece, .cwr])
                client.syn(seq: 1000).flags([.ece, .cwr]).after(.seconds(1))
                server.synAck(seq: 5000, ack: 1001)
                client.ack(seq: 1001, ack: 5001)
            }
        ),
    ]
}
