import Tracking

/// Speaks when the data of a SYN was refused, or when only a SYN without Fast Open was answered.
package struct FastOpenFallback: Detector {
    package static let manual = Manual(
        id: "tfo-fallback",
        title: "TCP Fast Open fallback",
        group: .options,
        sees: """
            A SYN with a cookie and data whose SYN-ACK acknowledges the SYN alone, so that the data is sent \
            again (refused); or a SYN with a Fast Open option or data that nothing answered, while its \
            retransmission without them was answered immediately (blackhole).
            """,
        means: """
            Refused: the server does not accept data in a SYN, because Fast Open is off, its queue is full, or \
            the cookie is stale. Restarts make cookies stale, and so do load balancers whose members have \
            different keys. One round trip is lost, nothing more. Blackhole: a device on the path drops SYNs \
            with an option or data that it does not know, so every connection waits for a retransmission.
            """,
        unless: """
            A SYN-ACK that acknowledges any of the data is a success. A SYN with the option alone asks for a \
            cookie; a server that grants none is not at fault. One lost SYN looks like a black hole: only \
            several connections prove it.
            """,
        check: """
            On the client: nstat -az TcpExtTCPFastOpenActiveFail TcpExtTCPFastOpenBlackhole. On the server: \
            TcpExtTCPFastOpenPassiveFail and TcpExtTCPFastOpenListenOverflow. On both: sysctl \
            net.ipv4.tcp_fastopen. Behind a load balancer, tcp_fastopen_key must be the same on all members.
            """,
        sources: [
            .rfc(7413, section: "4.1.3"), .rfc(7413, section: "4.2.2"), .rfc(7413, section: "7.1"),
        ],
        example: Exchange {
            client.syn(seq: 1000, length: 200).options(withCookie).flagged
            pause(.seconds(1))
            client.syn(seq: 1000).options(plain).flagged
            server.synAck(seq: 5000, ack: 1001).flagged
            client.data(seq: 1001, ack: 5001, length: 200)
            server.ack(seq: 5001, ack: 1201)
        },
        nearMiss: Exchange {
            client.syn(seq: 1000, length: 200).options(withCookie)
            pause(.seconds(1))
            client.syn(seq: 1000, length: 200).options(withCookie)
            server.synAck(seq: 5000, ack: 1201)
            client.ack(seq: 1201, ack: 5001)
        }
    )

    private static let plain: [ScriptOption] = [
        .maximumSegmentSize(1460), .selectiveAcknowledgment, .timestamps, .windowScale(7),
    ]
    private static let withCookie = plain + [.fastOpen(8)]

    /// So soon after the SYN without Fast Open its answer must come, in nanoseconds: an answer to
    /// the SYN before it would have come in that time too.
    private static let promptAnswer: Int64 = 500_000_000

    package static let needs: Signals? = [.fastOpen, .answer]

    package static func blame(for finding: Finding) -> [FaultSide] {
        [.network, .server]
    }

    package init() {}

    package func examine(_ history: History) -> Finding? {
        let fallbacks = history.incarnations.flatMap { incarnation in
            incarnation.attempts.compactMap { fallback(of: $0, in: incarnation, of: history) }
        }
        guard let first = fallbacks.first, let last = fallbacks.last else { return nil }
        let isBlackhole = fallbacks.contains { $0.kind == .blackhole }
        return finding(
            in: history,
            incarnation: last.incarnation,
            reason: first.kind.rawValue,
            severity: .note,
            confidence: isBlackhole ? .low : .high,
            status: isBlackhole ? .likely : .confirmed,
            count: fallbacks.count,
            events: fallbacks.flatMap(\.events),
            note: { note(on: fallbacks.flatMap(\.events)[$0], in: history) },
            metrics: [
                Metric("fallbacks", fallbacks.count),
                Metric("syn_data", Int(history.events[first.syn].payloadLength)),
                Metric("option", history.events[first.syn].options.contains(.fastOpen)),
                Metric("new_cookie", first.kind == .staleCookie),
                Metric("lost_us", nanoseconds: first.delay),
                Metric("source_port", Int(history.initiator.port)),
                Metric("destination_port", Int(history.responder.port)),
                Metric("established", history.isEverEstablished),
            ],
            causes: first.kind.causes,
            checks: checks(of: first, in: history),
            summary: summary(of: first, in: history),
            explanation: explanation(of: first, in: history)
        )
    }

    /// A single lost SYN looks the same; several are a pattern.
    package static func severity(of many: Finding) -> Severity {
        many.reason == Kind.blackhole.rawValue && many.flows >= 3
            ? max(many.severity, .warning) : many.severity
    }

    package static func summary(of many: Finding) -> String {
        "\(many.flows) connections from \(many.source) to \(many.destination) fell back from TCP Fast Open."
    }

    private func fallback(
        of attempt: Attempt,
        in incarnation: Incarnation,
        of history: History
    ) -> Fallback? {
        let firstAnswer = attempt.answers.first {
            history.events[$0].kind == .synAck && $0 > attempt.first
        }
        guard let answer = firstAnswer,
            let latest = attempt.sendings.last(where: { $0 < answer })
        else { return nil }
        func made(_ kind: Kind, _ syn: Int) -> Fallback {
            Fallback(
                kind: kind,
                incarnation: incarnation,
                syn: syn,
                events: kind == .blackhole
                    ? attempt.sendings.filter { $0 < answer } + [answer] : [syn, answer],
                delay: history.delay(from: syn, to: answer)
            )
        }
        let isPlain = !history.events[latest].triesFastOpen
        if isPlain, history.events[attempt.first].triesFastOpen {
            let isPrompt = history.delay(from: latest, to: answer) <= Self.promptAnswer
            return isPrompt ? made(.blackhole, attempt.first) : nil
        }
        let reach = attempt.initialSequence.distance(to: history.events[answer].acknowledgment)
        let syn = history.events[latest]
        guard syn.payloadLength > 0, syn.options.contains(.fastOpen), reach == 1 else { return nil }
        let hasNewCookie = history.events[answer].options.contains(.fastOpen)
        return made(hasNewCookie ? .staleCookie : .refused, latest)
    }

    private func note(on event: Int, in history: History) -> String {
        let event = history.events[event]
        if event.kind == .synAck { return "acknowledges \(event.acknowledgment)" }
        if event.payloadLength > 0 {
            return "SYN with \(Wording.count(Int(event.payloadLength), "byte")) of data"
        }
        return event.triesFastOpen ? "SYN with a Fast Open option" : "SYN without Fast Open"
    }

    private func summary(of fallback: Fallback, in history: History) -> String {
        let (initiator, responder) = (history.initiator, history.responder)
        let data = Wording.count(Int(history.events[fallback.syn].payloadLength), "byte")
        switch fallback.kind {
        case .refused:
            return "\(responder) did not accept the \(data) in the SYN from \(initiator.address)."
        case .staleCookie:
            return """
                \(responder) did not accept the \(data) in the SYN from \(initiator.address), because the Fast Open \
                cookie in it was no longer valid, and sent a new one.
                """
        case .blackhole:
            return """
                \(responder) answered \(initiator.address) only after the SYN came without Fast Open, \
                \(Wording.duration(fallback.delay)) after the first.
                """
        }
    }

    private func explanation(of fallback: Fallback, in history: History) -> String {
        let packets = fallback.events.map { String(history.events[$0].packet) }
        switch fallback.kind {
        case .refused, .staleCookie:
            return """
                Packet \(packets.last ?? "") acknowledges only the SYN in packet \(packets.first ?? ""), so the data is \
                sent again. This costs one round trip.
                """
        case .blackhole:
            return """
                Packet \(packets.first ?? "") was not answered; the SYN without option and data was answered \
                immediately. A lost packet looks the same.
                """
        }
    }

    private func checks(of fallback: Fallback, in history: History) -> [Check] {
        let isBlackhole = fallback.kind == .blackhole
        let initiator = history.initiator.address.description
        let responder = history.responder.address.description
        return [
            isBlackhole
                ? Check(
                    on: initiator,
                    "nstat -az TcpExtTCPFastOpenBlackhole TcpExtTCPFastOpenActiveFail",
                    "If they rise, other connections suffer too."
                )
                : Check(
                    on: responder,
                    "nstat -az TcpExtTCPFastOpenPassiveFail TcpExtTCPFastOpenListenOverflow",
                    "PassiveFail: the cookie is wrong. ListenOverflow: the queue is full."
                ),
            Check(
                on: isBlackhole ? initiator : responder,
                "sysctl net.ipv4.tcp_fastopen",
                "Bit 1 enables Fast Open as a client, bit 2 as a server."
            ),
        ]
    }

    /// How Fast Open failed.
    private enum Kind: String {
        case refused
        case staleCookie = "stale-cookie"
        case blackhole

        var causes: [String] {
            switch self {
            case .refused: ["fast-open-off", "fast-open-queue-full"]
            case .staleCookie: ["fast-open-key-changed"]
            case .blackhole: ["middlebox-drops-fast-open", "packet-loss"]
            }
        }
    }

    private struct Fallback {
        let kind: Kind
        let incarnation: Incarnation
        /// The SYN that failed.
        let syn: Int
        let events: [Int]
        /// From that SYN to the answer, in nanoseconds.
        let delay: Int64
    }
}

extension Event {
    /// Whether a SYN asks for more than an ordinary handshake.
    var triesFastOpen: Bool {
        kind == .syn && (options.contains(.fastOpen) || payloadLength > 0)
    }
}
