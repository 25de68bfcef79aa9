import Tracking

/// Speaks when a connection came up and nobody sent a byte on it.
package struct SilentConnection: Detector {
    package static let manual = Manual(
        id: "silent-connection",
        title: "silent connection",
        group: .standstill,
        sees: """
            A complete handshake, and no data in either direction until one end closes after 5 s or more, or \
            until the capture ends. A server that closes within a second of the handshake, without a byte, is \
            reported as closed-before-data.
            """,
        means: """
            Both stacks did their part; an application did not. The end that should have sent first is stuck \
            before its first write, handed the socket to a process that never took it, or waits. Who gave up, \
            and after how long, points to the timeout: round seconds are an application's.
            """,
        unless: """
            Clients open connections for later use, so on web ports it is a note. Health checks close \
            immediately. A capture that misses one direction shows no data where there was some.
            """,
        check: """
            On the end that should have sent first: ss -tnpi shows the process and its queues, strace or a \
            thread dump shows what it waits for.
            """,
        elsewhere: """
            Zeek: conn_state SF or S1 with orig_bytes and resp_bytes 0.
            """,
        sources: [.rfc(9293, section: "3.8")],
        followsFrom: ["accept-queue-overflow", "retransmission-timeout"],
        example: Exchange(to: "198.51.100.20:8457") {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001).flagged
            pause(.seconds(20))
            server.fin(seq: 5001, ack: 1001).flagged
            client.fin(seq: 1001, ack: 5002)
            server.ack(seq: 5002, ack: 1002)
        },
        nearMiss: Exchange(to: "198.51.100.20:8457") {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
            pause(.seconds(20))
            client.data(seq: 1001, ack: 5001, length: 12)
            server.data(seq: 5001, ack: 1013, length: 12)
            client.fin(seq: 1013, ack: 5013)
            server.fin(seq: 5013, ack: 1014)
            client.ack(seq: 1014, ack: 5014)
        }
    )

    /// A responder that closes so soon never meant to speak, in nanoseconds.
    private static let immediate: Int64 = 1_000_000_000

    package static let needs: Signals? = [.silence, .completion]

    package static func blame(for finding: Finding) -> [FaultSide] {
        if finding.reason == "closed-before-data" { return [.server] }
        return finding.party("expected_speaker").map { [$0] } ?? []
    }

    package init() {}

    package func examine(_ history: History) -> Finding? {
        let silences = history.endings.compactMap { silence(in: $0, history) }
        guard let last = silences.last else { return nil }
        let port = history.responder.port
        let greeter = PortProfile.isGreeting(port)
        let lastDataSender = greeter ? history.responder : history.initiator
        let isOpen = last.end == nil
        return finding(
            in: history,
            incarnation: last.incarnation,
            reason: last.isAtOnce ? "closed-before-data" : isOpen ? "open" : "gave-up",
            severity: severity(of: last, expecting: greeter, in: history),
            confidence: isOpen ? .medium : .high,
            status: isOpen ? .pending : .confirmed,
            count: silences.count,
            events: silences.flatMap(\.events),
            note: { note(on: silences.flatMap(\.events)[$0], last, in: history) },
            metrics: [
                Metric("silence_us", nanoseconds: last.duration),
                Metric("closed_by", name(of: last, in: history)),
                Metric("expected_speaker", greeter ? "server" : "client"),
                Metric("source_port", Int(history.initiator.port)),
                Metric("destination_port", Int(port)),
            ],
            causes: last.isAtOnce
                ? ["connection-limit", "access-rule", "no-backend"]
                : [
                    "application-stuck", "descriptor-not-handed-over",
                    "connection-opened-in-advance",
                ],
            checks: [
                Check(
                    on: lastDataSender.address.description,
                    "ss -tnpi state all '( sport = :\(port) or dport = :\(port) )'",
                    "Names the process that holds the socket, and shows what is in its queues."
                )
            ],
            summary: summary(of: last, in: history),
            explanation: explanation(of: last, greeter, in: history)
        )
    }

    package static func summary(of many: Finding) -> String {
        "No data was sent on \(many.flows) connections from \(many.source) to \(many.destination)."
    }

    private func severity(of silence: Silence, expecting greeter: Bool, in history: History)
        -> Severity
    {
        guard let end = silence.end, !silence.isAtOnce else { return .note }
        if PortProfile.isPreopened(history.responder.port) { return .note }
        // A spare connection beside others that are served.
        let isSpare = history.capture.outcomes.attempts(at: history.responder).contains {
            $0.isAnswered && $0.initiator == history.initiator.address
        }
        if isSpare, history.events[end].kind == .fin { return .note }
        // Who waited for the other gave up; a client that says nothing and goes had nothing to say.
        let isByClient = history.isFromInitiator(history.events[end])
        return isByClient == greeter ? .warning : .note
    }

    private func silence(in ending: Ending, _ history: History) -> Silence? {
        guard !ending.stream.hasData, let completion = ending.incarnation.completion,
            history.provesSilence(of: ending.incarnation.initiator, in: ending)
        else { return nil }
        let duration = history.endTime(of: ending) - history.events[completion].time
        let isLong = duration >= history.capture.thresholds.silentConnection
        guard let end = ending.first else {
            guard isLong else { return nil }
            return Silence(
                incarnation: ending.incarnation,
                events: [completion],
                end: nil,
                duration: duration,
                isAtOnce: false
            )
        }
        let isByResponder = !history.isFromInitiator(history.events[end])
        let isAtOnce =
            duration < Self.immediate && isByResponder && history.events[end].kind == .fin
        guard isLong || isAtOnce else { return nil }
        return Silence(
            incarnation: ending.incarnation,
            events: [completion, end],
            end: end,
            duration: duration,
            isAtOnce: isAtOnce
        )
    }

    private func name(of silence: Silence, in history: History) -> String {
        guard let end = silence.end else { return "nobody" }
        return history.isFromInitiator(history.events[end]) ? "client" : "server"
    }

    private func note(on index: Int, _ silence: Silence, in history: History) -> String {
        index == silence.end || history.events[index].kind != .ack
            ? "gives up without having sent or received a byte" : "the connection is established"
    }

    private func summary(of silence: Silence, in history: History) -> String {
        let (initiator, responder) = (history.initiator.address, history.responder)
        let duration = Wording.duration(silence.duration)
        guard let end = silence.end else {
            return """
                No data was sent on the connection from \(initiator) to \(responder) in the \(duration) that were \
                captured.
                """
        }
        let closer = history.endpoint(of: history.events[end]).address
        let verb = history.events[end].kind == .rst ? "reset" : "closed"
        if silence.isAtOnce {
            return """
                \(responder) accepted the connection from \(initiator) and \(verb) it \(duration) later, without a byte.
                """
        }
        return """
            \(closer) \(verb) its connection \(closer == initiator ? "to \(responder)" : "with \(initiator)") after \
            \(duration) without a byte in either direction.
            """
    }

    private func explanation(of silence: Silence, _ greeter: Bool, in history: History) -> String {
        let port = history.responder.port
        let who = greeter ? "the server greets first" : "the client speaks first"
        let rule = greeter ? "On port \(port)" : "On port \(port), as far as is known,"
        return """
            Packet \(history.events[silence.events[0]].packet) completed the handshake. \(rule) \(who): \
            \(greeter ? history.responder.address : history.initiator.address) should have sent first.
            """
    }

    private struct Silence {
        let incarnation: Incarnation
        let events: [Int]
        /// The FIN or RST; `nil` where the capture ended before.
        let end: Int?
        let duration: Int64
        let isAtOnce: Bool
    }
}
