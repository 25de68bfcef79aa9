import Tracking

/// Timestamps that are not what they should be.
extension Scene {
    mutating func rewriteEcho() {
        let value = UInt32(truncatingIfNeeded: chance.next())
        let offset = UInt32(chance.number(in: 1_000_000...1_000_000_000))
        var wait = Duration.zero
        for sending in 0..<UInt32(chance.number(in: 1...4)) {
            let tsval = value &+ (1 << sending) &* 1000
            say(Party.client.syn(seq: client, tsval: tsval), after: wait)
            let answer = Party.server.synAck(
                seq: server &+ sending &* 70_000,
                ack: client &+ 1,
                tsecr: tsval &+ offset
            )
            reply(answer)
            say(Party.client.rst(seq: client &+ 1))
            wait = .seconds(1 << sending)
        }
    }

    mutating func letTimestampsFallBack() {
        let value = UInt32(truncatingIfNeeded: chance.next())
        let fall = UInt32(chance.number(in: 5_000...1_000_000))
        say(Party.client.syn(seq: client, tsval: value), after: .zero)
        reply(Party.server.synAck(seq: server, ack: client &+ 1))
        say(Party.client.ack(seq: client &+ 1, ack: server &+ 1).timestamps(value &+ 1))
        say(
            Party.client.data(seq: client &+ 1, ack: server &+ 1, length: 40)
                .timestamps(value &+ 1)
        )
        reply(Party.server.ack(seq: server &+ 1, ack: client &+ 41))
        for sending in 0..<UInt32(chance.number(in: 2...6)) {
            let data = Party.client.data(seq: client &+ 41, ack: server &+ 1, length: 40)
            say(
                data.timestamps(value &- fall &+ sending &* 300),
                after: .milliseconds(300 << Int(sending))
            )
            reply(Party.server.ack(seq: server &+ 1, ack: client &+ 41))
        }
    }

    /// Connections of one host come up; those of another one, whose clock began later, have no
    /// answer.
    mutating func goByTwoClocks() {
        let value = UInt32(truncatingIfNeeded: chance.next())
        var elapsed: UInt32 = 0
        for number in 0..<UInt16(chance.number(in: 8...14)) {
            let port = clientPort + number
            let (own, other) = (client &+ UInt32(number) &* 7777, server &+ UInt32(number) &* 999)
            let gap = chance.number(in: 500...3000)
            elapsed += UInt32(gap)
            say(
                Party.client.syn(seq: own, tsval: value &+ elapsed).between(clientPort: port),
                after: .milliseconds(gap)
            )
            reply(Party.server.synAck(seq: other, ack: own &+ 1).between(clientPort: port))
            say(
                Party.client.ack(seq: own &+ 1, ack: other &+ 1).between(clientPort: port)
                    .timestamps(value &+ elapsed)
            )
            say(
                Party.client.data(seq: own &+ 1, ack: other &+ 1, length: 20)
                    .between(clientPort: port).timestamps(value &+ elapsed)
            )
            reply(
                Party.server.data(seq: other &+ 1, ack: own &+ 21, length: 20)
                    .between(clientPort: port)
            )
        }
        let port = clientPort + 100
        let old = value &- UInt32(chance.number(in: 100_000...10_000_000))
        for sending in 0..<UInt32(chance.number(in: 2...4)) {
            let syn = Party.client.syn(seq: client &+ 99, tsval: old &+ ((2 << sending) - 2) * 1000)
            say(syn.between(clientPort: port), after: .seconds(1 << Int(sending)))
        }
    }
}
