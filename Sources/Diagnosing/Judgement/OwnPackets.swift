import Tracking

/// What the packets that one end of a connection sent have in common, RSTs left out: the measure of a RST that
/// claims to come from it.
struct OwnPackets {
    /// How far a sender's IPv4 identification may move on between two packets.
    private static let seriesReach: UInt16 = 2048
    /// Fewer packets show no series.
    private static let seriesLength = 3

    /// Their places in the history, ascending.
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

    init(of side: Side, in life: Incarnation, _ history: History) {
        packets = life.events.filter { index in
            let event = history.events[index]
            guard event.side == side else { return false }
            return switch event.kind {
            case .rst, .icmp, .formerConnection, .addressClaim, .portmap: false
            case .syn, .synAck, .fin, .data, .ack: true
            }
        }
        data = packets.filter { history.events[$0].payloadLength > 0 }
        let events = packets.lazy.map { history.events[$0] }
        usualTimeToLive = events.map(\.timeToLive).onlyValue
        usualCard = events.compactMap(\.linkFacts.source).onlyValue
        allHaveTimestamps = !packets.isEmpty && events.allSatisfy(\.hasTimestamps)
        newestIdentification = events.last?.identification
        identifications = packets.map { history.events[$0].identification }
        let hasSteps = zip(events, events.dropFirst()).allSatisfy {
            $1.identification &- $0.identification < Self.seriesReach
        }
        isSeries = packets.count >= Self.seriesLength && hasSteps
    }

    /// Whether the sender numbers its packets in a series, or not at all, and an identification does not fit in.
    func isOutOfSeries(_ identification: UInt16) -> Bool {
        if let first = identifications.first, first == 0, identifications.allSatisfy({ $0 == 0 }) {
            return identification != 0
        }
        return isSeries && !identifications.contains { identification &- $0 < Self.seriesReach }
    }
}

extension Sequence where Element: Equatable {
    /// What all elements are; `nil` if they differ, or there are none.
    fileprivate var onlyValue: Element? {
        var iterator = makeIterator()
        guard let first = iterator.next() else { return nil }
        while let next = iterator.next() {
            if next != first { return nil }
        }
        return first
    }
}
