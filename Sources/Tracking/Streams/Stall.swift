/// What makes no progress on an established connection although its ends go on sending: a window
/// that stays closed, probes without an answer, or bare ACKs that answer each other.
///
/// It is held for connections on which that happens, and for no others.
package struct Stall: BitwiseCopyable, Hashable, Sendable {
    /// What one end does.
    package struct End: BitwiseCopyable, Hashable, Sendable {
        /// Its bare ACKs below what it had sent, or its single bytes, since the other end sent
        /// anything (RFC 9293 §3.8.4, §3.8.6.1); stops at the greatest number.
        package internal(set) var probes: UInt16 = 0
        /// When it sent the first and the newest of them, in nanoseconds since 1970.
        package internal(set) var probedFrom: Int64 = 0
        package internal(set) var lastProbe: Int64 = 0
        /// Since when its receive window is closed; `nil` while it is open.
        package internal(set) var closure: Closure?
        /// The longest time for which it was closed, of those that are over.
        package internal(set) var longest: Closure?
    }

    /// A time during which an end announced a window of 0 (RFC 9293 §3.8.6).
    package struct Closure: BitwiseCopyable, Hashable, Sendable {
        /// In nanoseconds since 1970.
        package let begin: Int64
        /// When it announced another; the newest segment of the flow while it has not.
        package internal(set) var end: Int64
        /// The first packet that announces 0, and the packet that opens the window again.
        package let packet: UInt64
        package internal(set) var reopening: UInt64?
        /// Segments by which the other end asks for room or sends what has none; stops at the
        /// greatest number.
        package internal(set) var asked: UInt16 = 0
        /// How many bytes the other end had sent beyond the closed window when it closed.
        package let excess: Int32
        fileprivate var shown: UInt8 = 0
    }

    /// What all bare ACKs of an end say that takes part in a loop.
    private struct Numbers: BitwiseCopyable, Hashable {
        var sequence = SequenceNumber(0)
        var acknowledgment = SequenceNumber(0)
        var window: UInt16 = 0
    }

    package private(set) var low = End()
    package private(set) var high = End()
    /// Bare ACKs by turns, none of them acceptable to its receiver; stops at the greatest number.
    private var turns: UInt16 = 0
    private var turnsBegin: Int64 = 0
    private var lastTurn: Int64 = 0
    private var lastSide = Side.low
    private var lowNumbers = Numbers()
    private var highNumbers = Numbers()
    /// The longest exchange of such ACKs: how many, and from when to when, in nanoseconds since
    /// 1970.
    package private(set) var longestTurns: UInt16 = 0
    package private(set) var loopBegin: Int64 = 0
    package private(set) var loopEnd: Int64 = 0

    package subscript(side: Side) -> End { side == .low ? low : high }
}

extension Stall {
    /// A window that is closed for less is that of a busy receiver, in nanoseconds.
    package static let longClosure: Int64 = 3_000_000_000
    /// Fewer bare ACKs may answer each other by chance.
    package static let leastTurns: UInt16 = 6
    /// Fewer probes without an answer say nothing.
    package static let leastProbes: UInt16 = 2

    /// A later ACK is no answer to the one before, in nanoseconds: stacks limit them to two a
    /// second.
    private static let turnTimeout: Int64 = 600_000_000
    /// The same packet captured twice, in nanoseconds.
    private static let copyWindow: Int64 = 5_000_000
    /// A closure is shown from its second on, in nanoseconds.
    private static let shownFrom: Int64 = 1_000_000_000
    /// Show at most this many packets of a closure, of probes, and of a loop.
    private static let shownPackets: UInt16 = 8
    /// A window is scaled by so many bits at most (RFC 7323 §2.3).
    private static let mostScale = 14

    /// Whether anything stands still at this moment.
    var isStanding: Bool {
        turns > 0 || low.probes > 0 || high.probes > 0 || low.closure != nil || high.closure != nil
    }

    /// Whether a diagnosis may have something to say of it.
    ///
    /// - Parameter time: now, in nanoseconds since 1970.
    /// - Returns: `false` where whatever stands still does so for too short a time.
    func isNotable(at time: Int64) -> Bool {
        longestTurns >= Self.leastTurns || Self.isNotable(low, at: time)
            || Self.isNotable(high, at: time)
    }

    private static func isNotable(_ end: End, at time: Int64) -> Bool {
        if end.probes >= leastProbes || end.longest != nil { return true }
        return end.closure.map { $0.asked > 0 && time - $0.begin >= shownFrom } ?? false
    }

    /// Follows a segment that its flow has followed already.
    ///
    /// - Returns: whether it proves something and belongs on the flow's log.
    mutating func note(_ segment: borrowing FlowSegment, of flow: Flow) -> Bool {
        let (side, time) = (segment.side, segment.time)
        let isBare = segment.sequenceLength == 0
        // One byte that the other end has is a probe of older stacks (RFC 1122 §4.2.3.6).
        let isProbe =
            isBare
            ? segment.sequence.distance(to: flow[side].next) > 0
            : segment.payloadLength == 1
                && flow[side.other].acknowledged.rawValue != 0
                && segment.sequence.distance(to: flow[side.other].acknowledged) > 0
        self[end: side.other].probes = 0
        let isTold =
            isProbe ? noteProbe(of: side, at: time) : forgetProbes(of: side, unless: isBare)
        if !isBare || isProbe { noteRequest(of: side, at: time) }
        let isShown = noteWindow(segment, of: flow)
        let isTurn = isBare && noteTurn(segment)
        if !isBare { turns = 0 }
        return isTold || isShown || isTurn
    }

    private subscript(end side: Side) -> End {
        get { side == .low ? low : high }
        set { if side == .low { low = newValue } else { high = newValue } }
    }

    private subscript(numbers side: Side) -> Numbers {
        get { side == .low ? lowNumbers : highNumbers }
        set { if side == .low { lowNumbers = newValue } else { highNumbers = newValue } }
    }

    private mutating func noteProbe(of side: Side, at time: Int64) -> Bool {
        let known = self[side]
        guard known.probes == 0 || time - known.lastProbe > Self.copyWindow else { return false }
        if known.probes == 0 { self[end: side].probedFrom = time }
        if known.probes < .max { self[end: side].probes += 1 }
        self[end: side].lastProbe = time
        return (Self.leastProbes...Self.shownPackets).contains(self[side].probes)
    }

    /// What an end sends itself takes the place of its probes.
    private mutating func forgetProbes(of side: Side, unless isBare: Bool) -> Bool {
        if !isBare { self[end: side].probes = 0 }
        return false
    }

    /// Takes down that an end sends, where the other one has no room.
    private mutating func noteRequest(of side: Side, at time: Int64) {
        guard var closure = self[side.other].closure else { return }
        if closure.asked < .max { closure.asked += 1 }
        self[end: side.other].closure = closure
    }

    private mutating func noteWindow(_ segment: borrowing FlowSegment, of flow: Flow)
        -> Bool
    {
        let (side, time) = (segment.side, segment.time)
        for end in [Side.low, .high] { self[end: end].closure?.end = time }
        guard var closure = self[side].closure else {
            if segment.window == 0 {
                self[end: side].closure = Closure(
                    begin: time,
                    end: time,
                    packet: segment.number,
                    excess: flow[side].acknowledged.distance(to: flow[side.other].next)
                )
            }
            return false
        }
        guard segment.window == 0 else {
            self[end: side].closure = nil
            guard time - closure.begin >= Self.longClosure, closure.asked > 0 else { return false }
            closure.reopening = segment.number
            let isLongest = self[side].longest.map { $0.end - $0.begin < time - closure.begin }
            if isLongest ?? true { self[end: side].longest = closure }
            return true
        }
        let isShown =
            time - closure.begin >= Self.shownFrom && closure.shown < Self.shownPackets
            && closure.asked > 0
        if isShown {
            closure.shown += 1
            self[end: side].closure = closure
        }
        return isShown
    }

    /// Takes a bare ACK: one more turn where the other end could not accept it.
    private mutating func noteTurn(_ segment: borrowing FlowSegment) -> Bool {
        let side = segment.side
        let own = Numbers(
            sequence: segment.sequence,
            acknowledgment: segment.acknowledgment,
            window: segment.window
        )
        let isSoon = turns > 0 && segment.time - lastTurn <= Self.turnTimeout
        if isSoon, side == lastSide, self[numbers: side] == own { return false }
        let goesOn =
            isSoon && side != lastSide && (turns == 1 || self[numbers: side] == own)
            && Self.isUnacceptable(own, to: self[numbers: side.other])
        if goesOn {
            if turns < .max { turns += 1 }
        } else {
            turns = 1
            turnsBegin = segment.time
        }
        self[numbers: side] = own
        (lastSide, lastTurn) = (side, segment.time)
        if turns > longestTurns {
            (longestTurns, loopBegin, loopEnd) = (turns, turnsBegin, segment.time)
        }
        return turns > 2 && turns <= Self.shownPackets + 2
    }

    /// Whether an end with these numbers must answer a bare ACK by another (RFC 9293 §3.10.7.4): it
    /// lies below or beyond its window, or acknowledges what it never sent, beyond the byte that a
    /// probe repeats.
    private static func isUnacceptable(_ ack: Numbers, to receiver: Numbers) -> Bool {
        let ahead = Int(receiver.acknowledgment.distance(to: ack.sequence))
        return ahead < 0 || ahead > Int(receiver.window) << mostScale
            || receiver.sequence.distance(to: ack.acknowledgment) > 1
    }
}
