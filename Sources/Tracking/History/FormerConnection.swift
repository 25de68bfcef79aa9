/// What is remembered of the connection that used the four-tuple before: the state that its
/// responder may still hold for it.
///
/// Its ends are named by their parts in the connection that came after.
package struct FormerConnection: Hashable, Sendable {
    /// How it was seen to end.
    package enum Ending: Hashable, Sendable {
        case open
        /// Only one end's FIN was acknowledged.
        case halfClosed
        case closed
        case reset
    }

    /// One past the initiator's last octet or FIN: what the responder acknowledges in its old
    /// state.
    package let initiatorNext: SequenceNumber
    /// One past the responder's last octet or FIN.
    package let responderNext: SequenceNumber
    /// The initiator's last timestamp; `nil` where its last segment had none.
    package let timestamp: UInt32?
    package let ending: Ending
    /// Who closed first, or reset it; means nothing while it is open.
    package let closer: Side
    /// The time and number of its last packet.
    package let lastTime: Int64
    package let lastPacket: UInt64

    /// An acknowledgment so near to the last number is one of the old connection, in octets.
    private static let reach: Int32 = 1 << 20

    /// Reads the memory that a flow keeps of its connection before.
    package init(_ memory: Event) {
        initiatorNext = memory.sequence
        responderNext = memory.acknowledgment
        timestamp = memory.timestampValue == 0 ? nil : memory.timestampValue
        ending =
            if memory.flags.contains(.rst) {
                .reset
            } else if memory.flags.contains(.fin) {
                memory.flags.contains(.ack) ? .closed : .halfClosed
            } else {
                .open
            }
        closer = memory.side
        lastTime = memory.time
        lastPacket = memory.packet
    }

    /// Whether a segment of the responder carries the numbers of this connection.
    package func holds(_ reply: Event) -> Bool {
        Self.isNear(initiatorNext, reply.acknowledgment)
            && Self.isNear(responderNext, reply.sequence)
    }

    /// Whether a segment of the responder carries exactly the last numbers of this connection.
    func ends(with reply: Event) -> Bool {
        initiatorNext == reply.acknowledgment && responderNext == reply.sequence
    }

    /// Whether a SYN may be the one that began this connection, captured late or once more: a
    /// little below its last number, and not newer.
    package func mayHaveBegun(with syn: Event) -> Bool {
        guard (-Self.reach..<0).contains(sequenceAge(of: syn)) else { return false }
        let isOlder = timestampAge(of: syn).map { $0 <= 0 } ?? false
        return isOlder || syn.time - lastTime <= TimingTolerance.reordering
    }

    /// Whether a segment of the responder asks if this connection lives (RFC 9293 §3.8.4).
    func isKeptAlive(by probe: Event) -> Bool {
        probe.sequence.advanced(by: 1) == responderNext
    }

    private static func isNear(_ first: SequenceNumber, _ second: SequenceNumber) -> Bool {
        (-reach...reach).contains(first.distance(to: second))
    }
}

/// TIME-WAIT (RFC 9293 §3.6.1, RFC 6191 §2).
extension FormerConnection {
    /// No stack keeps TIME-WAIT longer, in nanoseconds: twice the MSL of RFC 9293 §3.4.2.
    package static let longestTimeWait: Int64 = 240_000_000_000

    /// What a stack in TIME-WAIT makes of a SYN.
    package enum Verdict: Hashable, Sendable {
        case accepts
        /// The timestamp is older than the last one seen, whatever the ISN (RFC 7323 §5).
        case oldTimestamp
        /// The ISN is not above the last sequence number, and no newer timestamp makes up for it.
        case oldSequence
    }

    /// Whether the responder closed first and so may be in TIME-WAIT at `time`.
    package func isInTimeWait(at responder: Side, time: Int64) -> Bool {
        ending == .closed && closer == responder
            && (0...Self.longestTimeWait).contains(time - lastTime)
    }

    /// By the rule of RFC 6191, as Linux and the BSDs follow it.
    package func verdict(on syn: Event) -> Verdict {
        let age = timestampAge(of: syn)
        if let age, age < 0 { return .oldTimestamp }
        if sequenceAge(of: syn) > 0 { return .accepts }
        return (age ?? 0) > 0 ? .accepts : .oldSequence
    }

    /// How far the ISN lies above the next octet that the responder expects.
    package func sequenceAge(of syn: Event) -> Int32 { initiatorNext.distance(to: syn.sequence) }

    /// How much newer the SYN's timestamp is; `nil` where one of the two has none.
    package func timestampAge(of syn: Event) -> Int32? {
        guard let timestamp, syn.hasTimestamps else { return nil }
        return Int32(bitPattern: syn.timestampValue &- timestamp)
    }
}
