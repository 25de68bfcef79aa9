import Tracking

/// Speaks when an end sent the same data again until it gave up.
package struct RetransmissionTimeout: Detector {
    package static let manual = Manual(
        id: "retransmission-timeout",
        title: "retransmission timeout",
        group: .standstill,
        sees: """
            The same data sent six times or more and never acknowledged; then a RST, a FIN, or nothing.
            """,
        means: """
            The other host is gone, or the path in one direction: a host that lost power, a cable, a route, a \
            firewall that forgot the connection and drops what it does not know. Linux gives up after about a \
            quarter of an hour (tcp_retries2), an application with TCP_USER_TIMEOUT sooner.
            """,
        unless: """
            If the other end goes on sending, the capture misses its acknowledgments. Large segments alone that \
            vanish are an mtu-blackhole.
            """,
        check: """
            A capture at the other end: does the data arrive, and is it answered? ss -ti on the sender shows backoff \
            and the timer.
            """,
        sources: [
            .rfc(9293, section: "3.8.3"), .rfc(1122, section: "4.2.3.5"),
            .rfc(5482, section: "3.1"),
        ],
        followsFrom: ["accept-queue-overflow", "timestamp-regression", "timestamp-mismatch"],
        example: Exchange(to: "198.51.100.20:5432") {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
            client.data(seq: 1001, ack: 5001, length: 80)
            server.data(seq: 5001, ack: 1081, length: 80)
            client.ack(seq: 1081, ack: 5081)
            client.data(seq: 1081, ack: 5081, length: 80)
            pause(.milliseconds(200))
            client.data(seq: 1081, ack: 5081, length: 80)
            pause(.milliseconds(400))
            client.data(seq: 1081, ack: 5081, length: 80).flagged
            pause(.milliseconds(800))
            client.data(seq: 1081, ack: 5081, length: 80).flagged
            pause(.milliseconds(1600))
            client.data(seq: 1081, ack: 5081, length: 80).flagged
            pause(.milliseconds(3200))
            client.data(seq: 1081, ack: 5081, length: 80).flagged
        },
        nearMiss: Exchange(to: "198.51.100.20:5432") {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
            client.data(seq: 1001, ack: 5001, length: 80)
            pause(.milliseconds(200))
            client.data(seq: 1001, ack: 5001, length: 80)
            pause(.milliseconds(400))
            client.data(seq: 1001, ack: 5001, length: 80)
            server.data(seq: 5001, ack: 1081, length: 80)
            client.ack(seq: 1081, ack: 5081)
        }
    )

    /// Sent so often after the first time.
    private static let leastRepetitions: UInt16 = 5

    /// What is sent behind the other end's FIN is a goodbye up to this length, in bytes.
    private static let goodbye: UInt32 = 64

    package static let needs: History.Traits? = .repetition

    package static func blame(for finding: Finding) -> [FaultSide] {
        finding.party("sender")?.peer.map { [.network, $0] } ?? [.network]
    }

    package init() {}

    package func examine(_ history: History) -> Finding? {
        for ending in history.endings.reversed() {
            for side in [Side.low, .high] where isLost(side, in: ending, history) {
                return finding(for: side, ending, in: history)
            }
        }
        return nil
    }

    package static func summary(of many: Finding) -> String {
        "On \(many.flows) connections of \(many.source) to \(many.destination) data was sent in vain."
    }

    private func isLost(_ side: Side, in ending: Ending, _ history: History) -> Bool {
        let sent = ending.stream[side]
        let goesOn = ending.stream[side.other].last.time > sent.repeatedFrom
        let peerClosed = ending.fins.first { history.events[$0].side != side }
        // A goodbye that is sent behind the other end's FIN is lost to nobody.
        let isGoodbye =
            sent.repeatedLength <= Self.goodbye
            && peerClosed.map { history.events[$0].time < sent.repeatedFrom } ?? false
        return sent.repetitions >= Self.leastRepetitions && !goesOn && !isGoodbye
            && history.isUnacknowledged(side, in: ending)
            && MTUBlackHole().examine(history) == nil
            && AcceptQueueOverflow().examine(history) == nil
    }

    private func finding(for side: Side, _ ending: Ending, in history: History) -> Finding {
        let sent = ending.stream[side]
        let (role, sender, receiver) = history.direction(from: side)
        let span = sent.last.time - sent.repeatedFrom
        return finding(
            in: history,
            incarnation: ending.incarnation,
            severity: .warning,
            confidence: .medium,
            status: ending.first == nil ? .pending : .confirmed,
            count: Int(sent.repetitions) + 1,
            events: history.repetitions(of: side, in: ending),
            note: { _ in "the same data again" },
            metrics: [
                Metric("sendings", Int(sent.repetitions) + 1),
                Metric("span_us", nanoseconds: span),
                Metric("sender", role),
                Metric("source_port", Int(history.initiator.port)),
                Metric("destination_port", Int(history.responder.port)),
            ],
            causes: ["host-gone", "path-lost", "state-lost-on-the-way"],
            checks: [
                Check(
                    on: receiver.description,
                    "tcpdump -ni any host \(sender) and tcp port \(history.initiator.port)",
                    "does the data arrive, and does an acknowledgment leave?"
                )
            ],
            summary: """
                \(sender) sent the same \(sent.repeatedLength) octets to \(receiver) \
                \(Wording.times(Int(sent.repetitions) + 1)) within \(Wording.duration(span)), and nothing \
                acknowledged them.
                """,
            explanation: "The segment at Seq=\(sent.repeated) was never acknowledged."
        )
    }
}
