import Glibc

/// The part of an input that lies in memory, for walkers of its records.
///
/// Reading by large blocks costs a third of what two calls of fread a packet cost. A block is what
/// one read gives, so that a pipe's packets come when they were written.
///
/// Sound although it holds a pointer: the memory lives as long as the window, every octet of it is
/// initialized, and every offset is checked against its length.
@safe
struct OctetWindow: ~Copyable {
    /// As much of an input is ahead at most, in octets.
    static let length = OctetBlock.length
    /// As much is read at a time, in octets: its packets are still in the cache when they are
    /// followed.
    private static let readLength = OctetBlock.readLength

    private let stream: CaptureStream
    /// What unpacks the stream, if it is compressed.
    private var unpacked: ReadAhead?
    private var held = OctetBlock()
    @inline(always)
    private var block: UnsafeMutableRawPointer { unsafe held.memory }
    /// Where the next record begins.
    var position = 0
    /// Where what was read ends.
    private var end = 0
    /// The octets of the input that came before the block.
    private var base: UInt64 = 0
    /// Where the input begins in its file, if it is read from wherever it is wanted.
    private var origin: UInt64?
    /// Whether all must stay where it is.
    var isPinned = false

    init(onto stream: consuming CaptureStream) {
        self.stream = stream
    }

    deinit {
        unpacked?.stop()
    }

    /// From now on gives what the input is compressed from; nothing may have been walked yet.
    mutating func unpack(_ compression: Compression) throws(RecordFault) {
        unpacked = try ReadAhead(
            compression,
            beginning: ahead(left),
            descriptor: stream.descriptor
        )
        (position, end, base) = (0, 0, 0)
    }

    /// Octets of the input as it is stored that were read.
    var storedOffset: UInt64 { unpacked?.offset ?? offset }

    /// What is ahead, until the window moves.
    @inline(always)
    var ahead: OctetStretch { unsafe OctetStretch(block, position: position, end: end) }

    /// Steps to where a walker of what is ahead has come.
    @inline(always)
    mutating func step(to walked: OctetStretch) { position = walked.position }

    /// How many octets are ahead.
    @inline(always) var left: Int { end &- position }

    /// Where the next record begins, in octets from the input's begin.
    var offset: UInt64 { base &+ UInt64(position) }

    /// The octets of one frame.
    subscript(start: Int, count: Int) -> RawSpan {
        @_lifetime(borrow self)
        @inline(always)
        get {
            precondition(start | count >= 0 && start &+ count <= Self.length)
            let octets = unsafe UnsafeRawBufferPointer(start: block + start, count: count)
            return unsafe _overrideLifetime(octets.bytes, borrowing: self)
        }
    }

    /// The same octets for who keeps the window where the compiler cannot follow; they are good
    /// until it moves.
    @inline(always)
    func memory(_ start: Int, _ count: Int) -> UnsafeRawBufferPointer {
        precondition(start | count >= 0 && start &+ count <= Self.length)
        return unsafe UnsafeRawBufferPointer(start: block + start, count: count)
    }

    /// Two words of the block in the file's byte order.
    @inline(always)
    func words(at position: Int, isBigEndian: Bool) -> (UInt32, UInt32) {
        precondition(position >= 0 && position <= Self.length &- 8)
        let both = UInt64(
            bigEndian: unsafe block.loadUnaligned(fromByteOffset: position, as: UInt64.self)
        )
        let (first, second) = (UInt32(both >> 32), UInt32(truncatingIfNeeded: both))
        return isBigEndian ? (first, second) : (first.byteSwapped, second.byteSwapped)
    }

    /// One word of the block in the file's byte order.
    @inline(always)
    func word(at position: Int, isBigEndian: Bool) -> UInt32 {
        precondition(position >= 0 && position <= Self.length &- 4)
        let word = unsafe block.loadUnaligned(fromByteOffset: position, as: UInt32.self)
        return isBigEndian ? word.bigEndian : word
    }

    /// Copies the next octets, as many as there are up to `count`.
    func ahead(_ count: Int) -> [UInt8] {
        let start = position
        return unsafe Array(
            UnsafeRawBufferPointer(start: block + start, count: min(count, left))
        )
    }

    /// Moves what is ahead to the front of the block, and reads until it is `count` octets or more.
    ///
    /// - Returns: whether there are so many; if not, the input has come to its end.
    @inline(never)
    mutating func fetch(_ count: Int) throws(RecordFault) -> Bool {
        if left >= count { return true }
        try requireMotion()
        moveToFront()
        while end < min(count, Self.length) {
            let got = try readMore()
            if got == 0 { return false }
            end += got
        }
        return end >= count
    }

    /// - Throws: `pinned`, where all must stay where it is.
    func requireMotion() throws(RecordFault) {
        if isPinned { throw .pinned }
    }

    /// Steps over octets, however many.
    ///
    /// - Returns: `false` where the input ends before.
    mutating func skip(_ count: Int) throws(RecordFault) -> Bool {
        var rest = count
        while rest > left {
            rest -= left
            position = end
            guard try fetch(1) else { return false }
        }
        position += rest
        return true
    }

    /// From now on the file may be read from any offset, and by others, too; it must be one, and
    /// not compressed.
    ///
    /// - Returns: the file, and from where on nothing has been read.
    mutating func share() -> SharedInput? {
        let position = lseek(stream.descriptor, 0, SEEK_CUR)
        guard stream.size != nil, unpacked == nil, position >= 0 else { return nil }
        origin = UInt64(position) &- (base &+ UInt64(end))
        return SharedInput(descriptor: stream.descriptor, offset: UInt64(position))
    }

    /// Goes on in another block, to which what is ahead is copied, and leaves the one so far, whose
    /// frames stay as they are.
    ///
    /// - Parameters:
    ///   - other: may hold a part of the file behind its headroom.
    ///   - part: where that begins in the file, and how many octets it has; what is already ahead
    ///     may be among them.
    mutating func exchange(_ other: inout OctetBlock, holding part: (offset: UInt64, count: Int)) {
        let known = (origin ?? 0) &+ base &+ UInt64(end) &- part.offset
        let next = OctetBlock.headroom &+ Int(clamping: known) &- left
        let isNew = origin != nil && known < UInt64(part.count) && next >= 0
        let start = isNew ? next : 0
        unsafe (other.memory + start).copyMemory(from: block + position, byteCount: left)
        swap(&held, &other)
        base = base &+ UInt64(position) &- UInt64(start)
        end = isNew ? OctetBlock.headroom + part.count : start + left
        position = start
    }

    private mutating func moveToFront() {
        unsafe block.copyMemory(from: block + position, byteCount: left)
        base &+= UInt64(position)
        end -= position
        position = 0
    }

    private mutating func readMore() throws(RecordFault) -> Int {
        let room = unsafe UnsafeMutableRawBufferPointer(
            start: block + end,
            count: min(Self.length - end, Self.readLength)
        )
        if let unpacked { return unsafe try unpacked.read(into: room) }
        let position = origin.map { $0 &+ base &+ UInt64(end) }
        let got =
            if let position {
                unsafe CaptureStream.read(stream.descriptor, at: position, into: room)
            } else {
                unsafe CaptureStream.read(stream.descriptor, into: room)
            }
        if got < 0 { throw .input(offset: nil, CaptureStream.complaint(Int32(clamping: -got))) }
        return got
    }
}

/// A file of which several may read parts at once.
struct SharedInput: BitwiseCopyable {
    /// Open for as long as the window that it is of.
    let descriptor: Int32
    /// From where on nothing has been read, in octets.
    let offset: UInt64
}
