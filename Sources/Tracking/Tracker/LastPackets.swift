/// The last packets of each flow before an instant, and the first one after it.
///
/// Memory is bounded, and nothing near the instant is lost by that: where the table is full, the
/// flows that have been silent for longest go, and those are the furthest from it.
package struct LastPackets {
    /// The last packets of one four-tuple.
    package struct FlowTail: Sendable {
        package let key: FlowKey
        /// Up to the instant, the oldest first.
        package fileprivate(set) var packets: [Event] = []
        /// The first one after the instant.
        package fileprivate(set) var next: Event?
        /// How many packets the flow had up to the instant.
        package fileprivate(set) var count = 0

        /// When the newest of the packets up to the instant was captured.
        package var lastTime: Int64 { packets.last?.time ?? .min }
    }

    /// As many flows are held at a time.
    package static let flowLimit = 65_536

    /// In nanoseconds since 1970; `nil` until there is a packet.
    package private(set) var instant: Int64?
    /// Flows that had to make room for newer ones.
    package private(set) var flowsEvicted = 0

    private let resolve: (_ first: Int64) -> Int64
    private let packetLimit: Int
    private let flowLimit: Int
    private var slots: [FlowKey: Int] = [:]
    private var tails: [FlowTail] = []

    /// - Parameters:
    ///   - packetLimit: how many packets of a flow are kept.
    ///   - flowLimit: how many flows are kept at a time, at least.
    ///   - resolve: the instant, by the time of the first packet.
    package init(
        packetLimit: Int = 8,
        flowLimit: Int = flowLimit,
        resolve: @escaping (_ first: Int64) -> Int64
    ) {
        self.packetLimit = max(1, packetLimit)
        self.flowLimit = max(1, flowLimit)
        self.resolve = resolve
    }

    /// Looks at one frame; what is no part of a TCP flow is left aside.
    package mutating func note(_ frame: borrowing Frame) {
        let instant = self.instant ?? resolve(frame.time)
        self.instant = instant
        let decoded = DecodedFrame(frame)
        let facts = FrameFacts(frame, encapsulation: .plain, link: decoded.link)
        switch decoded.packet {
        case .segment(let segment):
            let segment = FlowSegment(segment, in: frame, facts)
            note(Event(segment), of: segment.key, instant)
        case .icmpError(let error):
            let (key, side) = FlowKey.of(error.quoted.source, error.quoted.destination)
            note(Event(error, side: side, in: facts), of: key, instant)
        case .addressClaim, .unread:
            break
        }
    }

    private mutating func note(_ event: Event, of key: FlowKey, _ instant: Int64) {
        if event.time > instant {
            guard let slot = slots[key], tails[slot].next == nil else { return }
            tails[slot].next = event
            return
        }
        let slot = slots[key] ?? begin(key)
        tails[slot].count += 1
        tails[slot].packets.append(event)
        if tails[slot].packets.count > packetLimit { tails[slot].packets.removeFirst() }
    }

    private mutating func begin(_ key: FlowKey) -> Int {
        // Up to twice the limit, so that making room costs little a flow.
        if tails.count >= 2 * flowLimit { dropOldest() }
        slots[key] = tails.count
        tails.append(FlowTail(key: key))
        return tails.count - 1
    }

    private mutating func dropOldest() {
        let kept = nearest(flowLimit)
        flowsEvicted += tails.count - kept.count
        tails = kept
        slots = Dictionary(uniqueKeysWithValues: kept.enumerated().map { ($1.key, $0) })
    }

    /// How many flows had a packet up to the instant; one that made room and came back counts
    /// twice.
    package var flows: Int { tails.count + flowsEvicted }

    /// The flows whose last packet before the instant is nearest to it, the nearest first.
    package func nearest(_ count: Int) -> [FlowTail] {
        let order = tails.indices.sorted { left, right in
            let (first, second) = (tails[left], tails[right])
            if first.lastTime != second.lastTime { return first.lastTime > second.lastTime }
            return (first.packets.last?.packet ?? 0) > (second.packets.last?.packet ?? 0)
        }
        return order.prefix(count).map { tails[$0] }
    }
}
