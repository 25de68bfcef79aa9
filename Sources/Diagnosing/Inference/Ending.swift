import Tracking

/// How a connection that came up ended, of which the tracker remembered what was said.
struct Ending {
    let incarnation: Incarnation
    let stream: StreamSummary
    /// The first FIN of each end that sent one, in order of capture, by event index.
    let fins: [Int]
    /// The RSTs that came when the connection was up, by event index.
    let resets: [Int]

    /// The first FIN or RST; `nil` where the capture ended before.
    var first: Int? { [fins.first, resets.first].compactMap(\.self).min() }
}

extension History {
    /// The ends of the connections that may have ended badly.
    var endings: [Ending] {
        guard !streams.isEmpty, !capture.oneWayInitiators.contains(initiator.address) else {
            return []
        }
        var endings: [Ending] = []
        for place in streams.indices where streams[place].hasBothDirections {
            let number = Int(streams[place].incarnation)
            guard
                let incarnation = incarnations.indices.first(where: {
                    incarnations[$0].number == number
                }),
                incarnations[incarnation].isEstablished
            else { continue }
            endings.append(ending(of: incarnations[incarnation], streams[place]))
        }
        return endings
    }

    private func ending(of incarnation: Incarnation, _ stream: StreamSummary) -> Ending {
        var fins: [Int] = []
        var resets: [Int] = []
        for index in incarnation.events where index > incarnation.completion ?? -1 {
            if case .duplicate = interpretations[index] { continue }
            switch events[index].kind {
            case .fin where !fins.contains(where: { events[$0].side == events[index].side }):
                fins.append(index)
            case .rst where !rejectsAnswer(index):
                resets.append(index)
            default: break
            }
        }
        return Ending(incarnation: incarnation, stream: stream, fins: fins, resets: resets)
    }

    /// Whether a RST is about a late SYN-ACK, and not about the connection.
    private func rejectsAnswer(_ index: Int) -> Bool {
        guard case .reset(let reset) = interpretations[index],
            case .rejects(let subject) = reset.rule
        else {
            return false
        }
        return events[subject].kind == .synAck
    }

    /// The event of what one end said last.
    func lastData(of side: Side, in ending: Ending) -> Int? {
        let packet = ending.stream[side].last.packet
        return ending.incarnation.events.last { packet != 0 && events[$0].packet == packet }
    }

    /// When the connection began to end, or the capture ended.
    func endTime(of ending: Ending) -> Int64 {
        ending.first.map { events[$0].time } ?? ending.stream.time
    }
}
