/// What one end of a connection said after the handshake, as far as it matters for how the connection ends.
package struct Speech: BitwiseCopyable, Hashable, Sendable {
    /// Its newest data segment.
    package private(set) var last = Glimpse()
    /// When its first data was captured, in nanoseconds since 1970; 0 before.
    package private(set) var begin: Int64 = 0
    /// When it began to speak after the other end's newest data, in nanoseconds since 1970.
    package private(set) var turn: Int64 = 0
    /// Data segments, those sent again among them; stops at the greatest number.
    package private(set) var segments: UInt32 = 0
    /// One past the newest octet of data.
    package private(set) var end = SequenceNumber(0)
    /// What is sent again and again: where it begins, how often it was sent after the first time, and the first
    /// time that it was sent again.
    package private(set) var repeated = SequenceNumber(0)
    package private(set) var repetitions: UInt16 = 0
    package private(set) var repeatedFrom: Int64 = 0
    /// The longest segment that the other end acknowledged while a repeated one stayed unacknowledged is shorter.
    package private(set) var repeatedLength: UInt32 = 0

    package var hasSpoken: Bool { last.packet != 0 }

    init() {}

    /// Takes a data segment.
    ///
    /// - Returns: whether it repeats what was repeated before.
    @inline(always)
    mutating func note(_ segment: Segment, in frame: FrameFacts, beginsTurn: Bool) -> Bool {
        let isAgain =
            segments > 0
            && end.distance(to: segment.sequence.advanced(by: segment.payloadLength)) <= 0
        if segments == 0 { begin = frame.time }
        if beginsTurn { turn = frame.time }
        segments = segments == .max ? .max : segments &+ 1
        last = Glimpse(segment, in: frame)
        guard isAgain else {
            end = last.sequenceEnd
            return false
        }
        return noteAgain(segment, at: frame.time)
    }

    @inline(never)
    private mutating func noteAgain(_ segment: Segment, at time: Int64) -> Bool {
        guard repetitions > 0, repeated == segment.sequence else {
            repeated = segment.sequence
            repeatedLength = segment.payloadLength
            repetitions = 1
            repeatedFrom = time
            return false
        }
        repetitions = repetitions == .max ? .max : repetitions + 1
        return true
    }
}
