/// Reads the events of one flow in order and says what each of them means.
struct EventInterpreter {
    /// A copy that a mirror delivers comes within this time, in nanoseconds.
    private static let duplicateWindow: Int64 = 5_000_000
    /// A router between two places of capture takes no longer, in nanoseconds.
    private static let longestDetour: Int64 = 200_000_000
    /// As many events are looked at for an ACK before its SYN-ACK.
    private static let mostEarly = 4

    let events: [Event]
    private(set) var interpretations: [Interpretation] = []
    private(set) var incarnations: [Incarnation] = []
    /// Whether a packet of this flow comes twice.
    private var isMirrored: Bool
    /// The first RST that is about a segment, by the segment.
    var rejections: [Int: Int] = [:]
    /// What ICMP errors have been laid to already.
    var refused: Set<Int> = []
    /// The attempts whose SYN alone an acknowledgment answers, by that acknowledgment and
    /// incarnation.
    private var ordinals: [Answerable: Int] = [:]
    /// Whether an attempt may be answered by other acknowledgments than its ISN + 1.
    private var hasRanges = false
    /// The first event behind those that are missing.
    let gap: Int?

    init(_ events: [Event], newestInitiator: Side, gap: Int? = nil) {
        self.events = events
        self.gap = gap
        isMirrored = Self.hasCopiesOfSYNs(events)
        var start = 0
        while start < events.count {
            let number = events[start].incarnation
            let end = events[start...].firstIndex { $0.incarnation != number } ?? events.count
            let initiator = Self.initiator(among: events[start..<end]) ?? newestInitiator
            incarnations.append(
                Incarnation(number: Int(number), initiator: initiator, events: start..<end)
            )
            start = end
        }
    }

    /// Whether any SYN comes again before a timer could have sent it.
    private static func hasCopiesOfSYNs(_ events: [Event]) -> Bool {
        let syns = events.filter { $0.kind == .syn }
        return zip(syns, syns.dropFirst())
            .contains { $0.isSameSegment(as: $1) && $1.time - $0.time <= duplicateWindow }
    }

    private static func initiator(among events: ArraySlice<Event>) -> Side? {
        for event in events {
            if event.kind == .syn { return event.side }
            if event.kind == .synAck { return event.side.other }
        }
        return nil
    }

    mutating func read() {
        for incarnation in incarnations.indices {
            for index in incarnations[incarnation].events {
                interpretations.append(read(index, in: incarnation))
            }
        }
    }

    private mutating func read(_ index: Int, in incarnation: Int) -> Interpretation {
        let event = events[index]
        if let original = original(of: index, in: incarnation) {
            isMirrored = true
            if replaces(original, by: index, in: incarnation) {
                interpretations[original] = .duplicate(of: index)
                incarnations[incarnation].answers.removeAll { $0 == original }
                return readAnswer(index, in: incarnation)
            }
            if case .syn(let ordinal, _) = interpretations[original] {
                incarnations[incarnation].attempts[ordinal - 1].rewritten =
                    event.sequence == events[original].sequence ? nil : event.sequence
                hasRanges = true
            }
            return .duplicate(of: original)
        }
        let isFromInitiator = event.side == incarnations[incarnation].initiator
        switch event.kind {
        case .syn:
            return isFromInitiator ? readSyn(index, in: incarnation) : .responderSyn
        case .synAck:
            return isFromInitiator
                ? readCompletion(index, in: incarnation) : readAnswer(index, in: incarnation)
        case .rst:
            return .reset(readReset(index, in: incarnation))
        case .ack, .data, .fin:
            return isFromInitiator
                ? readCompletion(index, in: incarnation) : readReply(index, in: incarnation)
        case .icmp:
            return readError(index, in: incarnation)
        case .formerConnection:
            incarnations[incarnation].former = index
            return .former
        case .addressClaim, .portmap:
            return .plain
        }
    }

    /// The event that this one is another capture of: the same octets, and something that tells
    /// that the sender did not send them twice.
    private func original(of index: Int, in incarnation: Int) -> Int? {
        let event = events[index]
        var earlier = index
        while earlier > incarnations[incarnation].events.lowerBound {
            earlier -= 1
            let other = events[earlier]
            let lag = event.time - other.time
            if lag > Self.longestDetour { return nil }
            guard other.kind == event.kind, event.kind != .formerConnection else { continue }
            guard lag <= Self.duplicateWindow else {
                if event.isRouted(copyOf: other) { return earlier }
                continue
            }
            if event.isSameSyn(as: other) || event.isTranslation(of: other) { return earlier }
            guard event.isSameSegment(as: other) else { continue }
            // A SYN comes again after the retransmission timer, which is never so short.
            if event.kind == .syn { return earlier }
            guard event.identification == other.identification else { continue }
            // Many stacks leave the identification 0 where nothing may be fragmented (RFC 6864
            // §4.1).
            if event.identification != 0 || isMirrored { return earlier }
        }
        return nil
    }

    /// Whether a SYN-ACK that was captured on both sides of a device that rewrites sequence numbers
    /// was captured on the other side first: only the second copy answers a SYN that is known.
    private func replaces(_ original: Int, by copy: Int, in incarnation: Int) -> Bool {
        events[copy].kind == .synAck
            && events[copy].acknowledgment != events[original].acknowledgment
            && attempt(answeredBy: events[copy].acknowledgment, in: incarnation) != nil
            && attempt(answeredBy: events[original].acknowledgment, in: incarnation) == nil
    }

    /// What answers an attempt, and in which incarnation.
    private struct Answerable: Hashable {
        let incarnation: Int
        let acknowledgment: SequenceNumber
    }

    /// The newest attempt of an incarnation that an acknowledgment answers.
    func attempt(answeredBy acknowledgment: SequenceNumber, in incarnation: Int) -> Attempt? {
        guard !hasRanges else {
            return incarnations[incarnation].attempts.last {
                $0.isAnswered(by: acknowledgment)
            }
        }
        let key = Answerable(incarnation: incarnation, acknowledgment: acknowledgment)
        return ordinals[key].map { incarnations[incarnation].attempt($0) }
    }

    private mutating func readSyn(_ index: Int, in incarnation: Int) -> Interpretation {
        let event = events[index]
        let known = incarnations[incarnation].attempts.firstIndex {
            $0.initialSequence == event.sequence
        }
        if let known {
            incarnations[incarnation].attempts[known].sendings.append(index)
            let attempt = incarnations[incarnation].attempts[known]
            return .syn(attempt: attempt.ordinal, sending: attempt.sendings.count)
        }
        let ordinal = incarnations[incarnation].attempts.count + 1
        let answer = event.sequence.advanced(by: 1)
        ordinals[Answerable(incarnation: incarnation, acknowledgment: answer)] = ordinal
        if event.sequenceEnd != answer { hasRanges = true }
        incarnations[incarnation].attempts.append(
            Attempt(
                ordinal: ordinal,
                initialSequence: event.sequence,
                sequenceEnd: event.sequenceEnd,
                sendings: [index],
                answers: earlyAnswers(to: event, in: incarnation)
            )
        )
        return .syn(attempt: ordinal, sending: 1)
    }

    private mutating func readAnswer(_ index: Int, in incarnation: Int) -> Interpretation {
        let event = events[index]
        incarnations[incarnation].answers.append(index)
        let copy = incarnations[incarnation].answers.count {
            events[$0].sequence == event.sequence
                && events[$0].acknowledgment == event.acknowledgment
        }
        let linked = linkedAttempts(to: index, in: incarnation)
        let subject = subject(of: index, copy: copy, linked: linked, in: incarnation)
        switch subject {
        case .current(let ordinal), .stale(let ordinal, _):
            if ordinal <= incarnations[incarnation].attempts.count {
                incarnations[incarnation].attempts[ordinal - 1].answers.append(index)
                takeEarlyCompletion(of: ordinal, by: index, in: incarnation)
            }
        case .former, .unseen, .unsolicited:
            break
        }
        return .answer(Answer(subject: subject, copy: copy, linked: linked))
    }

    /// Whether an ACK of the initiator completes the handshake.
    private mutating func readCompletion(_ index: Int, in incarnation: Int) -> Interpretation {
        let event = events[index]
        guard incarnations[incarnation].completion == nil, event.flags.contains(.ack) else {
            return .plain
        }
        if let attempt = incarnations[incarnation].attempts.last, event.kind == .synAck,
            event.sequence == attempt.initialSequence,
            event.acknowledgment == attempt.initialSequence.advanced(by: 1)
        {
            // A socket that connects to itself acknowledges its own SYN (RFC 9293 §3.5).
            incarnations[incarnation].completion = index
            end(attempt, .completed(index), in: incarnation)
            return .completion(attempt: attempt.ordinal)
        }
        for attempt in incarnations[incarnation].attempts.reversed() {
            let isOwn = attempt.initialSequence.distance(to: event.sequence) >= 0
            let answers = attempt.answers.contains {
                let reach = events[$0].sequenceEnd.distance(to: event.acknowledgment)
                return events[$0].kind == .synAck && reach >= 0
            }
            guard isOwn, answers, !isWithdrawn(attempt) else { continue }
            incarnations[incarnation].completion = index
            incarnations[incarnation].attempts[attempt.ordinal - 1].end = .completed(index)
            return .completion(attempt: attempt.ordinal)
        }
        guard acceptsUnseenAnswer(index, in: incarnation) else { return .plain }
        incarnations[incarnation].completion = index
        return .completion(attempt: incarnations[incarnation].attempts.count)
    }

    /// Whether the initiator itself ended an attempt with a RST, and no answer came after it: what
    /// it sends on it then completes nothing.
    private func isWithdrawn(_ attempt: Attempt) -> Bool {
        guard case .withdrawn(let reset) = attempt.end else { return false }
        return attempt.answers.allSatisfy { $0 < reset }
    }

    /// Where the capture shows the ACK just before the SYN-ACK that it is for.
    private mutating func takeEarlyCompletion(of ordinal: Int, by answer: Int, in incarnation: Int)
    {
        guard incarnations[incarnation].completion == nil else { return }
        let (event, attempt) = (events[answer], incarnations[incarnation].attempt(ordinal))
        let early = incarnations[incarnation].events.prefix(upTo: answer).suffix(Self.mostEarly)
            .first {
                events[$0].side != event.side && [.ack, .data, .fin].contains(events[$0].kind)
                    && event.time - events[$0].time <= TimingTolerance.reordering
                    && events[$0].sequence == attempt.sequenceEnd
                    && events[$0].acknowledgment == event.sequenceEnd && !isDuplicate($0)
            }
        guard let early else { return }
        incarnations[incarnation].completion = early
        interpretations[early] = .completion(attempt: ordinal)
        end(attempt, .completed(early), in: incarnation)
    }

    /// Whether an ACK completes a handshake whose SYN the capture missed: it goes on where a
    /// SYN-ACK that no captured SYN explains said that it should.
    private func acceptsUnseenAnswer(_ index: Int, in incarnation: Int) -> Bool {
        let event = events[index]
        return incarnations[incarnation].answers.contains { answer in
            guard case .answer(let interpretation) = interpretations[answer],
                interpretation.subject == .unseen
            else {
                return false
            }
            return events[answer].acknowledgment == event.sequence
                && events[answer].sequenceEnd.distance(to: event.acknowledgment) >= 0
        }
    }

    /// A segment of the responder that is neither SYN-ACK nor RST: with an unanswered SYN before
    /// it, a challenge ACK, or the sign that the SYN-ACK was not captured.
    private mutating func readReply(_ index: Int, in incarnation: Int) -> Interpretation {
        guard incarnations[incarnation].completion == nil,
            let newest = incarnations[incarnation].attempts.last, newest.end == nil
        else { return .plain }
        if confirmsOpening(index, of: newest, in: incarnation) {
            incarnations[incarnation].completion = index
            end(newest, .completed(index), in: incarnation)
            return .completion(attempt: newest.ordinal)
        }
        guard events[index].kind == .ack else {
            if newest.isAnswered(by: events[index].acknowledgment) {
                incarnations[incarnation].completion = index
                end(newest, .completed(index), in: incarnation)
            }
            return .plain
        }
        guard let state = stateBehind(index, after: newest, in: incarnation) else { return .plain }
        incarnations[incarnation].attempts[newest.ordinal - 1].answers.append(index)
        return .challenge(attempt: newest.ordinal, state: state)
    }

    /// Whether an ACK of the responder completes a handshake in which the initiator sent the
    /// SYN-ACK: it had answered a SYN of the responder with the ISN of its own.
    private func confirmsOpening(_ index: Int, of attempt: Attempt, in incarnation: Int) -> Bool {
        guard attempt.isAnswered(by: events[index].acknowledgment) else { return false }
        let earlier = incarnations[incarnation].events.prefix(upTo: index)
        return earlier.contains { acceptance in
            let event = events[acceptance]
            return event.kind == .synAck && event.side == incarnations[incarnation].initiator
                && event.sequence == attempt.initialSequence
                && earlier.contains {
                    interpretations[$0] == .responderSyn
                        && events[$0].sequence.advanced(by: 1) == event.acknowledgment
                }
        }
    }

    func isDuplicate(_ index: Int) -> Bool {
        if case .duplicate = interpretations[index] { true } else { false }
    }

    mutating func end(_ attempt: Attempt, _ end: Attempt.End, in incarnation: Int) {
        if attempt.end == nil { incarnations[incarnation].attempts[attempt.ordinal - 1].end = end }
    }
}

extension Event {
    /// Whether two events are of segments with the same octets in all that is kept of them.
    fileprivate func isSameSegment(as other: Event) -> Bool {
        side == other.side && sequence == other.sequence && acknowledgment == other.acknowledgment
            && flags == other.flags && timestampValue == other.timestampValue
            && timestampEcho == other.timestampEcho && window == other.window
            && payloadLength == other.payloadLength && icmpSender == other.icmpSender
    }

    /// Whether it is the same packet behind a slow router: no stack sends the same identification
    /// twice.
    fileprivate func isRouted(copyOf other: Event) -> Bool {
        identification != 0 && identification == other.identification
            && timeToLive != other.timeToLive && isSameSegment(as: other)
    }

    /// Whether two events are of one SYN at two places of its way: a device between them may have
    /// changed anything but its sequence number.
    fileprivate func isSameSyn(as other: Event) -> Bool {
        kind == .syn && side == other.side && sequence == other.sequence
            && timeToLive != other.timeToLive
    }

    /// A device that rewrites sequence numbers takes no longer, in nanoseconds.
    private static let rewritingTime: Int64 = 1_000_000

    /// Whether it is the same SYN or SYN-ACK on the other side of a device that rewrites sequence
    /// numbers, whatever that does to the time to live and the network cards.
    fileprivate func isTranslation(of other: Event) -> Bool {
        (kind == .syn || kind == .synAck) && side == other.side && flags == other.flags
            && (sequence != other.sequence || acknowledgment != other.acknowledgment)
            && identification == other.identification && identification != 0
            && time - other.time <= Self.rewritingTime && timestampValue == other.timestampValue
            && options == other.options && window == other.window
    }

    /// Whether it is an ICMP destination unreachable other than for path-MTU discovery.
    package var isUnreachable: Bool {
        guard kind == .icmp else { return false }
        return icmpSender.isIPv4 ? icmpType == 3 && icmpCode != 4 : icmpType == 1
    }

    /// Whether it is an ICMP error about a segment that a router dropped because its time to live
    /// had run out; the same error about fragments is none.
    package var isTimeExceeded: Bool {
        kind == .icmp && icmpType == (icmpSender.isIPv4 ? 11 : 3) && icmpCode == 0
    }
}
