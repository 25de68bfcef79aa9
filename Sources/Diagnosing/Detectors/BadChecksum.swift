import Tracking

/// Speaks when a SYN or SYN-ACK arrives with a wrong checksum and so goes unanswered.
package struct BadChecksum: Detector {
    package static let manual = Manual(
        id: "bad-checksum",
        title: "bad TCP checksum",
        group: .options,
        sees: """
            A SYN that was not answered, or a SYN-ACK that its receiver ignored, has a wrong TCP checksum \
            although it was captured in full.
            """,
        means: """
            The receiver drops such a segment silently, which looks like a firewall or a full queue. A NAT, a \
            tunnel or a virtual network card changed the segment without updating the checksum.
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
        for incarnation in history.incarnations.reversed() where incarnation.completion == nil {
            let wrong = incarnation.events.filter {
                isDamaged($0, in: history) && isIgnored($0, in: incarnation, history)
            }
            guard let first = wrong.first else { continue }
            let sender = history.endpoint(of: history.events[first]).address
            let receiver =
                sender == history.initiator.address
                ? history.responder.address : history.initiator.address
            let kind = history.events[first].kind == .syn ? "SYN" : "SYN-ACK"
            return finding(
                in: history,
                incarnation: incarnation,
                reason: kind == "SYN" ? "syn" : "syn-ack",
                // What was sent just before the capture ends may be sent again, and arrive.
                severity: history.capture.end - history.events[first].time < Self.leastSilence
                    ? .note : .error,
                confidence: history.capture.rightChecksums > 0 ? .high : .medium,
                status: history.capture.rightChecksums > 0 ? .confirmed : .likely,
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
                summary: """
                    \(Wording.count(wrong.count, kind)) from \(sender) to \(receiver) \
                    \(wrong.count == 1 ? "has a wrong checksum" : "have wrong checksums"), so \(receiver) drops \
                    \(wrong.count == 1 ? "it" : "them").
                    """,
                explanation: """
                    The first is packet \(history.events[first].packet). It was captured in full, and its checksum is not the \
                    one a network card would still fill in.
                    """
            )
        }
        return nil
    }

    package static func summary(of many: Finding) -> String {
        "\(many.count) handshake segments of \(many.flows) connections from \(many.source) to \(many.destination) have wrong checksums."
    }

    private func isDamaged(_ index: Int, in history: History) -> Bool {
        let event = history.events[index]
        // No stack begins a connection with the other flags.
        return event.linkFacts.checksum == .wrong
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
