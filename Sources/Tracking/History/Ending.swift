/// How a connection that came up ended, of which the tracker remembered what was said.
package struct Ending: Sendable {
    package let incarnation: Incarnation
    package let stream: StreamSummary
    /// The first FIN of each end that sent one, in order of capture, by event index.
    package let fins: [Int]
    /// The RSTs that came when the connection was up, by event index.
    package let resets: [Int]

    /// The first FIN or RST; `nil` where the capture ended before.
    package var first: Int? { [fins.first, resets.first].compactMap(\.self).min() }
}

extension Ending {
    init(
        of incarnation: Incarnation,
        _ stream: StreamSummary,
        in events: [Event],
        _ interpretations: [Interpretation]
    ) {
        var fins: [Int] = []
        var resets: [Int] = []
        for index in incarnation.events where index > incarnation.completion ?? -1 {
            switch (events[index].kind, interpretations[index]) {
            case (_, .duplicate): break
            case (.fin, _) where !fins.contains { events[$0].side == events[index].side }:
                fins.append(index)
            case (.rst, .reset(let reset)) where reset.rejectsAnswer(in: events): break
            case (.rst, _): resets.append(index)
            default: break
            }
        }
        self.init(incarnation: incarnation, stream: stream, fins: fins, resets: resets)
    }
}

extension EventInterpreter {
    /// How connections that came up ended, of those of which both ends were captured.
    func endings(of streams: [StreamSummary]) -> [Ending] {
        streams.compactMap { stream in
            let incarnation = incarnations.first { $0.number == Int(stream.incarnation) }
            guard stream.hasBothDirections, let incarnation, incarnation.isEstablished else {
                return nil
            }
            return Ending(of: incarnation, stream, in: events, interpretations)
        }
    }
}

extension Reset {
    /// Whether it is about a late SYN-ACK, and not about the connection.
    fileprivate func rejectsAnswer(in events: [Event]) -> Bool {
        if case .rejects(let subject) = rule { events[subject].kind == .synAck } else { false }
    }
}
