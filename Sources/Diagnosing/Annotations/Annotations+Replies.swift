import Tracking

/// What is to be said of RSTs and bare ACKs: the rule of the stack that made them.
extension Annotations {
    func onResponderSyn(_ index: Int) -> String {
        let opening = history.responderOpening(of: history.incarnation(of: index))
        guard let opening, opening.isSplit else {
            return "A SYN from the server: both ends open at the same time."
        }
        return """
            A SYN from the server instead of a SYN-ACK: it leaves the SYN-ACK to the client, as if it had \
            opened the connection.
            """
    }

    func onChallenge(_ ordinal: Int, _ state: ResponderState, _ index: Int) -> String {
        let event = history.events[index]
        let responder = history.responder.address
        let holds =
            switch state {
            case .synReceived: "still holds the half-open entry of another SYN"
            case .established: "still holds the previous connection as established"
            case .closeWait: "still holds the previous connection in CLOSE-WAIT"
            case .finWait: "still holds the previous connection in FIN-WAIT-2"
            case .lastAck: "still waits for the last ACK of the previous connection"
            case .timeWait:
                "still holds the previous connection in TIME-WAIT, and the ISN is not above it"
            case .paws:
                "still holds the previous connection in TIME-WAIT, and TSval is older than its last"
            case .unknown: "holds another state of this connection"
            }
        let rule =
            switch state {
            case .timeWait: " (RFC 6191 §2)"
            case .paws: " (RFC 7323 §5)"
            case .lastAck, .synReceived, .established, .closeWait, .finWait, .unknown:
                " (RFC 5961 §4)"
            }
        return """
            Answers \(name(of: ordinal, at: index)) with a challenge ACK: \(responder) \(holds) \
            (Ack=\(event.acknowledgment))\(rule).
            """
    }

    /// Of a segment that has no part in the handshake, whether it is one of the connection before.
    func onPlain(_ index: Int) -> String? {
        let incarnation = history.incarnation(of: index)
        guard let memory = incarnation.former, index < incarnation.completion ?? .max,
            !history.isFromInitiator(history.events[index]),
            FormerConnection(history.events[memory]).holds(history.events[index])
        else { return nil }
        return "Still belongs to the previous connection."
    }

    func on(_ reset: Reset, _ index: Int) -> String? {
        let event = history.events[index]
        let sender = history.endpoint(of: event)
        switch reset.rule {
        case .refusesSyn(let ordinal):
            let which =
                history.incarnation(of: index).attempts.count > 1 ? "SYN \(ordinal)" : "the SYN"
            let isLate =
                history.lateReset(
                    endingOf: history.incarnation(of: index).attempt(ordinal),
                    after: history.refusalTimeout
                ) == index
            return isLate
                ? "Ends the attempt, too late for a refusal by \(sender.address): a device in between sent it."
                : "Refuses \(which): nothing listens on port \(sender.port), or a firewall answers."
        case .answersSecondSyn(let ordinal):
            let syn = history.incarnation(of: index).attempt(ordinal).first
            let hasReset = (syn..<index).contains {
                history.events[$0].kind == .rst && history.events[$0].side != event.side
            }
            return """
                Answers SYN \(ordinal)\(hasReset ? ", not the RST" : ""): the SYN fell into the window of \
                \(sender.address)'s half-open entry and destroyed it (RFC 9293 §3.10.7.4).
                """
        case .rejects(let subject):
            return onRejection(of: subject, by: sender, in: event)
        case .aborts:
            if let attempt = history.attemptRefusedInVain(at: index) {
                return """
                    Tries to refuse \(name(of: attempt.ordinal, at: index)), but acknowledges its ISN instead of the SYN, \
                    which stacks ignore (RFC 9293 §3.10.7.3).
                    """
            }
            switch reset.form {
            case .active:
                return
                    "\(sender.address) aborts the connection: the socket still existed when it sent the RST."
            case .passiveToSYN:
                return "A RST of the kind that answers a SYN, but it acknowledges no captured SYN."
            case .passive, .other:
                return "\(sender.address) aborts the connection."
            }
        }
    }

    /// What a RST says of its reason.
    func onReason(_ index: Int) -> String? {
        history.statedReason(of: index).map { "The RST \($0.words)." }
    }

    private func onRejection(of subject: Int, by sender: Endpoint, in reset: Event) -> String {
        let packet = packet(subject)
        if let usual = reset.formerTimeToLive, usual != reset.timeToLive {
            return """
                Rejects packet \(packet) in the name of \(sender.address): its TTL is \(reset.timeToLive), that of other \
                packets \(usual).
                """
        }
        switch history.interpretations[subject] {
        case .answer where history.echoesNoSYN(subject):
            return "Rejects packet \(packet): its timestamp echo (TSecr) is that of no SYN."
        case .answer where history.isUnacceptable(subject):
            return """
                Rejects packet \(packet): it acknowledges a SYN other than the one still waiting \
                (RFC 9293 §3.10.7.3).
                """
        case .answer:
            return """
                Rejects packet \(packet): no socket of \(sender.address) was waiting for it \
                (RFC 9293 §3.10.7.1).
                """
        case .challenge:
            return """
                Rejects packet \(packet), which acknowledges nothing of this SYN; the RST should \
                clear the other end's old state (RFC 9293 §3.5.1).
                """
        default:
            let rejected = history.events[subject]
            let hadLeft = history.events[..<subject].contains {
                $0.side != rejected.side && $0.incarnation == rejected.incarnation
                    && ($0.kind == .fin || $0.kind == .rst)
            }
            return hadLeft
                ? "Rejects packet \(packet), which came after \(sender.address) had ended the connection."
                : "Rejects packet \(packet), which matches no connection of \(sender.address)."
        }
    }
}
