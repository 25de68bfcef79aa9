import Tracking

/// Speaks when an end sends again what was acknowledged, since the ACKs do not come through to its
/// TCP.
package struct UnreceivedACKs: Detector {
    package static let manual = Manual(
        id: "acks-not-received",
        title: "ACKs not received",
        group: .standstill,
        sees: """
            For a second or longer, an end sends again what an ACK in this capture had covered, three times or more. \
            Meanwhile the timestamp that it echoes and its own Ack do not move, although the other end goes on \
            acknowledging.
            """,
        means: """
            The ACKs pass the place of the capture, but do not reach the sender's TCP. Captured at the sender itself, its \
            own packet filter drops them, its conntrack calls them INVALID, or their checksum is wrong. Captured \
            elsewhere, they are lost on the rest of the way.
            """,
        unless: """
            A single retransmission that crosses its ACK is spurious and harmless: the sender's echoed timestamp moves on \
            after it. Far from the sender, that takes a round trip.
            """,
        check: """
            On the sender: nstat -az TcpInCsumErrors and the invalid count of conntrack -S. In nft list ruleset, look \
            for a rule that drops packets of this connection.
            """,
        sources: [
            .rfc(6298, section: "5"), .rfc(7323, section: "4.3"),
            .page("Linux, nf_conntrack-sysctl: nf_conntrack_tcp_be_liberal"),
        ],
        followsFrom: ["bad-checksum"],
        example: Exchange(to: "198.51.100.20:25") {
            ScriptOpening.tcp
            client.data([UInt8](repeating: 46, count: 600))
            server.ack().after(.milliseconds(20))
            client.data(seq: 1001, ack: 5001, length: 600).echoing(9).after(.milliseconds(300))
            server.ack(seq: 5001, ack: 1601).after(.milliseconds(20))
            for wait in [600, 1200, 2400] {
                client.data(seq: 1001, ack: 5001, length: 600).echoing(9)
                    .after(.milliseconds(wait)).flagged
                server.ack(seq: 5001, ack: 1601).after(.milliseconds(20))
            }
        },
        nearMiss: Exchange(to: "198.51.100.20:25") {
            ScriptOpening.tcp
            client.data([UInt8](repeating: 46, count: 600))
            server.ack().after(.milliseconds(20))
            client.data(seq: 1001, ack: 5001, length: 600).after(.milliseconds(300))
            server.ack(seq: 5001, ack: 1601).after(.milliseconds(20))
            client.data([UInt8](repeating: 46, count: 600))
            server.ack().after(.milliseconds(20))
            client.fin()
            server.fin()
            client.ack()
        }
    )

    /// Fewer may have crossed their ACKs.
    private static let leastSendings: UInt16 = 3
    /// Within less, they may have too, in nanoseconds; without timestamps a longer round trip
    /// cannot be told.
    private static let leastSpan: Int64 = 1_000_000_000
    private static let leastSpanWithoutTimestamps: Int64 = 3_000_000_000

    package static let needs: Signals? = [.repetition]

    package static func blame(for finding: Finding) -> [FaultSide] {
        guard let sender = finding.party("sender") else { return [.network] }
        return finding[metric: "at_sender"] == .flag(true)
            ? [sender, .network] : [.network, sender]
    }

    package init() {}

    package func examine(_ history: History) -> Finding? {
        for ending in history.allEndings.reversed() {
            for side in [Side.low, .high] where isDeaf(side, in: ending) {
                return finding(for: side, ending, in: history)
            }
        }
        return nil
    }

    package static func summary(of many: Finding) -> String {
        "On \(many.flows) connections from \(many.source) to \(many.destination) ACKs did not come through to the sender."
    }

    private func isDeaf(_ side: Side, in ending: Ending) -> Bool {
        let sent = ending.stream[side]
        let span = sent.coveredUntil - sent.coveredFrom
        let least =
            sent.last.options.presence.contains(.timestamps)
            ? Self.leastSpan : Self.leastSpanWithoutTimestamps
        return sent.covered >= Self.leastSendings && span >= least
            && ending.stream.progress(of: side.other).lastSent > sent.coveredFrom
    }

    private func finding(for side: Side, _ ending: Ending, in history: History) -> Finding {
        let sent = ending.stream[side]
        let (role, sender, receiver) = history.direction(from: side)
        let events = ending.incarnation.events.filter { index in
            let event = history.events[index]
            return event.side == side && event.payloadLength > 0
                && event.time >= sent.coveredFrom && event.time <= sent.coveredUntil
        }
        let isAtSender = history.isCaptured(at: side)
        let isOver = sent.last.time > sent.coveredUntil
        let span = sent.coveredUntil - sent.coveredFrom
        return finding(
            in: history,
            incarnation: ending.incarnation,
            severity: isOver ? .note : .warning,
            confidence: isAtSender ? .high : .medium,
            status: .likely,
            count: Int(sent.covered),
            events: events,
            note: { _ in "sent again, although it was acknowledged" },
            metrics: [
                Metric("sendings", Int(sent.covered)),
                Metric("span_us", nanoseconds: span),
                Metric("at_sender", isAtSender),
                Metric("sender", role),
                Metric("source_port", Int(history.initiator.port)),
                Metric("destination_port", Int(history.responder.port)),
            ],
            causes: [
                "own-packet-filter", "conntrack-invalid", "checksum-wrong", "acks-lost-further-on",
            ],
            checks: [
                Check(
                    on: sender.description,
                    "nstat -az TcpInCsumErrors; conntrack -S; nft list ruleset",
                    "Which counter rises, and which rule drops what \(receiver) sends?"
                )
            ],
            summary: """
                \(sender) repeated \(Wording.times(Int(sent.covered))), within \(Wording.duration(span)), data that \
                \(receiver) had already acknowledged: the ACKs in this capture \(isOver ? "did" : "do") not reach the TCP of \(sender)\(isOver ? " then" : "").
                """,
            explanation: """
                \(receiver) has acknowledged up to \(ending.stream.progress(of: side.other).acknowledged), and \(sender) \
                still sends from \(sent.repeated), with the same Ack and the same echoed timestamp each time.
                """
        )
    }
}
