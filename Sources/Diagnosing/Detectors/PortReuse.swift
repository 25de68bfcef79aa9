import Tracking

/// Speaks when a four-tuple is used for another connection, and says how that was taken.
package struct PortReuse: Detector {
    package static let manual = Manual(
        id: "port-reuse",
        title: "reused four-tuple",
        group: .staleState,
        sees: """
            A SYN with a new ISN on a four-tuple whose previous connection was established, or was running when \
            the capture began. The finding reports how long the four-tuple had been quiet and how the new SYN \
            was answered.
            """,
        means: """
            Harmless by itself: reserved ports, small port ranges and reconnecting clients reuse ports. It \
            explains what follows if the server has not forgotten the previous connection: a challenge ACK, a \
            stale SYN-ACK, a RST or silence.
            """,
        unless: """
            The same ISN again is a retransmission. Attempts that were never established are retries or a burst, \
            not reuse. The first SYN of a capture is never reported as reuse.
            """,
        check: """
            Nothing, if the new connection was accepted. Otherwise the state of the old connection on the server \
            (ss -tan), who closed it, and how long ago.
            """,
        elsewhere: """
            Wireshark: TCP Port numbers reused. Zeek: active_connection_reuse.
            """,
        sources: [
            .rfc(9293, section: "3.6.1"), .rfc(6191, section: "2"), .rfc(6056, section: "2.2"),
        ],
        example: Exchange(from: "192.0.2.10:705", to: "198.51.100.20:2049") {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
            client.data(seq: 1001, ack: 5001, length: 100)
            server.ack(seq: 5001, ack: 1101)
            client.fin(seq: 1101, ack: 5001)
            server.fin(seq: 5001, ack: 1102)
            client.ack(seq: 1102, ack: 5002)
            pause(.seconds(90))
            client.syn(seq: 900_000).flagged
            server.synAck(seq: 800_000, ack: 900_001)
            client.ack(seq: 900_001, ack: 800_001)
        },
        nearMiss: Exchange(from: "192.0.2.10:705", to: "198.51.100.20:2049") {
            client.syn(seq: 1000)
            pause(.seconds(1))
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
        }
    )

    package static let needs: Signals? = [.former]

    package static func blame(for finding: Finding) -> [FaultSide] {
        [.client, .server]
    }

    package init() {}

    package func examine(_ history: History) -> Finding? {
        let reuses = history.incarnations.compactMap { reuse(in: $0, of: history) }
        guard let last = reuses.last else { return nil }
        return finding(
            in: history,
            incarnation: last.incarnation,
            reason: last.outcome.rawValue,
            severity: .note,
            confidence: .high,
            count: max(reuses.count, last.incarnation.number),
            events: reuses.map(\.syn),
            note: { "SYN on a reused port: \(reuses[$0].outcome.rawValue)" },
            metrics: [
                Metric("idle_us", nanoseconds: last.idle),
                Metric("closed_by", last.closer),
                Metric("isn_above_old", last.isAbove),
                Metric("outcome", last.outcome.rawValue),
                Metric("source_port", Int(history.initiator.port)),
                Metric("destination_port", Int(history.responder.port)),
            ],
            causes: ["small-port-range", "reserved-port"],
            checks: last.outcome == .accepted ? [] : checks(in: history),
            summary: summary(of: last, in: history),
            explanation: explanation(of: last, in: history)
        )
    }

    package static func summary(of many: Finding) -> String {
        "\(many.source) reused \(many.flows) ports for new connections to \(many.destination)."
    }

    private func reuse(in incarnation: Incarnation, of history: History) -> Reuse? {
        guard let former = incarnation.former, let first = incarnation.attempts.first else {
            return nil
        }
        let memory = history.events[former]
        let closer =
            memory.flags.isEmpty ? "nobody" : history.isFromInitiator(memory) ? "client" : "server"
        return Reuse(
            incarnation: incarnation,
            syn: first.first,
            former: former,
            idle: history.delay(from: former, to: first.first),
            closer: closer,
            timestampAge: FormerConnection(memory).timestampAge(of: history.events[first.first]),
            isAbove: memory.sequence.distance(to: first.initialSequence) > 0,
            outcome: outcome(of: first, in: incarnation, of: history)
        )
    }

    private func outcome(of attempt: Attempt, in incarnation: Incarnation, of history: History)
        -> Outcome
    {
        let answers = history.answers(in: incarnation.events)
        if let reply = attempt.answers.first, history.events[reply].kind == .ack {
            return .challenged
        }
        if let answer = answers.first?.answer.subject {
            if case .current = answer { return .accepted }
            return .stale
        }
        switch attempt.end {
        case .refused: return .reset
        case .rejected: return .rejected
        case .completed: return .accepted
        case .withdrawn, nil: return .ignored
        }
    }

    private func summary(of reuse: Reuse, in history: History) -> String {
        let outcome =
            switch reuse.outcome {
            case .accepted: "and the new connection was accepted"
            case .challenged:
                "and \(history.responder.address) answered with the numbers of the previous one"
                    + (reuse.incarnation.completion == nil ? "" : " before accepting")
            case .stale: "and the answer belongs to another SYN"
            case .reset: "and \(history.responder.address) refused it"
            case .rejected: "and a firewall refused it"
            case .ignored: "and nothing answered"
            }
        return """
            \(history.initiator.address) reused port \(history.initiator.port) to \(history.responder) \
            \(Wording.duration(reuse.idle)) after the last packet of the previous connection, \(outcome).
            """
    }

    private func explanation(of reuse: Reuse, in history: History) -> String {
        let memory = history.events[reuse.former]
        let packet = memory.packet
        let ended =
            memory.flags.contains(.rst)
            ? "reset it" : memory.flags.contains(.ack) ? "closed it first" : "closed its side"
        let end =
            switch reuse.closer {
            case "client": "\(history.initiator.address) had \(ended)"
            case "server": "\(history.responder.address) had \(ended)"
            default: "no close was captured"
            }
        let isLower = reuse.timestampAge.map { $0 < 0 } ?? false
        let numbers: [String] =
            (reuse.isAbove ? [] : ["ISN"]) + (isLower ? ["timestamp"] : [])
        var sentences = ["The previous connection's last packet is \(packet); \(end)."]
        switch reuse.closer {
        case "client" where reuse.outcome == .accepted:
            let although =
                numbers.isEmpty
                ? ""
                : ", although the new SYN has a lower \(numbers.joined(separator: " and a lower "))"
            sentences.append(
                "So \(history.responder.address) kept no TIME-WAIT and accepted the SYN\(although)."
            )
        case "server":
            sentences.append(
                reuse.isAbove
                    ? "The new ISN is above its last sequence number, so TIME-WAIT accepts the SYN."
                    : "The new ISN is below its last sequence number, so TIME-WAIT accepts the SYN only by a newer timestamp."
            )
        default:
            sentences.append(
                "The new ISN is \(reuse.isAbove ? "above" : "below") its last sequence number."
            )
        }
        if isLower {
            sentences.append(
                "A timestamp that falls from one connection to the next comes from another host behind a NAT, or from a stack that gives each connection a random offset."
            )
        }
        return sentences.joined(separator: " ")
    }

    private func checks(in history: History) -> [Check] {
        [
            Check(
                on: history.responder.address.description,
                "ss -tano dst \(history.initiator.address) sport = :\(history.responder.port)",
                "While it happens: shows the state it holds for port \(history.initiator.port)."
            )
        ]
    }

    /// How the new SYN was taken.
    private enum Outcome: String {
        case accepted
        case challenged
        case stale
        case reset
        case rejected
        case ignored
    }

    private struct Reuse {
        let incarnation: Incarnation
        let syn: Int
        let former: Int
        let idle: Int64
        let closer: String
        /// In ticks: negative where the SYN's timestamp is lower than the last one.
        let timestampAge: Int32?
        let isAbove: Bool
        let outcome: Outcome
    }
}
