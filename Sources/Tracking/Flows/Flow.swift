/// A four-tuple through all its incarnations: who sends, how far the handshake came, what was odd.
struct Flow: BitwiseCopyable {
    /// How far the present incarnation came.
    enum Phase: UInt8, BitwiseCopyable {
        /// SYNs, and nothing that answers the newest of them.
        case halfOpen
        /// A SYN-ACK answered the newest SYN.
        case answered
        /// The handshake is complete; nothing confirms yet that the responder knows it.
        case established
        /// Data went through, or the capture began in mid-flow: the fast path.
        case settled
        /// As settled, but a timestamp fell back: all that follows is kept.
        case doubtful
        /// As settled, but an end announces a closed window, probes the other or repeats itself:
        /// all that follows is looked at, until something moves again.
        case stalled
        case closing
        case closed
        case reset
    }

    struct Marks: OptionSet, BitwiseCopyable {
        let rawValue: UInt16

        /// Something happened that a detector should look at.
        static let suspicious = Marks(rawValue: 1)
        static let initiatorIsHigh = Marks(rawValue: 2)
        /// The first captured segment of this incarnation was no SYN.
        static let midstream = Marks(rawValue: 4)
        /// This incarnation was alive: established, or met alive.
        static let alive = Marks(rawValue: 8)
        /// The four-tuple had an earlier connection.
        static let reused = Marks(rawValue: 16)
        static let completed = Marks(rawValue: 32)
        static let refused = Marks(rawValue: 64)
        static let rejected = Marks(rawValue: 128)
        /// A SYN-ACK or ACK answered something else than the newest SYN.
        static let unsolicitedReply = Marks(rawValue: 256)
        static let wasReset = Marks(rawValue: 512)
        /// The initiator went on as if answered, and no answer was captured.
        static let oneWay = Marks(rawValue: 1024)
        /// The high side sent the first FIN, or the RST that ended it.
        static let closedByHigh = Marks(rawValue: 2048)
        static let inUse = Marks(rawValue: 4096)
        /// A SYN-ACK answered a SYN of this incarnation, `synToSYNACK` after `synTime`.
        static let timed = Marks(rawValue: 8192)
        /// The handshake took longer than most do: its events are kept until it is known what is
        /// usual.
        static let slow = Marks(rawValue: 16384)
        /// The first captured segment was one that no stack begins with, and none sends in
        /// mid-flow.
        static let oddBeginning = Marks(rawValue: 32768)
    }

    // What every packet touches comes first, so that it lies in as few cache lines as possible.
    let key: FlowKey
    private var senders = PerEndpoint(both: EndpointState())
    var phase: Phase = .halfOpen
    /// Counts that stop at 255.
    var syns: UInt8 = 0
    var synAcks: UInt8 = 0
    var attempts: UInt8 = 0
    var icmpErrors: UInt8 = 0
    /// The options of the newest SYN, but signatures.
    private var offeredBits: UInt8 = 0
    var marks: Marks = .inUse
    var eventLog = EventLog()
    /// The number of its stream: of what its ends said since the handshake; 0 for nothing.
    var streamState: UInt32 = 0
    /// Whose data came last.
    var lastDataSender: Side = .low
    /// Whether its data is that of a TLS session.
    var isTLS = false
    var incarnation: UInt16 = 0
    var lastTime: Int64
    var lastPacket: UInt64
    /// When the first SYN of this incarnation was sent.
    var begin: Int64
    /// The first packet of this incarnation.
    var firstPacket: UInt64
    /// The SYN that `synToSYNACK` counts from: the latest sending of the newest attempt.
    var synTime: Int64 = 0
    var history = HistoryLetters()
    /// From the SYN to the SYN-ACK, in microseconds.
    var synToSYNACK: UInt32 = 0
    /// From the SYN-ACK to the ACK, in microseconds.
    var synackToACK: UInt32 = 0

    /// The flow of a segment's four-tuple, which begins with it.
    @inline(always)
    init(beginningWith segment: borrowing FlowSegment) {
        self.init(key: segment.key, time: segment.time, packet: segment.number)
    }

    @inline(always)
    init(key: FlowKey, time: Int64, packet: UInt64) {
        self.key = key
        begin = time
        lastTime = time
        firstPacket = packet
        lastPacket = packet
    }

    @inline(always)
    subscript(side: Side) -> EndpointState {
        get { senders[side] }
        _modify { yield &senders[side] }
    }

    /// The options of the newest SYN, but signatures.
    var offered: TCPOptions.Presence {
        get { TCPOptions.Presence(rawValue: UInt16(offeredBits)) }
        set { offeredBits = UInt8(truncatingIfNeeded: newValue.rawValue) }
    }

    var low: EndpointState { self[.low] }
    var high: EndpointState { self[.high] }

    /// In what VLANs and tunnels an end sends.
    func encapsulation(of side: Side) -> EncapsulationID {
        EncapsulationID(number: self[side].encapsulation & Self.encapsulationBits)
    }

    mutating func setEncapsulation(_ encapsulation: EncapsulationID, of side: Side) {
        let kept = self[side].encapsulation & ~Self.encapsulationBits
        self[side].encapsulation = kept | encapsulation.number & Self.encapsulationBits
    }

    /// Which of the flows on its four-tuple it is, from 0 to 15; 0 for one whose packets lie
    /// plainly in their frames.
    var duplicateIndex: UInt16 {
        get { self[.low].encapsulation >> 12 }
        set {
            self[.low].encapsulation =
                self[.low].encapsulation & Self.encapsulationBits | newValue << 12
        }
    }

    private static let encapsulationBits: UInt16 = 0x0FFF

    var initiator: Side { marks.contains(.initiatorIsHigh) ? .high : .low }

    /// Whether a diagnosis will want its events.
    var isSuspicious: Bool { !marks.isDisjoint(with: [.suspicious, .reused]) }

    /// Whether new data carries a timestamp far older than the newest one (RFC 7323 §5.3); a
    /// reordered segment carries an old sequence number too.
    @inline(always)
    func fallsBack(_ options: TCPOptions, at sequence: SequenceNumber, from side: Side) -> Bool {
        self[side].fallsBack(options, at: sequence)
    }

    /// Whether the capture misses what is acknowledged here.
    @inline(always)
    func acknowledgesUnseen(_ acknowledgment: SequenceNumber, from side: Side) -> Bool {
        let other = self[side.other]
        return other.next.distance(to: acknowledgment) > 0 && other.marks.contains(.seen)
    }

    /// Notes that an end sends data.
    ///
    /// - Returns: the number of its stream, whether the other end had spoken last, and whether it
    ///   is a TLS session.
    @inline(always)
    mutating func noteDataSender(_ side: Side) -> (streamState: UInt32, isNew: Bool, isTLS: Bool) {
        let isNew = lastDataSender != side
        lastDataSender = side
        return (streamState, isNew, isTLS)
    }

    /// Takes a plain segment of a settled flow; declines everything that it does not understand.
    @inline(always)
    mutating func absorbs(_ segment: borrowing FlowSegment) -> Bool {
        guard phase == .settled, segment.flags.rawValue | TCPFlags.psh.rawValue == Self.plainFlags
        else { return false }
        let side = segment.side
        if acknowledgesUnseen(segment.acknowledgment, from: side) { return false }
        if segment.options.presence.contains(.selectiveBlocks) { return false }
        switch self[side].absorbs(segment) {
        case .declined: return false
        case .firstData: noteFirstData(segment)
        case .taken: break
        }
        lastTime = segment.time
        lastPacket = segment.number
        return true
    }

    /// Notes that an end of a settled flow has begun to send data.
    @inline(never)
    private mutating func noteFirstData(_ segment: borrowing FlowSegment) {
        let isFromInitiator = segment.side == initiator
        history.note(isFromInitiator ? .initiatorAck : .ack)
        if !segment.isToItself { history.note(isFromInitiator ? .initiatorData : .data) }
        self[segment.side].marks.insert(.sentData)
        self[segment.side].note(timeToLive: segment.timeToLive)
    }

    private static let plainFlags = TCPFlags([.psh, .ack]).rawValue
}

/// The life of a connection as a string of letters, each at its first occurrence: `ShADadFf`.
///
/// Capitals are the initiator's: S SYN, A ACK, D data, F FIN, R RST; h is the responder's SYN-ACK,
/// i an ICMP error, ^ that the capture began in mid-flow.
package struct HistoryLetters: BitwiseCopyable, Hashable, Sendable {
    private static let alphabet: [Character] = [
        " ", "S", "h", "a", "A", "r", "R", "f", "F", "d", "D", "i", "^",
    ]

    /// The letters, by their positions in the alphabet.
    package enum Letter: UInt8 {
        case syn = 1
        case synAck, ack, initiatorAck, rst, initiatorRst, fin, initiatorFin, data, initiatorData,
            icmp, midstream
    }

    /// Four bits a letter, the first lowest: twelve letters, 48 bits; above them a bit for each
    /// that was seen, and in the highest four bits how many.
    private var packed: UInt64 = 0

    /// Letters that nobody will ask for: it takes none, as if all had been seen.
    static var unwanted: HistoryLetters {
        var letters = HistoryLetters()
        letters.packed = (1 << 12 - 1) << 48
        return letters
    }

    var areWanted: Bool { packed != Self.unwanted.packed }

    private var count: Int { Int(packed >> 60) }

    @inline(always)
    mutating func note(_ letter: Letter) {
        let bit = UInt64(1) << (47 &+ UInt64(letter.rawValue))
        if packed & bit == 0 { append(letter, bit) }
    }

    private mutating func append(_ letter: Letter, _ bit: UInt64) {
        packed |= UInt64(letter.rawValue) << UInt64(4 * count) | bit
        packed += 1 << 60
    }

    package var text: String {
        String((0..<count).map { Self.alphabet[Int(packed >> UInt64(4 * $0) & 15)] })
    }
}
