/// What frames that were read one after the other are together.
struct FrameRun: BitwiseCopyable {
    /// How many they are; who reads them counts them.
    var count = 0
    /// Captured of all of them.
    private(set) var octets: UInt64 = 0
    /// When the first and the last were captured, in nanoseconds since 1970.
    private(set) var first: Int64 = 0
    private(set) var last: Int64 = 0
    /// The longest time from one of them to the next, in nanoseconds; a step back is longer than
    /// any other.
    private(set) var longestStep: UInt64 = 0

    /// Takes the first frame.
    @inline(always)
    mutating func begin(with frame: borrowing Frame) {
        octets = UInt64(truncatingIfNeeded: frame.octets.byteCount)
        (first, last) = (frame.time, frame.time)
    }

    /// Takes the next frame.
    @inline(always)
    mutating func add(_ frame: borrowing Frame) {
        octets &+= UInt64(truncatingIfNeeded: frame.octets.byteCount)
        // Seen without a sign, a step back is longer than any other.
        let step = UInt64(bitPattern: frame.time &- last)
        if step > longestStep { longestStep = step }
        last = frame.time
    }

    /// Whether no frame was captured before the one that stands before it.
    var isInOrder: Bool { longestStep <= UInt64(Int64.max) }
}
