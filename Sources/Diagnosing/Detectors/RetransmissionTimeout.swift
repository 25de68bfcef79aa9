import Tracking

/// Speaks when an end sent the same data again until it gave up.
package struct RetransmissionTimeout: Detector {
    package static let manual = Manual(
        id: "retransmission-timeout",
        title: "retransmission timeout",
        group: .standstill,
        sees: """
            The same data or FIN sent six times or more and never acknowledged; then a RST, a FIN, or nothing. Four sendings \
            are enough where selective acknowledgments (SACK) show that the data behind it arrived (hole). Or two keep-alive probes or more that nothing answered, and a RST of the end that sent them.
            """,
        means: """
            The other host is gone, or the path in one direction is: a host without power, a cable, a route. Or a firewall \
            forgot the connection and drops what it does not know. If the other end still sends, or has what follows, the data \
            itself is dropped on the way. Linux gives up after about a quarter of an hour (tcp_retries2), an \
            application with TCP_USER_TIMEOUT or keep-alive sooner.
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
            .rfc(5482, section: "3.1"), .rfc(1122, section: "4.2.3.6"),
        ],
        followsFrom: [
            "accept-queue-overflow", "timestamp-regression", "timestamp-mismatch",
            "zero-window-stall", "idle-state-lost", "acks-not-received", "ack-loop",
        ],
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

    /// Of a hole: the other end has what follows.
    private static let leastRepetitionsOfHole: UInt16 = 3

    /// What is sent behind the other end's FIN is a goodbye up to this length, in bytes.
    private static let goodbye: UInt32 = 64

    package static let needs: Signals? = [.repetition]

    package static let yieldsTo: [any Detector.Type] = [
        MTUBlackHole.self, AcceptQueueOverflow.self,
    ]

    package static func blame(for finding: Finding) -> [FaultSide] {
        guard let peer = finding.party("sender")?.peer, finding.reason != Kind.hole.rawValue else {
            return [.network]
        }
        // What was captured at the silent end did arrive there.
        return finding.viewpoint.vantage == peer.vantage ? [peer] : [.network, peer]
    }

    package init() {}

    package func examine(_ history: History) -> Finding? {
        for ending in history.allEndings.reversed() {
            for side in [Side.low, .high] {
                let sendings = sendings(of: side, in: ending, history)
                if let sendings { return finding(for: sendings, ending, in: history) }
            }
        }
        return nil
    }

    /// What an end sent again and again; `nil` where it was answered, or sent too seldom.
    private func sendings(of side: Side, in ending: Ending, _ history: History) -> Sendings? {
        let sent = ending.stream[side]
        if isLost(side, in: ending, history) {
            return Sendings(
                side: side,
                kind: sent.heldBeyond > 0 ? .hole : .data,
                count: Int(sent.repetitions) + 1,
                span: sent.last.time - sent.repeatedFrom,
                begin: sent.repeatedFrom,
                events: history.repetitions(of: side, in: ending)
            )
        }
        return lostFINs(of: side, in: ending, history) ?? deadProbes(of: side, in: ending, history)
    }

    /// FINs that nothing acknowledged, and nothing of the other end came after the first.
    private func lostFINs(of side: Side, in ending: Ending, _ history: History) -> Sendings? {
        guard let fin = ending.fins.first(where: { history.events[$0].side == side }) else {
            return nil
        }
        let number = history.events[fin].sequenceEnd
        let events = ending.incarnation.events.filter { index in
            if case .duplicate = history.interpretations[index] { return false }
            let event = history.events[index]
            return event.side == side && event.kind == .fin && event.sequenceEnd == number
        }
        let other = ending.stream.progress(of: side.other)
        // Whoever closes behind the other end's FIN loses nothing.
        let isLast = ending.fins.first.map { history.events[$0].side != side } ?? false
        guard events.count > Int(Self.leastRepetitions), !isLast, let last = events.last,
            other.acknowledged.distance(to: number) > 0,
            other.lastSent < history.events[events[1]].time
        else { return nil }
        return Sendings(
            side: side,
            kind: .fin,
            count: events.count,
            span: max(0, history.delay(from: fin, to: last)),
            begin: history.events[fin].time,
            events: events
        )
    }

    /// Keep-alive probes that nothing answered until their sender gave up.
    private func deadProbes(of side: Side, in ending: Ending, _ history: History) -> Sendings? {
        guard let probes = ending.stream.stall?[side], probes.probes >= Stall.leastProbes,
            ending.stream.stall?[side.other].closure == nil,
            let reset = ending.resets.first(where: { history.events[$0].time > probes.lastProbe }),
            history.events[reset].side == side
        else { return nil }
        let events = ending.incarnation.events.filter { index in
            let event = history.events[index]
            return event.side == side && event.kind == .ack && event.time > probes.probedFrom
        }
        return Sendings(
            side: side,
            kind: .probe,
            count: Int(probes.probes),
            span: history.events[reset].time - probes.probedFrom,
            begin: probes.probedFrom,
            events: events + [reset]
        )
    }

    package static func summary(of many: Finding) -> String {
        let what =
            switch many.reason {
            case Kind.fin.rawValue: "a FIN"
            case Kind.probe.rawValue: "a keep-alive probe"
            default: "data"
            }
        return
            "On \(many.flows) connections from \(many.source) to \(many.destination) \(what) was sent again and never acknowledged."
    }

    private func isLost(_ side: Side, in ending: Ending, _ history: History) -> Bool {
        let sent = ending.stream[side]
        let goesOn = ending.stream[side.other].last.time > sent.repeatedFrom
        let peerClosed = ending.fins.first { history.events[$0].side != side }
        // A goodbye that is sent behind the other end's FIN is lost to nobody.
        let isGoodbye =
            sent.repeatedLength <= Self.goodbye
            && peerClosed.map { history.events[$0].time < sent.repeatedFrom } ?? false
        let least =
            sent.heldBeyond > 0 ? Self.leastRepetitionsOfHole : Self.leastRepetitions
        // What is missing keeps all that follows from the other end's application.
        return sent.repetitions >= least && (!goesOn || sent.heldBeyond > 0) && !isGoodbye
            && history.isUnacknowledged(side, in: ending)
    }

    private func finding(for sendings: Sendings, _ ending: Ending, in history: History) -> Finding {
        let (role, sender, receiver) = history.direction(from: sendings.side)
        let isAlive = isAlive(sendings, ending)
        let isThere = history.isCaptured(at: sendings.side.other)
        return finding(
            in: history,
            incarnation: ending.incarnation,
            reason: sendings.kind.rawValue,
            severity: severity(of: sendings, in: ending),
            confidence: .medium,
            status: ending.first == nil ? .pending : .confirmed,
            count: sendings.count,
            events: sendings.events,
            note: { note(on: sendings.events[$0], sendings, in: history) },
            metrics: [
                Metric("sendings", sendings.count),
                Metric("span_us", nanoseconds: sendings.span),
                Metric("sender", role),
                Metric("peer_alive", isAlive),
                Metric("held_octets", Int(ending.stream[sendings.side].heldBeyond)),
                Metric("source_port", Int(history.initiator.port)),
                Metric("destination_port", Int(history.responder.port)),
            ],
            causes: isAlive || sendings.kind == .hole
                ? ["data-dropped-on-the-way", "filter-on-the-way", "path-mtu-too-small"]
                : ["host-gone", "path-lost", "state-lost-on-the-way"],
            checks: [
                isThere
                    ? .rejectCounter(on: receiver, chain: "INPUT")
                    : Check(
                        on: receiver.description,
                        "tcpdump -ni any host \(sender) and tcp port \(history.initiator.port)",
                        "If the data does not arrive, it is lost on the path; otherwise look for the acknowledgment."
                    )
            ],
            summary: summary(of: sendings, from: sender, to: receiver, in: ending),
            explanation: explanation(
                of: sendings,
                to: receiver,
                isAlive,
                isThere: isThere,
                ending,
                in: history
            )
        )
    }

    /// A client that left, or a close that was lost when all was said, troubles no one.
    private func severity(of sendings: Sendings, in ending: Ending) -> Severity {
        let isByClient = sendings.side == ending.incarnation.initiator
        switch sendings.kind {
        case .data, .hole: return .warning
        case .probe: return isByClient ? .warning : .note
        case .fin:
            if !ending.stream.hasData { return .note }
            let isSaid = ending.stream.isAcknowledged(sendings.side)
            return isByClient && isSaid && ending.stream.lastDataSender != sendings.side
                ? .note : .warning
        }
    }

    /// Whether the other end went on sending meanwhile.
    private func isAlive(_ sendings: Sendings, _ ending: Ending) -> Bool {
        ending.stream.progress(of: sendings.side.other).lastSent > sendings.begin
    }

    private func note(on index: Int, _ sendings: Sendings, in history: History) -> String {
        switch (sendings.kind, history.events[index].kind) {
        case (_, .rst): "gives up"
        case (.data, _), (.hole, _): "the same data again"
        case (.fin, _): "the same FIN again"
        case (.probe, _): "asks whether the other end is there"
        }
    }

    private func summary(
        of sendings: Sendings,
        from sender: Address,
        to receiver: Address,
        in ending: Ending
    ) -> String {
        let span = Wording.duration(sendings.span)
        switch sendings.kind {
        case .hole:
            let sent = ending.stream[sendings.side]
            return """
                \(sender) sent \(Wording.count(Int(sent.repeatedLength), "byte")) to \(receiver) \
                \(Wording.times(sendings.count)) within \(span), and they never arrived, although \
                \(Wording.count(Int(sent.heldBeyond), "byte")) behind them did.
                """
        case .data:
            let length = Int(ending.stream[sendings.side].repeatedLength)
            return """
                \(sender) sent \(Wording.count(length, "byte")) to \(receiver) and repeated \(length == 1 ? "it" : "them") \
                \(Wording.times(sendings.count - 1)) within \(span), and nothing acknowledged \(length == 1 ? "it" : "them").
                """
        case .fin:
            return """
                \(sender) sent its FIN to \(receiver) \(Wording.times(sendings.count)) within \(span), and nothing \
                acknowledged it.
                """
        case .probe:
            return """
                \(sender) sent \(sendings.count) keep-alive probes to \(receiver) without an answer, and gave up \(span) \
                after the first.
                """
        }
    }

    private func explanation(
        of sendings: Sendings,
        to receiver: Address,
        _ isAlive: Bool,
        isThere: Bool,
        _ ending: Ending,
        in history: History
    ) -> String {
        let acknowledged = ending.stream.progress(of: sendings.side.other).acknowledged
        if sendings.kind == .hole {
            let sent = ending.stream[sendings.side]
            let reach = sent.repeated.advanced(by: sent.repeatedLength &+ sent.heldBeyond)
            return """
                \(receiver) stays at Ack=\(acknowledged) and selectively acknowledges up to \(reach). The path works, so \
                something on it drops packets with these very bytes, or of this size.
                """
        }
        if isAlive {
            return """
                \(receiver) is alive: it went on sending, with Ack=\(acknowledged) that did not move. The segment at \
                Seq=\(ending.stream[sendings.side].repeated) is dropped on the way.
                """
        }
        let begin =
            sendings.kind == .data
            ? "The segment at Seq=\(ending.stream[sendings.side].repeated) was never acknowledged. "
            : ""
        if isThere {
            return """
                \(begin)The capture was made at \(receiver), or in its network: they came as far as that, and \(receiver) did \
                not answer.
                """
        }
        let until = sendings.begin + max(0, sendings.span)
        if history.isAlive(sendings.side.other, during: sendings.begin...until) {
            return """
                \(begin)\(receiver) is alive, and so is the path: another connection was established meanwhile. It has \
                forgotten this one, or something drops what belongs to it.
                """
        }
        return """
            \(begin)Nothing came from \(receiver) on this connection meanwhile: it does not answer, or the path to it or \
            back loses packets.
            """
    }

    /// What was sent again.
    private enum Kind: String {
        case data
        /// Data that is missing while what follows arrived.
        case hole = "sack-hole"
        case fin
        case probe = "keep-alive"
    }

    private struct Sendings {
        let side: Side
        let kind: Kind
        let count: Int
        /// From the first repetition to the last, in nanoseconds.
        let span: Int64
        /// When it was sent again for the first time; for probes, the first.
        let begin: Int64
        let events: [Int]
    }
}
