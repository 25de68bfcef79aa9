/// One end of a flow, as far as an observer can know it (RFC 9293 §3.3.1).
struct EndpointState: BitwiseCopyable {
    struct Marks: OptionSet, BitwiseCopyable {
        let rawValue: UInt8

        /// Any segment of it was captured.
        static let seen = Marks(rawValue: 1)
        /// A SYN or SYN-ACK of it was captured, so `initialSequence` is known.
        static let synchronized = Marks(rawValue: 2)
        static let sentData = Marks(rawValue: 4)
        static let sentFin = Marks(rawValue: 8)
        /// The other end has acknowledged its FIN.
        static let finAcknowledged = Marks(rawValue: 16)
        /// Its packets come with one time to live and another.
        static let hopsVary = Marks(rawValue: 32)
        /// How the attempt to connect that its newest SYN began has ended is counted.
        static let decided = Marks(rawValue: 64)
        /// Its FIN came before the other end had sent any data.
        static let closedUnasked = Marks(rawValue: 128)
    }

    var initialSequence = SequenceNumber(0)
    /// One past the highest sequence number sent (SND.NXT, as captured).
    var next = SequenceNumber(0)
    /// The highest acknowledgment sent, 0 before the first.
    var acknowledged = SequenceNumber(0)
    /// The newest timestamp sent, 0 before the first.
    var timestamp: UInt32 = 0
    var marks = Marks(rawValue: 0)
    /// Of its latest segment that was no plain one of a settled flow.
    var timeToLive: UInt8 = 0
    /// In what VLANs and tunnels it sends, in the lower bits; the flow's own business.
    var encapsulation: UInt16 = 0
    /// When it sent last, in units of 2²⁰ ns; these come round after 52 days.
    private(set) var lastSent: UInt32 = 0

    @inline(always)
    mutating func send(_ segment: borrowing FlowSegment) {
        let end = segment.sequence.advanced(by: segment.sequenceLength)
        // A RST has the numbers of what it answers.
        let isProgress = next.distance(to: end) > 0 && !segment.flags.contains(.rst)
        if !marks.contains(.seen) || isProgress { next = end }
        lastSent = Self.units(segment.time)
        if segment.flags.contains(.ack) { note(acknowledgment: segment.acknowledgment) }
        note(timestamp: segment.options.timestampValue)
        marks.insert(.seen)
        // A RST may come from elsewhere.
        if !segment.flags.contains(.rst) { note(timeToLive: segment.timeToLive) }
    }

    /// What became of a plain segment.
    enum Absorption {
        case declined, taken
        /// Taken, and its sender had sent no data before.
        case firstData
    }

    /// Takes a plain segment of a settled flow.
    ///
    /// Declined is one whose timestamp falls back; one that closes its sender's window; and a bare
    /// ACK below what its sender had sent: a probe, or one that nobody accepts.
    @inline(always)
    mutating func absorbs(_ segment: borrowing FlowSegment) -> Absorption {
        if segment.window == 0 { return .declined }
        if segment.payloadLength == 0 {
            if segment.sequence != next { return .declined }
            send(plain: segment)
            return .taken
        }
        if fallsBack(segment.options, at: segment.sequence) { return .declined }
        let isFirst = !marks.contains(.sentData)
        send(plain: segment)
        return isFirst ? .firstData : .taken
    }

    /// Timestamps of one side differ by no more where segments were reordered, in ticks: a second
    /// of the usual clock.
    private static let timestampSlack: Int32 = 1000

    /// Whether new data carries a timestamp far older than the newest one (RFC 7323 §5.3); a
    /// reordered segment carries an old sequence number too.
    @inline(always)
    func fallsBack(_ options: TCPOptions, at sequence: SequenceNumber) -> Bool {
        let distance = Int32(bitPattern: options.timestampValue &- timestamp)
        return distance < -Self.timestampSlack && timestamp != 0
            && options.presence.contains(.timestamps) && next.distance(to: sequence) >= 0
    }

    /// Takes an ACK, with data or without, of an end that has spoken before or not.
    @inline(always)
    private mutating func send(plain segment: borrowing FlowSegment) {
        let end = segment.sequence.advanced(by: segment.payloadLength)
        if !marks.contains(.seen) || next.distance(to: end) > 0 { next = end }
        lastSent = Self.units(segment.time)
        note(acknowledgment: segment.acknowledgment)
        note(timestamp: segment.options.timestampValue)
        marks.insert(.seen)
        if timeToLive != segment.timeToLive { noteOtherTimeToLive(segment.timeToLive) }
    }

    @inline(never)
    private mutating func noteOtherTimeToLive(_ value: UInt8) {
        if timeToLive == 0 { timeToLive = value } else { marks.insert(.hopsVary) }
    }

    @inline(always)
    private static func units(_ time: Int64) -> UInt32 { UInt32(truncatingIfNeeded: time >> 20) }

    /// When it sent last, in nanoseconds since 1970, about a millisecond too early at most.
    ///
    /// - Parameter time: a later time, by less than 52 days.
    /// - Returns: nanoseconds since 1970.
    func timeSent(before time: Int64) -> Int64 {
        let age = Self.units(time) &- lastSent
        return (time >> 20 - Int64(age)) << 20
    }

    @inline(always)
    mutating func note(timeToLive value: UInt8) {
        if timeToLive != value, timeToLive != 0 { marks.insert(.hopsVary) }
        timeToLive = value
    }

    /// Segments may be captured in another order than they were sent in.
    @inline(always)
    private mutating func note(acknowledgment number: SequenceNumber) {
        if acknowledged.rawValue == 0 || acknowledged.distance(to: number) > 0 {
            acknowledged = number
        }
    }

    @inline(always)
    private mutating func note(timestamp value: UInt32) {
        if timestamp == 0 || Int32(bitPattern: value &- timestamp) > 0 { timestamp = value }
    }

    /// How many sequence numbers it has used, its SYN and FIN among them.
    var spaceUsed: Int32 { initialSequence.distance(to: next) }

    /// Where data that it sends now would begin: a FIN takes a sequence number and is none.
    var nextData: SequenceNumber {
        marks.contains(.sentFin) ? next.advanced(by: .max) : next
    }

    /// Where its data begins, if its SYN was captured; otherwise where data that it sends now would
    /// begin.
    var firstData: SequenceNumber {
        marks.contains(.synchronized) ? initialSequence.advanced(by: 1) : nextData
    }

    /// Begins a new sequence space at the segment's SYN.
    mutating func synchronize(by segment: borrowing FlowSegment) {
        initialSequence = segment.sequence
        lastSent = Self.units(segment.time)
        timestamp = segment.options.timestampValue
        timeToLive = segment.timeToLive
        next = segment.sequence.advanced(by: segment.sequenceLength)
        marks.insert([.seen, .synchronized])
        marks.remove(.decided)
    }

    /// Whether `acknowledgment` answers this end's SYN, and any data that the SYN carried (RFC 7413
    /// §4.2).
    func isAnswered(by acknowledgment: SequenceNumber) -> Bool {
        guard marks.contains(.synchronized) else { return false }
        let sent = initialSequence.distance(to: next)
        return (1...max(1, sent)).contains(initialSequence.distance(to: acknowledgment))
    }

    /// Whether `acknowledgment` says that this end's SYN arrived, whatever followed it that the
    /// capture misses.
    func isAccepted(by acknowledgment: SequenceNumber) -> Bool {
        guard marks.contains(.synchronized) else { return false }
        return (1...Self.unseenReach).contains(initialSequence.distance(to: acknowledgment))
    }

    /// So much may have been sent between two captured packets, in octets.
    private static let unseenReach: Int32 = 1 << 20
}
