import CPcap
import Glibc

/// The slots of a hash index: 32 hash bits above a record number plus 1; 0 is an empty slot.
///
/// Sound although it holds a pointer: the memory lives as long as the index, has as many slots as
/// the mask has values, and a slot is always taken within the mask.
@safe
struct SlotIndex: ~Copyable {
    private let slots: UnsafeMutablePointer<UInt64>
    private let mask: Int

    private static let leastCount = 1 << 12
    private static let hugePage = 1 << 21

    /// The smallest index, empty.
    init() {
        unsafe slots = .allocate(capacity: Self.leastCount)
        unsafe slots.initialize(repeating: 0, count: Self.leastCount)
        mask = Self.leastCount - 1
    }

    /// An empty index of `count` slots, a power of two.
    ///
    /// - Returns: `nil` when there is no memory for it.
    init?(count: Int) {
        guard count > 0, count & (count - 1) == 0 else { return nil }
        let size = count * MemoryLayout<UInt64>.stride
        var memory: UnsafeMutableRawPointer?
        // Whoever looks a key up falls on any page, and there are too many small ones for the
        // processor to know them all.
        let isLarge = size >= Self.hugePage
        guard unsafe posix_memalign(&memory, isLarge ? Self.hugePage : 64, size) == 0,
            let memory = unsafe memory
        else { return nil }
        if isLarge { _ = unsafe madvise(memory, size, MADV_HUGEPAGE) }
        unsafe slots = memory.bindMemory(to: UInt64.self, capacity: count)
        unsafe slots.initialize(repeating: 0, count: count)
        mask = count - 1
    }

    deinit {
        unsafe free(slots)
    }

    @inline(always) var count: Int { mask + 1 }

    /// The slot at a position, of which only the bits within the mask count.
    @inline(always)
    subscript(slot: Int) -> UInt64 {
        get { unsafe slots[slot & mask] }
        nonmutating set { unsafe slots[slot & mask] = newValue }
    }

    /// The slot behind another, the first behind the last.
    @inline(always)
    func next(_ slot: Int) -> Int { (slot &+ 1) & mask }

    /// How far one slot lies behind another, on the way that a search takes.
    func distance(from first: Int, to second: Int) -> Int { (second - first) & mask }

    /// Asks for the slot's cache line, which will be needed soon.
    @inline(always)
    func prefetch(_ slot: Int) { unsafe synopsis_prefetch(slots + (slot & mask)) }

    /// Puts an entry on the first empty slot from the one that its hash bits tell.
    func insert(_ entry: UInt64) {
        var slot = Int(entry >> 32) & mask
        while self[slot] != 0 { slot = next(slot) }
        self[slot] = entry
    }
}
