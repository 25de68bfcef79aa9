/// Frames that were read one after the other, and wait for their flows' memory.
///
/// Sound although it holds a pointer: the memory lives as long as the batch, every slot is
/// initialized, as many behind the last as `tags` looks ahead, and an index is checked.
@safe
struct Batch: ~Copyable {
    /// As many frames wait where they are followed at once: their slots stay in the nearest cache.
    static let shortLength = 64
    /// So many frames ahead the flow table's index is asked for.
    static let slotReach = 16
    /// So many frames ahead the flow is asked for.
    static let recordReach = 8

    /// As many frames as it can hold.
    let capacity: Int
    /// What its frames are together.
    private(set) var run = FrameRun()
    private let slots: UnsafeMutablePointer<FlowSegment>

    init(capacity: Int = Self.shortLength) {
        self.capacity = max(1, capacity)
        let memory = UnsafeMutableRawPointer.allocate(
            byteCount: (self.capacity + Self.slotReach) * MemoryLayout<FlowSegment>.stride,
            alignment: 64
        )
        let length = self.capacity + Self.slotReach
        unsafe slots = memory.bindMemory(to: FlowSegment.self, capacity: length)
        for slot in 0..<length { unsafe (slots + slot).initialize(to: FlowSegment()) }
    }

    deinit {
        unsafe slots.deinitialize(count: capacity + Self.slotReach)
        unsafe UnsafeMutableRawPointer(slots).deallocate()
    }

    /// How many frames are in it.
    @inline(always) var count: Int { run.count }

    @inline(always)
    subscript(slot: Int) -> FlowSegment {
        _read {
            precondition(slot >= 0 && slot < count)
            yield unsafe slots[slot]
        }
    }

    /// The tags of two later frames, whose memory is to be asked for; behind the last frame they
    /// are old ones, which do no harm.
    @inline(always)
    func tags(after slot: Int) -> (nextSlot: UInt32, nextRecord: UInt32) {
        precondition(slot >= 0 && slot < count)
        return unsafe (
            slots[slot + Self.slotReach].tag, slots[slot + Self.recordReach].tag
        )
    }

    /// Those of the first frames, for whose memory it would be too late then.
    @inline(always)
    func firstTag(_ slot: Int) -> UInt32 {
        precondition(slot >= 0 && slot < Self.slotReach)
        return unsafe slots[slot].tag
    }

    /// Reads the next frames of a source, for as long as the source keeps them in their slots.
    ///
    /// - Parameters:
    ///   - source: where they come from.
    ///   - most: no more than so many.
    ///   - seed: that of the flow table.
    /// - Returns: `false` when the source has come to its end, and nothing was read.
    /// - Throws: what is wrong with the source; nothing was read.
    @inline(always)
    mutating func fill(
        from source: inout some CaptureSource & ~Copyable,
        upTo most: Int,
        seed: UInt64
    ) throws(CaptureError) -> Bool {
        run = FrameRun()
        guard try source.advance() else { return false }
        let limit = min(most, capacity)
        repeat {
            take(source.frame)
        } while count < limit && source.advanceInPlace() == .frame
        read(from: 0, seed: seed)
        return true
    }

    /// Reads the next frames of a file, which are walked without a step out of the loop where there
    /// is no filter.
    @inline(never)
    mutating func fill(
        from file: inout PcapFile,
        upTo most: Int,
        seed: UInt64
    ) throws(CaptureError) -> Bool {
        run = FrameRun()
        guard try file.advance() else { return false }
        take(file.frame)
        addFrames(ahead: &file, upTo: min(most, capacity), from: 0, seed: seed)
        return true
    }

    /// Reads all frames that are ahead in a file as a whole; and if there is none, it reads on.
    ///
    /// - Returns: `false` when the file has come to its end, and nothing was read.
    /// - Throws: what is wrong with the file; what is in the batch was read before.
    mutating func fillWholly(
        from file: inout PcapFile,
        upTo most: Int,
        seed: UInt64
    ) throws(CaptureError) -> Bool {
        run = FrameRun()
        var isThere = file.advanceInPlace() == .frame
        if !isThere { isThere = try file.advanceCarefully() == .frame }
        if !isThere { isThere = try file.advance() }
        let limit = min(most, capacity)
        while isThere {
            let start = count
            take(file.frame)
            addFrames(ahead: &file, upTo: limit, from: start, seed: seed)
            if count == limit { return true }
            isThere = try file.advanceCarefully() == .frame
        }
        return count > 0
    }

    /// Adds the frames that are ahead as a whole, and reads all from a slot on.
    @inline(always)
    private mutating func addFrames(
        ahead file: inout PcapFile,
        upTo limit: Int,
        from slot: Int,
        seed: UInt64
    ) {
        var start = slot
        if file.isFiltered {
            while count < limit, file.advanceInPlace() == .frame { take(file.frame) }
            return read(from: start, seed: seed)
        }
        var isMore = true
        // By the few, so that they are in the nearest cache when they are read.
        while isMore {
            let few = min(limit, start &+ Self.shortLength) &- count
            isMore = file.walk(into: &self, upTo: few) == few && count < limit
            read(from: start, seed: seed)
            start = count
        }
        noteTimes(in: &file)
    }

    /// Tells a file when its frames were captured.
    @inline(always)
    private func noteTimes(in file: inout PcapFile) {
        if count == 0 { return }
        if run.isInOrder { return file.note(run.first...run.last) }
        for slot in 0..<count { file.note(self[slot].time...self[slot].time) }
    }

    @inline(always)
    private mutating func take(_ frame: borrowing Frame) {
        unsafe slots[count].take(frame)
        if count == 0 { run.begin(with: frame) } else { run.add(frame) }
        run.count &+= 1
    }

    /// Takes frames that are ahead as a whole, as many as there is room for; they are to be read
    /// yet.
    ///
    /// A function of its own for each format: its values have the registers for themselves.
    ///
    /// - Parameters:
    ///   - ahead: where they are.
    ///   - walker: knows the format.
    ///   - limit: no more than so many.
    ///   - before: the number of the frame before.
    ///   - linkType: that of the frames, if it is the same for all of the input.
    /// - Returns: what is ahead behind them.
    @inline(never)
    mutating func take(
        _ ahead: OctetStretch,
        with walker: inout some RecordWalker,
        upTo limit: Int,
        after before: UInt64,
        of linkType: LinkType
    ) -> OctetStretch {
        var stretch = ahead
        var run = run
        var number = before
        var slot = unsafe slots + count
        let end = unsafe slot + max(0, min(limit, capacity - count))
        var record = CapturedRecord()
        record.linkType = linkType
        while unsafe slot != end, walker.advanceInPlace(in: &stretch, to: &record) {
            number &+= 1
            let found = record
            let frame = Frame(
                octets: unsafe stretch.memory(of: found).bytes,
                time: found.time,
                number: number,
                originalLength: found.originalLength,
                linkType: found.linkType
            )
            unsafe slot.pointee.take(frame)
            run.add(frame)
            unsafe slot += 1
        }
        run.count &+= Int(truncatingIfNeeded: number &- before)
        self.run = run
        return stretch
    }

    /// Reads the headers of the frames that were taken, from a slot on.
    @inline(never)
    private mutating func read(from start: Int, seed: UInt64) {
        for slot in start..<count { unsafe slots[slot].read(seed: seed) }
    }
}
