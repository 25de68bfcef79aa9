import Tracking

/// A script in the making: what a seed decides about ends, numbers, and where on the path it is
/// captured.
struct Scene {
    var chance: Chance
    let client: UInt32
    let server: UInt32
    let clientPort: UInt16
    private let serverPort: UInt16
    private let isIPv4: Bool
    /// How long after a segment of the other end each end's own is captured.
    let replyDelay: Duration
    let reactionDelay: Duration
    private let clientHops: UInt8
    private let serverHops: UInt8
    private(set) var steps: [ScriptStep] = []

    init(seed: UInt64) {
        chance = Chance(seed: seed)
        client = UInt32(truncatingIfNeeded: chance.next())
        server = UInt32(truncatingIfNeeded: chance.next())
        clientPort = UInt16(chance.number(in: 1024...60_000))
        serverPort = chance.pick([22, 80, 443, 2049, 8080])
        isIPv4 = chance.coin()
        let roundTrip = chance.duration(in: 300 * .microsecond...120 * .millisecond)
        let far = chance.pick([1, 2, 99] as [Int64])
        let near = Int64(chance.number(in: 20...100)) * .microsecond
        replyDelay = .nanoseconds(far == 1 ? near : roundTrip * (far == 2 ? 1 : 2) / 2)
        reactionDelay = .nanoseconds(far == 99 ? near : roundTrip * (far == 2 ? 1 : 2) / 2)
        clientHops = far == 99 ? 0 : UInt8(chance.number(in: 1...12))
        serverHops = far == 1 ? 0 : UInt8(chance.number(in: 1...12))
    }

    /// Whether it is captured at the server.
    var isAtServer: Bool { serverHops == 0 }

    /// There and back again.
    var roundTrip: Duration { replyDelay + reactionDelay }

    /// A segment of the client, as soon as it can react or after `wait`.
    mutating func say(_ step: ScriptStep, after wait: Duration? = nil) {
        steps.append(step.ttl(64 - clientHops).after(wait ?? reactionDelay))
    }

    /// A segment of the server, as soon as it can reply or after `wait`.
    mutating func reply(_ step: ScriptStep, after wait: Duration? = nil) {
        steps.append(step.ttl(64 - serverHops).after(wait ?? replyDelay))
    }

    /// A step as it is.
    mutating func add(_ step: ScriptStep) { steps.append(step) }

    /// A wait of no particular length.
    mutating func pause(in range: ClosedRange<Int64>) -> Duration {
        .nanoseconds(chance.duration(in: range))
    }

    /// A question, its answer, and the end, from where a handshake has come up.
    mutating func streamState(client: UInt32, server: UInt32) {
        say(Party.client.data(seq: client &+ 1, ack: server &+ 1, length: 40))
        reply(Party.server.data(seq: server &+ 1, ack: client &+ 41, length: 60))
        say(Party.client.ack(seq: client &+ 41, ack: server &+ 61))
        say(Party.client.fin(seq: client &+ 41, ack: server &+ 61), after: .milliseconds(2))
        reply(Party.server.fin(seq: server &+ 61, ack: client &+ 42))
        say(Party.client.ack(seq: client &+ 42, ack: server &+ 62))
    }

    /// The scene as a script.
    var exchange: Exchange {
        let exchange = Exchange(
            from: "10.9.0.1:\(clientPort)",
            to: "198.18.9.1:\(serverPort)",
            steps: steps
        )
        return isIPv4 ? exchange : exchange.overIPv6
    }
}
