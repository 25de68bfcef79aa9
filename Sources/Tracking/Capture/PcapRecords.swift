import Glibc

/// The records of a pcap file in its usual form (draft-ietf-opsawg-pcap), walked where a block of the
/// file lies in memory.
///
/// Reading by large blocks costs a third of what two calls of fread a packet cost. A block is what
/// one read gives, so that a pipe's packets come when they were written.
///
/// Sound although it holds a pointer: the block lives as long as the records do, spans of it borrow `self`, and every place
/// is held against what was read.
@safe
struct PcapRecords: ~Copyable {
    /// The file's header, as far as it matters.
    struct Header {
        let isBigEndian: Bool
        let nanosecondsPerUnit: Int64
        let snapshotLength: Int
        let dataLink: Int32

        /// That of an empty file.
        init() {
            isBigEndian = false
            nanosecondsPerUnit = 1000
            snapshotLength = 0
            dataLink = -1
        }

        /// - Returns: `nil` for octets that are no header of version 2.4.
        init?(_ octets: [UInt8], format: CaptureFormat) {
            guard case .pcap(let nanoseconds, 16) = format,
                octets.count == CaptureStream.headerLength
            else { return nil }
            let isBigEndian = octets[0] == 0xA1
            func word(at offset: Int) -> UInt32 {
                let value = octets[offset..<offset + 4].reduce(0) { $0 << 8 | UInt32($1) }
                return isBigEndian ? value : value.byteSwapped
            }
            guard word(at: 4) == (isBigEndian ? 0x0002_0004 : 0x0004_0002) else { return nil }
            self.isBigEndian = isBigEndian
            nanosecondsPerUnit = nanoseconds ? 1 : 1000
            let claimed = word(at: 16)
            snapshotLength = claimed == 0 || claimed > Int32.max ? longestFrame : Int(claimed)
            // Above the link type lie the length of the frame check sequence and reserved bits.
            let linkType = Int32(word(at: 20) & 0x03FF_FFFF)
            dataLink = linkType == 101 ? 12 : linkType
        }
    }

    /// Why a record cannot be read.
    enum Fault: Error {
        case headerCut(after: Int)
        case bodyCut(length: Int, after: Int)
        case tooLong(UInt32)
        case system(Int32)
    }

    private static let recordHeaderLength = 16
    private static let blockLength = 1 << 19

    private let stream: CaptureStream
    private let header: Header
    /// Memory that no array counts and checks at every look.
    private let block = UnsafeMutableRawPointer.allocate(byteCount: blockLength, alignment: 64)
    /// Where the next record begins, and where what was read ends.
    private var position = 0
    private var end = 0
    /// Where the present frame begins, and how much of it was captured, in octets.
    private var start = 0
    private var count = 0
    /// In nanoseconds since 1970.
    private(set) var time: Int64 = 0
    private(set) var originalLength: UInt32 = 0
    /// How much of the file the record takes, in octets.
    private(set) var recordLength = 0

    init(of stream: consuming CaptureStream, header: Header) {
        self.stream = stream
        self.header = header
    }

    deinit {
        unsafe block.deallocate()
    }

    /// What was captured of the present frame.
    var octets: RawSpan {
        @_lifetime(borrow self)
        @inline(always)
        get {
            let address = unsafe address(of: start, count: count)
            let span = unsafe RawSpan(_unsafeStart: address, byteCount: count)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    /// Where a span of the block begins that ends within it.
    @inline(always)
    private func address(of start: Int, count: Int) -> UnsafeRawPointer {
        precondition(start >= 0 && count >= 0 && start &+ count <= Self.blockLength)
        return unsafe UnsafeRawPointer(block + start)
    }

    /// Where the present frame lies in the block.
    @inline(always) var place: Int { start << 24 | count }

    /// What was captured of the frame at a place of the present block.
    subscript(place: Int) -> RawSpan {
        @_lifetime(borrow self)
        @inline(always)
        get {
            let count = place & 0xFF_FFFF
            let address = unsafe address(of: place >> 24, count: count)
            let span = unsafe RawSpan(_unsafeStart: address, byteCount: count)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    /// Steps to the next record if the block holds it whole, so that nothing must be moved.
    @inline(always)
    mutating func advanceInPlace() -> Bool {
        let left = end &- position
        guard left >= Self.recordHeaderLength else { return false }
        let (claimed, original) = words(at: position &+ 8)
        let length = Int(claimed)
        guard claimed <= longestFrame, left >= Self.recordHeaderLength &+ length else {
            return false
        }
        let (seconds, fraction) = words(at: position)
        recordLength = Self.recordHeaderLength &+ length
        time = Int64(seconds) &* 1_000_000_000 &+ Int64(fraction) &* header.nanosecondsPerUnit
        originalLength = original
        start = position &+ Self.recordHeaderLength
        count = min(length, header.snapshotLength)
        position &+= recordLength
        return true
    }

    /// Steps to the next record.
    ///
    /// - Returns: `false` at the end of the file.
    mutating func advance() throws(Fault) -> Bool {
        if advanceInPlace() { return true }
        if end &- position < Self.recordHeaderLength, try !fetch(Self.recordHeaderLength) {
            return false
        }
        let claimed = words(at: position &+ 8).0
        guard claimed <= longestFrame else { throw .tooLong(claimed) }
        let length = Self.recordHeaderLength &+ Int(claimed)
        if end &- position < length { _ = try fetch(length) }
        return advanceInPlace()
    }

    /// Two words of the block in the file's byte order.
    @inline(always)
    private func words(at offset: Int) -> (UInt32, UInt32) {
        let both = UInt64(
            bigEndian: unsafe block.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        )
        let (first, second) = (UInt32(both >> 32), UInt32(truncatingIfNeeded: both))
        return header.isBigEndian ? (first, second) : (first.byteSwapped, second.byteSwapped)
    }

    /// Moves what is ahead to the front of the block, and reads until it is `count` octets or more.
    ///
    /// - Returns: `false` when nothing is ahead at the end of the file.
    @inline(never)
    private mutating func fetch(_ count: Int) throws(Fault) -> Bool {
        end -= position
        unsafe block.copyMemory(from: block + position, byteCount: end)
        position = 0
        while end < count {
            let room = Self.blockLength - end
            let got = unsafe read(stream.descriptor, block + end, room)
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw .system(errno) }
            if got == 0 { return try finish(before: count) }
            end += got
        }
        return true
    }

    private func finish(before count: Int) throws(Fault) -> Bool {
        if end == 0 { return false }
        guard end >= Self.recordHeaderLength else { throw .headerCut(after: end) }
        let header = Self.recordHeaderLength
        throw .bodyCut(length: count - header, after: end - header)
    }
}

/// No frame is longer, in octets: as libpcap has it, too.
private let longestFrame = 262_144

extension PcapRecords.Fault: CustomStringConvertible {
    var description: String {
        switch self {
        case .headerCut(let count):
            "its header has 16 octets, and the file ends after \(count) of them"
        case .bodyCut(let length, let count):
            "it has \(length) octets, and the file ends after \(count) of them"
        case .tooLong(let length):
            "it claims \(length) octets, more than the \(longestFrame) that a frame may have"
        case .system(let number):
            unsafe String(cString: strerror(number))
        }
    }
}
