import Tracking

/// What stands still, what was forgotten, what was restarted.
extension Scene {
    /// A question and an answer.
    private mutating func speak(on port: UInt16, _ length: Int = 60) {
        say(Party.client.syn(seq: client).between(clientPort: port), after: .milliseconds(2))
        reply(Party.server.synAck(seq: server, ack: client &+ 1).between(clientPort: port))
        say(Party.client.ack(seq: client &+ 1, ack: server &+ 1).between(clientPort: port))
        say(
            Party.client.data(seq: client &+ 1, ack: server &+ 1, length: 40)
                .between(clientPort: port),
            after: .microseconds(100)
        )
        reply(
            Party.server.data(seq: server &+ 1, ack: client &+ 41, length: length)
                .between(clientPort: port)
        )
        say(
            Party.client.ack(seq: client &+ 41, ack: server &+ 1 &+ UInt32(length))
                .between(clientPort: port)
        )
    }

    private mutating func close(on port: UInt16) {
        reply(
            Party.server.fin(seq: server &+ 61, ack: client &+ 41).between(clientPort: port),
            after: .milliseconds(5)
        )
        say(Party.client.fin(seq: client &+ 41, ack: server &+ 62).between(clientPort: port))
        reply(Party.server.ack(seq: server &+ 62, ack: client &+ 42).between(clientPort: port))
    }

    private mutating func refuse(on port: UInt16, after wait: Duration) {
        say(Party.client.syn(seq: client).between(clientPort: port), after: wait)
        reply(Party.server.rstAck(ack: client &+ 1).between(clientPort: port))
    }

    mutating func closeWindow() {
        speak(on: clientPort, 1400)
        say(Party.client.ack(seq: client &+ 41, ack: server &+ 1401).window(0))
        var wait = 300
        for _ in 0..<chance.number(in: 5...8) {
            reply(
                Party.server.ack(seq: server &+ 1400, ack: client &+ 41),
                after: .milliseconds(wait)
            )
            say(Party.client.ack(seq: client &+ 41, ack: server &+ 1401).window(0))
            wait *= 2
        }
        if chance.coin() {
            reply(
                Party.server.reset(seq: server &+ 1401, ack: client &+ 41),
                after: .milliseconds(wait)
            )
        }
    }

    mutating func answerEachOther() {
        speak(on: clientPort)
        let (below, beyond) = (server &- UInt32(chance.number(in: 2...50_000)), client &+ 900_000)
        for turn in 0..<chance.number(in: 4...30) {
            reply(
                Party.server.ack(seq: below, ack: client &+ 41),
                after: turn == 0 ? .seconds(2) : nil
            )
            say(Party.client.ack(seq: beyond, ack: server &+ 61))
        }
    }

    mutating func dropOwnACKs() {
        speak(on: clientPort)
        say(Party.client.data(seq: client &+ 41, ack: server &+ 61, length: 700).echoing(77))
        reply(Party.server.ack(seq: server &+ 61, ack: client &+ 741))
        var wait = 400
        for _ in 0..<chance.number(in: 4...7) {
            say(
                Party.client.data(seq: client &+ 41, ack: server &+ 61, length: 700).echoing(77),
                after: .milliseconds(wait)
            )
            reply(Party.server.ack(seq: server &+ 61, ack: client &+ 741))
            wait *= 2
        }
    }

    mutating func restartService() {
        speak(on: clientPort)
        close(on: clientPort)
        for attempt in 1...UInt16(chance.number(in: 3...9)) {
            refuse(on: clientPort + attempt, after: .seconds(chance.number(in: 1...5)))
        }
        let later = clientPort + 20
        add(Tracking.pause(.seconds(2)))
        speak(on: later)
        close(on: later)
    }

    mutating func restartHost() {
        speak(on: clientPort)
        say(
            Party.client.data(seq: client &+ 41, ack: server &+ 61, length: 40),
            after: .seconds(chance.number(in: 30...600))
        )
        reply(Party.server.rst(seq: server &+ 61))
        for attempt in 1...UInt16(chance.number(in: 2...9)) {
            refuse(on: clientPort + attempt, after: .seconds(chance.number(in: 1...5)))
        }
    }

    mutating func forgetIdleConnection() {
        speak(on: clientPort)
        add(Tracking.pause(.seconds(chance.number(in: 60...4000))))
        var wait = 1
        for _ in 0..<chance.number(in: 4...8) {
            // What is dropped on the way is captured at its sender.
            if isAtServer {
                reply(
                    Party.server.data(seq: server &+ 61, ack: client &+ 41, length: 40),
                    after: .milliseconds(wait)
                )
            } else {
                say(
                    Party.client.data(seq: client &+ 41, ack: server &+ 61, length: 40),
                    after: .milliseconds(wait)
                )
            }
            wait = max(200, wait * 2)
        }
        speak(on: clientPort + 1)
        close(on: clientPort + 1)
    }
}
