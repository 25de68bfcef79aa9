/// The part of an input that lies in memory, for walkers of its records.
///
/// Reading by large blocks costs a third of what two calls of fread a packet cost. A block is what
/// one read gives, so that a pipe's packets come when they were written.
struct OctetWindow: ~Copyable {
    /// As much of an input is ahead at most, in octets.
    static let length = 1 << 19

    private let stream: CaptureStream
    private var block = [UInt8](repeating: 0, count: length)
    /// Where the next record begins.
    var position = 0
    /// Where what was read ends.
    private var end = 0
    /// The octets of the input that came before the block.
    private var base: UInt64 = 0

    init(onto stream: consuming CaptureStream) {
        self.stream = stream
    }

    /// How many octets are ahead.
    @inline(always) var left: Int { end &- position }

    /// Where the next record begins, in octets from the input's begin.
    var offset: UInt64 { base &+ UInt64(position) }

    /// The octets of one frame.
    @inline(always)
    subscript(start: Int, count: Int) -> RawSpan {
        @_lifetime(borrow self)
        get { unsafe block.span.bytes.extracting(droppingFirst: start).extracting(first: count) }
    }

    /// Two words of the block in the file's byte order, beyond which nobody may have looked yet.
    @inline(always)
    func words(at place: Int, isBigEndian: Bool) -> (UInt32, UInt32) {
        let both: UInt64 = unsafe block.span.bytes.bigEndian(at: place)
        let (first, second) = (UInt32(both >> 32), UInt32(truncatingIfNeeded: both))
        return isBigEndian ? (first, second) : (first.byteSwapped, second.byteSwapped)
    }

    /// One word of the block in the file's byte order.
    @inline(always)
    func word(at place: Int, isBigEndian: Bool) -> UInt32 {
        let word: UInt32 = unsafe block.span.bytes.bigEndian(at: place)
        return isBigEndian ? word : word.byteSwapped
    }

    /// Copies the next octets, as many as there are up to `count`.
    func ahead(_ count: Int) -> [UInt8] { Array(block[position..<position + min(count, left)]) }

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

    private mutating func moveToFront() {
        for (offset, place) in (position..<end).enumerated() { block[offset] = block[place] }
        base &+= UInt64(position)
        end -= position
        position = 0
    }

    private mutating func readMore() throws(RecordFault) -> Int {
        let (descriptor, end) = (stream.descriptor, self.end)
        let got = unsafe block.withUnsafeMutableBytes { octets in
            unsafe CaptureStream.read(
                descriptor,
                into: UnsafeMutableRawBufferPointer(rebasing: octets[end...])
            )
        }
        if got < 0 { throw .input(offset: nil, CaptureStream.complaint(Int32(clamping: -got))) }
        return got
    }
}
