import Tracking

/// What a socket does with a segment (RFC 9293 §3.10.7.4).
extension Socket {
    private static let receiveWindow: Int32 = 65535

    mutating func receive(_ segment: SegmentFields, at now: Int64) -> [SegmentFields] {
        if state == .synSent { return receiveInSynSent(segment, at: now) }
        let offset = expected.distance(to: segment.start)
        if segment.flags.contains(.rst) {
            if offset == 0 || state == .timeWait, (0...Self.receiveWindow).contains(offset) {
                enter(.closed, now)
                timeout = nil
                word = nil
            }
            return []
        }
        // A SYN, new or old, is answered with a challenge ACK (RFC 5961 §4).
        if segment.flags.contains(.syn) { return [self.segment(.ack, at: highest, now: now)] }
        guard segment.flags.contains(.ack) else { return [] }
        takeAcknowledgment(of: segment, at: now)
        let hasText = segment.length > 0 || segment.flags.contains(.fin)
        if hasText { takeText(of: segment, at: now) }
        think(at: now)
        var answer: [SegmentFields] = []
        if let word, word <= now { answer = wake(at: now) }
        if hasText, answer.isEmpty { answer = [self.segment(.ack, at: highest, now: now)] }
        return answer
    }

    private mutating func takeAcknowledgment(of segment: SegmentFields, at now: Int64) {
        let advance = unacknowledged.distance(to: segment.acknowledged)
        guard advance > 0, segment.acknowledged.distance(to: highest) >= 0 else { return }
        unacknowledged = segment.acknowledged
        if next.distance(to: unacknowledged) > 0 { next = unacknowledged }
        retransmissions = 0
        timeout = unacknowledged == highest ? nil : now + patience
        let isFinAcknowledged = hasClosed && unacknowledged == dataEnd.advanced(by: 1)
        guard isFinAcknowledged else { return }
        switch state {
        case .finWait1: enter(.finWait2, now)
        case .closing: waitForOldSegments(at: now)
        case .lastAck: enter(.closed, now)
        case .synSent, .established, .finWait2, .closeWait, .timeWait, .closed: break
        }
    }

    private mutating func takeText(of segment: SegmentFields, at now: Int64) {
        let known = segment.start.distance(to: expected)
        let length = Int32(segment.start.distance(to: segment.end))
        guard known >= 0, known < length else {
            if state == .timeWait { timeout = now + Self.timeWaitLength }
            return
        }
        if let timestamps = segment.timestamps { peerTimestamp = timestamps.value }
        expected = segment.end
        let hasFin = segment.flags.contains(.fin)
        received += Int(length - known) - (hasFin ? 1 : 0)
        guard hasFin else { return }
        peerHasClosed = true
        switch state {
        case .established: enter(.closeWait, now)
        case .finWait1: enter(.closing, now)
        case .finWait2: waitForOldSegments(at: now)
        case .synSent, .closing, .closeWait, .lastAck, .timeWait, .closed: break
        }
    }

    private mutating func waitForOldSegments(at now: Int64) {
        enter(.timeWait, now)
        timeout = now + Self.timeWaitLength
        word = nil
    }

    /// Whether a SYN may begin a new connection over this TIME-WAIT (RFC 6191 §2).
    func yields(to syn: SegmentFields) -> Bool {
        guard state == .timeWait else { return false }
        if usesTimestamps, let timestamps = syn.timestamps {
            let age = Int32(bitPattern: timestamps.value &- peerTimestamp)
            return age > 0 || age == 0 && expected.distance(to: syn.start) > 0
        }
        return expected.distance(to: syn.start) > 0
    }

    /// An ICMP unreachable ends a socket in SYN-SENT, and no other.
    mutating func takeError(about segment: SegmentFields, at now: Int64) {
        guard state == .synSent, segment.start == initialSequence else { return }
        enter(.closed, now)
        timeout = nil
    }
}
