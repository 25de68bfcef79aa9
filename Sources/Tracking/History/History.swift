/// All that the capture knows of one four-tuple: its events, what each of them means, and the
/// incarnations that they tell of.
///
/// Everything is matched against the set of all initial sequence numbers, since the story of a
/// failed reconnect is the story of answers to the wrong one.
///
/// By reference: all that a finding has yet to say of it holds it.
package final class History: Sendable {
    package let initiator: Endpoint
    package let responder: Endpoint
    package let initiatorSide: Side
    /// The VLANs and tunnels of its first packet.
    package let encapsulation: EncapsulationID
    /// Oldest first, duplicates among them.
    package let events: [Event]
    /// What each event means, by the same index.
    package let interpretations: [Interpretation]
    package let incarnations: [Incarnation]
    /// The first RST by which the other end rejects a segment, by the segment's event index.
    package let rejections: [Int: Int]
    /// Events that were only counted.
    package let omitted: Int
    /// When the flow's last packet was captured.
    package let lastTime: Int64
    /// The first event behind those; `nil` where none is missing.
    package let gap: Int?
    package let capture: CaptureFacts
    /// When the capture ended, or paused for the first time after the last packet.
    package let end: Int64
    /// Of the connections that came up and did not end well: what was said on them, oldest first.
    package let streams: [StreamSummary]
    /// The ends of those that may have ended badly, connections of which packets are missing among
    /// them.
    package let allEndings: [Ending]
    /// What its RSTs say of their reasons, by their packets.
    package let resetReasons: [UInt64: ResetReason]
    /// All that it shows.
    package let signals: Signals
    /// How many routers all packets of each end but RSTs have passed, as far as they were kept;
    /// `nil` for an end without any, or of which not all passed as many.
    private let steadyHops: (low: UInt8?, high: UInt8?)

    package init(_ flow: FlowEvents, in capture: CaptureFacts) {
        var interpreter = EventInterpreter(
            flow.events,
            newestInitiator: flow.initiator,
            gap: flow.gap
        )
        interpreter.read()
        gap = flow.gap
        events = flow.events
        interpretations = interpreter.interpretations
        incarnations = interpreter.incarnations
        rejections = interpreter.rejections
        initiatorSide = incarnations.last?.initiator ?? flow.initiator
        initiator = flow.key[initiatorSide]
        responder = flow.key[initiatorSide.other]
        encapsulation = flow.events.first?.encapsulation ?? .plain
        omitted = flow.omitted
        lastTime = flow.lastTime
        streams = flow.streams
        resetReasons = flow.resetReasons
        let hasAnswers = !capture.oneWayInitiators.contains(initiator.address)
        allEndings = hasAnswers ? interpreter.endings(of: flow.streams) : []
        self.capture = capture
        end = capture.end(after: flow.lastTime)
        steadyHops = (
            low: Self.steadyHops(of: .low, in: flow.events),
            high: Self.steadyHops(of: .high, in: flow.events)
        )
        var signals = Signals(
            events,
            interpretations,
            incarnations,
            streams,
            isOneEnd: initiator == responder
        )
        if capture.signed.signs(responder.address, for: initiator.address) {
            signals.insert(.signature)
        }
        self.signals = signals
    }

    private static func steadyHops(of side: Side, in events: [Event]) -> UInt8? {
        var steady: UInt8?
        for event in events where event.side == side && event.isOfConnection {
            let hops = Hops.passed(event.timeToLive)
            if let steady, steady != hops { return nil }
            steady = hops
        }
        return steady
    }

    /// How many routers all packets of an end but RSTs have passed; `nil` where they passed now
    /// more and now fewer.
    package func steadyHops(of side: Side) -> UInt8? {
        side == .low ? steadyHops.low : steadyHops.high
    }

    /// The same without what is known of other hosts, which a history that is kept for long would
    /// hold in memory.
    package var forgettingOtherHosts: History {
        History(self, in: capture.reduced(to: [initiator.address, responder.address]))
    }

    private init(_ other: History, in capture: CaptureFacts) {
        initiator = other.initiator
        responder = other.responder
        initiatorSide = other.initiatorSide
        encapsulation = other.encapsulation
        events = other.events
        interpretations = other.interpretations
        incarnations = other.incarnations
        rejections = other.rejections
        omitted = other.omitted
        lastTime = other.lastTime
        gap = other.gap
        self.capture = capture
        end = other.end
        streams = other.streams
        allEndings = other.allEndings
        resetReasons = other.resetReasons
        signals = other.signals
        steadyHops = other.steadyHops
    }

    /// What was said in an incarnation; `nil` where nothing remarkable was.
    package func stream(of incarnation: Incarnation) -> StreamSummary? {
        streams.last { Int($0.incarnation) == incarnation.number }
    }

    /// The endpoint that sent the segment of `event`.
    package func endpoint(of event: Event) -> Endpoint {
        event.side == initiatorSide ? initiator : responder
    }

    package func isFromInitiator(_ event: Event) -> Bool { event.side == initiatorSide }

    /// From one event to another, in nanoseconds; negative where the capture's clock went back.
    package func delay(from first: Int, to second: Int) -> Int64 {
        events[second].time - events[first].time
    }

    /// The first SYN of the newest attempt that an incarnation's event follows; `nil` before any.
    package func newestSYN(before event: Int) -> Int? {
        guard let incarnation = incarnations.firstIndex(where: { $0.events.contains(event) }) else {
            return nil
        }
        // In order of their first SYNs.
        var (low, high) = (0, incarnations[incarnation].attempts.count)
        while low < high {
            let middle = (low + high) / 2
            if incarnations[incarnation].attempts[middle].sendings[0] < event {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low == 0 ? nil : incarnations[incarnation].attempts[low - 1].sendings[0]
    }

    /// Every SYN-ACK with what it acknowledges, by event index.
    package func answers(in range: Range<Int>? = nil) -> [(event: Int, answer: Answer)] {
        (range ?? events.indices).compactMap { index in
            if case .answer(let answer) = interpretations[index] { return (index, answer) }
            return nil
        }
    }

    /// Every RST with the rule that explains it, by event index.
    package func resets() -> [(event: Int, rule: Reset.Rule)] {
        events.indices.compactMap { index in
            if case .reset(let reset) = interpretations[index] { return (index, reset.rule) }
            return nil
        }
    }

    /// Whether any incarnation came up.
    package var isEverEstablished: Bool { incarnations.contains { $0.isEstablished } }
}
