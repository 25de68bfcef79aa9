import Tracking

extension History {
    /// The event of what one end said last.
    func lastData(of side: Side, in ending: Ending) -> Int? {
        let packet = ending.stream[side].last.packet
        return ending.incarnation.events.last { packet != 0 && events[$0].packet == packet }
    }

    /// The ends of those connections of which the capture misses nothing that silence could hide:
    /// only from these may a detector conclude that an end did not answer.
    var endings: [Ending] { allEndings.filter { !isCut($0) } }

    /// Whether packets of a connection are missing from the capture: bytes by their numbers, or the
    /// acknowledgment of data that its sender did not send again though it went on.
    func isCut(_ ending: Ending) -> Bool {
        [Side.low, .high].contains { side in
            if ending.stream.hasUncapturedData(of: side) { return true }
            // A closed window stops the timer; whoever resets gives up.
            let isHeld = ending.stream.stall?[side.other].closure != nil
            let hasReset = ending.resets.first.map { events[$0].side == side } ?? false
            return !isHeld && !hasReset && ending.stream.isCut(side, by: endTime(of: ending))
        }
    }

    /// Whether the sender of a RST goes on with data on the same connection: it ended nothing, and
    /// may not be its own.
    func isWithoutEffect(reset index: Int) -> Bool {
        let reset = events[index]
        return events.indices.suffix(from: index + 1).contains { later in
            let event = events[later]
            if case .duplicate = interpretations[later] { return false }
            return event.side == reset.side && event.incarnation == reset.incarnation
                && event.time > reset.time && event.payloadLength > 0 && event.isOfConnection
                && reset.sequence.distance(to: event.sequence) >= 0
        }
    }

    /// When the connection began to end, or the capture ended.
    func endTime(of ending: Ending) -> Int64 {
        ending.first.map { events[$0].time } ?? ending.stream.time
    }
}
