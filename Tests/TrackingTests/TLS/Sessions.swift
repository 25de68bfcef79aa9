import Testing

@testable import Tracking

/// What was said on the last connection of a script, which must not end well.
func stream(_ exchange: Exchange) throws -> StreamSummary {
    let flow = try #require(try track(exchange.frames).flows.first)
    return try #require(flow.streams.last)
}

/// What was said on a connection that comes up, takes these steps, and is reset.
func stream(@ExchangeBuilder _ steps: () -> [ScriptStep]) throws -> StreamSummary {
    let end = [server.reset()]
    return try stream(
        Exchange(
            from: "192.0.2.10:50000",
            to: "198.51.100.20:443",
            steps: ScriptOpening.tcp + steps() + end
        )
    )
}

func session(@ExchangeBuilder _ steps: () -> [ScriptStep]) throws -> TLSSession {
    try #require(try stream(steps).tls)
}

extension TLSSession {
    var server: RecordStream { self[client.other] }
    var clients: RecordStream { self[client] }
}

extension RecordStream {
    /// What does not depend on how the octets were cut into segments.
    var essence: Essence {
        Essence(
            messages: messages,
            lastMessage: lastMessage,
            dataRecords: dataRecords,
            dataOctets: dataOctets,
            alertLength: alert?.length,
            hasGap: hasGap,
            recordEnd: recordEnd
        )
    }

    struct Essence: Equatable {
        let messages: TLSMessages
        let lastMessage: TLSMessage?
        let dataRecords: UInt32
        let dataOctets: UInt32
        let alertLength: UInt16?
        let hasGap: Bool
        let recordEnd: SequenceNumber
    }
}

extension TLSMessages {
    static func these(_ messages: TLSMessage...) -> TLSMessages {
        messages.reduce(into: TLSMessages(rawValue: 0)) { $0.insert(TLSMessages($1)) }
    }
}

/// Octets cut into segments of one sender, that begin at these offsets.
func segments(of octets: [UInt8], cutAt offsets: [Int], from party: Party) -> [ScriptStep] {
    let bounds = [0] + offsets + [octets.count]
    return zip(bounds, bounds.dropFirst()).map { party.data(Array(octets[$0..<$1])) }
}
