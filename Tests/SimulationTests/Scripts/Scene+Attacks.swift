import Tracking

/// What somebody else does, or the path.
extension Scene {
    mutating func forgeReset() {
        say(Party.client.syn(seq: client), after: .zero)
        reply(Party.server.synAck(seq: server, ack: client &+ 1))
        say(Party.client.ack(seq: client &+ 1, ack: server &+ 1))
        say(Party.client.data(seq: client &+ 1, ack: server &+ 1, length: 40))
        reply(Party.server.data(seq: server &+ 1, ack: client &+ 41, length: 60))
        say(Party.client.ack(seq: client &+ 41, ack: server &+ 61))
        let gap = pause(in: 100 * .microsecond...20 * .millisecond)
        add(Party.server.reset(seq: server &+ 61, ack: client &+ 41).ttl(250).after(gap))
        let later = pause(in: 4 * .millisecond...400 * .millisecond)
        reply(
            Party.server.data(seq: server &+ 61, ack: client &+ 41, length: 500),
            after: later
        )
    }

    mutating func damageSyns() {
        say(Party.client.syn(seq: client).damaged, after: .zero)
        for sending in 0..<chance.number(in: 1...4) {
            say(Party.client.syn(seq: client).damaged, after: .seconds(1 << sending))
        }
        // Others are sound.
        healthyVisit(from: clientPort + 1)
    }

    mutating func damageAnswers() {
        healthyVisit(from: clientPort + 1)
        say(Party.client.syn(seq: client))
        reply(Party.server.synAck(seq: server, ack: client &+ 1).damaged)
        for sending in 0..<chance.number(in: 1...4) {
            say(Party.client.syn(seq: client), after: .seconds(1 << sending))
            reply(Party.server.synAck(seq: server, ack: client &+ 1).damaged)
        }
    }

    private mutating func healthyVisit(from port: UInt16) {
        say(Party.client.syn(seq: server).between(clientPort: port))
        reply(Party.server.synAck(seq: client, ack: server &+ 1).between(clientPort: port))
        say(Party.client.ack(seq: server &+ 1, ack: client &+ 1).between(clientPort: port))
        say(
            Party.client.data(seq: server &+ 1, ack: client &+ 1, length: 20)
                .between(clientPort: port)
        )
        reply(
            Party.server.data(seq: client &+ 1, ack: server &+ 21, length: 20)
                .between(clientPort: port)
        )
    }

    mutating func scanPorts() {
        let gap = pause(in: 50 * .microsecond...200 * .millisecond)
        for port in 1...UInt16(chance.number(in: 24...200)) {
            let source = clientPort + (chance.coin() ? port : 0)
            say(
                Party.client.syn(seq: client).between(clientPort: source, serverPort: port),
                after: gap
            )
            if chance.happens(0.8) {
                let refusal = Party.server.rstAck(ack: client &+ 1)
                reply(
                    refusal.between(clientPort: source, serverPort: port),
                    after: .microseconds(50)
                )
            }
        }
    }

    mutating func flood() {
        let count = chance.number(in: 250...500)
        for number in 0..<UInt32(count) {
            let sequence = UInt32(truncatingIfNeeded: chance.next())
            let port = UInt16(chance.number(in: 1024...65_000))
            let host = "203.\(number % 200).\(chance.number(in: 0...255)).\(number / 200 + 1)"
            let gap = Duration.microseconds(chance.number(in: 10...3000))
            say(Party.client.syn(seq: sequence).between(clientPort: port, client: host), after: gap)
        }
    }

    mutating func contestAddress() {
        let (first, second) = (UInt8(2), UInt8(chance.number(in: 3...200)))
        add(Party.server.claims(mac: first))
        for _ in 0..<chance.number(in: 1...4) {
            add(Party.server.claims(mac: second).after(pause(in: .millisecond...10 * .second)))
            add(Party.server.claims(mac: first).after(pause(in: .millisecond...10 * .second)))
        }
        healthyVisit(from: clientPort)
    }

    mutating func scanHalfOpen() {
        let bare = [ScriptOption.maximumSegmentSize(1460)]
        say(Party.client.syn(seq: client, win: 1024).options(bare), after: .zero)
        reply(Party.server.synAck(seq: server, ack: client &+ 1).options(bare))
        say(Party.client.rst(seq: client &+ 1))
    }
}
