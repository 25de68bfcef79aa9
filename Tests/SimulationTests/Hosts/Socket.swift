import Tracking

/// One end of a connection (RFC 9293 §3.3.1), from SYN-SENT or the completed handshake to
/// TIME-WAIT.
///
/// Its methods return the segments to send; `deadline` says when it wants to be woken.
struct Socket {
    enum State {
        case synSent
        case established
        case finWait1
        case finWait2
        case closing
        case closeWait
        case lastAck
        case timeWait
        case closed
    }

    static let timeWaitLength: Int64 = 60 * .second
    static let segmentSize = 1448

    let ends: Ends
    let clock: HostClock
    let traits: Traits
    let isClient: Bool
    let conversation: Conversation
    var state: State
    let initialSequence: SequenceNumber
    /// SND.UNA, SND.NXT, and the highest SND.NXT ever.
    var unacknowledged: SequenceNumber
    var next: SequenceNumber
    var highest: SequenceNumber
    /// Where the data that the application has handed over ends; the FIN follows it.
    var dataEnd: SequenceNumber
    var hasClosed = false
    /// RCV.NXT.
    var expected = SequenceNumber(0)
    var received = 0
    var peerHasClosed = false
    /// TS.Recent; 0 before the first segment of the peer.
    var peerTimestamp: UInt32 = 0
    var usesTimestamps: Bool
    var window: UInt16 = 64240
    var retransmissions = 0
    /// When the retransmission or TIME-WAIT timer runs out.
    var timeout: Int64?
    /// When the application says its next word.
    var word: Int64?
    /// The retransmission timeout before any backoff, in nanoseconds.
    var patience: Int64 = .second
    /// Since when it is in its present state.
    var since: Int64

    /// When it wants to be woken.
    var deadline: Int64? {
        guard let timeout, let word else { return timeout ?? word }
        return min(timeout, word)
    }

    func segment(
        _ flags: TCPFlags,
        at sequence: SequenceNumber,
        length: Int = 0,
        now: Int64
    ) -> SegmentFields {
        var segment = SegmentFields(
            from: ends.local,
            to: ends.remote,
            flags: flags,
            sequence: sequence.rawValue
        )
        segment.acknowledgment = expected.rawValue
        segment.window = window
        segment.length = length
        if usesTimestamps {
            let value = clock.timestamp(of: ends, at: now)
            segment.timestamps = SegmentFields.Timestamps(value: value, echo: peerTimestamp)
        }
        return segment
    }

    /// Sends what the window of unlimited size allows; a repeat begins at SND.UNA.
    mutating func pump(at now: Int64) -> [SegmentFields] {
        var segments: [SegmentFields] = []
        while next.distance(to: dataEnd) > 0 {
            let length = min(Self.segmentSize, Int(next.distance(to: dataEnd)))
            segments.append(segment([.ack, .psh], at: next, length: length, now: now))
            next = next.advanced(by: UInt32(length))
        }
        if hasClosed, next == dataEnd {
            segments.append(segment([.ack, .fin], at: next, now: now))
            next = next.advanced(by: 1)
            enter(state == .established ? .finWait1 : state == .closeWait ? .lastAck : state, now)
        }
        if highest.distance(to: next) > 0 { highest = next }
        if !segments.isEmpty, timeout == nil { timeout = now + patience << retransmissions }
        return segments
    }

    mutating func enter(_ newState: State, _ now: Int64) {
        if newState != state { since = now }
        state = newState
    }

    /// Lets the application think about what it says next.
    mutating func think(at now: Int64) {
        guard word == nil, nextStep != nil else { return }
        word = now + conversation.thought
    }

    private var nextStep: Conversation.Step? {
        guard !hasClosed, state == .established || state == .closeWait else { return nil }
        let sent = Int(initialSequence.distance(to: dataEnd)) - 1
        return conversation.next(
            isClient: isClient,
            sent: sent,
            received: received,
            peerHasClosed: peerHasClosed
        )
    }

    /// Wakes the application or runs the timer, whichever is due.
    mutating func wake(at now: Int64) -> [SegmentFields] {
        if let word, word <= now { return speak(at: now) }
        guard let timeout, timeout <= now else { return [] }
        return expire(at: now)
    }

    private mutating func speak(at now: Int64) -> [SegmentFields] {
        word = nil
        switch nextStep {
        case .say(let length): dataEnd = dataEnd.advanced(by: UInt32(length))
        case .close: hasClosed = true
        case .abort:
            enter(.closed, now)
            timeout = nil
            return [segment([.rst, .ack], at: next, now: now)]
        case nil: return []
        }
        let segments = pump(at: now)
        think(at: now)
        return segments
    }

    private mutating func expire(at now: Int64) -> [SegmentFields] {
        timeout = nil
        switch state {
        case .timeWait, .closed:
            enter(.closed, now)
            return []
        case .synSent:
            return repeatSyn(at: now)
        case .established, .finWait1, .finWait2, .closing, .closeWait, .lastAck:
            guard unacknowledged != highest else { return [] }
            retransmissions += 1
            guard retransmissions < 8 else {
                enter(.closed, now)
                return []
            }
            next = unacknowledged
            return pump(at: now)
        }
    }
}
