/// SYNs that were captured twice, before and behind an address translation: both copies are of one
/// connection.
package struct Translations: Sendable {
    /// Remember at most this many connections.
    private static let limit = 4096
    /// The newest SYNs are compared with, by their numbers.
    private static let slots = 256
    /// A device takes at most so long to translate and forward, in nanoseconds.
    private static let passage: Int64 = 5_000_000

    /// One end of both copies, or both, has another address or port.
    package struct Pair: Hashable, Sendable {
        package let initiator: Endpoint
        package let responder: Endpoint
        package let translatedInitiator: Endpoint
        package let translatedResponder: Endpoint
        /// The network card that the copy came from: the device's, if no router is behind it.
        package let card: MACAddress?
        /// Whether the capturing host received the SYN and sent on the copy.
        package let isByCapturer: Bool
        /// The number by which both are known.
        fileprivate let sequence: SequenceNumber

        fileprivate var keys: (original: FlowKey, copy: FlowKey) {
            (
                FlowKey.of(initiator, responder).key,
                FlowKey.of(translatedInitiator, translatedResponder).key
            )
        }
    }

    /// A SYN that the next one may be a copy of.
    private struct Recent {
        var facts = SegmentFacts()
        var key = FlowKey.of(
            Endpoint(Address(high: 0, low: 0), port: 0),
            Endpoint(Address(high: 0, low: 0), port: 0)
        ).key
        var side = Side.low
        var direction = LinkFacts.Direction.unknown

        var source: Endpoint { key[side] }
        var destination: Endpoint { key[side.other] }
    }

    private var recent = [Recent](repeating: Recent(), count: slots)
    /// In order of capture.
    package private(set) var pairs: [Pair] = []
    private var known: Set<Pair> = []
    /// Those that found no place.
    package private(set) var refused: UInt64 = 0

    package init() {}

    /// Takes a SYN without ACK.
    @inline(always)
    mutating func note(_ segment: borrowing FlowSegment) {
        let number = segment.sequence.rawValue &* 0x9E37_79B9
        let slot = Int(truncatingIfNeeded: number >> 24)
        if recent[slot].facts.sequence == segment.sequence { compare(segment, recent[slot]) }
        recent[slot] = Recent(
            facts: segment.facts,
            key: segment.key,
            side: segment.side,
            direction: segment.link.direction
        )
    }

    /// Takes a SYN down that is another one, a router later and with other ends.
    @inline(never)
    private mutating func compare(_ segment: borrowing FlowSegment, _ former: Recent) {
        let options = segment.options
        // IPv6 has no identification: then the timestamp tells SYNs apart.
        let isMarked =
            segment.identification != 0
            || options.presence.contains(.timestamps) && options.timestampValue != 0
        guard (0...Self.passage).contains(segment.time &- former.facts.time),
            segment.timeToLive &+ 1 == former.facts.timeToLive,
            isMarked, former.facts.identification == segment.identification,
            former.facts.window == segment.window,
            former.facts.options.timestampValue == options.timestampValue,
            former.facts.options.windowScale == options.windowScale,
            former.facts.options.presence == options.presence,
            former.source != segment.source || former.destination != segment.destination
        else { return }
        let pair = Pair(
            initiator: former.source,
            responder: former.destination,
            translatedInitiator: segment.source,
            translatedResponder: segment.destination,
            card: segment.link.source,
            isByCapturer: former.direction == .incoming && segment.link.direction == .outgoing,
            sequence: segment.sequence
        )
        guard !known.contains(pair) else { return }
        guard pairs.count < Self.limit else {
            refused += 1
            return
        }
        pairs.append(pair)
        known.insert(pair)
    }
}

extension Tracker {
    /// Counts the copies of connections, and those among them that were established on both sides,
    /// while flows can be looked up.
    mutating func countTranslations() {
        for pair in aggregates.translations.pairs {
            let (original, copy) = pair.keys
            guard original != copy else { continue }
            tally.translatedCopies &+= 1
            if isEstablished(original), isEstablished(copy) { tally.establishedCopies &+= 1 }
        }
        tally.translations = aggregates.translations.pairs
    }

    private func isEstablished(_ key: FlowKey) -> Bool {
        guard let number = flows.table.find(key) else { return false }
        if number < FlowTable.firstRemnant { return flows.table[number].marks.contains(.completed) }
        return number < FlowTable.firstHalfOpen
    }
}
