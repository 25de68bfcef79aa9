/// What the replies of a handshake tell of the state behind them, by their form (RFC 9293 §3.10.7).

/// The state of the responder that explains a bare ACK in answer to a SYN (RFC 5961 §4).
package enum ResponderState: String, Hashable, Sendable {
    /// It acknowledges the SYN of a half-open entry, not this one.
    case synReceived = "syn-received"
    case established
    /// The initiator had closed its side of the connection before, the responder not yet.
    case closeWait = "close-wait"
    /// The responder had closed its side of the connection before, the initiator not yet.
    case finWait = "fin-wait-2"
    /// Both had closed, and the responder waits for the ACK of its FIN: in LAST-ACK, or in CLOSING.
    case lastAck = "last-ack"
    /// Both had closed, the responder first.
    case timeWait = "time-wait"
    /// TIME-WAIT, and the timestamp of the SYN is older than that of the connection before (RFC
    /// 7323 §5).
    case paws
    /// Nothing that was captured has its numbers.
    case unknown
}

extension Reset {
    /// The form of a RST: which sort of sender makes such a one.
    package enum Form: Hashable, Sendable {
        /// RST alone, with the sequence number that the rejected segment acknowledged, without
        /// window and options: no socket made it.
        case passive
        /// RST+ACK with sequence number 0, without window and options: in answer to a segment that
        /// had no ACK, which a SYN is.
        case passiveToSYN
        /// RST+ACK in the sender's own sequence space: a live socket made it.
        case active
        /// RST alone that follows no captured segment, or with a window or options.
        case other
    }
}

extension Reset.Form {
    init(of event: Event, rejecting: Bool) {
        let isBare = event.window == 0 && event.options.subtracting(.signature).isEmpty
        if event.flags.contains(.ack) {
            self = isBare && event.sequence.rawValue == 0 ? .passiveToSYN : .active
        } else {
            self = isBare && rejecting ? .passive : .other
        }
    }
}

/// Which state a bare ACK speaks for.
extension EventInterpreter {
    /// An acknowledgment so little above the newest ISN is for data whose SYN-ACK was not captured,
    /// in octets.
    private static let lateReach: Int32 = 1 << 20

    /// - Returns: `nil` where the ACK at `index` does not answer a SYN by another state.
    func stateBehind(_ index: Int, after newest: Attempt, in incarnation: Int) -> ResponderState? {
        let event = events[index]
        // One that acknowledges the ISN and not the SYN is of no state that any stack has.
        guard event.flags.contains(.ack), !newest.isAnswered(by: event.acknowledgment),
            event.acknowledgment != newest.initialSequence
        else { return nil }
        if isHalfOpen(index, besides: newest, in: incarnation) { return .synReceived }
        let former = incarnations[incarnation].former.map { FormerConnection(events[$0]) }
        let distance = newest.initialSequence.distance(to: event.acknowledgment)
        let isLate = (1...Self.lateReach).contains(distance) && former?.ends(with: event) != true
        if isLate && !isRejected(index, in: incarnation)
            || isOvertaken(index, by: newest, in: incarnation)
        {
            return nil
        }
        guard let former, former.holds(event) else { return .unknown }
        if former.isKeptAlive(by: event) || former.mayHaveBegun(with: events[newest.first]) {
            return nil
        }
        return state(of: former, at: newest, in: incarnation)
    }

    /// Whether the initiator answers the ACK with a RST, as it must in SYN-SENT (RFC 9293
    /// §3.10.7.3).
    private func isRejected(_ index: Int, in incarnation: Int) -> Bool {
        incarnations[incarnation].events.suffix(from: index + 1).contains {
            events[$0].kind == .rst && events[$0].side != events[index].side
                && events[$0].sequence == events[index].acknowledgment
        }
    }

    /// Whether the ACK has the numbers of a half-open entry: those of an earlier SYN, or of a
    /// SYN-ACK that the responder sends before or after it.
    private func isHalfOpen(_ index: Int, besides newest: Attempt, in incarnation: Int) -> Bool {
        let event = events[index]
        let acknowledges = incarnations[incarnation].attempts.prefix(newest.ordinal - 1).contains {
            $0.isAnswered(by: event.acknowledgment)
        }
        return acknowledges
            || incarnations[incarnation].events.contains {
                events[$0].kind == .synAck && events[$0].side == event.side
                    && events[$0].acknowledgment == event.acknowledgment
                    && events[$0].sequence.advanced(by: 1) == event.sequence
            }
    }

    /// Whether the newest SYN is answered without having been sent again: then the ACK before that
    /// answer is a late one of the connection before.
    private func isOvertaken(_ index: Int, by newest: Attempt, in incarnation: Int) -> Bool {
        let next = incarnations[incarnation].events.suffix(from: index + 1).first {
            let isFromInitiator = events[$0].side == incarnations[incarnation].initiator
            return events[$0].kind == (isFromInitiator ? .syn : .synAck)
        }
        return next.map {
            events[$0].kind == .synAck && newest.isAnswered(by: events[$0].acknowledgment)
        } ?? false
    }

    private func state(
        of former: FormerConnection,
        at newest: Attempt,
        in incarnation: Int
    ) -> ResponderState {
        let responder = incarnations[incarnation].initiator.other
        let syn = events[newest.first]
        switch former.ending {
        case .open:
            return .established
        case .reset:
            return former.closer == responder ? .unknown : .established
        case .halfClosed:
            return former.closer == responder ? .finWait : .closeWait
        case .closed:
            guard former.closer == responder else { return .lastAck }
            guard former.isInTimeWait(at: responder, time: syn.time) else { return .unknown }
            switch former.verdict(on: syn) {
            // TIME-WAIT would have accepted it.
            case .accepts: return .lastAck
            case .oldTimestamp: return .paws
            case .oldSequence: return .timeWait
            }
        }
    }
}
