import Tracking

/// Scripted traffic as a source of frames: a capture of any length without a file.
@safe
struct ScriptedSource: ~Copyable, CaptureSource {
    /// As much of a frame as is captured, in octets.
    private static let limit = 128
    /// Frames that lie in memory at the same time.
    private static let slots = 256

    private var traffic: ScriptedTraffic
    private let octets: UnsafeMutablePointer<UInt8>
    private var kept = [Int](repeating: 0, count: Self.slots)
    private var time: Int64 = 0
    private var length = 0
    private var number: UInt64 = 0
    private let count: UInt64
    private(set) var slot = -1

    /// A source of `count` frames of `traffic`.
    init(_ traffic: ScriptedTraffic, count: UInt64) {
        self.traffic = traffic
        self.count = count
        unsafe octets = .allocate(capacity: Self.limit * Self.slots)
        unsafe octets.initialize(repeating: 0, count: Self.limit * Self.slots)
    }

    deinit {
        unsafe octets.deallocate()
    }

    mutating func advance() throws(CaptureError) -> Bool {
        guard number < count else { return false }
        slot = 0
        make()
        return true
    }

    mutating func advanceInPlace() -> CaptureStep {
        guard slot >= 0, slot &+ 1 < Self.slots, number < count else { return .blocked }
        slot &+= 1
        make()
        return .frame
    }

    private mutating func make() {
        number &+= 1
        time = traffic.time
        let target = unsafe octets + slot &* Self.limit
        (kept[slot], length) = unsafe traffic.next(into: target, limit: Self.limit)
    }

    subscript(slot: Int) -> RawSpan {
        @_lifetime(borrow self)
        get {
            let start = unsafe UnsafeRawPointer(octets + slot &* Self.limit)
            let span = unsafe RawSpan(_unsafeStart: start, byteCount: kept[slot])
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    var frame: Frame {
        @_lifetime(borrow self)
        get {
            Frame(
                octets: self[slot],
                time: time,
                number: number,
                originalLength: UInt32(truncatingIfNeeded: length),
                linkType: .ethernet
            )
        }
    }
}
