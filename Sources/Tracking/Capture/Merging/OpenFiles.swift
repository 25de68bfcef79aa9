/// Places for open capture files, in memory that never moves.
///
/// Sound although it holds a pointer: a slot is initialized while it is taken, a free one is never
/// touched, and what is taken at the end is released.
@safe
struct OpenFiles: ~Copyable {
    /// As many files are open at a time, each with half a megabyte.
    static let limit = 512

    private let slots: UnsafeMutablePointer<PcapFile>
    private var isTaken = [Bool](repeating: false, count: limit)

    init() {
        unsafe slots = .allocate(capacity: Self.limit)
    }

    deinit {
        for slot in isTaken.indices where isTaken[slot] {
            unsafe (slots + slot).deinitialize(count: 1)
        }
        unsafe slots.deallocate()
    }

    /// Takes a slot for a file.
    ///
    /// - Returns: the slot; `nil` if there is none left, and the file is closed.
    mutating func insert(_ file: consuming PcapFile) -> Int? {
        guard let slot = isTaken.firstIndex(of: false) else { return nil }
        unsafe (slots + slot).initialize(to: file)
        isTaken[slot] = true
        return slot
    }

    /// Closes the file in a slot.
    mutating func remove(_ slot: Int) {
        precondition(isTaken[slot])
        isTaken[slot] = false
        unsafe (slots + slot).deinitialize(count: 1)
    }

    subscript(slot: Int) -> PcapFile {
        @inline(always)
        _read {
            precondition(isTaken[slot])
            yield unsafe slots[slot]
        }
        @inline(always)
        _modify {
            precondition(isTaken[slot])
            yield unsafe &slots[slot]
        }
    }

    /// What was captured of the present frame of the file in a slot.
    @inline(always)
    @_lifetime(borrow self)
    func octets(of slot: Int) -> RawSpan {
        precondition(isTaken[slot])
        let memory = unsafe slots[slot].memory
        return unsafe _overrideLifetime(memory.bytes, borrowing: self)
    }
}
