import Tracking

/// Handshakes that come up oddly, or whose answers are not right.
extension Scene {
    mutating func openSimultaneously() {
        say(Party.client.syn(seq: client), after: .zero)
        reply(Party.server.syn(seq: server), after: roundTrip / 3)
        say(Party.client.synAck(seq: client, ack: server &+ 1), after: roundTrip / 3)
        reply(Party.server.synAck(seq: server, ack: client &+ 1), after: roundTrip / 3)
        say(Party.client.ack(seq: client &+ 1, ack: server &+ 1))
        reply(Party.server.ack(seq: server &+ 1, ack: client &+ 1))
        streamState(client: client, server: server)
    }

    mutating func splitHandshake() {
        say(Party.client.syn(seq: client), after: .zero)
        reply(Party.server.syn(seq: server))
        say(Party.client.synAck(seq: client, ack: server &+ 1))
        reply(Party.server.ack(seq: server &+ 1, ack: client &+ 1))
        streamState(client: client, server: server)
    }

    mutating func answerTwice() {
        let other = UInt32(truncatingIfNeeded: chance.next())
        say(Party.client.syn(seq: client), after: .zero)
        reply(Party.server.synAck(seq: server, ack: client &+ 1))
        let gap = pause(in: 10 * .microsecond...500 * .microsecond)
        let second = Party.server.synAck(seq: other, ack: client &+ 1)
        if chance.coin() { reply(second, after: gap) } else { add(second.ttl(50).after(gap)) }
        say(Party.client.ack(seq: client &+ 1, ack: server &+ 1))
        say(Party.client.rst(seq: client &+ 1), after: gap)
        streamState(client: client, server: server)
    }

    mutating func answerFromElsewhere() {
        let stranger = "198.18.9.77"
        var wait = Duration.zero
        for sending in 0..<chance.number(in: 1...4) {
            say(Party.client.syn(seq: client), after: wait)
            reply(
                Party.server.synAck(seq: server &+ UInt32(sending), ack: client &+ 1)
                    .between(server: stranger)
            )
            say(Party.client.rst(seq: client &+ 1).between(server: stranger))
            wait = .seconds(1 << sending)
        }
    }

    private static var plain: [ScriptOption] {
        [.maximumSegmentSize(1460), .selectiveAcknowledgment, .timestamps, .windowScale(7)]
    }

    mutating func dropFastOpen() {
        let length = chance.number(in: 1...1000)
        say(
            Party.client.syn(seq: client, length: length).options(Self.plain + [.fastOpen(8)]),
            after: .zero
        )
        say(Party.client.syn(seq: client).options(Self.plain), after: .seconds(1))
        reply(Party.server.synAck(seq: server, ack: client &+ 1))
        say(Party.client.ack(seq: client &+ 1, ack: server &+ 1))
        streamState(client: client, server: server)
    }

    mutating func refuseFastOpen() {
        say(
            Party.client.syn(seq: client, length: 40).options(Self.plain + [.fastOpen(8)]),
            after: .zero
        )
        reply(Party.server.synAck(seq: server, ack: client &+ 1))
        say(Party.client.ack(seq: client &+ 1, ack: server &+ 1))
        streamState(client: client, server: server)
    }

    mutating func dropECN() {
        for number in 0..<UInt16(chance.number(in: 2...5)) {
            let port = clientPort + number
            let wait = pause(in: .millisecond...2 * .second)
            let syn = Party.client.syn(seq: client).between(clientPort: port)
            say(syn.flags([.ece, .cwr]), after: wait)
            say(syn, after: .seconds(1))
            reply(Party.server.synAck(seq: server, ack: client &+ 1).between(clientPort: port))
            say(Party.client.ack(seq: client &+ 1, ack: server &+ 1).between(clientPort: port))
        }
    }

    mutating func violateOptions() {
        let answer = Party.server.synAck(seq: server, ack: client &+ 1)
        let shift = UInt8(chance.number(in: 15...255))
        let kind = chance.number(in: 0...2)
        let offered = kind == 1 ? [.maximumSegmentSize(1460)] : Self.plain
        say(Party.client.syn(seq: client).options(offered), after: .zero)
        switch kind {
        case 0: reply(answer.options([.maximumSegmentSize(1460), .windowScale(shift)]))
        case 1: reply(answer.options([.maximumSegmentSize(1460), .windowScale(7)]))
        default: reply(answer.options([.maximumSegmentSize(UInt16(chance.number(in: 1...63)))]))
        }
        say(Party.client.ack(seq: client &+ 1, ack: server &+ 1).options([]))
        streamState(client: client, server: server)
    }
}
