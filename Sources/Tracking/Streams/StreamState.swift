/// What the tracker holds of a connection that carries data: a cache line for each direction, and
/// what only its end touches.
struct StreamState: BitwiseCopyable {
    private var ends = PerEndpoint(both: StreamEnd())
    /// When the first FIN or the RST was captured, in nanoseconds since 1970; 0 before that.
    var endBegin: Int64 = 0
    /// How long no packet had come before that, in nanoseconds.
    var quietBeforeEnd: Int64 = 0
    /// The TLS session in it, by its number; 0 for none.
    var session: UInt32 = 0

    @inline(always)
    subscript(side: Side) -> StreamEnd {
        get { ends[side] }
        _modify { yield &ends[side] }
    }
}

/// One direction of the stream: what its sender sent.
struct StreamEnd: BitwiseCopyable {
    /// The newest data segment.
    var last = SegmentFacts()
    /// Data segments, those sent again among them; stops at the greatest number.
    var segments: UInt8 = 0
    /// What its first data looks like.
    var opening = PayloadClass.unknown
    /// By what it turns the other end away with that.
    var refusal = ServerRefusal.none
    /// When it began to speak after the other end's newest data, in nanoseconds since 1970.
    var turn: Int64 = 0
    /// When its first data was captured, in milliseconds; these come round after seven weeks.
    var begin: UInt32 = 0
    /// One past the newest octet of data.
    var end = SequenceNumber(0)
}

extension StreamEnd {
    /// A connection becomes a TLS session with one of so many segments of an end, if at all: by
    /// then those that begin in the clear have changed over.
    static let mostBeforeTLS: UInt8 = 12

    /// When its first data was captured, in nanoseconds since 1970.
    var beginTime: Int64 {
        last.time - Int64(Self.milliseconds(last.time) &- begin) * 1_000_000
    }

    private static func milliseconds(_ time: Int64) -> UInt32 {
        UInt32(truncatingIfNeeded: time / 1_000_000)
    }

    /// No timer sends a segment again within this time, in nanoseconds: it was captured twice.
    private static let copyWindow: Int64 = 5_000_000

    /// Whether a segment is the newest one, captured once more.
    @inline(always)
    private func isCopied(by segment: borrowing FlowSegment) -> Bool {
        segment.sequence == last.sequence && segment.payloadLength == last.payloadLength
            && segment.time &- last.time < Self.copyWindow
    }

    /// Takes a data segment.
    ///
    /// - Returns: whether it was sent before, and how many it makes.
    @inline(always)
    mutating func note(
        _ segment: borrowing FlowSegment,
        beginsTurn: Bool
    ) -> (isAgain: Bool, segments: UInt8) {
        let reach = segment.sequence.advanced(by: segment.payloadLength)
        let isAgain = last.packet != 0 && end.distance(to: reach) <= 0 && !isCopied(by: segment)
        if last.packet == 0 { begin = Self.milliseconds(segment.time) }
        if !isAgain { end = reach }
        if beginsTurn { turn = segment.time }
        if segments != .max { segments &+= 1 }
        last = segment.facts
        return (isAgain, segments)
    }
}
