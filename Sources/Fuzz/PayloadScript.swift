import Tracking

/// Bytes as what two ends send in turns: each part begins with a byte that holds who sends it, in
/// the highest bit, and how it comes, and with its length.
struct PayloadScript {
    private var parts: [(party: Party, manner: UInt8, bytes: [UInt8])] = []

    /// Parts beyond this many are left out.
    private static let limit = 256

    init(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while rest.count >= 2, parts.count < Self.limit {
            let (control, length) = (rest[rest.startIndex], rest[rest.startIndex + 1])
            rest = rest.dropFirst(2)
            let part = rest.prefix(Int(length))
            rest = rest.dropFirst(part.count)
            parts.append((control & 0x80 == 0 ? client : server, control & 0x7F, Array(part)))
        }
    }

    /// As datagrams and segments of a port mapper.
    var portmapExchange: Exchange {
        Exchange(to: "198.51.100.20:111") {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
            for part in parts {
                part.manner & 1 == 0
                    ? part.party.datagram(part.bytes) : part.party.data(part.bytes)
            }
        }
    }

    /// As segments of a TLS connection: in order, again, or with a hole before them.
    var tlsExchange: Exchange {
        Exchange {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
            for part in parts {
                switch part.manner & 7 {
                case 0: part.party.fin()
                case 1: part.party.reset()
                case 2: part.party.data(seq: 1001 + UInt32(part.manner), ack: 5001, part.bytes)
                default: part.party.data(part.bytes)
                }
            }
        }
    }
}
