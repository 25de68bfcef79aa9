import Tracking

/// Speaks when a SYN-ACK acknowledges the SYN, and echoes a timestamp that no SYN carried.
package struct TimestampMismatch: Detector {
    package static let manual = Manual(
        id: "timestamp-mismatch",
        title: "SYN-ACK with an unknown timestamp echo",
        group: .options,
        sees: """
            A SYN-ACK that acknowledges the newest SYN, with a timestamp echo (TSecr) that is the timestamp \
            (TSval) of no captured SYN of the four-tuple.
            """,
        means: """
            Something rewrites timestamps in one direction only, or answers from an old entry: a firewall that \
            normalises TCP, a SYN proxy, a load balancer. Linux checks the echo against what it sent, rejects \
            the SYN-ACK with a RST and retransmits its SYN. The connection is not established although the \
            server answers.
            """,
        unless: """
            An echo of 0 is typical of old Windows stacks. The timestamp of an older SYN belongs to a stale \
            SYN-ACK, an acknowledgment that fits no SYN to an unseen one. An echo that a missed transmission of \
            the SYN could explain is at most likely, and is not reported if the client went on.
            """,
        check: """
            On the client: nstat -az TcpExtPAWSActive TcpExtTSEcrRejected; one of them rises with every attempt. \
            A second capture next to the server shows whether the echo is already wrong there. With \
            net.ipv4.tcp_timestamps=0 on the client the connection should succeed.
            """,
        elsewhere: """
            Suricata: stream-event:pkt_invalid_timestamp.
            """,
        sources: [.rfc(7323, section: "3.2"), .rfc(9293, section: "3.10.7.3")],
        example: Exchange {
            client.syn(seq: 1000, tsval: 5000)
            server.synAck(seq: 70_000, ack: 1001, tsecr: 900_000).flagged
            client.rst(seq: 1001)
            pause(.seconds(1))
            client.syn(seq: 1000, tsval: 6000)
        },
        nearMiss: Exchange {
            client.syn(seq: 1000, tsval: 5000)
            pause(.seconds(1))
            client.syn(seq: 1000, tsval: 6000)
            server.synAck(seq: 70_000, ack: 1001, tsval: 0, tsecr: 0)
            client.ack(seq: 1001, ack: 70_001)
        }
    )

    /// For so long a SYN is retransmitted, in milliseconds: six times, with the backoff of Linux.
    private static let backoff: Int64 = 127_000
    /// A clock may be off its rate of one tick a millisecond by so many ticks, and a tenth of all.
    private static let clockSlack: Int64 = 10

    package static let needs: Signals? = [.foreignEcho]

    package static func blame(for finding: Finding) -> [FaultSide] {
        [.network, .server]
    }

    package init() {}

    package func examine(_ history: History) -> Finding? {
        let echoes = history.incarnations.flatMap { incarnation in
            let syns = history.events.filter { $0.kind == .syn && $0.side == incarnation.initiator }
            guard syns.allSatisfy(\.hasTimestamps) else { return [] as [Echo] }
            let sent = Set(syns.map(\.timestampValue))
            return incarnation.answers.compactMap { answer in
                sent.contains(history.events[answer].timestampEcho)
                    ? nil : echo(at: answer, of: incarnation, in: history)
            }
        }
        guard let first = echoes.first, let last = echoes.last else { return nil }
        let incarnation = history.incarnation(of: last.answer)
        let isCertain = echoes.contains { !$0.mayBeUnseen }
        let rejections = echoes.count { $0.reaction == .rejected }
        let isAccepted = echoes.allSatisfy { $0.reaction == .accepted }
        return finding(
            in: history,
            incarnation: incarnation,
            reason: rejections > 0 ? "rejected" : isAccepted ? "accepted" : "ignored",
            severity: isAccepted || !isCertain && rejections == 0
                ? .note : history.severity(of: incarnation),
            confidence: isCertain ? rejections > 0 ? .high : .medium : .low,
            status: isCertain ? .confirmed : .likely,
            count: echoes.count,
            events: echoes.map(\.answer),
            note: { note(on: echoes[$0], in: history) },
            metrics: [
                Metric("synacks", echoes.count),
                Metric("rejected", rejections),
                Metric("echo_minus_tsval", Int(first.distance)),
                Metric("constant_offset", Set(echoes.map(\.distance)).count == 1),
                Metric("source_port", Int(history.initiator.port)),
                Metric("destination_port", Int(history.responder.port)),
                Metric("established", history.isEverEstablished),
            ],
            causes: ["middlebox-rewrites-timestamps", "stale-entry"],
            checks: checks(in: history),
            summary: summary(of: echoes, rejections: rejections, in: history),
            explanation: explanation(of: first, rejections: rejections, in: history)
        )
    }

    package static func summary(of many: Finding) -> String {
        """
        \(many.destination) echoed timestamps that no SYN carried, in \(many.flows) connections from \
        \(many.source).
        """
    }

    private func echo(at answer: Int, of incarnation: Incarnation, in history: History) -> Echo? {
        let event = history.events[answer]
        guard case .answer(let interpretation) = history.interpretations[answer],
            case .current(let ordinal) = interpretation.subject,
            ordinal <= incarnation.attempts.count,
            event.hasTimestamps, event.timestampEcho != 0, history.omitted == 0
        else { return nil }
        let attempt = incarnation.attempt(ordinal)
        let before = attempt.sendings.last { $0 < answer } ?? attempt.first
        let reaction = reaction(to: answer, of: attempt, in: history)
        let mayBeUnseen = mayBeUnseen(event, after: history.events[attempt.first], in: history)
        if mayBeUnseen, reaction == .accepted || isCompleted(attempt) { return nil }
        let newest = history.events[before].timestampValue
        return Echo(
            answer: answer,
            syn: before,
            distance: Int32(bitPattern: event.timestampEcho &- newest),
            reaction: reaction,
            mayBeUnseen: mayBeUnseen
        )
    }

    private func isCompleted(_ attempt: Attempt) -> Bool {
        if case .completed = attempt.end { true } else { false }
    }

    private func reaction(to answer: Int, of attempt: Attempt, in history: History) -> Reaction {
        if history.isRejected(answer) { return .rejected }
        guard case .completed(let completion) = attempt.end, completion > answer else {
            return .ignored
        }
        let echoed = history.events[answer].timestampValue
        let completed = history.events[completion].timestampEcho
        return completed == echoed ? .accepted : .ignored
    }

    /// Whether the echo is what a sending of the SYN would have carried that the capture missed:
    /// one before its beginning, or one between the first SYN and the answer.
    private func mayBeUnseen(_ answer: Event, after first: Event, in history: History) -> Bool {
        let ticks = Int64(Int32(bitPattern: answer.timestampEcho &- first.timestampValue))
        if ticks < 0 {
            let sinceBegin = (first.time - history.capture.begin) / 1_000_000
            return ticks >= -Self.backoff && sinceBegin < Self.backoff
        }
        let elapsed = (answer.time - first.time) / 1_000_000
        return ticks <= elapsed + elapsed / 10 + Self.clockSlack
    }

    private func note(on echo: Echo, in history: History) -> String {
        let what = "TSecr=\(history.events[echo.answer].timestampEcho) is that of no SYN"
        switch echo.reaction {
        case .rejected: return "\(what), and it is rejected"
        case .accepted: return "\(what), and it is accepted"
        case .ignored: return what
        }
    }

    private func summary(of echoes: [Echo], rejections: Int, in history: History) -> String {
        let responder = history.responder
        let often = echoes.count > 1 ? ", \(Wording.times(echoes.count))" : ""
        let verb = rejections == 1 ? "it" : "\(Wording.times(rejections))"
        let reaction =
            rejections > 0
            ? "; \(history.initiator.address) rejected \(verb) with a RST" : ""
        return """
            \(responder) answered the SYN from \(history.initiator.address) with the echo of a timestamp that no SYN \
            carried\(often)\(reaction).
            """
    }

    private func explanation(of first: Echo, rejections: Int, in history: History) -> String {
        let answer = history.events[first.answer]
        let syn = history.events[first.syn]
        let order = first.distance < 0 ? "behind" : "ahead of"
        var text = """
            TSecr=\(answer.timestampEcho) is \(first.distance.magnitude) \(order) TSval=\(syn.timestampValue) of \
            packet \(syn.packet), the newest SYN before it.
            """
        if rejections > 0 {
            text += """
                 The RST comes from a stack in SYN-SENT that checks the echo: the SYN-ACK seems to answer a \
                different SYN (RFC 7323 §3.2).
                """
        }
        if first.mayBeUnseen {
            text += " A SYN that the capture missed may have carried it."
        }
        return text
    }

    private func checks(in history: History) -> [Check] {
        let responder = history.responder
        return [
            Check(
                on: history.initiator.address.description,
                "nstat -az TcpExtTSEcrRejected TcpExtPAWSActive",
                "If one rises with every SYN-ACK, the client rejects the echo."
            ),
            Check(
                on: responder.address.description,
                "tcpdump -nvi any host \(history.initiator.address) and tcp port \(responder.port)",
                "If TSval of the SYN and TSecr of the SYN-ACK agree there, a device in between rewrites them."
            ),
        ]
    }

    /// What the initiator did with the SYN-ACK.
    private enum Reaction {
        case rejected
        case accepted
        case ignored
    }

    private struct Echo {
        let answer: Int
        /// The sending that it came after.
        let syn: Int
        /// From the sending's timestamp, in ticks.
        let distance: Int32
        let reaction: Reaction
        let mayBeUnseen: Bool
    }
}
