import Tracking

/// Speaks when a responder answers a SYN with a SYN of its own, and leaves the SYN-ACK to the
/// initiator.
package struct SplitHandshake: Detector {
    package static let manual = Manual(
        id: "split-handshake",
        title: "split handshake",
        group: .network,
        sees: """
            The responder answers the SYN with a plain SYN (four-way), or with a bare ACK and then a SYN \
            (five-way); the initiator sends the SYN-ACK, with its own ISN unchanged, and the responder only \
            acknowledges that. It sends no SYN-ACK itself.
            """,
        means: """
            The connection is established as if the server had opened it. Firewalls that take the direction of a \
            connection from its SYN-ACK may then mistake the server for the client and inspect the wrong side. \
            No common stack does this by itself.
            """,
        unless: """
            If both ends open at the same time, each also sends a SYN-ACK, and the two SYNs have crossed. If the \
            server's SYN came before its host can have received the first SYN, the capture may have missed its \
            SYN-ACK: then the finding is only possible.
            """,
        check: """
            Which stack or tool answers on the server, and whether that host is to be trusted; whether the \
            firewall on the path drops split handshakes, as several can.
            """,
        elsewhere: """
            Suricata: stream-event:3whs_syn_toclient_on_syn_recv.
            """,
        sources: [
            .rfc(9293, section: "3.5"),
            .page("Beardsley, Qian: The TCP Split Handshake (2010)"),
        ],
        example: Exchange(to: "198.51.100.20:8080") {
            client.syn(seq: 1000)
            pause(.milliseconds(20))
            server.syn(seq: 5000).flagged
            client.synAck(seq: 1000, ack: 5001).flagged
            pause(.milliseconds(20))
            server.ack(seq: 5001, ack: 1001).flagged
            client.data(seq: 1001, ack: 5001, length: 100)
            server.ack(seq: 5001, ack: 1101)
        },
        nearMiss: Exchange(from: "192.0.2.10:7001", to: "198.51.100.20:7002") {
            client.syn(seq: 1000)
            pause(.milliseconds(20))
            server.syn(seq: 5000)
            client.synAck(seq: 1000, ack: 5001)
            pause(.milliseconds(20))
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
            server.ack(seq: 5001, ack: 1001)
        }
    )

    /// A responder takes so long at most before it answers, in nanoseconds.
    private static let thinking: Int64 = 50_000_000

    package static let needs: Signals? = [.responderSYN]

    package static func blame(for finding: Finding) -> [FaultSide] {
        [.server, .network]
    }

    package init() {}

    package func examine(_ history: History) -> Finding? {
        let splits = history.incarnations.compactMap { split(of: $0, in: history) }
        guard let split = splits.last else { return nil }
        let opening = split.opening
        let isFiveWay = opening.announcement != nil
        return finding(
            in: history,
            incarnation: opening.incarnation,
            reason: isFiveWay ? "five-way" : "four-way",
            severity: .warning,
            confidence: split.isCertain ? .high : .low,
            status: split.isCertain ? .confirmed : .possible,
            count: splits.count,
            events: split.events,
            note: { note(on: split.events[$0], of: opening) },
            metrics: [
                Metric("segments", isFiveWay ? 5 : 4),
                Metric("delay_us", nanoseconds: split.delay),
                Metric("round_trip_us", nanoseconds: split.roundTrip),
                Metric("source_port", Int(history.initiator.port)),
                Metric("destination_port", Int(history.responder.port)),
                Metric("established", history.isEverEstablished),
            ],
            causes: ["attack-or-test-tool", "unusual-stack"],
            checks: checks(in: history),
            summary: """
                \(history.responder) answered the SYN from \(history.initiator) with \
                \(isFiveWay ? "an ACK and a SYN of its own" : "a SYN of its own") after \
                \(Wording.duration(split.delay)) and left the SYN-ACK to the client: a split handshake.
                """,
            explanation: explanation(of: split, in: history)
        )
    }

    package static func summary(of many: Finding) -> String {
        "\(many.destination) split its SYN-ACK in \(many.flows) connections from \(many.source)."
    }

    private func split(of incarnation: Incarnation, in history: History) -> Split? {
        guard let opening = history.responderOpening(of: incarnation), opening.isSplit,
            let acceptance = opening.acceptance, let confirmation = opening.confirmation,
            let sending = opening.attempt.sendings.last(where: { $0 < opening.syn })
        else { return nil }
        let split = Split(
            opening: opening,
            events: [opening.announcement, opening.syn, acceptance, confirmation].compactMap(
                \.self
            ),
            delay: history.delay(from: sending, to: opening.announcement ?? opening.syn),
            roundTrip: history.delay(from: acceptance, to: confirmation)
        )
        return split.isAnswer ? split : nil
    }

    private func note(on event: Int, of opening: ResponderOpening) -> String {
        switch event {
        case opening.announcement: "acknowledges the SYN, without a SYN of its own"
        case opening.syn: "a SYN where a SYN-ACK should be"
        case opening.acceptance: "the client's SYN-ACK, with the ISN of its SYN"
        default: "acknowledges that: the roles are reversed"
        }
    }

    private func explanation(of split: Split, in history: History) -> String {
        let packet = history.events[split.opening.syn].packet
        guard !split.isCertain else {
            let reason =
                split.opening.announcement == nil
                ? "it took as long as the round trip to \(history.responder.address) does (\(Wording.duration(split.roundTrip)))"
                : "it had already acknowledged the SYN"
            return "Packet \(packet) answers the SYN rather than crossing it: \(reason)."
        }
        return """
            Packet \(packet) came sooner than the round trip to \(history.responder.address) takes \
            (\(Wording.duration(split.roundTrip))), so the two SYNs may also have crossed, and the capture missed \
            the SYN-ACK of a simultaneous open.
            """
    }

    private func checks(in history: History) -> [Check] {
        let responder = history.responder
        return [
            Check(
                on: responder.address.description,
                "ss -tlnp sport = :\(responder.port)",
                "Shows whether an ordinary listener or another program owns the port."
            ),
            Check(
                on: responder.address.description,
                "tcpdump -ni any tcp port \(responder.port) and host \(history.initiator.address)",
                "A SYN-ACK here that the other capture lacks was lost on the path."
            ),
        ]
    }

    private struct Split {
        let opening: ResponderOpening
        /// What shows it, in order.
        let events: [Int]
        /// From the SYN to the first answer of the responder, in nanoseconds.
        let delay: Int64
        /// From the initiator's SYN-ACK to the responder's ACK, in nanoseconds.
        let roundTrip: Int64

        /// Whether the responder's SYN can be an answer at all: one that comes much sooner crossed
        /// the initiator's, one that comes much later is a connection of its own, as in hole
        /// punching.
        var isAnswer: Bool {
            opening.announcement != nil
                || delay > roundTrip / 2 && delay - roundTrip <= roundTrip + SplitHandshake.thinking
        }

        /// Whether the responder's SYN cannot have crossed the initiator's on the way; a quarter is
        /// left for the changes of the path's delay.
        var isCertain: Bool { opening.announcement != nil || delay >= roundTrip - roundTrip / 4 }
    }
}
