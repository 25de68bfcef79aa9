import Tracking

/// Speaks when two ends answer each other's bare ACKs, none of which either of them can accept.
package struct ACKLoop: Detector {
    package static let manual = Manual(
        id: "ack-loop",
        title: "ACK loop",
        group: .standstill,
        sees: """
            Six or more bare ACKs of both ends alternately, at most 600 ms apart. Each end repeats its numbers, and none of \
            the ACKs is acceptable to its receiver.
            """,
        means: """
            The two ends disagree about the state of their connection. As the standard requires, each answers an \
            unacceptable segment with an ACK that carries its own numbers, which the other end cannot accept \
            either. Usually one of them, or a device between them, is in another connection on the same ports.
            """,
        unless: """
            Keep-alives and window probes are answered by an acceptable ACK, and then all is quiet. Duplicate \
            ACKs of a receiver that misses a segment come from one side only.
            """,
        check: """
            ss -tno on both hosts: which of them holds this connection, and since when? Resetting it there (ss -K) ends the \
            loop. Stacks that limit such ACKs to two a second (tcp_invalid_ratelimit) do not loop.
            """,
        sources: [.rfc(9293, section: "3.10.7.4"), .rfc(5961, section: "7")],
        followsFrom: ["port-reuse", "challenge-ack", "timestamp-regression"],
        example: Exchange(to: "198.51.100.20:2049") {
            ScriptOpening.tcp
            client.data([UInt8](repeating: 46, count: 80))
            server.data([UInt8](repeating: 46, count: 80))
            client.ack()
            server.ack(seq: 3001, ack: 1081).after(.seconds(2))
            client.ack(seq: 90_000, ack: 5081)
            for _ in 1...2 {
                server.ack(seq: 3001, ack: 1081).flagged
                client.ack(seq: 90_000, ack: 5081).flagged
            }
        },
        nearMiss: Exchange(to: "198.51.100.20:2049") {
            ScriptOpening.tcp
            client.data([UInt8](repeating: 46, count: 80))
            server.data([UInt8](repeating: 46, count: 80))
            client.ack()
            for _ in 1...4 {
                server.ack(seq: 5080, ack: 1081).after(.milliseconds(500))
                client.ack(seq: 1081, ack: 5081)
            }
            client.fin()
            server.fin()
            client.ack()
        }
    )

    package static let needs: Signals? = [.stall]

    package static func blame(for finding: Finding) -> [FaultSide] { [.server, .client] }

    package init() {}

    package func examine(_ history: History) -> Finding? {
        for ending in history.allEndings.reversed() {
            guard let stall = ending.stream.stall, stall.longestTurns >= Stall.leastTurns else {
                continue
            }
            let events = ending.incarnation.events.filter { index in
                let event = history.events[index]
                return event.time >= stall.loopBegin && event.time <= stall.loopEnd
                    && event.kind == .ack && event.payloadLength == 0
            }
            if !events.isEmpty { return finding(for: stall, events, ending, in: history) }
        }
        return nil
    }

    package static func summary(of many: Finding) -> String {
        "On \(many.flows) connections from \(many.source) to \(many.destination) both ends answered each other's ACKs."
    }

    private func finding(
        for stall: Stall,
        _ events: [Int],
        _ ending: Ending,
        in history: History
    ) -> Finding {
        let (initiator, responder) = (history.initiator, history.responder)
        let span = max(0, stall.loopEnd - stall.loopBegin)
        let turns = Int(stall.longestTurns)
        return finding(
            in: history,
            incarnation: ending.incarnation,
            severity: goesOn(after: stall, in: ending) ? .note : .warning,
            confidence: .high,
            count: turns,
            events: events,
            note: { note(on: events[$0], among: events, in: history) },
            metrics: [
                Metric("acks", turns),
                Metric("span_us", nanoseconds: span),
                Metric("source_port", Int(initiator.port)),
                Metric("destination_port", Int(responder.port)),
            ],
            causes: [
                "ends-out-of-step", "other-connection-on-the-ports", "state-rewritten-on-the-way",
            ],
            checks: [
                Check(
                    on: responder.address.description,
                    "ss -tno dst \(initiator.address) sport = :\(responder.port)",
                    "Which state does it hold for port \(initiator.port)?"
                ),
                Check(
                    on: initiator.address.description,
                    "ss -tno dst \(responder.address) dport = :\(responder.port)",
                    "Which state does it hold for port \(initiator.port)?"
                ),
            ],
            summary: """
                \(initiator.address) and \(responder) answered each other's ACKs \(turns) times within \
                \(Wording.duration(span)), and neither could accept what the other sent.
                """,
            explanation: reasons(among: events, in: history)
        )
    }

    /// Whether anything moved after the loop.
    private func goesOn(after stall: Stall, in ending: Ending) -> Bool {
        max(ending.stream.low.last.time, ending.stream.high.last.time) > stall.loopEnd
    }

    /// Why neither end can accept the other's ACK.
    private func reasons(among events: [Int], in history: History) -> String {
        let own = [history.initiatorSide, history.initiatorSide.other].compactMap { side in
            events.first { history.events[$0].side == side }
        }
        guard own.count == 2 else { return "" }
        return zip(own, own.reversed()).map { ack, other in
            fault(of: history.events[ack], to: history.events[other], in: history)
        }.filter { !$0.isEmpty }.joined(separator: " ")
    }

    /// What a receiver with the numbers of its own ACK cannot accept in another (RFC 9293
    /// §3.10.7.4).
    private func fault(of ack: Event, to receiver: Event, in history: History) -> String {
        let sender = history.endpoint(of: ack).address
        let ahead = receiver.acknowledgment.distance(to: ack.sequence)
        if ahead < 0 {
            return """
                \(sender)'s Seq=\(ack.sequence) is \(ahead.magnitude) below what the other end has acknowledged.
                """
        }
        if ahead > 0 {
            return """
                \(sender)'s Seq=\(ack.sequence) is \(ahead) beyond what the other end has acknowledged.
                """
        }
        let unsent = receiver.sequence.distance(to: ack.acknowledgment)
        return unsent > 0
            ? "\(sender) acknowledges \(unsent) bytes more than the other end says it has sent."
            : ""
    }

    private func note(on index: Int, among events: [Int], in history: History) -> String {
        history.isFromInitiator(history.events[index])
            ? "the client's ACK once more, which does not fit"
            : "the server's ACK once more, which does not fit"
    }
}
