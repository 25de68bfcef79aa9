/// A round of frames that interfaces or a pipe delivered, copied end to end into one buffer until
/// the tracker has followed them.
///
/// A source that comes to its end with every round: what the kernel lends is good only until it is
/// given back, and the tracker looks at a frame once more after it stepped on.
///
/// Sound although it holds pointers: both stores live as long as the frames, a record is written
/// before `count` admits it, and it lies within the octets that were written before it.
@safe
package struct LiveFrames: ~Copyable, CaptureSource {
    /// What of a frame does not lie in the buffer.
    struct Record: BitwiseCopyable {
        /// In nanoseconds since 1970.
        let time: Int64
        let start: UInt32
        let length: UInt32
        let originalLength: UInt32
        let linkType: LinkType
        /// Its number among the interfaces, the last one standing for all beyond 255.
        let interface: UInt8
    }

    /// As many octets and frames wait at most; the rest stays with the kernel for the next round.
    static let octetLimit = 1 << 21
    static let frameLimit = 1 << 14

    private let octets: UnsafeMutableRawPointer
    private let records: UnsafeMutablePointer<Record>
    private var used = 0
    private(set) var count = 0
    private var position = -1
    /// Frames of earlier rounds.
    private var base: UInt64 = 0
    /// The earliest and the latest capture time of the round.
    private var earliest = Int64.max
    private var latest = Int64.min

    package init() {
        unsafe octets = .allocate(byteCount: Self.octetLimit, alignment: 64)
        unsafe octets.initializeMemory(as: UInt8.self, repeating: 0, count: Self.octetLimit)
        unsafe records = .allocate(capacity: Self.frameLimit)
    }

    deinit {
        unsafe octets.deallocate()
        unsafe records.deallocate()
    }

    /// Frames up to the end of this round.
    package var total: UInt64 { base &+ UInt64(count) }

    /// Whether a quarter of its room is taken.
    package var isQuarterFull: Bool {
        count >= Self.frameLimit / 4 || used >= Self.octetLimit / 4
    }

    /// Whether frames wait to be read.
    package var isEmpty: Bool { count == 0 }

    /// The first and the last capture time of the round; `nil` without a frame.
    package var window: ClosedRange<Int64>? { count > 0 ? earliest...latest : nil }

    /// The capture time of the frame in the middle; there must be one.
    package var middleTime: Int64 { record(count / 2).time }

    /// As many octets find room.
    var room: Int { Self.octetLimit &- used }

    /// Whether a frame of that many octets finds room.
    @inline(always)
    func hasRoom(for length: Int) -> Bool {
        count < Self.frameLimit && length <= room
    }

    /// Copies a frame to the end; one for which there is no room is left out.
    ///
    /// - Returns: whether there was room.
    @inline(always)
    mutating func append(
        _ frame: UnsafeRawBufferPointer,
        time: Int64,
        originalLength: UInt32,
        linkType: LinkType,
        interface: UInt8 = 0
    ) -> Bool {
        guard hasRoom(for: frame.count) else { return false }
        if let start = frame.baseAddress {
            unsafe (octets + used).copyMemory(from: start, byteCount: frame.count)
        }
        let record = Record(
            time: time,
            start: UInt32(used),
            length: UInt32(frame.count),
            originalLength: originalLength,
            linkType: linkType,
            interface: interface
        )
        unsafe (records + count).initialize(to: record)
        used &+= frame.count
        count &+= 1
        earliest = min(earliest, time)
        latest = max(latest, time)
        return true
    }

    /// Forgets the frames of the round that is over.
    package mutating func beginRound() {
        count = 0
        used = 0
        position = -1
        (earliest, latest) = (.max, .min)
    }

    /// Numbers the frames on from those of earlier rounds.
    package mutating func number(after total: UInt64) { base = total }

    /// Moves frames that were captured after `time` to the next round, since others may come that
    /// were captured before them; they must be in the order of time.
    package mutating func hold(after time: Int64, in next: inout LiveFrames) {
        var kept = count
        while kept > 0, record(kept - 1).time > time { kept -= 1 }
        for slot in kept..<count {
            let record = record(slot)
            _ = unsafe self[slot].withUnsafeBytes { octets in
                unsafe next.append(
                    octets,
                    time: record.time,
                    originalLength: record.originalLength,
                    linkType: record.linkType,
                    interface: record.interface
                )
            }
        }
        count = kept
        if kept > 0 { latest = record(kept - 1).time }
    }

    /// Brings the frames of several interfaces into the order of time; those of the same time stay
    /// in theirs.
    package mutating func sort() {
        var waiting = unsafe UnsafeMutableBufferPointer(start: records, count: count)
        let isSorted = unsafe zip(waiting, waiting.dropFirst()).allSatisfy { $0.time <= $1.time }
        if isSorted { return }
        // The order of the octets tells that of frames of the same time.
        unsafe waiting.sort { ($0.time, $0.start) < ($1.time, $1.start) }
    }

    /// - Returns: `false` at the end of the round.
    package mutating func advance() throws(CaptureError) -> Bool {
        if case .frame = advanceInPlace() { true } else { false }
    }

    @inline(always)
    package mutating func advanceInPlace() -> CaptureStep {
        guard position &+ 1 < count else { return .blocked }
        position &+= 1
        return .frame
    }

    @inline(always)
    package var slot: Int { position }

    package subscript(slot: Int) -> RawSpan {
        @_lifetime(borrow self)
        @inline(always)
        get {
            let record = record(slot)
            let frame = unsafe UnsafeRawBufferPointer(
                start: octets + Int(record.start),
                count: Int(record.length)
            )
            return unsafe _overrideLifetime(frame.bytes, borrowing: self)
        }
    }

    @inline(always)
    private func record(_ slot: Int) -> Record {
        precondition(slot >= 0 && slot < count)
        return unsafe records[slot]
    }

    package var frame: Frame {
        @_lifetime(borrow self)
        @inline(always)
        get { frame(at: position) }
    }

    /// The slots of the frames of this round.
    package var indices: Range<Int> { 0..<count }

    /// The frame in a slot.
    @_lifetime(borrow self)
    @inline(always)
    package func frame(at slot: Int) -> Frame {
        let record = record(slot)
        return Frame(
            octets: self[slot],
            time: record.time,
            number: base &+ UInt64(slot) &+ 1,
            originalLength: record.originalLength,
            linkType: record.linkType
        )
    }

    /// The interface that delivered the frame in a slot, by its number among those of the capture.
    package func interface(at slot: Int) -> UInt8 { record(slot).interface }
}
