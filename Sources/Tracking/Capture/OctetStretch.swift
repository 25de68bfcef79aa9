/// The part of an input that lies ahead in a window, for who walks many records: a few words, which
/// stay in registers.
///
/// Sound although it holds a pointer: nobody keeps it beyond the next change of its window, `end`
/// is never behind the window's memory, and behind that lies a margin that may be looked at, too.
/// Who reads at an offset has looked at `left` before.
@safe
struct OctetStretch: BitwiseCopyable {
    private let memory: UnsafeRawPointer
    /// Where the next record begins.
    private(set) var position: Int
    private let end: Int

    @inline(always)
    init(_ memory: UnsafeRawPointer, position: Int, end: Int) {
        unsafe self.memory = memory
        self.position = position
        self.end = end
    }

    /// How many octets are ahead.
    @inline(always) var left: Int { end &- position }

    /// Steps over octets that are ahead.
    @inline(always)
    mutating func step(over count: Int) { position &+= count }

    /// The octets of one frame, good until the window moves.
    @inline(always)
    func memory(of record: CapturedRecord) -> UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(start: memory + record.start, count: record.count)
    }

    /// Eight octets so many behind the next record's begin, as a word of which the lowest octet
    /// comes first.
    ///
    /// - Parameter offset: less than the margin behind what is ahead.
    /// - Returns: the word.
    @inline(always)
    func long(at offset: Int) -> UInt64 {
        UInt64(
            littleEndian: unsafe memory.loadUnaligned(
                fromByteOffset: position &+ offset,
                as: UInt64.self
            )
        )
    }

    /// A word in the file's byte order, as `long(at:)` reads.
    @inline(always)
    func word(at offset: Int, isBigEndian: Bool) -> UInt32 {
        let word = unsafe memory.loadUnaligned(fromByteOffset: position &+ offset, as: UInt32.self)
        return isBigEndian ? word.bigEndian : word.littleEndian
    }

    /// Two words in the file's byte order, as `long(at:)` reads.
    @inline(always)
    func words(at offset: Int, isBigEndian: Bool) -> (UInt32, UInt32) {
        let both = long(at: offset)
        let (first, second) = (UInt32(truncatingIfNeeded: both), UInt32(both >> 32))
        return isBigEndian ? (first.byteSwapped, second.byteSwapped) : (first, second)
    }
}
