/// All flows of the capture: a hash index of 8-octet slots over records that never move.
///
/// Records are numbered in order of arrival, and used again once a flow had to go; the hash decides
/// only where the index finds them, so the seed does not show.
struct FlowTable: ~Copyable {
    /// How many records an eviction looks at to find a quiet one.
    private static let evictionSample = 64
    /// So many evictions ahead the index is asked for.
    private static let openingReach = 8

    /// From this record number on, flows are remnants.
    static let firstRemnant = 1 << 30
    /// From this record number on, flows are openings.
    static let firstHalfOpen = 1 << 31

    private var slots = SlotIndex()
    private var records = RecordStore<Flow>()
    private var free: [UInt32] = []
    private var hand = 0
    private var halfOpenFlows = RecordStore<HalfOpenFlow>()
    var templates = SYNTemplates()
    private var freeHalfOpenFlows: [UInt32] = []
    private var openingHand = 0
    private var remnants = RemnantStore()
    private var roundRecord = 0
    private var roundHalfOpen = 0
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

    /// Asks for the slot of the index where a tag's search begins.
    @inline(always)
    func prefetchSlot(of tag: UInt32) { slots.prefetch(Int(tag)) }

    /// Asks for the record that a tag's search probably finds.
    @inline(always)
    func prefetchRecord(of tag: UInt32) {
        let number = Int(UInt32(truncatingIfNeeded: slots[Int(tag)])) - 1
        if number >= Self.firstHalfOpen { return prefetch(halfOpen: number) }
        records.prefetch(number)
    }

    @inline(always)
    private func prefetch(halfOpen number: Int) {
        halfOpenFlows.prefetch(number - Self.firstHalfOpen)
    }

    /// The record number of `key`'s flow, or of its opening or its remnant.
    @inline(always)
    func find(_ key: FlowKey, tag: UInt32) -> Int? {
        var position = Int(tag)
        var slot = slots[position]
        // Tags alone first: of two keys that have the same, the loop below tells.
        while slot != 0, UInt32(truncatingIfNeeded: slot >> 32) != tag {
            position = slots.next(position)
            slot = slots[position]
        }
        if slot == 0 { return nil }
        let index = Int(UInt32(truncatingIfNeeded: slot)) - 1
        return index < Self.firstRemnant && self[index].key == key ? index : search(key, tag: tag)
    }

    @inline(never)
    private func search(_ key: FlowKey, tag: UInt32) -> Int? {
        var position = Int(tag)
        while true {
            let slot = slots[position]
            if slot == 0 { return nil }
            if UInt32(truncatingIfNeeded: slot >> 32) == tag {
                let index = Int(UInt32(truncatingIfNeeded: slot)) - 1
                if index < Self.firstRemnant
                    ? self[index].key == key : isPartNumber(index, of: key)
                {
                    return index
                }
            }
            position = slots.next(position)
        }
    }

    func find(_ key: FlowKey) -> Int? { find(key, tag: tag(of: key)) }

    @inline(always)
    private func isPartNumber(_ number: Int, of key: FlowKey) -> Bool {
        number < Self.firstHalfOpen
            ? remnants.key(of: number - Self.firstRemnant) == key
            : halfOpenFlows[number - Self.firstHalfOpen].key.key == key
    }

    /// The opening with a number; it may be free.
    subscript(halfOpen number: Int) -> HalfOpenFlow {
        @inline(always) get { halfOpenFlows[number - Self.firstHalfOpen] }
    }

    /// The SYN that an opening holds.
    func syn(of number: Int) -> Event {
        let halfOpen = self[halfOpen: number]
        return templates[halfOpen.template].syn(of: halfOpen)
    }

    /// The whole flow that a half-open one stands for, without its event log.
    @inline(always)
    func flow(of number: Int) -> Flow {
        let halfOpen = self[halfOpen: number]
        return Flow(halfOpen, in: templates[halfOpen.template])
    }

    /// Whether most flows are openings.
    var isFlooded: Bool { (halfOpenFlows.count - freeHalfOpenFlows.count) * 2 > count }

    /// The numbers of openings ever used, free ones among them.
    var halfOpenNumbers: Range<Int> {
        Self.firstHalfOpen..<Self.firstHalfOpen + halfOpenFlows.count
    }

    /// Adds a flow of which there is but one SYN, and whose key is not in the table, which must not
    /// be full.
    ///
    /// - Returns: `false` when there is no memory for it.
    @inline(never)
    mutating func insert(_ halfOpen: HalfOpenFlow, tag: UInt32) -> Bool {
        if (count + 1) * 8 > slots.count * 5, !grow() { return false }
        let number: Int
        if let recycled = freeHalfOpenFlows.popLast() {
            number = Int(recycled)
            halfOpenFlows[number] = halfOpen
        } else {
            guard halfOpenFlows.count < Self.firstHalfOpen - 1,
                let fresh = halfOpenFlows.append(halfOpen)
            else { return false }
            number = fresh
        }
        slots.insert(UInt64(tag) << 32 | UInt64(Self.firstHalfOpen + number + 1))
        count += 1
        return true
    }

    /// Takes an opening out; its slot may be used again.
    mutating func remove(halfOpen number: Int) {
        let key = halfOpenFlows[number - Self.firstHalfOpen].key.key
        closeGap(at: slot(of: number, tag: tag(of: key)))
        release(halfOpen: number)
        count -= 1
    }

    /// Puts a flow in the place of its opening.
    ///
    /// - Returns: its record number, `nil` when there is no memory for it; then the opening is
    ///   gone, too.
    @inline(always)
    mutating func replace(halfOpen number: Int, tag: UInt32) -> Int? {
        let slot = slot(of: number, tag: tag)
        guard let index = record(flow(of: number)) else {
            remove(halfOpen: number)
            return nil
        }
        slots[slot] = UInt64(tag) << 32 | UInt64(index + 1)
        release(halfOpen: number)
        return index
    }

    private mutating func release(halfOpen number: Int) {
        halfOpenFlows[number - Self.firstHalfOpen].leave()
        freeHalfOpenFlows.append(UInt32(truncatingIfNeeded: number - Self.firstHalfOpen))
    }

    /// The tag of the same four-tuple under another duplicate index: never the same, so that who
    /// looks for one of them does not find another.
    static func tag(_ tag: UInt32, within duplicateIndex: UInt16) -> UInt32 {
        tag ^ UInt32(duplicateIndex) &* 0x9E37_79B1
    }

    /// Adds a flow whose key is not in the table, which must not be full.
    ///
    /// - Returns: its record number, `nil` when there is no memory for it.
    @inline(never)
    mutating func insert(_ flow: Flow) -> Int? {
        if (count + 1) * 8 > slots.count * 5, !grow() { return nil }
        guard let index = record(flow) else { return nil }
        slots.insert(UInt64(tag(of: flow)) << 32 | UInt64(index + 1))
        count += 1
        return index
    }

    @inline(always)
    private mutating func record(_ flow: Flow) -> Int? {
        guard let recycled = free.popLast() else {
            return records.count < Self.firstRemnant - 1 ? records.append(flow) : nil
        }
        records[Int(recycled)] = flow
        return Int(recycled)
    }

    /// Takes a flow out; its record may be used again.
    mutating func remove(_ index: Int) {
        closeGap(at: slot(of: index, tag: tag(of: self[index])))
        self[index].marks = []
        free.append(UInt32(index))
        count -= 1
    }

    /// Puts a flow into another duplicate index, in which its four-tuple has none.
    mutating func move(_ index: Int, to duplicateIndex: UInt16) {
        closeGap(at: slot(of: index, tag: tag(of: self[index])))
        self[index].duplicateIndex = duplicateIndex
        slots.insert(UInt64(tag(of: self[index])) << 32 | UInt64(index + 1))
    }

    private func tag(of flow: Flow) -> UInt32 {
        Self.tag(flow.key.hash(seed: seed), within: flow.duplicateIndex)
    }

    /// Where the index holds a record that is in the table.
    private func slot(of index: Int, tag: UInt32) -> Int {
        var position = Int(tag)
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

    /// The next record for who goes round all of them, if there is a flow in it.
    mutating func nextRecord() -> Int? {
        roundRecord = roundRecord + 1 < recordCount ? roundRecord + 1 : 0
        return roundRecord < recordCount && self[roundRecord].marks.contains(.inUse)
            ? roundRecord : nil
    }

    /// The number of the next opening for who goes round all of them, if there is one in its place.
    mutating func nextHalfOpen() -> Int? {
        roundHalfOpen = roundHalfOpen + 1 < halfOpenFlows.count ? roundHalfOpen + 1 : 0
        guard roundHalfOpen < halfOpenFlows.count, !halfOpenFlows[roundHalfOpen].isFree else {
            return nil
        }
        return Self.firstHalfOpen + roundHalfOpen
    }

    /// The next opening, round and round: a slot that is left is taken by the next SYN, so that
    /// they lie in the order of time.
    mutating func oldestHalfOpen() -> Int? {
        for _ in 0..<halfOpenFlows.count {
            openingHand = openingHand + 1 < halfOpenFlows.count ? openingHand + 1 : 0
            if halfOpenFlows[openingHand].isFree { continue }
            // Its place in the index will be looked for soon.
            let later = openingHand + Self.openingReach
            if later < halfOpenFlows.count {
                prefetchSlot(of: tag(of: halfOpenFlows[later].key.key))
            }
            return Self.firstHalfOpen + openingHand
        }
        return nil
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

    /// Gives up the index once nobody looks for a flow by its key any more.
    mutating func dropIndex() { slots = SlotIndex() }

    /// Doubles the index; the tags tell the new slots, so no record is touched.
    ///
    /// - Returns: `false` when there is no memory for that, and the index is too full.
    private mutating func grow() -> Bool {
        guard let larger = SlotIndex(count: slots.count * 2) else { return count + 1 < slots.count }
        for slot in 0..<slots.count where slots[slot] != 0 { larger.insert(slots[slot]) }
        slots = larger
        return true
    }
}

/// Connections that ended well.
extension FlowTable {
    /// How many there is but a remnant of.
    var remnantCount: Int { remnants.count }

    /// The flow that a remnant stands for.
    subscript(remnant number: Int) -> Flow { remnants[number - Self.firstRemnant] }

    /// When the last packet of a remnant's connection came, in nanoseconds since 1970.
    func lastTime(ofRemnant number: Int) -> Int64 {
        remnants.lastTime(of: number - Self.firstRemnant)
    }

    /// Puts a remnant in the place of a flow, whose record may be used again, unless it must stay
    /// whole.
    ///
    /// - Parameters:
    ///   - index: the record of a flow that `fitsRemnant`.
    ///   - tag: that of its key.
    mutating func shrink(_ index: Int, tag: UInt32) {
        guard let number = remnants.append(self[index]) else { return }
        slots[slot(of: index, tag: tag)] =
            UInt64(tag) << 32 | UInt64(Self.firstRemnant + number + 1)
        self[index].marks = []
        free.append(UInt32(index))
    }

    /// Puts a flow in the place of its remnant.
    ///
    /// - Returns: its record number, `nil` when there is no memory for it; then the remnant is
    ///   gone, too.
    mutating func replace(remnant number: Int, tag: UInt32) -> Int? {
        guard let index = record(self[remnant: number]) else {
            remove(remnant: number)
            return nil
        }
        slots[slot(of: number, tag: tag)] = UInt64(tag) << 32 | UInt64(index + 1)
        remnants.remove(number - Self.firstRemnant)
        return index
    }

    /// Takes a remnant out.
    mutating func remove(remnant number: Int) {
        let key = remnants.key(of: number - Self.firstRemnant)
        closeGap(at: slot(of: number, tag: tag(of: key)))
        remnants.remove(number - Self.firstRemnant)
        count -= 1
    }

    /// The number of the remnant whose connection ended first.
    mutating func oldestRemnant() -> Int? { remnants.first().map { $0 + Self.firstRemnant } }

    /// Forgets the remnants, once nothing is looked for any more.
    mutating func dropRemnants() { remnants = RemnantStore() }

    /// Hands `body` the flows that remnants stand for, in the order of their ends, for as long as
    /// it returns `true`.
    func forEachRemnant(_ body: (Flow) -> Bool) { remnants.forEach(body) }
}
