/// A conversation written down, one line a segment: lesson, test and capture in one.
///
/// ```
/// Exchange {
///     client.syn(seq: 3677241340)
///     pause(.milliseconds(12))
///     server.synAck(seq: 2110054871, ack: 3677241341).flagged
/// }
/// ```
/// `client` and `server` say who the parties are; who initiates is what the program finds out.
/// Without a pause, a step follows 100 µs after the one before it.
package struct Exchange: Sendable {
    package var client: Endpoint
    package var server: Endpoint
    package private(set) var steps: [ScriptStep]
    /// When the first segment is sent, in nanoseconds since 1970.
    package var begin: Int64 = 1_495_000_000_000_000_000
    /// What is added to the sequence numbers that the script names.
    package var clientShift: UInt32 = 0
    package var serverShift: UInt32 = 0
    /// The VLAN tags of every frame, outermost first.
    package var vlans: [UInt16] = []
    /// Those of frames that are not the client's; `nil`: the same.
    package var answerVLANs: [UInt16]?

    package init(
        from client: String = "192.0.2.10:50000",
        to server: String = "198.51.100.20:443",
        @ExchangeBuilder _ steps: () -> [ScriptStep]
    ) {
        self.init(from: client, to: server, steps: steps())
    }

    package init(from client: String, to server: String, steps: [ScriptStep]) {
        let nowhere = Endpoint(Address(ipv4: 0), port: 0)
        self.client = Endpoint(client) ?? nowhere
        self.server = Endpoint(server) ?? nowhere
        var numbers = RunningNumbers()
        self.steps = steps.map { numbers.filled(in: $0) }
    }

    /// The numbers of the packets that the script flags, from 1: what a detector should point at.
    package var flaggedPackets: [UInt64] {
        let sent = steps.filter { $0.content != .silence }
        return sent.indices.filter { sent[$0].isFlagged }.map { UInt64($0 + 1) }
    }

    /// The same conversation with all sequence numbers moved round the circle.
    package func shifted(by distance: UInt32) -> Exchange {
        var copy = self
        copy.clientShift &+= distance
        copy.serverShift &+= distance &* 3
        return copy
    }

    /// The same conversation over IPv6.
    package var overIPv6: Exchange {
        var copy = self
        copy.client = Endpoint(client.address.overIPv6, port: client.port)
        copy.server = Endpoint(server.address.overIPv6, port: server.port)
        copy.steps = steps.map(\.overIPv6)
        return copy
    }

    /// The same conversation in tagged frames, as a mirror port that tags by direction shows it if
    /// `answers` are tagged otherwise.
    package func tagged(_ vlans: [UInt16], answers: [UInt16]? = nil) -> Exchange {
        var copy = self
        copy.vlans = vlans
        copy.answerVLANs = answers
        return copy
    }
}

extension Address {
    /// An IPv6 address for the same host of a script.
    var overIPv6: Address {
        Address(high: 0x2001_0DB8_0000_0000, low: low & 0xFFFF_FFFF)
    }
}

/// Collects the lines of a script.
@resultBuilder
package enum ExchangeBuilder {
    package static func buildExpression(_ step: ScriptStep) -> [ScriptStep] { [step] }
    package static func buildExpression(_ steps: [ScriptStep]) -> [ScriptStep] { steps }
    package static func buildBlock(_ parts: [ScriptStep]...) -> [ScriptStep] {
        parts.flatMap(\.self)
    }
    package static func buildArray(_ parts: [[ScriptStep]]) -> [ScriptStep] {
        parts.flatMap(\.self)
    }
    package static func buildOptional(_ part: [ScriptStep]?) -> [ScriptStep] { part ?? [] }
    package static func buildEither(first part: [ScriptStep]) -> [ScriptStep] { part }
    package static func buildEither(second part: [ScriptStep]) -> [ScriptStep] { part }
}
