import Tracking

/// Scripts of connections in which nothing is wrong.
enum Healthy {
    /// A request, a response.
    static let short = Exchange(to: "198.51.100.20:80") {
        client.syn(seq: 1000)
        server.synAck(seq: 5000, ack: 1001)
        client.ack(seq: 1001, ack: 5001)
        client.data(seq: 1001, ack: 5001, length: 80)
        server.data(seq: 5001, ack: 1081, length: 200).after(.milliseconds(2))
        client.fin(seq: 1081, ack: 5201)
        server.fin(seq: 5201, ack: 1082)
        client.ack(seq: 1082, ack: 5202)
    }

    /// A request, a response, and nobody closes.
    static let lasting = Exchange(to: "198.51.100.20:80") {
        client.syn(seq: 1000)
        server.synAck(seq: 5000, ack: 1001)
        client.ack(seq: 1001, ack: 5001)
        client.data(seq: 1001, ack: 5001, length: 80)
        server.data(seq: 5001, ack: 1081, length: 200)
        client.ack(seq: 1081, ack: 5201)
    }

    /// Three requests with responses of several segments.
    static let web = Exchange(to: "198.51.100.20:8080") {
        client.syn(seq: 1000)
        server.synAck(seq: 5000, ack: 1001).after(.milliseconds(11))
        client.ack(seq: 1001, ack: 5001)
        for round in 0..<3 as Range<UInt32> {
            let asked = 1001 + round * 400
            let answered = 5001 + round * 5792
            client.data(seq: asked, ack: answered, length: 400).after(.milliseconds(300))
            server.ack(seq: answered, ack: asked + 400).after(.milliseconds(11))
            for part in 0..<4 as Range<UInt32> {
                server.data(seq: answered + part * 1448, ack: asked + 400, length: 1448)
            }
            client.ack(seq: asked + 400, ack: answered + 2896)
            client.ack(seq: asked + 400, ack: answered + 5792)
        }
        client.fin(seq: 2201, ack: 22_377).after(.seconds(2))
        server.fin(seq: 22_377, ack: 2202).after(.milliseconds(11))
        client.ack(seq: 2202, ack: 22_378)
    }

    /// A question and its answer every five minutes, for an hour and a half.
    static let session = Exchange(to: "198.51.100.20:5432") {
        client.syn(seq: 1000)
        server.synAck(seq: 5000, ack: 1001)
        client.ack(seq: 1001, ack: 5001)
        for round in 0..<18 as Range<UInt32> {
            client.data(seq: 1001 + round * 60, ack: 5001 + round * 900, length: 60)
                .after(.seconds(300))
            server.data(seq: 5001 + round * 900, ack: 1061 + round * 60, length: 900)
                .after(.milliseconds(3))
            client.ack(seq: 1061 + round * 60, ack: 5901 + round * 900)
        }
        client.fin(seq: 2081, ack: 21_201)
        server.fin(seq: 21_201, ack: 2082)
        client.ack(seq: 2082, ack: 21_202)
    }

    /// A privileged port, as remote mounts have.
    static let mount = Exchange(from: "192.0.2.10:700", to: "198.51.100.20:2049") {
        client.syn(seq: 1000)
        server.synAck(seq: 5000, ack: 1001)
        client.ack(seq: 1001, ack: 5001)
        for round in 0..<20 as Range<UInt32> {
            client.data(seq: 1001 + round * 120, ack: 5001 + round * 140, length: 120)
                .after(.seconds(1))
            server.data(seq: 5001 + round * 140, ack: 1121 + round * 120, length: 140)
        }
        client.ack(seq: 3401, ack: 7801)
        client.fin(seq: 3401, ack: 7801)
        server.fin(seq: 7801, ack: 3402)
        client.ack(seq: 3402, ack: 7802)
    }

    /// Two thousand full segments of the server, an ACK for every two.
    static let download = Exchange(to: "198.51.100.20:80") {
        client.syn(seq: 1000)
        server.synAck(seq: 5000, ack: 1001)
        client.ack(seq: 1001, ack: 5001)
        client.data(seq: 1001, ack: 5001, length: 80)
        for pair in 0..<1000 as Range<UInt32> {
            let sent = 5001 + pair * 2896
            server.data(seq: sent, ack: 1081, length: 1448)
            server.data(seq: sent + 1448, ack: 1081, length: 1448)
            client.ack(seq: 1081, ack: sent + 2896)
        }
        client.fin(seq: 1081, ack: 2_901_001)
        server.fin(seq: 2_901_001, ack: 1082)
        client.ack(seq: 1082, ack: 2_901_002)
    }
}
