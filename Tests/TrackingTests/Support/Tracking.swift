import Tracking

/// All that a tracker makes of a capture.
struct Tracked {
    var tally = Tally()
    /// The noteworthy flows, in the order of their first packet.
    var flows: [FlowEvents] = []
    /// Those that had to go before the end.
    var departed: [FlowEvents] = []
    var handshakes: [Handshake] = []
    var oneWayInitiators: Set<Address> = []
    var encapsulations = EncapsulationTable()

    func outcomes(_ outcome: HandshakeOutcome) -> UInt64 { tally.outcome(outcome) }
}

/// Follows frames to their end.
func track(
    _ records: [MemoryFrames.Record],
    flowLimit: Int = 1000,
    collectsHandshakes: Bool = true,
    fewFlows: Int = 1 << 16
) throws -> Tracked {
    let capture = try TrackedCapture(
        of: records,
        flowLimit: flowLimit,
        collectsHandshakes: collectsHandshakes,
        fewFlows: fewFlows
    )
    var tracked = Tracked()
    capture.forEachSuspicious { tracked.flows.append($0) }
    tracked.departed = capture.departed
    tracked.tally = capture.tally
    tracked.handshakes = capture.handshakes
    tracked.oneWayInitiators = capture.facts.oneWayInitiators
    tracked.encapsulations = capture.totals.encapsulations
    return tracked
}

/// Follows a script to its end.
func track(@ExchangeBuilder _ steps: () -> [ScriptStep]) throws -> Tracked {
    try track(Exchange(steps).frames)
}

/// The history of a script's one flow, which must be noteworthy.
func histories(of exchange: Exchange) throws -> [History] {
    let tracked = try track(exchange.frames)
    let window = tracked.tally.window ?? (0, 0)
    let facts = CaptureFacts(
        begin: window.first,
        end: window.last,
        oneWayInitiators: tracked.oneWayInitiators
    )
    return tracked.flows.map { History($0, in: facts) }
}

/// What each packet of a script means in its place.
func interpretations(@ExchangeBuilder _ steps: () -> [ScriptStep]) throws -> [Interpretation] {
    try histories(of: Exchange(steps)).flatMap(\.interpretations)
}

/// A connection that comes up, carries data both ways, and closes.
let healthyConnection = Exchange {
    client.syn(seq: 1000)
    server.synAck(seq: 5000, ack: 1001)
    client.ack(seq: 1001, ack: 5001)
    client.data(seq: 1001, ack: 5001, length: 200)
    server.ack(seq: 5001, ack: 1201)
    server.data(seq: 5001, ack: 1201, length: 1400)
    client.ack(seq: 1201, ack: 6401)
    client.fin(seq: 1201, ack: 6401)
    server.fin(seq: 6401, ack: 1202)
    client.ack(seq: 1202, ack: 6402)
}
