import Tracking

extension History {
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
