import Tracking

/// One host: its listeners, its half-open entries, its sockets.
struct Stack {
    private static let reuseAge: Int64 = .second

    let clock: HostClock
    let traits: Traits
    /// What is said on the ports that someone listens on.
    var listeners: [UInt16: Conversation] = [:]
    /// Until when no completed handshake finds room in the accept queue, and whether that is said
    /// with a RST.
    var queueIsFullUntil: Int64 = 0
    var abortsOnOverflow = false
    private var entries: [Ends: HalfOpen] = [:]
    private var sockets: [Ends: Socket] = [:]
    private var identification: UInt16

    init(_ clock: HostClock, _ traits: Traits) {
        self.clock = clock
        self.traits = traits
        identification = UInt16(truncatingIfNeeded: clock.secret)
    }

    /// Linux leaves it 0 in SYN-ACKs and in resets without a socket: neither belongs to a socket
    /// that counts.
    mutating func nextIdentification(for segment: SegmentFields) -> UInt16 {
        guard segment.source.address.isIPv4, !segment.isSynAck, !segment.flags.contains(.rst) else {
            return 0
        }
        identification = identification == .max ? 1 : identification + 1
        return identification
    }

    func deadline(of ends: Ends) -> Int64? { sockets[ends]?.deadline ?? entries[ends]?.deadline }

    /// Whether nothing but TIME-WAIT is left, and that long enough for the port to be used again.
    func hasClosed(_ ends: Ends, at now: Int64) -> Bool {
        guard entries[ends] == nil else { return false }
        guard let socket = sockets[ends] else { return true }
        return socket.state == .timeWait && now - socket.since > Self.reuseAge
    }

    /// Calls connect() from a port; an earlier call that still waits there is given up without a
    /// word.
    mutating func connect(_ ends: Ends, as conversation: Conversation, at now: Int64)
        -> [SegmentFields]
    {
        let former = sockets[ends]
        if let former, former.state != .synSent, !hasClosed(ends, at: now) { return [] }
        var socket = Socket(
            connecting: ends,
            as: conversation,
            clock,
            traits,
            after: former?.state == .timeWait ? former : nil,
            at: now
        )
        let segments = socket.open(at: now)
        sockets[ends] = socket
        return segments
    }

    mutating func receive(_ segment: SegmentFields, at now: Int64) -> [SegmentFields] {
        let ends = Ends(local: segment.destination, remote: segment.source)
        if let socket = sockets[ends] {
            guard socket.yields(to: segment), segment.isSyn else {
                return pass(segment, to: ends, at: now)
            }
            sockets[ends] = nil
            return listen(to: segment, above: socket.highest.advanced(by: 65537), at: now)
        }
        if entries[ends] != nil { return complete(ends, with: segment, at: now) }
        return listen(to: segment, above: nil, at: now)
    }

    private mutating func pass(_ segment: SegmentFields, to ends: Ends, at now: Int64)
        -> [SegmentFields]
    {
        let segments = sockets[ends]?.receive(segment, at: now) ?? []
        forgetIfClosed(ends)
        return segments
    }

    private mutating func forgetIfClosed(_ ends: Ends) {
        if sockets[ends]?.state == .closed { sockets[ends] = nil }
    }

    private mutating func complete(
        _ ends: Ends,
        with segment: SegmentFields,
        at now: Int64
    ) -> [SegmentFields] {
        guard var entry = entries[ends] else { return [] }
        let outcome = entry.receive(segment, at: now)
        if case .completed = outcome, now < queueIsFullUntil {
            guard abortsOnOverflow else { return [] }
            entries[ends] = nil
            return [.reset(answering: segment)]
        }
        entries[ends] = entry
        switch outcome {
        case .answer(let segments):
            return segments
        case .destroyed(let segments):
            entries[ends] = nil
            return segments
        case .completed:
            entries[ends] = nil
            guard let conversation = listeners[ends.local.port] else { return [] }
            sockets[ends] = Socket(accepting: entry, as: conversation, at: now)
            return pass(segment, to: ends, at: now)
        }
    }

    private mutating func listen(
        to segment: SegmentFields,
        above former: SequenceNumber?,
        at now: Int64
    ) -> [SegmentFields] {
        if segment.flags.contains(.rst) { return [] }
        guard segment.isSyn, listeners[segment.destination.port] != nil else {
            return [.reset(answering: segment)]
        }
        var entry = HalfOpen(answering: segment, clock, traits, above: former, at: now)
        let answer = entry.synAck(at: now)
        entries[entry.ends] = entry
        return [answer]
    }

    mutating func takeError(about segment: SegmentFields, at now: Int64) {
        let ends = Ends(local: segment.source, remote: segment.destination)
        sockets[ends]?.takeError(about: segment, at: now)
        forgetIfClosed(ends)
    }

    /// Runs the timer of one four-tuple, if it is due.
    mutating func wake(_ ends: Ends, at now: Int64) -> [SegmentFields] {
        guard let deadline = deadline(of: ends), deadline <= now else { return [] }
        if sockets[ends] != nil {
            let segments = sockets[ends]?.wake(at: now) ?? []
            forgetIfClosed(ends)
            return segments
        }
        guard let answer = entries[ends]?.expire(at: now) else {
            entries[ends] = nil
            return []
        }
        return [answer]
    }
}
