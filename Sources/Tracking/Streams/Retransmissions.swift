/// A segment that was sent again and again.
struct Repetition: BitwiseCopyable {
    let sequence: SequenceNumber
    let length: UInt32
    /// How often it was sent after the first time; stops at the greatest number.
    var count: UInt16 = 1
    /// When it was sent again for the first time, in nanoseconds since 1970.
    let begin: Int64
    /// How often what the other end had acknowledged was sent again, by a sender to which no newer
    /// segment had come meanwhile; stops at the greatest number.
    var covered: UInt16 = 0
    /// When that was done first and last, and what the sender had from the other end by then.
    var coveredFrom: Int64 = 0
    var coveredUntil: Int64 = 0
    private var echo: UInt32 = 0
    private var acknowledgment = SequenceNumber(0)

    init(_ segment: borrowing FlowSegment) {
        sequence = segment.sequence
        length = segment.payloadLength
        begin = segment.time
    }

    /// Takes down whether what is sent again had been acknowledged.
    mutating func noteCover(_ segment: borrowing FlowSegment, isAcknowledged: Bool) {
        let echo = segment.options.timestampEcho
        if !isAcknowledged || self.echo != echo || acknowledgment != segment.acknowledgment {
            covered = 0
        }
        guard isAcknowledged else { return }
        if covered == 0 { coveredFrom = segment.time }
        if covered < .max { covered += 1 }
        coveredUntil = segment.time
        (self.echo, acknowledgment) = (echo, segment.acknowledgment)
    }
}
