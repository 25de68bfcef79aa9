import Tracking

/// Speaks when the answer to a SYN comes from another address than the one that was asked.
package struct MisroutedSYNACK: Detector {
    package static let manual = Manual(
        id: "syn-ack-misrouted",
        title: "SYN-ACK from another address",
        group: .network,
        sees: """
            The destination did not answer a SYN. Within 3 s a SYN-ACK from another address came from the same \
            server port to the same client port. It acknowledges exactly this SYN and echoes its timestamp, if \
            there is one.
            """,
        means: """
            The answer of a translated connection came back untranslated: connection tracking called it invalid \
            and let it pass, a backend bypasses its load balancer, or a host answers from the wrong address. The \
            client knows no such connection and sends a RST.
            """,
        unless: """
            Matching ports alone prove nothing: the acknowledgment must be the SYN's ISN + 1. On the far side of \
            an address translation the SYN carries the translated address too, and nothing is misrouted there.
            """,
        check: """
            On the translating device: conntrack -E and net.netfilter.nf_conntrack_tcp_be_liberal. On the host \
            that answered: ip route get CLIENT, and whether the service address is on its loopback if it is a \
            direct-return backend.
            """,
        sources: [
            .rfc(1122, section: "3.3.4.2"),
            .page(
                "Kubernetes blog: kube-proxy Subtleties: Debugging an Intermittent Connection Reset"
            ),
        ],
        example: Exchange(to: "198.51.100.20:8000") {
            client.syn(seq: 1000, tsval: 70)
            server.synAck(seq: 5000, ack: 1001).between(server: "198.51.100.77").flagged
            client.rst(seq: 1001).between(server: "198.51.100.77")
            pause(.seconds(1))
            client.syn(seq: 1000, tsval: 1070)
        },
        nearMiss: Exchange(to: "198.51.100.20:8000") {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 9001).between(server: "198.51.100.77")
            client.rst(seq: 9001).between(server: "198.51.100.77")
            server.synAck(seq: 7000, ack: 1001)
            client.ack(seq: 1001, ack: 7001)
        }
    )

    package static let needs: Signals? = [.unansweredIncarnation]

    package static func blame(for finding: Finding) -> [FaultSide] {
        [.network]
    }

    package init() {}

    package func examine(_ history: History) -> Finding? {
        guard
            let incarnation = history.incarnations.last(where: {
                $0.answers.isEmpty && !$0.attempts.isEmpty
            }),
            incarnation.completion == nil, !goesOn(incarnation, in: history)
        else { return nil }
        let unsolicitedSYNACKs = incarnation.attempts.flatMap {
            history.unsolicitedSYNACKs(answering: $0)
        }
        guard let first = unsolicitedSYNACKs.first else { return nil }
        let initiator = history.initiator
        let senders = Set(unsolicitedSYNACKs.map(\.sender)).sorted()
        let who = Wording.list(senders.map(\.description))
        var found = finding(
            in: history,
            incarnation: incarnation,
            severity: .error,
            confidence: .high,
            count: unsolicitedSYNACKs.count,
            events: [],
            note: { _ in "" },
            metrics: [
                Metric("stray_synacks", unsolicitedSYNACKs.count),
                Metric("answered_by", first.sender.description),
                Metric("translated_copy", first.isAsked),
                Metric("source_port", Int(initiator.port)),
                Metric("destination_port", Int(history.responder.port)),
            ],
            causes: ["untranslated-answer", "direct-return-misconfigured", "wrong-source-address"],
            checks: checks(in: history, answeredBy: first.sender),
            summary: """
                \(who) answered the SYN that \(initiator) had sent to \(history.responder); \
                \(initiator.address) had sent nothing to \(who).
                """,
            explanation: """
                The SYN-ACK of packet \(first.answer.packet) has the right ports and acknowledges exactly this SYN \
                (Ack=\(first.answer.acknowledgment)), but comes from \(first.sender): \(initiator.address) has no such \
                connection and can only reset it.\
                \(first.isAsked ? " The translated SYN is in this capture too: the way there was translated, the way back not." : "")
                """
        )
        found.prove(by: unsolicitedSYNACKs) { unsolicited in
            Evidence(
                event: unsolicited.answer,
                isFromInitiator: false,
                ends: Evidence.Ends(
                    source: Endpoint(unsolicited.sender, port: history.responder.port),
                    destination: initiator
                ),
                errorSender: .other,
                note: "answers the SYN to \(history.responder.address), from \(unsolicited.sender)"
            )
        }
        found.firstSeen = history.events[incarnation.attempts[0].first].time
        found.lastSeen = unsolicitedSYNACKs.map(\.answer.time).max() ?? found.firstSeen
        return found
    }

    package static func summary(of many: Finding) -> String {
        "\(many.flows) connections from \(many.source) to \(many.destination) were answered from another address."
    }

    /// Whether the initiator goes on as if answered: it takes the answer, and the capture shows one
    /// side of a translation only.
    private func goesOn(_ incarnation: Incarnation, in history: History) -> Bool {
        history.capture.oneWayInitiators.contains(history.initiator.address)
            || incarnation.events.contains { index in
                let event = history.events[index]
                return history.isFromInitiator(event) && event.flags.contains(.ack)
                    && event.kind != .rst && event.kind != .icmp
            }
    }

    private func checks(in history: History, answeredBy sender: Address) -> [Check] {
        [
            Check(
                on: sender.description,
                "ip route get \(history.initiator.address)",
                "The answer must return through the device that translated the SYN."
            ),
            Check(
                on: nil,
                "conntrack -E -p tcp --orig-port-src \(history.initiator.port)",
                "On the translating device: is the SYN-ACK called INVALID? (See nf_conntrack_tcp_be_liberal)"
            ),
        ]
    }
}
