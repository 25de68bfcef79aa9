import Tracking

/// Speaks when a SYN or SYN-ACK arrives with a wrong checksum and so goes unanswered.
package struct BadChecksum: Detector {
    package static let manual = Manual(
        id: "bad-checksum",
        title: "bad TCP checksum",
        sees: """
            A SYN that nothing answered, or a SYN-ACK that its receiver ignored, whose TCP checksum is wrong \
            although it was captured whole.
            """,
        means: """
            The receiver drops such a segment without a word, which looks like a firewall or a full queue. A NAT, a \
            tunnel or a virtual network card changed the segment and not the sum.
            """,
        unless: """
            On the sending host the network card fills in the sum after the capture: a sum of the pseudo header \
            alone is no damage. If connections come up in spite of wrong sums, the capture was edited, not the \
            traffic.
            """,
        check: """
            On the receiver nstat -az TcpInCsumErrors; on the sender, or the device before it, checksum offload off \
            (ethtool -K IFACE tx off) as an experiment.
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

    package static let needs: History.Traits? = .wrongChecksum

    package static func blame(for finding: Finding) -> [FaultSide] {
        [.network]
    }

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
                severity: .error,
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
                        "does it rise with every \(kind)?"
                    )
                ],
                summary: """
                    \(Wording.count(wrong.count, kind)) of \(sender) to \(receiver) \
                    \(wrong.count == 1 ? "has a wrong checksum" : "have wrong checksums"), so that \(receiver) drops \
                    \(wrong.count == 1 ? "it" : "them").
                    """,
                explanation: """
                    The first is packet \(history.events[first].packet). It was captured whole, and the sum is not the \
                    one that a network card would still fill in.
                    """
            )
        }
        return nil
    }

    package static func summary(of many: Finding) -> String {
        "\(many.count) handshake segments of \(many.flows) connections of \(many.source) to \(many.destination) have wrong checksums."
    }

    private func isDamaged(_ index: Int, in history: History) -> Bool {
        let event = history.events[index]
        return event.linkFacts.checksum == .wrong
            && !history.capture.localHosts.contains(history.endpoint(of: event).address)
    }

    private func isIgnored(_ index: Int, in incarnation: Incarnation, _ history: History) -> Bool {
        switch history.interpretations[index] {
        case .syn(let ordinal, _):
            return incarnation.attempt(ordinal).answers.isEmpty
                && incarnation.attempt(ordinal).end == nil
        case .answer:
            return !incarnation.events.suffix(from: index + 1).contains { later in
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
