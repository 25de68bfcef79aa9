import Tracking

/// Speaks when one end closed, and the other never did.
package struct HalfCloseStall: Detector {
    package static let manual = Manual(
        id: "half-close-stall",
        title: "half-close never completed",
        group: .ending,
        sees: """
            A FIN was acknowledged, and the peer then sent neither its own FIN nor data for at least 20 s. At \
            the end of the capture it is pending after 10 s.
            """,
        means: """
            The stack that acknowledged the FIN is in CLOSE-WAIT: its application has not closed the socket. The \
            application leaks sockets, is stuck, or does not read to the end. The peer waits in FIN-WAIT-2, for \
            60 s on Linux unless the application still holds the socket.
            """,
        unless: """
            A half-closed connection is legal: a side that is still sending data is using it as intended. A \
            capture of one direction misses the other FIN.
            """,
        check: """
            On the end that did not close: ss -tnp state close-wait, then what the process does with that \
            socket.
            """,
        elsewhere: """
            Zeek: conn_state S2 or S3.
            """,
        sources: [.rfc(9293, section: "3.6.1")],
        followsFrom: ["unanswered-request"],
        example: Exchange(to: "198.51.100.20:9000") {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
            client.data(seq: 1001, ack: 5001, length: 20)
            server.data(seq: 5001, ack: 1021, length: 20)
            client.fin(seq: 1021, ack: 5021).flagged
            server.ack(seq: 5021, ack: 1022)
            pause(.seconds(60))
            server.fin(seq: 5021, ack: 1022).flagged
            client.rst(seq: 1022)
        },
        nearMiss: Exchange(to: "198.51.100.20:9000") {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
            client.data(seq: 1001, ack: 5001, length: 20)
            client.fin(seq: 1021, ack: 5001)
            server.ack(seq: 5001, ack: 1022)
            pause(.seconds(9))
            server.data(seq: 5001, ack: 1022, length: 900)
            client.ack(seq: 1022, ack: 5901)
            server.fin(seq: 5901, ack: 1022)
            client.ack(seq: 1022, ack: 5902)
        }
    )

    package static let needs: Signals? = [.fin, .halfClose]

    package static let yieldsTo: [any Detector.Type] = [MTUBlackHole.self]

    package static func blame(for finding: Finding) -> [FaultSide] {
        finding.party("closed_by")?.peer.map { [$0] } ?? []
    }

    package init() {}

    package func examine(_ history: History) -> Finding? {
        let stalls = history.endings.compactMap { stall(in: $0, history) }
        guard let last = stalls.last else { return nil }
        let closer = history.endpoint(of: history.events[last.fin]).address
        let other = closer == history.initiator.address ? history.responder : history.initiator
        var found = finding(
            in: history,
            incarnation: last.incarnation,
            severity: last.end == nil || !last.isOwed ? .note : .warning,
            confidence: last.end == nil ? .medium : .high,
            status: last.end == nil ? .pending : .confirmed,
            count: stalls.count,
            events: stalls.flatMap { [$0.fin] + [$0.end].compactMap(\.self) },
            note: { $0 % 2 == 0 ? "closes, and is acknowledged" : "ends the wait" },
            metrics: [
                Metric("stalled_us", nanoseconds: last.duration),
                Metric("closed_by", closer == history.initiator.address ? "client" : "server"),
                Metric("source_port", Int(history.initiator.port)),
                Metric("destination_port", Int(history.responder.port)),
            ],
            causes: ["application-does-not-close", "application-stuck"],
            checks: [
                Check(
                    on: other.address.description,
                    "ss -tnp state close-wait",
                    "Names the process that holds the socket \(closer) has closed."
                )
            ],
            summary: """
                \(closer) closed its side of the connection, and \(other.address) did not close the other side within \
                \(Wording.duration(last.duration)).
                """,
            explanation: """
                The FIN in packet \(history.events[last.fin].packet) was acknowledged, so \(other.address) is in \
                CLOSE-WAIT until its application closes the socket.
                """
        )
        found.shared = closer == history.initiator.address ? "client" : "server"
        return found
    }

    package static func summary(of many: Finding) -> String {
        guard let closer = many.shared else {
            return
                "On \(many.flows) connections from \(many.source) to \(many.destination) only one end closed."
        }
        let (own, other) =
            closer == "client" ? (many.source, many.destination) : (many.destination, many.source)
        return
            "\(own) closed \(many.flows) connections with \(other), which acknowledged that and did not close its side."
    }

    private func stall(in ending: Ending, _ history: History) -> Stall? {
        guard let fin = ending.fins.first, ending.resets.first.map({ $0 > fin }) ?? true else {
            return nil
        }
        let side = history.events[fin].side
        let isAcknowledged =
            history.events[fin].sequenceEnd
            .distance(to: ending.stream.progress(of: side.other).acknowledged) >= 0
        guard isAcknowledged else { return nil }
        let end = [ending.fins.dropFirst().first, ending.resets.first].compactMap(\.self).min()
        let data = ending.stream[side.other].last
        let begin = max(history.events[fin].time, data.packet == 0 ? 0 : data.time)
        let duration = (end.map { history.events[$0].time } ?? ending.stream.time) - begin
        // The capture may miss the other FIN as it misses other packets.
        if end == nil, history.capture.lossSigns > 0 { return nil }
        // Half of it is worth a word where the capture ends before.
        let timeout = history.capture.thresholds.halfClose
        guard duration >= (end == nil ? timeout / 2 : timeout) else { return nil }
        return Stall(
            incarnation: ending.incarnation,
            fin: fin,
            end: end,
            duration: duration,
            isOwed: side == ending.incarnation.initiator && ending.stream.lastDataSender == side
        )
    }

    private struct Stall {
        let incarnation: Incarnation
        let fin: Int
        let end: Int?
        let duration: Int64
        /// Whether the end that closed had asked for something, and may wait for the answer.
        let isOwed: Bool
    }
}
