/// All flows of the capture: a hash index of 8-octet slots over records that never move.
///
/// Records are numbered in order of arrival, and used again once a flow had to go; the hash decides only
/// where the index finds them, so the seed does not show.
struct FlowTable: ~Copyable {
    private static let chunkShift = 12
    private static let chunkLength = 1 << chunkShift
    /// How many records an eviction looks at to find a quiet one.
    private static let evictionSample = 64

    /// A tag of 32 hash bits above a record number plus 1; 0 is an empty slot.
    private var slots: [UInt64]
    private var chunks: [[Flow]] = []
    private var free: [UInt32] = []
    private var hand = 0
    private let seed = UInt64.random(in: .min ... .max)
    /// Flows in the table.
    private(set) var count = 0
    /// Records ever used, free ones among them.
    private(set) var recordCount = 0
    /// The most flows that the table holds.
    let capacity: Int

    init(capacity: Int) {
        self.capacity = max(1, capacity)
        slots = [UInt64](repeating: 0, count: 1 << 12)
    }

    @inline(always)
    subscript(index: Int) -> Flow {
        get { chunks[index >> Self.chunkShift][index & (Self.chunkLength - 1)] }
        _modify { yield &chunks[index >> Self.chunkShift][index & (Self.chunkLength - 1)] }
    }

    var isFull: Bool { count >= capacity }

    /// The record number of `key`'s flow.
    @inline(always)
    func find(_ key: FlowKey) -> Int? {
        let tag = key.hash(seed: seed)
        let mask = slots.count - 1
        var position = Int(tag) & mask
        while true {
            let slot = slots[position]
            if slot == 0 { return nil }
            if UInt32(truncatingIfNeeded: slot >> 32) == tag {
                let index = Int(UInt32(truncatingIfNeeded: slot)) - 1
                if self[index].key == key { return index }
            }
            position = (position + 1) & mask
        }
    }

    /// Adds a flow whose key is not in the table, which must not be full.
    @inline(never)
    mutating func insert(_ flow: Flow) -> Int {
        if (count + 1) * 8 > slots.count * 5 { grow() }
        let index: Int
        if let recycled = free.popLast() {
            index = Int(recycled)
            self[index] = flow
        } else {
            index = recordCount
            if index >> Self.chunkShift == chunks.count {
                chunks.append([])
                chunks[chunks.count - 1].reserveCapacity(Self.chunkLength)
            }
            chunks[chunks.count - 1].append(flow)
            recordCount += 1
        }
        place(UInt64(flow.key.hash(seed: seed)) << 32 | UInt64(index + 1))
        count += 1
        return index
    }

    /// Takes a flow out; its record may be used again.
    mutating func remove(_ index: Int) {
        let mask = slots.count - 1
        var position = Int(self[index].key.hash(seed: seed)) & mask
        while UInt32(truncatingIfNeeded: slots[position]) != UInt32(index + 1) {
            position = (position + 1) & mask
        }
        closeGap(at: position)
        self[index].marks = []
        free.append(UInt32(index))
        count -= 1
    }

    /// The quietest of the next few records: the clock's hand, which gets round to everyone.
    mutating func quietest() -> Int? {
        var found: Int?
        var looked = 0
        while looked < recordCount, looked < Self.evictionSample || found == nil {
            hand = (hand + 1) % recordCount
            looked += 1
            guard self[hand].marks.contains(.inUse) else { continue }
            if let best = found, self[best].lastTime <= self[hand].lastTime { continue }
            found = hand
        }
        return found
    }

    /// Moves later entries of a probe run up, so that no search ends early (linear probing).
    private mutating func closeGap(at start: Int) {
        let mask = slots.count - 1
        var gap = start
        var position = (start + 1) & mask
        while slots[position] != 0 {
            let home = Int(slots[position] >> 32) & mask
            if (position - home) & mask >= (position - gap) & mask {
                slots[gap] = slots[position]
                gap = position
            }
            position = (position + 1) & mask
        }
        slots[gap] = 0
    }

    private mutating func place(_ slot: UInt64) {
        let mask = slots.count - 1
        var position = Int(slot >> 32) & mask
        while slots[position] != 0 { position = (position + 1) & mask }
        slots[position] = slot
    }

    /// Doubles the index; the tags tell the new places, so no record is touched.
    private mutating func grow() {
        let old = slots
        slots = [UInt64](repeating: 0, count: old.count * 2)
        for slot in old where slot != 0 { place(slot) }
    }
}
