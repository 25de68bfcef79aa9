import Tracking

/// Speaks when a SYN is answered with a bare ACK that acknowledges something else.
package struct ChallengeACK: Detector {
    package static let manual = Manual(
        id: "challenge-ack",
        title: "challenge ACK for a SYN",
        group: .staleState,
        sees: """
            While a SYN waits, the server sends an ACK without SYN or data that does not acknowledge the newest \
            SYN. The finding names the state behind it: the previous connection (ESTABLISHED, CLOSE-WAIT, \
            FIN-WAIT-2, LAST-ACK, TIME-WAIT) or a half-open entry (SYN-RECEIVED).
            """,
        means: """
            The server still holds state for the four-tuple that the client has forgotten: the client crashed, \
            lost power, or its RST or FIN was lost. RFC 5961 §4 makes the server ask back with an ACK. The \
            client must answer with a RST, which clears the state; its next SYN then succeeds, on Linux within \
            10 ms. If a firewall drops that RST, SYN and ACK repeat forever.
            """,
        unless: """
            An ACK that covers the newest SYN is not a challenge ACK: the SYN-ACK was lost, or captured late. \
            Neither is a keep-alive of the previous connection, nor any ACK while no SYN waits. A late ACK does \
            not count if the SYN is then answered without a retransmission.
            """,
        check: """
            Which state the server holds (ss -tan), whether the client's RST arrives there, and why the client \
            forgot the connection. Keep-alives on the server clear connections that are no longer used.
            """,
        elsewhere: """
            Suricata: stream-event:3whs_ack_in_wrong_dir. Linux: TcpExtTCPChallengeACK, TcpExtTCPSYNChallenge.
            """,
        sources: [
            .rfc(5961, section: "4"), .rfc(9293, section: "3.5.1"), .rfc(9293, section: "3.10.7.4"),
        ],
        followsFrom: ["time-wait-collision", "syn-burst", "port-reuse"],
        example: Exchange(from: "192.0.2.10:866", to: "198.51.100.20:2049") {
            client.syn(seq: 4115864593)
            server.ack(seq: 2901992808, ack: 956456355).flagged
            client.rst(seq: 956456355)
            pause(.milliseconds(10))
            client.syn(seq: 4115864593)
            server.synAck(seq: 3300190412, ack: 4115864594)
            client.ack(seq: 4115864594, ack: 3300190413)
        },
        nearMiss: Exchange(from: "192.0.2.10:866", to: "198.51.100.20:2049") {
            client.syn(seq: 4115864593)
            server.ack(seq: 2901992808, ack: 956456355)
            server.synAck(seq: 3300190412, ack: 4115864594)
            client.ack(seq: 4115864594, ack: 3300190413)
        }
    )

    /// The RST must have cleared the old state within this time, in nanoseconds.
    private static let answerTimeout: Int64 = 3_000_000_000

    package static let needs: Signals? = [.challenge]

    package static func blame(for finding: Finding) -> [FaultSide] {
        [.client, .server]
    }

    package init() {}

    package func examine(_ history: History) -> Finding? {
        let replies = history.events.indices.compactMap { index in
            if case .challenge(_, let state) = history.interpretations[index],
                isHeeded(index, in: history)
            {
                Reply(event: index, state: state)
            } else {
                nil
            }
        }
        guard
            let reported = replies.last(where: { !cameUp(after: $0, in: history) }) ?? replies.last,
            let first = replies.first(where: {
                history.incarnation(of: $0.event).number
                    == history.incarnation(of: reported.event).number
            })
        else { return nil }
        let incarnation = history.incarnation(of: reported.event)
        let isResolved = cameUp(after: reported, in: history)
        let waited = history.end - history.events[first.event].time
        let isPending = !isResolved && waited < Self.answerTimeout
        let resets = replies.compactMap { history.rejections[$0.event] }
        return finding(
            in: history,
            incarnation: incarnation,
            reason: reported.state.rawValue,
            severity: isResolved || isPending ? .warning : .error,
            confidence: reported.state == .unknown ? .medium : .high,
            status: isPending ? .pending : reported.state == .unknown ? .likely : .confirmed,
            count: replies.count,
            events: replies.map(\.event),
            note: { note(on: replies[$0], in: history) },
            metrics: [
                Metric("acks", replies.count),
                Metric("state", reported.state.rawValue),
                Metric("resets", resets.count),
                Metric("resolved", isResolved),
                Metric("stuck", !isResolved && !isPending),
                Metric("source_port", Int(history.initiator.port)),
                Metric("destination_port", Int(history.responder.port)),
                Metric("established", history.isEverEstablished),
            ],
            causes: causes(of: reported.state, hasResets: !resets.isEmpty, isResolved: isResolved),
            checks: checks(in: history, hasRecovered: isResolved),
            summary: summary(of: replies.count, reported, isResolved: isResolved, in: history),
            explanation: explanation(
                of: first,
                resets,
                resolvedAfter: isResolved ? recovery(of: first, in: history) : nil,
                in: history
            )
        )
    }

    package static func summary(of many: Finding) -> String {
        "\(many.destination) answered SYNs of \(many.flows) connections from \(many.source) with a challenge ACK for older state."
    }

    private struct Reply {
        let event: Int
        let state: ResponderState
    }

    /// Whether the initiator reacts as to an ACK that answers none of its SYNs (RFC 9293 §3.5.1):
    /// with a RST, or with another SYN, before any data; or has not reacted yet.
    private func isHeeded(_ reply: Int, in history: History) -> Bool {
        let later = history.incarnation(of: reply).events.suffix(from: reply + 1).first { index in
            guard history.isFromInitiator(history.events[index]) else { return false }
            if case .duplicate = history.interpretations[index] { return false }
            return true
        }
        guard let later else { return true }
        return [.rst, .syn].contains(history.events[later].kind)
    }

    private func cameUp(after reply: Reply, in history: History) -> Bool {
        let incarnation = history.incarnation(of: reply.event)
        return history.incarnations.contains { $0.number >= incarnation.number && $0.isEstablished }
    }

    private func recovery(of reply: Reply, in history: History) -> Int64? {
        history.incarnation(of: reply.event).completion.map {
            history.delay(from: reply.event, to: $0)
        }
    }

    private func note(on reply: Reply, in history: History) -> String {
        let acknowledgment = history.events[reply.event].acknowledgment
        return switch reply.state {
        case .synReceived: "Ack=\(acknowledgment) of a half-open entry"
        case .unknown: "Ack=\(acknowledgment) belongs to no captured SYN"
        default: "Ack=\(acknowledgment) of the previous connection (\(Self.name(of: reply.state)))"
        }
    }

    /// Whether the initiator had reset the connection that the responder goes on with: it did not
    /// take the RST.
    private func wasReset(before reply: Reply, in history: History) -> Bool {
        history.incarnation(of: reply.event).former.map {
            FormerConnection(history.events[$0]).ending == .reset
        } ?? false
    }

    private static func name(of state: ResponderState) -> String {
        switch state {
        case .synReceived: "SYN-RECEIVED"
        case .established: "ESTABLISHED"
        case .closeWait: "CLOSE-WAIT"
        case .finWait: "FIN-WAIT-2"
        case .lastAck: "LAST-ACK"
        case .timeWait, .paws: "TIME-WAIT"
        case .unknown: "another state"
        }
    }

    private func causes(of state: ResponderState, hasResets: Bool, isResolved: Bool) -> [String] {
        var causes: [String] =
            switch state {
            case .synReceived: ["half-open-entry-not-cleared"]
            case .timeWait, .paws: ["port-reused-within-time-wait"]
            default: ["initiator-lost-its-state"]
            }
        if !isResolved {
            causes.append(hasResets ? "rst-filtered-on-the-way" : "ack-not-delivered")
        }
        return causes
    }

    private func summary(
        of count: Int,
        _ reply: Reply,
        isResolved: Bool,
        in history: History
    ) -> String {
        let often = count > 1 ? "\(Wording.times(count)) " : ""
        let held =
            switch reply.state {
            case .synReceived: "its half-open entry for another SYN"
            case .unknown: "older state that it still holds"
            case .established where wasReset(before: reply, in: history):
                "the previous connection, which it still holds although \(history.initiator.address) had reset it"
            default:
                "the previous connection, which it still holds in \(Self.name(of: reply.state))"
            }
        // Of TIME-WAIT its own finding says so.
        let isReported = reply.state == .timeWait || reply.state == .paws
        let end = isResolved && !isReported ? "; then the connection was established" : ""
        return """
            \(history.responder.address) answered the SYN from port \(history.initiator.port) \(often)with a \
            challenge ACK for \(held)\(end).
            """
    }

    private func explanation(
        of reply: Reply,
        _ resets: [Int],
        resolvedAfter recovery: Int64?,
        in history: History
    ) -> String {
        let event = history.events[reply.event]
        var sentences: [String] = []
        if let memory = history.incarnation(of: reply.event).former, reply.state != .synReceived,
            reply.state != .unknown
        {
            let former = FormerConnection(history.events[memory])
            sentences.append(
                """
                The ACK's numbers (Seq=\(event.sequence), Ack=\(event.acknowledgment)) continue the old connection \
                (last packet: \(former.lastPacket)).
                """
            )
        } else {
            sentences.append(
                "The ACK carries Seq=\(event.sequence) and Ack=\(event.acknowledgment)."
            )
        }
        if let reset = resets.first {
            let packet = "packet \(history.events[reset].packet)"
            let answer =
                resets.count == 1
                ? "a RST (\(packet))" : "\(resets.count) RSTs (first: \(packet))"
            sentences.append(
                """
                \(history.initiator.address) answered with \(answer), as RFC 9293 §3.5.1 requires.
                """
            )
        } else {
            sentences.append(
                """
                \(history.initiator.address) did not answer it with a RST: the ACK did not arrive, or a firewall \
                dropped the RST before the capture.
                """
            )
        }
        if let recovery {
            sentences.append("The connection was established \(Wording.duration(recovery)) later.")
        } else if !resets.isEmpty, history.incarnation(of: reply.event).completion == nil {
            let isAnswered = history.answers().contains { index, answer in
                if case .current = answer.subject { index > reply.event } else { false }
            }
            sentences.append(
                isAnswered
                    ? "Later SYNs were answered, and the connection was still not established."
                    : "No SYN was accepted after that."
            )
        }
        return sentences.joined(separator: " ")
    }

    private func checks(in history: History, hasRecovered: Bool) -> [Check] {
        let (initiator, responder) = (history.initiator, history.responder)
        let state = Check(
            on: responder.address.description,
            "ss -tano dst \(initiator.address) sport = :\(responder.port)",
            "While it happens: shows the state it holds for port \(initiator.port)."
        )
        let counter = Check(
            on: responder.address.description,
            "nstat -az TcpExtTCPSYNChallenge TcpExtTCPChallengeACK",
            "A count that rises again and again shows how often it happens."
        )
        let arrival = Check(
            on: responder.address.description,
            "tcpdump -ni any host \(initiator.address) and tcp port \(initiator.port)",
            "If the client's RST does not arrive, a firewall drops it."
        )
        let filter = Check(
            on: initiator.address.description,
            "nft list ruleset | grep -i rst; iptables -S OUTPUT | grep -i rst",
            "A rule that drops RSTs keeps the old connection alive."
        )
        // Where the next SYN was accepted, the RST did arrive.
        if hasRecovered { return [counter] }
        return history.vantage == .client ? [filter, state] : [state, arrival]
    }
}
