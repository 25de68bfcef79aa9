import Tracking

/// What the packets that one end of a connection sent have in common, RSTs left out: the measure of
/// a RST that claims to come from it.
struct OwnPackets {
    /// How far a sender's IPv4 identification may move on between two packets.
    private static let seriesReach: UInt16 = 2048
    /// Fewer packets show no series.
    private static let seriesLength = 3

    /// Their indices in the history, ascending.
    let packets: [Int]
    /// Those with payload.
    let data: [Int]
    /// The TTL of all; `nil` if there is more than one, or no packet.
    let usualTimeToLive: UInt8?
    /// The source MAC address of all that have one; `nil` if there is more than one, or none.
    let usualCard: MACAddress?
    /// Whether there are packets, and each carries timestamps.
    let allHaveTimestamps: Bool
    /// The last packet's; `nil` if there is none.
    let newestIdentification: UInt16?
    private let identifications: [UInt16]
    private let isSeries: Bool

    init(of side: Side, in incarnation: Incarnation, _ history: History) {
        var (packets, data, identifications) = ([] as [Int], [] as [Int], [] as [UInt16])
        packets.reserveCapacity(incarnation.events.count)
        identifications.reserveCapacity(incarnation.events.count)
        var (timeToLive, card) = (OnlyValue<UInt8>(), OnlyValue<MACAddress>())
        var (allHaveTimestamps, hasSteps) = (true, true)
        for index in incarnation.events {
            let event = history.events[index]
            guard event.side == side, event.isOfConnection else { continue }
            packets.append(index)
            if event.payloadLength > 0 { data.append(index) }
            timeToLive.take(event.timeToLive)
            if let source = event.linkFacts.source { card.take(source) }
            if !event.hasTimestamps { allHaveTimestamps = false }
            if let last = identifications.last,
                event.identification &- last >= Self.seriesReach
            {
                hasSteps = false
            }
            identifications.append(event.identification)
        }
        self.packets = packets
        self.data = data
        usualTimeToLive = timeToLive.value
        usualCard = card.value
        self.allHaveTimestamps = !packets.isEmpty && allHaveTimestamps
        newestIdentification = identifications.last
        self.identifications = identifications
        isSeries = packets.count >= Self.seriesLength && hasSteps
    }

    /// Whether the sender numbers its packets in a series, or not at all, and an identification
    /// does not fit in.
    func isOutOfSeries(_ identification: UInt16) -> Bool {
        if let first = identifications.first, first == 0, identifications.allSatisfy({ $0 == 0 }) {
            return identification != 0
        }
        return isSeries && !identifications.contains { identification &- $0 < Self.seriesReach }
    }
}

/// What all values are that came; `nil` if they differ, or there are none.
private struct OnlyValue<Value: Equatable> {
    private(set) var value: Value?
    private var isSeveral = false

    mutating func take(_ next: Value) {
        if isSeveral { return }
        if let value, value != next {
            isSeveral = true
            self.value = nil
        } else {
            value = next
        }
    }
}
