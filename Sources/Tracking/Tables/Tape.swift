/// The events of one flow, oldest first, as a chain in a `TapeStore`.
///
/// A tape of more than `TapeStore.limit` events keeps its first half and its last half.
struct Tape: BitwiseCopyable {
    fileprivate(set) var head: UInt32 = 0
    fileprivate(set) var tail: UInt32 = 0
    fileprivate(set) var count: UInt32 = 0

    var isEmpty: Bool { count == 0 }
}

/// Where all tapes lie: events in blocks that never move, recycled through a free chain.
struct TapeStore: ~Copyable {
    /// The most events that one tape holds.
    static let limit: UInt32 = 4096

    /// Index 0 is never used: it ends every chain.
    private var store = RecordStore<Event>()
    /// What only long tapes need, by their heads; every flow would pay for it otherwise.
    private var middles: [UInt32: Middle] = [:]
    private var free: UInt32 = 0
    /// The most events that all tapes together hold.
    private let capacity: UInt32
    /// Events that found no room.
    private(set) var refused: UInt64 = 0

    /// Where a long tape loses events.
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
    mutating func append(_ event: Event, to tape: inout Tape) {
        let index = free
        guard index != 0 else {
            appendAnew(event, to: &tape)
            return
        }
        free = self[index].link
        self[index] = event
        link(index, to: &tape)
    }

    @inline(never)
    private mutating func appendAnew(_ event: Event, to tape: inout Tape) {
        if store.count == 0 { _ = store.append(event) }
        guard store.count > 0, store.count <= capacity, let index = store.append(event) else {
            refused += 1
            return
        }
        link(UInt32(index), to: &tape)
    }

    @inline(always)
    private mutating func link(_ index: UInt32, to tape: inout Tape) {
        if tape.count == 0 { tape.head = index } else { self[tape.tail].link = index }
        tape.tail = index
        tape.count &+= 1
        if tape.count >= Self.limit / 2 { shorten(&tape) }
    }

    /// Notes where the first half of a long tape ends, and drops the oldest event behind it where it is too long.
    @inline(never)
    private mutating func shorten(_ tape: inout Tape) {
        if tape.count == Self.limit / 2, middles[tape.head] == nil {
            middles[tape.head] = Middle(pivot: tape.tail)
        }
        if tape.count > Self.limit { dropOne(of: &tape) }
    }

    private mutating func dropOne(of tape: inout Tape) {
        guard let pivot = middles[tape.head]?.pivot else { return }
        let dropped = self[pivot].link
        self[pivot].link = self[dropped].link
        release(dropped)
        tape.count -= 1
        middles[tape.head]?.omitted += 1
    }

    /// How many events were dropped between the two halves of a long tape.
    func omitted(on tape: Tape) -> Int {
        middles[tape.head]?.omitted ?? 0
    }

    mutating func erase(_ tape: inout Tape) {
        if tape.count >= Self.limit / 2 { middles[tape.head] = nil }
        if tape.count > 0 {
            self[tape.tail].link = free
            free = tape.head
        }
        tape = Tape()
    }

    /// The oldest event.
    func first(on tape: Tape) -> Event? {
        tape.isEmpty ? nil : self[tape.head]
    }

    /// The newest event.
    func last(on tape: Tape) -> Event? {
        tape.isEmpty ? nil : self[tape.tail]
    }

    /// Notes with the newest event what its TLS records hold.
    ///
    /// - Returns: whether that event is of this packet.
    mutating func note(_ contents: TLSContents, of packet: UInt64, on tape: Tape) -> Bool {
        guard !tape.isEmpty, self[tape.tail].packet == packet else { return false }
        self[tape.tail].contents = contents
        return true
    }

    func events(on tape: Tape) -> [Event] {
        var events: [Event] = []
        events.reserveCapacity(Int(tape.count))
        var index = tape.head
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
