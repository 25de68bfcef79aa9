import Tracking

/// Bytes as the events of a few four-tuples: a short input makes thousands of events, so that what
/// a long log costs is found out, too.
///
/// Each step takes four bytes: what is sent, with which number, how many times, and how long after.
struct EventScript {
    private var steps: [ScriptStep] = []

    /// Steps beyond this many are left out.
    private static let limit = 8192

    init(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while rest.count >= 4, steps.count < Self.limit {
            let step = Array(rest.prefix(4))
            rest = rest.dropFirst(4)
            let times = min(1 << Int(step[2] & 15), Self.limit - steps.count)
            let moves = step[2] & 0x80 != 0
            for round in 0..<max(0, times) {
                let number = UInt32(step[1]) + (moves ? UInt32(round) * 997 : 0)
                steps.append(Self.step(step[0], number, after: step[3]))
            }
        }
    }

    private static func step(_ kind: UInt8, _ number: UInt32, after wait: UInt8) -> ScriptStep {
        let isServer = kind & 0x80 != 0
        let (party, seq, ack): (Party, UInt32, UInt32) =
            isServer
            ? (server, 5000 + number, 1001 + number) : (client, 1000 + number, 5001 + number)
        var step: ScriptStep =
            switch kind & 15 {
            case 0: party.syn(seq: seq)
            case 1: party.synAck(seq: seq, ack: ack)
            case 2: party.ack(seq: seq, ack: ack)
            case 3: party.data(seq: seq, ack: ack, length: Int(number & 0xFF) + 1)
            case 4: party.fin(seq: seq, ack: ack)
            case 5: party.rst(seq: seq)
            case 6: party.rstAck(ack: ack)
            case 7: party.reset(seq: seq, ack: ack)
            case 8: router.refuses(.hostProhibited, about: isServer ? client : server)
            case 9: router.refuses(.portUnreachable, about: isServer ? server : client)
            case 10: party.claims(mac: UInt8(truncatingIfNeeded: number))
            case 11: party.bare([.syn, .fin], seq: seq)
            default: party.data(seq: seq, ack: ack, [21, 3, 3, 0, 2, 2, UInt8(number & 0x7F)])
            }
        // From a microsecond to some minutes.
        step.delay = 1000 << Int64(wait % 28)
        return step
    }

    var exchange: Exchange {
        Exchange(from: "192.0.2.10:50000", to: "198.51.100.20:443", steps: steps)
    }
}
