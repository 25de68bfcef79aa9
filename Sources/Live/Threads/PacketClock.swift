/// The time by which packets are late or early, in nanoseconds since 1970: the host's, or, for
/// packets of a pipe, that of the latest one and what has passed since it came.
struct PacketClock {
    private let isOfPackets: Bool
    private var latest: (time: Int64, arrival: Int64)?

    init(isOfPackets: Bool) { self.isOfPackets = isOfPackets }

    var now: Int64 {
        guard isOfPackets, let latest else { return Clocks.wall }
        let (time, isTooLate) = latest.time.addingReportingOverflow(
            Clocks.monotonic - latest.arrival
        )
        return isTooLate ? .max : time
    }

    /// Takes down when the latest packet was captured.
    mutating func note(_ time: Int64) {
        guard isOfPackets, time >= latest?.time ?? .min else { return }
        latest = (time, Clocks.monotonic)
    }
}
