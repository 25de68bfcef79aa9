/// Frames that are being rewritten, one behind the other, until who reads them has done with them.
///
/// Offsets count from the begin of the newest frame. What lies outside of it reads as 0, and
/// writing there does nothing: what a packet claims of its lengths leads nowhere.
///
/// Sound although it holds a pointer: the memory lives as long as the buffer, and every offset is
/// checked against the frame.
@safe
struct FrameBuffer: ~Copyable {
    /// In bytes.
    static let length = 1 << 20

    private let memory: UnsafeMutableRawBufferPointer
    private var start = 0
    /// The length of the newest frame, in bytes.
    private(set) var count = 0

    init() {
        unsafe memory = .allocate(byteCount: Self.length, alignment: 64)
        unsafe memory.initializeMemory(as: UInt8.self, repeating: 0)
    }

    deinit { unsafe memory.deallocate() }

    /// Whether another frame of any length finds room beside those that are there.
    var hasRoom: Bool { Self.length - start - count >= CapturedRecord.longestFrame }

    /// Gives up all frames.
    mutating func removeAll() { (start, count) = (0, 0) }

    /// Copies a frame behind the others; no more of it than a frame may have.
    mutating func append(_ frame: RawSpan) {
        start = (start + count + 7) & ~7
        if start > Self.length - CapturedRecord.longestFrame { start = 0 }
        count = min(frame.byteCount, CapturedRecord.longestFrame)
        guard count > 0 else { return }
        let room = unsafe UnsafeMutableRawBufferPointer(rebasing: memory[start..<start + count])
        unsafe frame.withUnsafeBytes { bytes in
            unsafe room.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<room.count]))
        }
    }

    /// Cuts the newest frame after so many bytes.
    mutating func cut(at end: Int) { count = max(0, min(count, end)) }

    /// The newest frame.
    var bytes: RawSpan {
        @_lifetime(borrow self)
        get {
            let frame = unsafe UnsafeRawBufferPointer(rebasing: memory[start..<start + count])
            return unsafe _overrideLifetime(frame.bytes, borrowing: self)
        }
    }

    /// Whether bytes lie in the frame.
    @inline(always)
    private func holds(_ length: Int, at offset: Int) -> Bool {
        offset >= 0 && offset <= count &- length
    }

    subscript(offset: Int) -> UInt8 {
        get { holds(1, at: offset) ? unsafe memory[start + offset] : 0 }
        set { if holds(1, at: offset) { unsafe memory[start + offset] = newValue } }
    }

    /// The number in network byte order at an offset.
    func number<Value: FixedWidthInteger & BitwiseCopyable>(
        at offset: Int,
        as type: Value.Type = Value.self
    ) -> Value {
        guard holds(MemoryLayout<Value>.size, at: offset) else { return 0 }
        return Value(
            bigEndian: unsafe memory.loadUnaligned(fromByteOffset: start + offset, as: Value.self)
        )
    }

    /// Writes a number in network byte order.
    mutating func set<Value: FixedWidthInteger & BitwiseCopyable>(_ value: Value, at offset: Int) {
        guard holds(MemoryLayout<Value>.size, at: offset) else { return }
        unsafe memory.storeBytes(
            of: value.bigEndian,
            toByteOffset: start + offset,
            as: Value.self
        )
    }

    /// Clears what of a range lies in the frame.
    mutating func clear(from first: Int, to end: Int) {
        let (first, end) = (max(first, 0), min(end, count))
        guard first < end else { return }
        let bytes = start + first..<start + end
        unsafe UnsafeMutableRawBufferPointer(rebasing: memory[bytes])
            .initializeMemory(as: UInt8.self, repeating: 0)
    }

    /// Writes bytes, as far as they lie in the frame.
    mutating func set(_ bytes: some Sequence<UInt8>, from offset: Int) {
        for (position, byte) in bytes.enumerated() { self[offset + position] = byte }
    }

    /// Writes what the frame had in a range.
    mutating func restore(_ range: Range<Int>, of original: RawSpan) {
        let range = range.clamped(to: 0..<min(count, original.byteCount))
        for position in range { self[position] = original.octet(at: position) }
    }
}
