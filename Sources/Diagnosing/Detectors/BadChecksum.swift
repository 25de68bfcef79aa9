import Tracking

/// Speaks when a SYN or SYN-ACK arrives with a wrong checksum and so goes unanswered.
package struct BadChecksum: Detector {
    package static let manual = Manual(
        id: "bad-checksum",
        title: "bad checksum",
        group: .options,
        sees: """
            A SYN that was not answered, or a SYN-ACK that its receiver ignored, has a wrong TCP checksum \
            although it was captured in full. Or the UDP datagram around a SYN in a tunnel has (outer-udp), and that SYN is \
            lost.
            """,
        means: """
            The receiver drops such a segment silently, which looks like a firewall or a full queue. A NAT, a \
            tunnel or a virtual network card changed the segment without updating the checksum. In a tunnel without UDP \
            checksums, or with right ones, a wrong TCP checksum is the inner card's work (in-tunnel).
            """,
        unless: """
            On the sending host the network card fills in the checksum after the capture, so a checksum of the \
            pseudo header alone is not damage. If connections succeed in spite of wrong checksums, the capture \
            was edited, not the traffic.
            """,
        check: """
            On the receiver: nstat -az TcpInCsumErrors. On the sender, or the device in front of it: turn \
            checksum offload off (ethtool -K IFACE tx off) as an experiment.
            """,
        elsewhere: """
            Wireshark: Bad checksum. Suricata: tcpv4-csum invalid. Zeek: bad_TCP_checksum.
            """,
        sources: [.rfc(9293, section: "3.1")],
        example: Exchange(to: "198.51.100.20:389") {
            client.syn(seq: 1000).damaged.flagged
            pause(.seconds(1))
            client.syn(seq: 1000).damaged.flagged
            pause(.seconds(2))
            client.syn(seq: 1000).damaged.flagged
        },
        nearMiss: Exchange(to: "198.51.100.20:389") {
            client.syn(seq: 1000).damaged
            pause(.seconds(1))
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001).damaged
            client.ack(seq: 1001, ack: 5001)
        }
    )

    package static let needs: Signals? = [.wrongChecksum]

    package static func blame(for finding: Finding) -> [FaultSide] {
        [.network]
    }

    /// A stack sends a SYN again after so long (RFC 6298 §2), in nanoseconds.
    private static let leastSilence: Int64 = 1_000_000_000

    package init() {}

    package func examine(_ history: History) -> Finding? {
        guard !history.capture.hasEditedChecksums else { return nil }
        for incarnation in history.incarnations.reversed() {
            let wrong =
                incarnation.completion == nil
                ? incarnation.events.filter {
                    isDamaged($0, in: history) && isIgnored($0, in: incarnation, history)
                } : lostSendings(of: incarnation, in: history)
            guard let first = wrong.first else { continue }
            let sender = history.endpoint(of: history.events[first]).address
            let receiver =
                sender == history.initiator.address
                ? history.responder.address : history.initiator.address
            let kind = history.events[first].kind == .syn ? "SYN" : "SYN-ACK"
            return finding(
                in: history,
                incarnation: incarnation,
                reason: reason(of: history.events[first]),
                // What was sent just before the capture ends may be sent again, and arrive.
                severity: history.capture.end - history.events[first].time < Self.leastSilence
                    ? .note : incarnation.isEstablished ? .warning : .error,
                confidence: isKnown(first, in: history) ? .high : .medium,
                status: isKnown(first, in: history) ? .confirmed : .likely,
                count: wrong.count,
                events: wrong,
                note: { _ in "its checksum is wrong" },
                metrics: [
                    Metric("wrong_checksums", wrong.count),
                    Metric(
                        "right_checksums_in_capture",
                        Int(clamping: history.capture.rightChecksums)
                    ),
                    Metric("destination_port", Int(history.responder.port)),
                ],
                causes: ["rewritten-on-the-way", "broken-offload"],
                checks: [
                    Check(
                        on: receiver.description,
                        "nstat -az TcpInCsumErrors",
                        "If it rises with every \(kind), the segment arrives damaged."
                    )
                ],
                summary: summary(of: wrong, kind, from: sender, to: receiver, in: history),
                explanation: explanation(of: first, in: history)
            )
        }
        return nil
    }

    private func reason(of event: Event) -> String {
        if event.linkFacts.outerChecksum == .wrong { return "outer-udp" }
        if event.linkFacts.isInDatagram { return "in-tunnel" }
        return event.kind == .syn ? "syn" : "syn-ack"
    }

    /// Whether other segments show that checksums are right where nothing is damaged.
    private func isKnown(_ index: Int, in history: History) -> Bool {
        history.capture.rightChecksums > 0 && history.events[index].linkFacts.checksum == .wrong
    }

    /// The SYNs in damaged datagrams of an attempt that came up by one that was sent later, and
    /// whole.
    private func lostSendings(of incarnation: Incarnation, in history: History) -> [Int] {
        guard let attempt = incarnation.attempts.last, let answer = attempt.answers.first else {
            return []
        }
        let answered = history.sending(of: attempt, answeredBy: answer)
        let lost = attempt.sendings.filter { $0 < answered }
        let areDamaged = lost.allSatisfy {
            history.events[$0].linkFacts.outerChecksum == .wrong && isDamaged($0, in: history)
        }
        return areDamaged && !isDamaged(answered, in: history) ? lost : []
    }

    private func summary(
        of wrong: [Int],
        _ kind: String,
        from sender: Address,
        to receiver: Address,
        in history: History
    ) -> String {
        let isOuter = history.events[wrong[0]].linkFacts.outerChecksum == .wrong
        guard isOuter else {
            return """
                \(Wording.count(wrong.count, kind)) from \(sender) to \(receiver) \
                \(wrong.count == 1 ? "has a wrong checksum" : "have wrong checksums"), so \(receiver) drops \
                \(wrong.count == 1 ? "it" : "them").
                """
        }
        return """
            \(Wording.count(wrong.count, kind)) from \(sender) to \(receiver) \(wrong.count == 1 ? "is" : "are") in UDP \
            datagrams of a tunnel with wrong checksums, so the tunnel's other end drops \(wrong.count == 1 ? "it" : "them").
            """
    }

    private func explanation(of first: Int, in history: History) -> String {
        let event = history.events[first]
        let whose =
            event.linkFacts.outerChecksum == .wrong
            ? "the checksum of the UDP datagram around it" : "its checksum"
        return """
            The first is packet \(event.packet). It was captured in full, and \(whose) is not the one a network card would \
            still fill in.
            """
    }

    package static func summary(of many: Finding) -> String {
        "\(many.count) handshake segments of \(many.flows) connections from \(many.source) to \(many.destination) have wrong checksums."
    }

    private func isDamaged(_ index: Int, in history: History) -> Bool {
        let event = history.events[index]
        // No stack begins a connection with the other flags.
        return (event.linkFacts.checksum == .wrong || event.linkFacts.outerChecksum == .wrong)
            && event.linkFacts.direction != .outgoing
            && event.flags.isDisjoint(with: [.fin, .rst, .psh, .urg])
            && !history.capture.localHosts.contains(history.endpoint(of: event).address)
    }

    private func isIgnored(_ index: Int, in incarnation: Incarnation, _ history: History) -> Bool {
        switch history.interpretations[index] {
        case .syn(let ordinal, _):
            // A connection that goes on all the same was damaged after its receiver had it.
            let goesOn = incarnation.events.contains {
                let event = history.events[$0]
                return $0 > index && !history.isFromInitiator(event)
                    && [.synAck, .ack, .data, .fin].contains(event.kind)
            }
            return incarnation.attempt(ordinal).answers.isEmpty
                && incarnation.attempt(ordinal).end == nil && !goesOn
        case .answer:
            let answer = history.events[index]
            return !incarnation.events.suffix(from: index + 1).contains { later in
                let event = history.events[later]
                // A client that goes on took the SYN-ACK: it was damaged after that.
                if event.side != answer.side, event.flags.contains(.ack),
                    event.flags.isDisjoint(with: [.syn, .rst])
                {
                    return true
                }
                if case .reset(let reset) = history.interpretations[later] {
                    return reset.rule == .rejects(index)
                }
                return history.interpretations[later] == .icmp(about: index)
            }
        default:
            return false
        }
    }
}
