import Tracking

/// Speaks when one end's timestamps fall back, so that the other throws its data away.
package struct TimestampRegression: Detector {
    package static let manual = Manual(
        id: "timestamp-regression",
        title: "TCP timestamps going backwards",
        group: .options,
        sees: """
            New data carries a TSval more than 1000 ticks below the newest of its sender, and the other end \
            acknowledges none of it. Or an unanswered SYN has a TSval below one that the server accepted from \
            the same address within the previous minute. All accepted timestamps followed one clock.
            """,
        means: """
            The receiver takes such segments for old duplicates and drops them (PAWS); it only repeats its last \
            ACK. The connection stands still although every packet arrives. Two hosts behind one address, a \
            virtual machine that was moved or restored, or a device that rewrites timestamps cause this.
            """,
        unless: """
            A reordered segment has an old sequence number as well as an old timestamp. Timestamps of different \
            connections are unrelated: many systems begin each with a random value. If the other end \
            acknowledges the data, there is no problem.
            """,
        check: """
            On the receiver: nstat -az TcpExtPAWSEstab, does it rise with every retransmission? As an \
            experiment, set net.ipv4.tcp_timestamps=0 on one end.
            """,
        elsewhere: """
            Suricata: stream-event:pkt_invalid_timestamp.
            """,
        sources: [.rfc(7323, section: "5.3"), .rfc(7323, section: "5.8")],
        example: Exchange(to: "198.51.100.20:7") {
            client.syn(seq: 1000, tsval: 5_000_000)
            server.synAck(seq: 5000, ack: 1001, tsval: 900)
            client.ack(seq: 1001, ack: 5001).timestamps(5_000_001)
            client.data(seq: 1001, ack: 5001, length: 10).timestamps(5_000_001)
            server.ack(seq: 5001, ack: 1011)
            pause(.seconds(1))
            client.data(seq: 1011, ack: 5001, length: 10).timestamps(4_900_000).flagged
            server.ack(seq: 5001, ack: 1011)
            pause(.milliseconds(300))
            client.data(seq: 1011, ack: 5001, length: 10).timestamps(4_900_300).flagged
            server.ack(seq: 5001, ack: 1011)
        },
        nearMiss: Exchange(to: "198.51.100.20:7") {
            client.syn(seq: 1000, tsval: 5_000_000)
            server.synAck(seq: 5000, ack: 1001, tsval: 900)
            client.ack(seq: 1001, ack: 5001).timestamps(5_000_001)
            client.data(seq: 1001, ack: 5001, length: 10).timestamps(5_000_001)
            server.ack(seq: 5001, ack: 1011)
            client.data(seq: 1021, ack: 5001, length: 10).timestamps(5_002_000)
            client.data(seq: 1011, ack: 5001, length: 10).timestamps(5_000_900)
            server.ack(seq: 5001, ack: 1031)
        }
    )

    /// So many segments must have been thrown away.
    private static let leastRegressions = 2

    package static let needs: Signals? = [.fallenTimestamp]

    package static func blame(for finding: Finding) -> [FaultSide] {
        [.network, .client]
    }

    package init() {}

    package func examine(_ history: History) -> Finding? {
        for incarnation in history.incarnations.reversed() {
            if let found = droppedSYN(in: incarnation, history) { return found }
            for side in [incarnation.initiator, incarnation.initiator.other] {
                let fallen = incarnation.events.filter {
                    history.events[$0].side == side && history.events[$0].formerTimestamp != nil
                }
                guard fallen.count >= Self.leastRegressions, let first = fallen.first,
                    let former = history.events[first].formerTimestamp,
                    !isAccepted(after: first, in: incarnation, history)
                else { continue }
                return finding(of: fallen, below: former, in: incarnation, history)
            }
        }
        return nil
    }

    /// Whether the other end acknowledged what came with an old timestamp.
    private func isAccepted(after first: Int, in incarnation: Incarnation, _ history: History)
        -> Bool
    {
        let event = history.events[first]
        // What is sent again with a right timestamp may be acknowledged.
        let recovery = incarnation.events.suffix(from: first).first { index in
            let other = history.events[index]
            return other.side == event.side && other.payloadLength > 0
                && other.formerTimestamp == nil
        }
        return incarnation.events.suffix(from: first).prefix { $0 < recovery ?? .max }.contains {
            index in
            let other = history.events[index]
            return other.side != event.side && other.flags.contains(.ack) && other.kind != .icmp
                && event.sequence.distance(to: other.acknowledgment) > 0
        }
    }

    private func finding(
        of fallen: [Int],
        below former: UInt32,
        in incarnation: Incarnation,
        _ history: History
    ) -> Finding {
        let event = history.events[fallen[0]]
        let sender = history.endpoint(of: event)
        let receiver = history.isFromInitiator(event) ? history.responder : history.initiator
        let distance = Int(former &- event.timestampValue)
        return finding(
            in: history,
            incarnation: incarnation,
            severity: .warning,
            confidence: .high,
            count: fallen.count,
            events: fallen,
            note: { "TSval \(history.events[fallen[$0]].timestampValue), below \(former)" },
            metrics: [
                Metric("ticks_back", distance),
                Metric("former_tsval", Int(former)),
                Metric("sender", history.isFromInitiator(event) ? "client" : "server"),
                Metric("source_port", Int(history.initiator.port)),
                Metric("destination_port", Int(history.responder.port)),
            ],
            causes: [
                "two-hosts-behind-one-address", "restored-virtual-machine", "rewritten-timestamps",
            ],
            checks: [
                Check(
                    on: receiver.address.description,
                    "nstat -az TcpExtPAWSEstab",
                    "If it rises with every retransmission, this host drops the segments for their timestamps."
                ),
                Check(
                    on: sender.address.description,
                    "tcpdump -ni any host \(receiver.address) and tcp port \(history.responder.port)",
                    "Compare TSval of the same segment: other than in this capture, a device on the path changed it; equal, this host sent it so."
                ),
            ],
            summary: """
                The timestamps of \(sender) went back by \(distance) ticks, and \(receiver.address) ignored what came \
                with them (\(packets(fallen, history)))\(recovery(from: fallen, in: incarnation, history)).
                """,
            explanation: """
                TSval \(event.timestampValue) in packet \(event.packet) is below \(former), which \(sender.address) \
                had already sent on this connection. \(receiver.address) must take the segment for an old duplicate \
                and drop it: protection against wrapped sequence numbers, PAWS (RFC 7323 §5.3).
                """
        )
    }

    /// `packets 15, 17 and 21`.
    private func packets(_ fallen: [Int], _ history: History) -> String {
        let numbers = fallen.map { String(history.events[$0].packet) }
        return "packets \(Wording.list(numbers, limit: 6))"
    }

    /// When the sender's timestamps rose again, if they did, as the end of a sentence.
    private func recovery(
        from fallen: [Int],
        in incarnation: Incarnation,
        _ history: History
    ) -> String {
        guard let first = fallen.first, let last = fallen.last else { return "" }
        let risen = incarnation.events.first { index in
            let event = history.events[index]
            return index > last && event.side == history.events[first].side
                && event.payloadLength > 0 && event.formerTimestamp == nil
        }
        return risen.map { index in
            """
            , until they rose again \(Wording.duration(history.delay(from: first, to: index))) later (packet \
            \(history.events[index].packet))
            """
        } ?? ""
    }

    /// A SYN that a listener drops because it goes by one clock for an address behind which there
    /// are two.
    private func droppedSYN(in incarnation: Incarnation, _ history: History) -> Finding? {
        let sendings = incarnation.attempts.flatMap(\.sendings).sorted()
        guard incarnation.completion == nil, incarnation.answers.isEmpty, sendings.count > 1,
            incarnation.attempts.allSatisfy({ $0.answers.isEmpty && $0.end == nil }),
            let first = sendings.first, history.events[first].hasTimestamps,
            let newer = history.events[first].formerTimestamp
        else { return nil }
        let value = history.events[first].timestampValue
        return finding(
            in: history,
            incarnation: incarnation,
            reason: "paws-syn-drop",
            severity: .error,
            confidence: .medium,
            status: .likely,
            count: sendings.count,
            events: sendings,
            note: { "TSval \(history.events[sendings[$0]].timestampValue), below \(newer)" },
            metrics: [
                Metric("ticks_back", Int(newer &- value)),
                Metric("former_tsval", Int(newer)),
                Metric("source_port", Int(history.initiator.port)),
                Metric("destination_port", Int(history.responder.port)),
            ],
            causes: ["several-clocks-behind-one-address", "tcp-tw-recycle"],
            checks: [
                Check(
                    on: history.responder.address.description,
                    "nstat -az TcpExtPAWSPassive TcpExtPAWSTimewait; sysctl net.ipv4.tcp_tw_recycle",
                    "A counter that rises with every SYN shows that PAWS drops it. (tcp_tw_recycle was removed in Linux 4.12)"
                )
            ],
            summary: """
                \(history.responder) drops the SYNs of \(history.initiator): their timestamps are \
                \(newer &- value) ticks below those it had just accepted from that address.
                """,
            explanation: """
                TSval \(value) of packet \(history.events[first].packet) is older than \(newer), and all connections of \
                \(history.initiator.address) that were established carried rising timestamps. Several hosts with their own \
                clocks share the address, and the listener follows one of them.
                """
        )
    }
}
