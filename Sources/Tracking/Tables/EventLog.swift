/// The events of one flow, oldest first, as a chain in a `EventLogStore`.
///
/// A log of more than `EventLogStore.limit` events keeps its first half and its last half.
struct EventLog: BitwiseCopyable {
    fileprivate(set) var head: UInt32 = 0
    fileprivate(set) var tail: UInt32 = 0
    fileprivate(set) var count: UInt32 = 0

    var isEmpty: Bool { count == 0 }
}

/// Where all tapes lie: events in blocks that never move, recycled through a free chain.
struct EventLogStore: ~Copyable {
    /// The most events that one log holds: what examining a flow may cost follows from that, and
    /// not from how long the flow goes on.
    static let limit: UInt32 = 1024

    /// Index 0 is never used: it ends every chain.
    private var store = RecordStore<Event>()
    /// What only long tapes need, by their heads; every flow would pay for it otherwise.
    private var middles: [UInt32: Middle] = [:]
    private var free: UInt32 = 0
    /// The most events that all tapes together hold.
    private let capacity: UInt32
    /// Events that found no room.
    private(set) var refused: UInt64 = 0

    /// Where a long log loses events.
    private struct Middle {
        /// The last event of the first half, behind which the oldest of the second half is dropped.
        let pivot: UInt32
        /// Events between the two halves that were dropped.
        var omitted = 0
    }

    init(capacity: UInt32) {
        self.capacity = capacity
    }

    private subscript(index: UInt32) -> Event {
        @inline(always)
        _read { yield store[Int(index)] }
        @inline(always)
        _modify { yield &store[Int(index)] }
    }

    @inline(always)
    mutating func append(_ event: Event, to eventLog: inout EventLog) {
        let index = free
        guard index != 0 else {
            appendAnew(event, to: &eventLog)
            return
        }
        free = self[index].link
        self[index] = event
        link(index, to: &eventLog)
    }

    @inline(never)
    private mutating func appendAnew(_ event: Event, to eventLog: inout EventLog) {
        if store.count == 0 { _ = store.append(event) }
        guard store.count > 0, store.count <= capacity, let index = store.append(event) else {
            refused += 1
            return
        }
        link(UInt32(index), to: &eventLog)
    }

    @inline(always)
    private mutating func link(_ index: UInt32, to eventLog: inout EventLog) {
        if eventLog.count == 0 { eventLog.head = index } else { self[eventLog.tail].link = index }
        eventLog.tail = index
        eventLog.count &+= 1
        if eventLog.count >= Self.limit / 2 { shorten(&eventLog) }
    }

    /// Notes where the first half of a long log ends, and drops the oldest event behind it where it
    /// is too long.
    @inline(never)
    private mutating func shorten(_ eventLog: inout EventLog) {
        if eventLog.count == Self.limit / 2, middles[eventLog.head] == nil {
            middles[eventLog.head] = Middle(pivot: eventLog.tail)
        }
        if eventLog.count > Self.limit { dropOne(of: &eventLog) }
    }

    private mutating func dropOne(of eventLog: inout EventLog) {
        guard let pivot = middles[eventLog.head]?.pivot else { return }
        let dropped = self[pivot].link
        self[pivot].link = self[dropped].link
        release(dropped)
        eventLog.count -= 1
        middles[eventLog.head]?.omitted += 1
    }

    /// How many events were dropped between the two halves of a long log, and the packet of the
    /// first one behind them; `nil` where none was.
    func gap(on eventLog: EventLog) -> (omitted: Int, packet: UInt64)? {
        guard let middle = middles[eventLog.head], middle.omitted > 0 else { return nil }
        return (middle.omitted, self[self[middle.pivot].link].packet)
    }

    mutating func erase(_ eventLog: inout EventLog) {
        if eventLog.count >= Self.limit / 2 { middles[eventLog.head] = nil }
        if eventLog.count > 0 {
            self[eventLog.tail].link = free
            free = eventLog.head
        }
        eventLog = EventLog()
    }

    /// The oldest event.
    func first(on eventLog: EventLog) -> Event? {
        eventLog.isEmpty ? nil : self[eventLog.head]
    }

    /// The newest event.
    func last(on eventLog: EventLog) -> Event? {
        eventLog.isEmpty ? nil : self[eventLog.tail]
    }

    /// Notes with the newest event what its TLS records hold.
    ///
    /// - Returns: whether that event is of this packet.
    mutating func note(_ contents: TLSContents, of packet: UInt64, on eventLog: EventLog) -> Bool {
        guard !eventLog.isEmpty, self[eventLog.tail].packet == packet else { return false }
        self[eventLog.tail].contents = contents
        return true
    }

    func events(on eventLog: EventLog) -> [Event] {
        var events: [Event] = []
        events.reserveCapacity(Int(eventLog.count))
        var index = eventLog.head
        while index != 0 {
            events.append(self[index])
            index = self[index].link
        }
        return events
    }

    private mutating func release(_ index: UInt32) {
        self[index].link = free
        free = index
    }
}
