import Tracking

/// Scripted traffic as a source of frames: a capture of any length without a file.
@safe
struct ScriptedSource: ~Copyable, CaptureSource {
    /// As much of a frame as is captured, in octets.
    private static let limit = 128
    /// Frames that lie in memory at the same time.
    private static let places = 256

    private var traffic: ScriptedTraffic
    private let octets: UnsafeMutablePointer<UInt8>
    private var kept = [Int](repeating: 0, count: Self.places)
    private var time: Int64 = 0
    private var length = 0
    private var number: UInt64 = 0
    private let count: UInt64
    private(set) var place = -1

    /// A source of `count` frames of `traffic`.
    init(_ traffic: ScriptedTraffic, count: UInt64) {
        self.traffic = traffic
        self.count = count
        unsafe octets = .allocate(capacity: Self.limit * Self.places)
        unsafe octets.initialize(repeating: 0, count: Self.limit * Self.places)
    }

    deinit {
        unsafe octets.deallocate()
    }

    mutating func advance() throws(CaptureError) -> Bool {
        guard number < count else { return false }
        place = 0
        make()
        return true
    }

    mutating func advanceInPlace() -> CaptureStep {
        guard place >= 0, place &+ 1 < Self.places, number < count else { return .blocked }
        place &+= 1
        make()
        return .frame
    }

    private mutating func make() {
        number &+= 1
        time = traffic.time
        let target = unsafe octets + place &* Self.limit
        (kept[place], length) = unsafe traffic.next(into: target, limit: Self.limit)
    }

    subscript(place: Int) -> RawSpan {
        @_lifetime(borrow self)
        get {
            let start = unsafe UnsafeRawPointer(octets + place &* Self.limit)
            let span = unsafe RawSpan(_unsafeStart: start, byteCount: kept[place])
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    var frame: Frame {
        @_lifetime(borrow self)
        get {
            Frame(
                octets: self[place],
                time: time,
                number: number,
                originalLength: UInt32(truncatingIfNeeded: length),
                linkType: .ethernet
            )
        }
    }
}
