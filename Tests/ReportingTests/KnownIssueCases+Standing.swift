import Tracking

extension KnownIssueCase {
    /// A connection that was idle, whose next data nothing answers while a new one is served.
    @ExchangeBuilder
    private static func forgotten(after silence: Duration) -> [ScriptStep] {
        ScriptOpening.tcp
        client.data(seq: 1001, ack: 5001, length: 80)
        server.data(seq: 5001, ack: 1081, length: 80)
        client.ack(seq: 1081, ack: 5081)
        pause(silence)
        for wait in [1, 200, 400, 800] {
            client.data(seq: 1081, ack: 5081, length: 80).after(.milliseconds(wait))
        }
        client.syn(seq: 7000).between(clientPort: 50_001).after(.seconds(2))
        server.synAck(seq: 9000, ack: 7001).between(clientPort: 50_001)
        client.ack(seq: 7001, ack: 9001).between(clientPort: 50_001)
        client.data(seq: 7001, ack: 9001, length: 80).between(clientPort: 50_001)
        server.data(seq: 9001, ack: 7081, length: 80).between(clientPort: 50_001)
    }

    /// Data that its sender sends again and again although it is acknowledged, or is not.
    @ExchangeBuilder
    private static func repeated(isAcknowledged: Bool) -> [ScriptStep] {
        ScriptOpening.tcp
        client.data(seq: 1001, ack: 5001, length: 600).echoing(9)
        for wait in [300, 600, 1200, 2400, 4800] {
            if isAcknowledged { server.ack(seq: 5001, ack: 1601) }
            client.data(seq: 1001, ack: 5001, length: 600).echoing(9).after(.milliseconds(wait))
        }
        if isAcknowledged { server.ack(seq: 5001, ack: 1601) }
    }

    private static func stray(_ sequence: UInt32) -> Exchange {
        Exchange {
            ScriptOpening.tcp
            client.data(seq: 1001, ack: 5001, length: 80)
            server.data(seq: 5001, ack: 1081, length: 80)
            client.ack(seq: 1081, ack: 5081)
            server.data(seq: sequence, ack: 1081, length: 80).between(server: "10.1.2.3")
                .after(.seconds(9))
        }
    }

    static let standing: [KnownIssueCase] = [
        KnownIssueCase(
            id: "invalid-segment-untranslated",
            shows: stray(5081),
            nearMiss: stray(905_081)
        ),
        KnownIssueCase(
            id: "bridge-answers-untranslated",
            shows: Exchange {
                client.syn(seq: 1000)
                client.syn(seq: 1000).between(server: "10.1.2.3").ttl(63)
                server.synAck(seq: 5000, ack: 1001).between(server: "10.1.2.3")
                client.rst(seq: 1001).between(server: "10.1.2.3")
            },
            nearMiss: Exchange {
                client.syn(seq: 1000)
                server.synAck(seq: 5000, ack: 1001).between(server: "10.1.2.3")
                client.rst(seq: 1001).between(server: "10.1.2.3")
            }
        ),
        KnownIssueCase(
            id: "own-filter-drops-invalid",
            shows: Exchange { repeated(isAcknowledged: true) },
            nearMiss: Exchange { repeated(isAcknowledged: false) }
        ),
        KnownIssueCase(
            id: "idle-limit-of-cloud-gateways",
            shows: Exchange { forgotten(after: .seconds(350)) },
            nearMiss: Exchange { forgotten(after: .seconds(60)) }
        ),
        KnownIssueCase(
            id: "ipvs-idle-limit",
            shows: Exchange { forgotten(after: .seconds(1000)) },
            nearMiss: Exchange { forgotten(after: .seconds(350)) }
        ),
    ]
}
