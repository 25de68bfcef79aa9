/// The part of an input that lies in memory, for walkers of its records.
///
/// Reading by large blocks costs a third of what two calls of fread a packet cost. A block is what
/// one read gives, so that a pipe's packets come when they were written.
///
/// Sound although it holds a pointer: the memory lives as long as the window, every octet of it is initialized, and
/// every place is checked against its length.
@safe
struct OctetWindow: ~Copyable {
    /// As much of an input is ahead at most, in octets.
    static let length = OctetBlock.length
    /// As much is read at a time, in octets: its packets are still in the cache when they are followed.
    private static let readLength = 1 << 17

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

    /// The same octets for who keeps the window where the compiler cannot follow; they are good until it moves.
    @inline(always)
    func memory(_ start: Int, _ count: Int) -> UnsafeRawBufferPointer {
        precondition(start | count >= 0 && start &+ count <= Self.length)
        return unsafe UnsafeRawBufferPointer(start: block + start, count: count)
    }

    /// Two words of the block in the file's byte order.
    @inline(always)
    func words(at place: Int, isBigEndian: Bool) -> (UInt32, UInt32) {
        precondition(place >= 0 && place <= Self.length &- 8)
        let both = UInt64(
            bigEndian: unsafe block.loadUnaligned(fromByteOffset: place, as: UInt64.self)
        )
        let (first, second) = (UInt32(both >> 32), UInt32(truncatingIfNeeded: both))
        return isBigEndian ? (first, second) : (first.byteSwapped, second.byteSwapped)
    }

    /// One word of the block in the file's byte order.
    @inline(always)
    func word(at place: Int, isBigEndian: Bool) -> UInt32 {
        precondition(place >= 0 && place <= Self.length &- 4)
        let word = unsafe block.loadUnaligned(fromByteOffset: place, as: UInt32.self)
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
        moveToFront()
        while end < min(count, Self.length) {
            let got = try readMore()
            if got == 0 { return false }
            end += got
        }
        return end >= count
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

    /// Goes on in another block, to which what is ahead is copied, and leaves the one so far, whose frames stay as they are.
    mutating func exchange(_ other: inout OctetBlock) {
        unsafe other.memory.copyMemory(from: block + position, byteCount: left)
        swap(&held, &other)
        base &+= UInt64(position)
        end -= position
        position = 0
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
        let got = unsafe CaptureStream.read(stream.descriptor, into: room)
        if got < 0 { throw .input(offset: nil, CaptureStream.complaint(Int32(clamping: -got))) }
        return got
    }
}
