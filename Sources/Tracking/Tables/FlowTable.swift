/// All flows of the capture: a hash index of 8-octet slots over records that never move.
///
/// Records are numbered in order of arrival, and used again once a flow had to go; the hash decides only
/// where the index finds them, so the seed does not show.
struct FlowTable: ~Copyable {
    /// How many records an eviction looks at to find a quiet one.
    private static let evictionSample = 64

    private var slots = SlotIndex()
    private var records = RecordStore<Flow>()
    private var free: [UInt32] = []
    private var hand = 0
    /// What makes the tags differ in every process.
    let seed = UInt64.random(in: .min ... .max)
    /// Flows in the table.
    private(set) var count = 0
    /// Records ever used, free ones among them.
    var recordCount: Int { records.count }
    /// The most flows that the table holds.
    let capacity: Int

    init(capacity: Int) {
        self.capacity = max(1, capacity)
    }

    @inline(always)
    subscript(index: Int) -> Flow {
        _read { yield records[index] }
        @inline(always)
        _modify { yield &records[index] }
    }

    var isFull: Bool { count >= capacity }

    /// Where the index begins to look for `key`.
    @inline(always)
    func tag(of key: FlowKey) -> UInt32 { key.hash(seed: seed) }

    /// Asks for the place in the index where a tag's search begins.
    @inline(always)
    func prefetchSlot(of tag: UInt32) { slots.prefetch(Int(tag)) }

    /// Asks for the record that a tag's search probably finds.
    @inline(always)
    func prefetchRecord(of tag: UInt32) {
        records.prefetch(Int(UInt32(truncatingIfNeeded: slots[Int(tag)])) - 1)
    }

    /// The record number of `key`'s flow.
    @inline(always)
    func find(_ key: FlowKey, tag: UInt32) -> Int? {
        var position = Int(tag)
        while true {
            let slot = slots[position]
            if slot == 0 { return nil }
            if UInt32(truncatingIfNeeded: slot >> 32) == tag {
                let index = Int(UInt32(truncatingIfNeeded: slot)) - 1
                if self[index].key == key { return index }
            }
            position = slots.next(position)
        }
    }

    func find(_ key: FlowKey) -> Int? { find(key, tag: tag(of: key)) }

    /// The tag of the same four-tuple in another domain: never the same, so that who looks for one of them does not
    /// find another.
    static func tag(_ tag: UInt32, within domain: UInt16) -> UInt32 {
        tag ^ UInt32(domain) &* 0x9E37_79B1
    }

    /// Adds a flow whose key is not in the table, which must not be full.
    ///
    /// - Returns: its record number, `nil` when there is no memory for it.
    @inline(never)
    mutating func insert(_ flow: Flow) -> Int? {
        if (count + 1) * 8 > slots.count * 5, !grow() { return nil }
        guard let index = record(flow) else { return nil }
        slots.place(UInt64(tag(of: flow)) << 32 | UInt64(index + 1))
        count += 1
        return index
    }

    private mutating func record(_ flow: Flow) -> Int? {
        guard let recycled = free.popLast() else { return records.append(flow) }
        records[Int(recycled)] = flow
        return Int(recycled)
    }

    /// Takes a flow out; its record may be used again.
    mutating func remove(_ index: Int) {
        closeGap(at: slot(of: index))
        self[index].marks = []
        free.append(UInt32(index))
        count -= 1
    }

    /// Puts a flow into another domain, in which its four-tuple has none.
    mutating func move(_ index: Int, to domain: UInt16) {
        closeGap(at: slot(of: index))
        self[index].domain = domain
        slots.place(UInt64(tag(of: self[index])) << 32 | UInt64(index + 1))
    }

    private func tag(of flow: Flow) -> UInt32 {
        Self.tag(flow.key.hash(seed: seed), within: flow.domain)
    }

    /// Where the index holds a record that is in the table.
    private func slot(of index: Int) -> Int {
        var position = Int(tag(of: self[index]))
        while UInt32(truncatingIfNeeded: slots[position]) != UInt32(index + 1) {
            position = slots.next(position)
        }
        return position
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
    private func closeGap(at start: Int) {
        var gap = start
        var position = slots.next(start)
        while slots[position] != 0 {
            let home = Int(slots[position] >> 32)
            if slots.distance(from: home, to: position) >= slots.distance(from: gap, to: position) {
                slots[gap] = slots[position]
                gap = position
            }
            position = slots.next(position)
        }
        slots[gap] = 0
    }

    /// Doubles the index; the tags tell the new places, so no record is touched.
    ///
    /// - Returns: `false` when there is no memory for that, and the index is too full.
    private mutating func grow() -> Bool {
        guard let larger = SlotIndex(count: slots.count * 2) else { return count + 1 < slots.count }
        for place in 0..<slots.count where slots[place] != 0 { larger.place(slots[place]) }
        slots = larger
        return true
    }
}
