import Tracking

/// Scripts of connections in which something goes wrong, of every kind that packets show.
enum Pathologies {
    /// Their number is part of what the captures hold: a new one changes them.
    static let all = opening + reusing + connected

    /// Handshakes that fail.
    private static let opening = [
        Exchange(to: "198.51.100.20:8080") {
            for round in 0..<3 as Range<UInt32> {
                client.syn(seq: 1000 + round * 90_000).after(.seconds(1))
                server.rstAck(ack: 1001 + round * 90_000)
            }
        },
        Exchange(to: "198.51.100.20:9000") {
            client.syn(seq: 1000)
            client.syn(seq: 1000).after(.seconds(1))
            client.syn(seq: 1000).after(.seconds(2))
            client.syn(seq: 1000).after(.seconds(4))
        },
        Exchange(from: "192.0.2.10:705", to: "198.51.100.20:304") {
            client.syn(seq: 1000)
            client.syn(seq: 1900)
            client.syn(seq: 2800)
            server.synAck(seq: 5000, ack: 1001)
            client.refuses(.hostProhibited)
            server.synAck(seq: 5000, ack: 1001).after(.seconds(1))
            client.refuses(.hostProhibited)
        },
        Exchange(to: "198.51.100.20:111") {
            client.syn(seq: 1000)
            router.refuses(.hostUnreachable, about: client)
            client.syn(seq: 1000).after(.seconds(1))
            router.refuses(.hostUnreachable, about: client)
        },
        Exchange(to: "198.51.100.20:2049") {
            for round in 0..<3 as Range<UInt32> {
                client.syn(seq: 1000 + round * 70_000).after(.milliseconds(100))
                client.syn(seq: 4676 + round * 70_000)
                server.synAck(seq: 5000 + round * 13_000, ack: 1001 + round * 70_000)
                client.rst(seq: 1001 + round * 70_000)
                server.rstAck(ack: 4677 + round * 70_000)
            }
        },
        Exchange(to: "198.51.100.20:3306") {
            client.syn(seq: 1000, tsval: 70)
            server.synAck(seq: 5000, ack: 1001, tsecr: 70)
            client.ack(seq: 1001, ack: 5001)
            client.data(seq: 1001, ack: 5001, length: 29).after(.milliseconds(200))
            client.data(seq: 1001, ack: 5001, length: 29).after(.milliseconds(300))
            server.synAck(seq: 5000, ack: 1001, tsecr: 70).after(.milliseconds(500))
            client.ack(seq: 1030, ack: 5001)
            server.synAck(seq: 5000, ack: 1001, tsecr: 70).after(.seconds(2))
            client.ack(seq: 1030, ack: 5001)
        },
        Exchange(to: "198.51.100.20:8443") {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.rst(seq: 1001)
        },
        Exchange(to: "198.51.100.20:25") {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            server.synAck(seq: 5000, ack: 1001).after(.seconds(1))
            server.synAck(seq: 5000, ack: 1001).after(.seconds(2))
            client.ack(seq: 1001, ack: 5001)
            client.data(seq: 1001, ack: 5001, length: 30)
            server.data(seq: 5001, ack: 1031, length: 30)
        },
        Exchange(to: "198.51.100.20:110") {
            client.syn(seq: 1000)
            client.syn(seq: 1000).after(.seconds(1))
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
            client.data(seq: 1001, ack: 5001, length: 30)
            server.data(seq: 5001, ack: 1031, length: 30)
        },
    ]

    /// Four-tuples whose last connection is remembered by one end.
    private static let reusing = [
        Exchange(from: "192.0.2.10:866", to: "198.51.100.20:2050") {
            client.syn(seq: 4_115_864_593)
            server.ack(seq: 2_901_992_808, ack: 956_456_355)
            client.rst(seq: 956_456_355)
            client.syn(seq: 4_115_864_593).after(.seconds(1))
            server.synAck(seq: 3_300_190_412, ack: 4_115_864_594)
            client.ack(seq: 4_115_864_594, ack: 3_300_190_413)
        },
        Exchange(from: "192.0.2.10:50100", to: "198.51.100.20:8081") {
            client.syn(seq: 3_000_000_000, tsval: 900_000)
            server.synAck(seq: 3_305_086_535, ack: 3_000_000_001)
            client.ack(seq: 3_000_000_001, ack: 3_305_086_536).timestamps(900_001)
            client.data(seq: 3_000_000_001, ack: 3_305_086_536, length: 48).timestamps(900_002)
            server.data(seq: 3_305_086_536, ack: 3_000_000_049, length: 372)
            server.fin(seq: 3_305_086_908, ack: 3_000_000_049)
            client.fin(seq: 3_000_000_049, ack: 3_305_086_909).timestamps(900_004)
            server.ack(seq: 3_305_086_909, ack: 3_000_000_050)
            client.syn(seq: 3_000_600_000, tsval: 12_000).after(.milliseconds(700))
            server.ack(seq: 3_305_086_909, ack: 3_000_000_050)
            client.rst(seq: 3_000_000_050)
            client.syn(seq: 3_000_600_000, tsval: 12_010).after(.milliseconds(10))
            server.synAck(seq: 3_316_254_840, ack: 3_000_600_001)
            client.ack(seq: 3_000_600_001, ack: 3_316_254_841)
        },
        Exchange(from: "192.0.2.10:706", to: "198.51.100.20:2051") {
            for incarnation in 0..<3 as Range<UInt32> {
                let (own, other) = (1000 + incarnation * 90_000, 5000 + incarnation * 64_000)
                client.syn(seq: own).after(.seconds(3))
                server.synAck(seq: other, ack: own + 1)
                client.ack(seq: own + 1, ack: other + 1)
                client.data(seq: own + 1, ack: other + 1, length: 40)
                server.data(seq: other + 1, ack: own + 41, length: 28)
                client.fin(seq: own + 41, ack: other + 29)
                server.fin(seq: other + 29, ack: own + 42)
                client.ack(seq: own + 42, ack: other + 30)
            }
        },
    ]

    /// Connections that come up and fail later.
    private static let connected = [
        Exchange(to: "198.51.100.20:443") {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
            client.data(seq: 1001, ack: 5001, length: 300)
            server.ack(seq: 5001, ack: 1301)
            server.data(seq: 5001, ack: 1301, length: 1448)
            server.data(seq: 5001, ack: 1301, length: 1448).after(.milliseconds(300))
            server.data(seq: 5001, ack: 1301, length: 1448).after(.milliseconds(600))
            server.data(seq: 5001, ack: 1301, length: 1448).after(.milliseconds(1200))
        },
        Exchange(to: "198.51.100.20:5433") {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
            client.data(seq: 1001, ack: 5001, length: 80)
            server.data(seq: 5001, ack: 1081, length: 80)
            client.ack(seq: 1081, ack: 5081)
            for delay in [1, 200, 400, 800, 1600, 3200] {
                client.data(seq: 1081, ack: 5081, length: 80).after(.milliseconds(delay))
            }
        },
        Exchange(to: "198.51.100.20:22") {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
            server.reset(seq: 5001, ack: 1001)
        },
        Exchange(to: "198.51.100.20:1433") {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
            client.data(seq: 1001, ack: 5001, length: 80)
            server.ack(seq: 5001, ack: 1081)
            server.reset(seq: 5001, ack: 1081).after(.seconds(1))
        },
        Exchange(to: "198.51.100.20:9092") {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
            client.data(seq: 1001, ack: 5001, length: 300)
            server.ack(seq: 5001, ack: 1301)
            client.fin(seq: 1301, ack: 5001).after(.seconds(30))
            server.ack(seq: 5001, ack: 1302)
        },
        Exchange(to: "198.51.100.20:6379") {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
            client.fin(seq: 1001, ack: 5001).after(.seconds(60))
            server.fin(seq: 5001, ack: 1002)
            client.ack(seq: 1002, ack: 5002)
        },
        Exchange(to: "198.51.100.20:993") {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
            client.data(ScriptRecord.clientHello(serverName: "mail.example.org").encoded)
            server.ack()
            server.reset()
        },
    ]
}
