import Tracking

/// Speaks when both ends of a connection send a SYN, or when one socket connects to itself.
package struct SimultaneousOpen: Detector {
    package static let manual = Manual(
        id: "simultaneous-open",
        title: "simultaneous open",
        group: .network,
        sees: """
            Both ends send a SYN before either sends a SYN-ACK; then each sends a SYN-ACK with the ISN of its \
            own SYN that acknowledges the other's. If the connection is not established after 3 s, it is stuck. \
            Or source and destination are the same address and port (self-connect).
            """,
        means: """
            This is legal, and what hole punching through address translation aims at. A firewall that \
            identifies connections by their first SYN may drop one half, and the connection is never \
            established. A socket that connects to its own port reaches itself: the port is in the ephemeral \
            range, and the service that should listen there is not running, or can no longer start.
            """,
        unless: """
            A SYN from the other end after the first attempt was refused or reset is a separate connection. A \
            server that never sends a SYN-ACK splits the handshake. A late copy of an old SYN carries another \
            ISN than the SYN-ACK that follows.
            """,
        check: """
            Which programs on both hosts bind these two ports before they connect (ss -tanp). For a \
            self-connect: whether net.ipv4.ip_local_port_range contains the port of the service; \
            net.ipv4.ip_local_reserved_ports can exclude it.
            """,
        sources: [
            .rfc(9293, section: "3.5"), .rfc(5382, section: "4.2"),
            .page("ip-sysctl: ip_local_port_range, ip_local_reserved_ports"),
        ],
        example: Exchange(from: "192.0.2.10:7001", to: "198.51.100.20:7002") {
            client.syn(seq: 1000).flagged
            pause(.milliseconds(40))
            server.syn(seq: 5000).flagged
            client.synAck(seq: 1000, ack: 5001).flagged
            pause(.milliseconds(40))
            server.synAck(seq: 5000, ack: 1001).flagged
            client.ack(seq: 1001, ack: 5001)
            pause(.milliseconds(40))
            server.ack(seq: 5001, ack: 1001)
            client.data(seq: 1001, ack: 5001, length: 13)
            server.ack(seq: 5001, ack: 1014)
        },
        nearMiss: Exchange(from: "192.0.2.10:7001", to: "198.51.100.20:7002") {
            client.syn(seq: 1000)
            server.rstAck(ack: 1001)
            pause(.milliseconds(40))
            server.syn(seq: 5000)
            client.synAck(seq: 90_000, ack: 5001)
            server.ack(seq: 5001, ack: 90_001)
        }
    )

    /// A connection that is not up after so long is stuck, in nanoseconds.
    private static let answerTimeout: Int64 = 3_000_000_000

    package static let needs: Signals? = [.responderSYN]

    package static func blame(for finding: Finding) -> [FaultSide] {
        [.client]
    }

    package init() {}

    package func examine(_ history: History) -> Finding? {
        let stories = history.incarnations.compactMap { story(of: $0, in: history) }
        guard let story = stories.last else { return nil }
        let isPending = story.kind == .pending
        return finding(
            in: history,
            incarnation: story.incarnation,
            reason: story.kind.rawValue,
            severity: severity(of: story),
            confidence: story.kind == .stuck || isPending ? .medium : .high,
            status: isPending ? .pending : .confirmed,
            count: stories.count,
            events: story.events,
            note: { note(on: story.events[$0], in: history) },
            metrics: [
                Metric("syn_gap_us", nanoseconds: story.gap),
                Metric("setup_us", nanoseconds: story.waited),
                Metric("synacks", story.events.count { history.events[$0].kind == .synAck }),
                Metric("source_port", Int(history.initiator.port)),
                Metric("destination_port", Int(history.responder.port)),
                Metric("established", history.isEverEstablished),
            ],
            causes: causes(of: story),
            checks: checks(of: story, in: history),
            summary: summary(of: story, in: history),
            explanation: explanation(of: story, in: history)
        )
    }

    package static func summary(of many: Finding) -> String {
        many.reason == Kind.own.rawValue
            ? "\(many.flows) sockets connected to themselves at \(many.destination)."
            : "\(many.source) and \(many.destination) opened \(many.flows) connections from both ends at the same time."
    }

    private func story(of incarnation: Incarnation, in history: History) -> Story? {
        if history.initiator == history.responder { return ownStory(of: incarnation, in: history) }
        guard let opening = history.responderOpening(of: incarnation), !opening.isSplit,
            opening.announcement == nil
        else { return nil }
        let answers = [opening.acceptance, opening.answer].compactMap(\.self)
        let reset = incarnation.events.suffix(from: opening.syn).first {
            history.events[$0].kind == .rst || history.events[$0].isUnreachable
        }
        let waited = history.events[incarnation.completion ?? reset ?? opening.syn].time
        let end = incarnation.completion == nil && reset == nil ? history.end : waited
        let gap = history.delay(from: opening.attempt.first, to: opening.syn)
        let begin = history.events[opening.syn].time
        let kind: Kind
        if incarnation.completion != nil {
            kind = end - begin >= Self.answerTimeout ? .late : .crossed
        } else if reset != nil {
            // Without any SYN-ACK the one end refused what the other tried: nothing was opened.
            if answers.isEmpty { return nil }
            kind = .reset
        } else {
            kind = end - begin >= Self.answerTimeout ? .stuck : .pending
        }
        return Story(
            incarnation: incarnation,
            kind: kind,
            events: ([opening.attempt.first, opening.syn] + answers).sorted(),
            gap: gap,
            waited: end - begin
        )
    }

    private func ownStory(of incarnation: Incarnation, in history: History) -> Story? {
        guard let completion = incarnation.completion, let attempt = incarnation.attempts.last
        else { return nil }
        return Story(
            incarnation: incarnation,
            kind: .own,
            events: [attempt.first, completion],
            gap: 0,
            waited: history.delay(from: attempt.first, to: completion)
        )
    }

    private func severity(of story: Story) -> Severity {
        switch story.kind {
        case .crossed, .pending: .note
        case .late, .own: .warning
        case .stuck, .reset: .error
        }
    }

    private func note(on event: Int, in history: History) -> String {
        let whose = history.isFromInitiator(history.events[event]) ? "initiator" : "responder"
        return history.events[event].kind == .syn
            ? "SYN of the \(whose)" : "SYN-ACK of the \(whose), with the ISN of its SYN"
    }

    private func summary(of story: Story, in history: History) -> String {
        let (first, second) = (history.initiator, history.responder)
        let time = Wording.duration(story.waited)
        let both = "\(first) and \(second) both sent a SYN, \(Wording.duration(story.gap)) apart"
        return switch story.kind {
        case .own:
            "\(first) connected to itself: the socket's own SYN came back to it and was answered."
        case .crossed: "\(both), and opened one connection from both ends at the same time."
        case .late: "\(both), and took \(time) to establish their connection."
        case .pending:
            "\(both), and their connection was not established when the capture ended \(time) later."
        case .stuck: "\(both), and their connection is stuck: it was not established \(time) later."
        case .reset: "\(both), and their connection was reset \(time) later."
        }
    }

    private func explanation(of story: Story, in history: History) -> String {
        guard story.kind != .own else {
            return """
                Nothing listens on port \(history.responder.port); connect() was given the same port as \
                its own, and TCP opens from both ends (RFC 9293 §3.5).
                """
        }
        let count = story.events.count { history.events[$0].kind == .synAck }
        let answers =
            count == 2
            ? "Each end answered the other's SYN with a SYN-ACK that repeats its own ISN (RFC 9293 §3.5)."
            : "\(count == 1 ? "Only one end" : "Neither end") answered the other's SYN with a SYN-ACK, as far as was captured."
        return answers
    }

    private func causes(of story: Story) -> [String] {
        switch story.kind {
        case .own: ["service-port-is-ephemeral", "service-not-running"]
        case .crossed, .late, .pending: ["hole-punching", "both-ends-connect"]
        case .stuck, .reset: ["firewall-drops-one-half", "hole-punching"]
        }
    }

    private func checks(of story: Story, in history: History) -> [Check] {
        guard story.kind != .own else {
            return [
                Check(
                    on: history.initiator.address.description,
                    "sysctl net.ipv4.ip_local_port_range net.ipv4.ip_local_reserved_ports",
                    "If the range contains port \(history.responder.port), reserve that port."
                )
            ]
        }
        return [history.initiator, history.responder].map { end in
            Check(
                on: end.address.description,
                "ss -tanp sport = :\(end.port)",
                "Names the program that binds port \(end.port) and connects."
            )
        }
    }

    /// How the opening went.
    private enum Kind: String {
        case crossed, late, stuck, reset, pending
        case own = "self-connect"
    }

    private struct Story {
        let incarnation: Incarnation
        let kind: Kind
        /// The SYNs and SYN-ACKs, in order.
        let events: [Int]
        /// Between the two SYNs, in nanoseconds.
        let gap: Int64
        /// From the second SYN until the connection was up or had failed, in nanoseconds.
        let waited: Int64
    }
}
