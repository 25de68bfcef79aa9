/// A connection that ended well, in 40 octets: what a later one on its ports, TIME-WAIT and late
/// copies of its segments are judged by.
///
/// Times and packets count from those of its chunk. A flow that says more than this, or whose
/// numbers are too large for it, stays whole.
struct Remnant: BitwiseCopyable {
    /// From the lowest bit on 12 bits for the number of the service in the chunk, a bit for who
    /// closed first, a bit for one that has left, and from bit 16 on the initiator's port and its
    /// address: of IPv6, the number of that in the chunk.
    private var ends: UInt64
    /// From the lowest bit on how long it lasted, in nanoseconds (38 bits), its last packet (18),
    /// and the initiator's time to live (8).
    private let course: UInt64
    /// From the lowest bit on when its last packet came, in nanoseconds (29 bits), and the sequence
    /// numbers that the responder used (20) and the initiator (15).
    private let reach: UInt64
    private let initiatorNext: SequenceNumber
    private let responderNext: SequenceNumber
    private let initiatorTimestamp: UInt32
    private let responderTimestamp: UInt32

    /// It lasted for less, in nanoseconds: four and a half minutes.
    fileprivate static let duration: Int64 = 1 << 38
    /// Its ends used fewer sequence numbers.
    fileprivate static let initiatorSpace: Int32 = 1 << 15
    fileprivate static let responderSpace: Int32 = 1 << 20
    /// Its last packet came less than so much later than the first of its chunk, in nanoseconds and
    /// in packets.
    static let span: Int64 = 1 << 29
    static let packets: UInt64 = 1 << 18

    private static let closedByInitiator: UInt64 = 1 << 12
    private static let left: UInt64 = 1 << 13

    /// - Parameters:
    ///   - flow: one that `fitsRemnant`.
    ///   - address: the initiator's, or of IPv6 the number of that.
    ///   - service: the number of the responder's endpoint, up to 4,095.
    ///   - time: from when on its chunk counts; less than `span` before the flow's last packet.
    ///   - packet: the same in packets.
    @inline(always)
    init(
        _ flow: Flow,
        address: UInt32,
        service: Int,
        since time: Int64,
        _ packet: UInt64
    ) {
        let isHigh = flow.initiator == .high
        let port = isHigh ? flow.key.highPort : flow.key.lowPort
        let (initiator, responder) = isHigh ? (flow.high, flow.low) : (flow.low, flow.high)
        ends =
            UInt64(address) << 32 | UInt64(port) << 16 | UInt64(service)
            | (flow.closer == flow.initiator ? Self.closedByInitiator : 0)
        course =
            UInt64(bitPattern: flow.lastTime &- flow.begin) | (flow.lastPacket &- packet) << 38
            | UInt64(initiator.timeToLive) << 56
        reach =
            UInt64(bitPattern: flow.lastTime &- time) | UInt64(responder.spaceUsed) << 29
            | UInt64(initiator.spaceUsed) << 49
        initiatorNext = initiator.next
        responderNext = responder.next
        initiatorTimestamp = initiator.timestamp
        responderTimestamp = responder.timestamp
    }

    var hasLeft: Bool { ends & Self.left != 0 }

    mutating func leave() { ends |= Self.left }

    var service: Int { Int(truncatingIfNeeded: ends & 0xFFF) }
    var initiatorPort: UInt16 { UInt16(truncatingIfNeeded: ends >> 16) }
    /// The initiator's address, or of IPv6 the number of that.
    var address: UInt32 { UInt32(truncatingIfNeeded: ends >> 32) }
    /// When its last packet came, in nanoseconds since the first of its chunk.
    var offset: Int64 { Int64(truncatingIfNeeded: reach & UInt64(Self.span - 1)) }

    /// Makes the flow again as it was, but for what is of no use any more: its first packet, its
    /// letters, and how long its handshake took.
    ///
    /// - Parameters:
    ///   - initiator: who began it.
    ///   - responder: with whom.
    ///   - timeToLive: the responder's.
    ///   - time: from when on its chunk counts, in nanoseconds since 1970.
    ///   - packet: the same in packets.
    /// - Returns: the flow.
    func flow(
        from initiator: Endpoint,
        to responder: Endpoint,
        _ timeToLive: UInt8,
        since time: Int64,
        _ packet: UInt64
    ) -> Flow {
        let (key, side) = FlowKey.of(initiator, responder)
        let lastPacket = packet &+ course >> 38 & (Self.packets - 1)
        var flow = Flow(key: key, time: time &+ offset, packet: lastPacket)
        flow.begin = flow.lastTime &- Int64(truncatingIfNeeded: course & UInt64(Self.duration - 1))
        flow.synTime = flow.begin
        flow.history = .unwanted
        flow.phase = .closed
        (flow.syns, flow.synAcks, flow.attempts) = (1, 1, 1)
        flow.marks = Flow.endedWell
        if side == .high { flow.marks.insert(.initiatorIsHigh) }
        let isClosedByHigh = (ends & Self.closedByInitiator != 0) == (side == .high)
        if isClosedByHigh { flow.marks.insert(.closedByHigh) }
        let spaces = (
            initiator: UInt32(truncatingIfNeeded: reach >> 49),
            responder: UInt32(truncatingIfNeeded: reach >> 29) & UInt32(Self.responderSpace - 1)
        )
        flow[side] = EndpointState(
            closedAt: initiatorNext,
            using: spaces.initiator,
            responderNext,
            initiatorTimestamp,
            UInt8(truncatingIfNeeded: course >> 56)
        )
        flow[side.other] = EndpointState(
            closedAt: responderNext,
            using: spaces.responder,
            initiatorNext,
            responderTimestamp,
            timeToLive
        )
        return flow
    }
}

extension Flow {
    /// What is true of a connection that ended well.
    fileprivate static let endedWell: Marks = [.inUse, .alive, .completed, .timed]

    /// Whether a remnant holds all that may matter of it from now on.
    ///
    /// - Parameter isCounted: whether it must have been counted how its attempt to connect ended.
    /// - Returns: `false` where it must stay whole.
    func fitsRemnant(isCounted: Bool) -> Bool {
        guard phase == .closed,
            marks.subtracting([.initiatorIsHigh, .closedByHigh]) == Self.endedWell,
            eventLog.isEmpty, streamState == 0, incarnation == 0,
            syns == 1, synAcks == 1, attempts == 1, icmpErrors == 0,
            (0..<Remnant.duration).contains(lastTime &- begin),
            key.lowAddress.isIPv4 == key.highAddress.isIPv4
        else { return false }
        let (opener, other) = (self[initiator], self[initiator.other])
        return opener.hasEndedWell(isCounted: isCounted) && other.hasEndedWell(isCounted: false)
            && opener.acknowledged == other.next && other.acknowledged == opener.next
            && (0..<Remnant.initiatorSpace).contains(opener.spaceUsed)
            && (0..<Remnant.responderSpace).contains(other.spaceUsed)
    }
}

extension EndpointState {
    /// What is true of an end that spoke and closed.
    private static let endedWell: Marks = [
        .seen, .synchronized, .sentData, .sentFin, .finAcknowledged,
    ]

    fileprivate func hasEndedWell(isCounted: Bool) -> Bool {
        encapsulation == 0
            && marks == (isCounted ? Self.endedWell.union(.decided) : Self.endedWell)
    }

    fileprivate init(
        closedAt next: SequenceNumber,
        using space: UInt32,
        _ acknowledged: SequenceNumber,
        _ timestamp: UInt32,
        _ timeToLive: UInt8
    ) {
        initialSequence = next.advanced(by: 0 &- space)
        self.next = next
        self.acknowledged = acknowledged
        self.timestamp = timestamp
        self.timeToLive = timeToLive
        marks = Self.endedWell
    }
}
