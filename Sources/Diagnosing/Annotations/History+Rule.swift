import Tracking

extension History {
    /// The rule of the sender's stack behind a RST or a bare ACK of a handshake, in kebab-case;
    /// `nil` for every other packet.
    package func rule(of index: Int) -> String? {
        switch interpretations[index] {
        case .reset(let reset):
            return rule(of: reset, at: index)
        case .challenge(_, let state):
            switch state {
            case .timeWait: return "time-wait-ack"
            case .paws: return "paws-ack"
            case .synReceived, .established, .closeWait, .finWait, .lastAck, .unknown:
                return "challenge-\(state.rawValue)"
            }
        case .syn, .responderSyn, .answer, .completion, .icmp, .duplicate, .former, .plain:
            return nil
        }
    }

    private func rule(of reset: Reset, at index: Int) -> String {
        switch reset.rule {
        case .refusesSyn: return "refuses-syn"
        case .answersSecondSyn: return "in-window-syn"
        case .rejects(let subject):
            return isUnacceptable(subject) && isFromInitiator(events[index])
                ? "passive-syn-sent" : "passive-no-socket"
        case .aborts:
            switch reset.form {
            case .passiveToSYN: return "passive-without-ack"
            case .active: return "active-abort"
            case .passive, .other: return "unexplained-rst"
            }
        }
    }

    /// Whether a SYN-ACK echoes a timestamp that no SYN carried (RFC 7323 §3.2).
    func echoesNoSYN(_ index: Int) -> Bool {
        let answer = events[index]
        guard answer.hasTimestamps, answer.timestampEcho != 0 else { return false }
        let syns = incarnation(of: index).attempts.flatMap(\.sendings).map { events[$0] }
        return !syns.isEmpty
            && syns.allSatisfy { $0.hasTimestamps && $0.timestampValue != answer.timestampEcho }
    }

    /// Whether the event acknowledges what no SYN that waits for an answer has sent (RFC 9293
    /// §3.10.7.3).
    func isUnacceptable(_ index: Int) -> Bool {
        switch interpretations[index] {
        case .challenge: return true
        case .answer(let answer):
            switch answer.subject {
            case .stale, .former, .unseen: return true
            case .current, .unsolicited: return false
            }
        case .syn, .responderSyn, .completion, .reset, .icmp, .duplicate, .former, .plain:
            return false
        }
    }
}
