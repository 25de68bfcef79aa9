import Tracking

/// Speaks when SYN-ACKs look as if the responder kept no state for the SYNs that they answer.
package struct SYNCookie: Detector {
    package static let manual = Manual(
        id: "syn-cookie",
        title: "SYN cookies",
        group: .options,
        sees: """
            A SYN-ACK without window scale and SACK permitted, although the SYN offered both and the same server \
            granted them in another SYN-ACK of the four-tuple. Or several SYN-ACKs to one SYN, with different \
            server ISNs and none of the offered options.
            """,
        means: """
            The server's queue of half-open connections is full, or a device in front of it answers in its \
            place. The state of the connection is encoded in the server's ISN, which leaves no room for options. \
            The connection works, with windows of at most 64 KiB. The server cannot repeat its SYN-ACK, so a \
            lost ACK or a full accept queue shows no other sign.
            """,
        unless: """
            With timestamps, Linux keeps the options in the low bits of TSval; such a cookie cannot be \
            distinguished from an ordinary SYN-ACK. A server that never grants the options has an old or small \
            stack.
            """,
        check: """
            On the server: nstat -az TcpExtSyncookiesSent TcpExtSyncookiesRecv TcpExtTCPReqQFullDoCookies, and \
            the length of its queue (ss -ltn) against net.ipv4.tcp_max_syn_backlog and net.core.somaxconn.
            """,
        elsewhere: """
            Linux: possible SYN flooding on port …, sending cookies.
            """,
        sources: [.rfc(4987, section: "3.6"), .rfc(7323, section: "2.2")],
        example: Exchange {
            client.syn(seq: 1000).options(offered)
            server.synAck(seq: 5000, ack: 1001).options(.maximumSegmentSize(1460)).flagged
            pause(.seconds(1))
            client.syn(seq: 1000).options(offered)
            server.synAck(seq: 905_000, ack: 1001).options(.maximumSegmentSize(1460)).flagged
            client.ack(seq: 1001, ack: 905_001)
        },
        nearMiss: Exchange {
            client.syn(seq: 1000).options(offered)
            server.synAck(seq: 5000, ack: 1001).options(.maximumSegmentSize(1460))
            pause(.seconds(1))
            client.syn(seq: 1000).options(offered)
            server.synAck(seq: 5000, ack: 1001).options(.maximumSegmentSize(1460))
            client.ack(seq: 1001, ack: 5001)
        }
    )

    private static let offered: [ScriptOption] = [
        .maximumSegmentSize(1460), .selectiveAcknowledgment, .windowScale(7),
    ]
    /// What a cookie has no room for.
    private static let wanted: TCPOptions.Presence = [.windowScale, .selectiveAcknowledgment]

    package static let needs: Signals? = [.bareAnswer]

    package static func blame(for finding: Finding) -> [FaultSide] {
        [.server]
    }

    package init() {}

    package func examine(_ history: History) -> Finding? {
        let answers = history.incarnations.flatMap { incarnation in
            incarnation.attempts.flatMap { replies(to: $0, in: history) }
        }
        let bare = answers.filter(\.isBare)
        let isGivenElsewhere = answers.contains { answer in
            !answer.isBare
                && bare.contains {
                    history.events[$0.event].sequence != history.events[answer.event].sequence
                }
        }
        let cookies =
            isGivenElsewhere ? bare : bare.filter { isOneOfSeveral($0, bare, in: history) }
        guard let first = cookies.first, let last = cookies.last else { return nil }
        return finding(
            in: history,
            incarnation: history.incarnation(of: last.event),
            reason: isGivenElsewhere ? "options-missing" : "server-isn-changes",
            severity: .note,
            confidence: .low,
            status: .possible,
            count: cookies.count,
            events: cookies.map(\.event),
            note: { "without the options of packet \(history.events[cookies[$0].syn].packet)" },
            metrics: [
                Metric("synacks", cookies.count),
                Metric("server_isns", Set(cookies.map { history.events[$0.event].sequence }).count),
                Metric("source_port", Int(history.initiator.port)),
                Metric("destination_port", Int(history.responder.port)),
                Metric("established", history.isEverEstablished),
            ],
            causes: ["syn-queue-full", "syn-proxy"],
            checks: checks(in: history),
            summary: summary(of: cookies.count, in: history),
            explanation: explanation(of: first, isGivenElsewhere, in: history)
        )
    }

    package static func summary(of many: Finding) -> String {
        """
        \(many.destination) seems to have answered \(many.flows) connections from \(many.source) with SYN cookies.
        """
    }

    /// The SYN-ACKs that answer an attempt all of whose sendings offer what a cookie has no room
    /// for.
    private func replies(to attempt: Attempt, in history: History) -> [Reply] {
        let isOffered = attempt.sendings.allSatisfy {
            history.events[$0].options.isSuperset(of: Self.wanted)
        }
        guard isOffered else { return [] }
        return attempt.answers.filter { history.events[$0].kind == .synAck }.map { answer in
            let options = history.events[answer].options
            return Reply(
                event: answer,
                syn: attempt.sendings.last { $0 < answer } ?? attempt.first,
                attempt: attempt,
                isBare: options.isDisjoint(
                    with: Self.wanted.union([.timestamps, .cut, .malformed])
                )
            )
        }
    }

    /// Whether the same attempt had another such answer with another ISN.
    private func isOneOfSeveral(_ reply: Reply, _ all: [Reply], in history: History) -> Bool {
        all.contains {
            $0.attempt == reply.attempt
                && history.events[$0.event].sequence != history.events[reply.event].sequence
        }
    }

    private func summary(of count: Int, in history: History) -> String {
        """
        \(history.responder) answered \(history.initiator.address) with \(Wording.count(count, "SYN-ACK")) that \
        \(count == 1 ? "looks like a SYN cookie" : "look like SYN cookies").
        """
    }

    private func explanation(
        of first: Reply,
        _ isGivenElsewhere: Bool,
        in history: History
    ) -> String {
        let packet = history.events[first.event].packet
        let syn = history.events[first.syn].packet
        let lack =
            "Packet \(packet) has neither window scale nor SACK permitted, though packet \(syn) offers both"
        return isGivenElsewhere
            ? "\(lack) and other SYN-ACKs of \(history.responder.address) have them."
            : "\(lack), and each SYN-ACK to that SYN has another ISN, so no state is kept for it."
    }

    private func checks(in history: History) -> [Check] {
        [
            Check(
                on: history.responder.address.description,
                "nstat -az TcpExtSyncookiesSent TcpExtSyncookiesFailed TcpExtTCPReqQFullDoCookies",
                "SyncookiesSent that rises shows that the SYN queue overflows."
            ),
            Check(
                on: history.responder.address.description,
                "ss -ltn sport = :\(history.responder.port)",
                "Recv-Q as large as Send-Q: the accept queue is full."
            ),
        ]
    }

    private struct Reply {
        let event: Int
        let syn: Int
        let attempt: Attempt
        /// Whether it has none of the options that the SYN offered but the segment size.
        let isBare: Bool
    }
}
