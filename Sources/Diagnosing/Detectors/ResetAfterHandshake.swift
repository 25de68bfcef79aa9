import Tracking

/// Speaks when a connection is reset as soon as it has come up, or just before.
package struct ResetAfterHandshake: Detector {
    package static let manual = Manual(
        id: "rst-after-handshake",
        title: "RST right after the handshake",
        group: .ending,
        sees: """
            A RST within 1 s after the ACK that completed the handshake, before the server has sent or \
            acknowledged anything: before any data (post-ack), or after the first data of the client (post-psh). \
            Or the client rejects the correct SYN-ACK with a RST, once (client-gone).
            """,
        means: """
            The form of the RST shows its origin. A RST with ACK and a window comes from a live socket whose \
            application or listener gave up (connection limit, access rule, SO_LINGER 0). A bare RST comes from \
            a stack without a socket. The server lost the half-open entry (accept queue full with \
            tcp_abort_on_overflow, failed SYN cookie, another backend), or the client had given up.
            """,
        unless: """
            A load balancer's health check connects and resets on purpose, so a RST from the client without any \
            data is a note. Clients of SMB connect to ports 139 and 445 together and reset the slower one: nothing \
            is reported. After data from the server, or after a FIN, it is another kind of close. If it \
            repeats with new SYNs, it is a RST loop.
            """,
        check: """
            On the host that sent the RST: nstat -az TcpExtListenOverflows TcpExtTCPAbortOnData \
            TcpExtTCPReqQFullDrop TcpExtSyncookiesFailed TcpExtEmbryonicRsts; the log of the service, or of the \
            load balancer's backend, at that instant.
            """,
        elsewhere: """
            Zeek: conn_state RSTO or RSTR. Wireshark: Connection reset (RST).
            """,
        sources: [
            .rfc(9293, section: "3.5.2"), .rfc(9293, section: "3.10.7.1"), .rfc(8305, section: "5"),
        ],
        followsFrom: [
            "rst-injected", "accept-queue-overflow", "syn-cookie", "syn-flood", "port-scan",
        ],
        example: Exchange(to: "198.51.100.20:8080") {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
            server.rst(seq: 5001).after(.milliseconds(30)).flagged
        },
        nearMiss: Exchange(to: "198.51.100.20:8080") {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
            client.data(seq: 1001, ack: 5001, length: 100)
            server.data(seq: 5001, ack: 1101, length: 500)
            client.reset(seq: 1101, ack: 5501)
        }
    )

    /// A later RST has other reasons, in nanoseconds.
    private static let soon: Int64 = 1_000_000_000

    package static let needs: Signals? = [.reset]

    package static func blame(for finding: Finding) -> [FaultSide] {
        finding.party("sent_by").map { [$0] } ?? []
    }

    package init() {}

    package func examine(_ history: History) -> Finding? {
        let stories = history.incarnations.compactMap { story(of: $0, in: history) }
            .filter { !isLoserOfRace($0, in: history) }
        guard let last = stories.last else { return nil }
        let event = history.events[last.reset]
        let sender = history.endpoint(of: event).address
        let isByClient = history.isFromInitiator(event)
        let delay = history.delay(from: last.cause, to: last.reset)
        var found = finding(
            in: history,
            incarnation: last.incarnation,
            reason: last.kind.rawValue,
            severity: severity(of: last, isByClient: isByClient),
            confidence: .high,
            count: stories.count,
            events: stories.map(\.reset),
            note: { note(on: stories[$0], in: history) },
            metrics: [
                Metric("delay_us", nanoseconds: delay),
                Metric("sent_by", isByClient ? "client" : "server"),
                Metric("form", last.form.name),
                Metric("ttl", Int(event.timeToLive)),
                Metric("window", Int(event.window)),
                Metric("source_port", Int(history.initiator.port)),
                Metric("destination_port", Int(history.responder.port)),
            ],
            causes: causes(of: last, isByClient: isByClient),
            checks: checks(of: last, isByClient: isByClient, in: history),
            summary: summary(of: last, by: sender, after: delay, in: history),
            explanation: explanation(of: last, isByClient: isByClient, in: history)
        )
        found.shared = isByClient ? "client" : "server"
        return found
    }

    private func checks(of story: Story, isByClient: Bool, in history: History) -> [Check] {
        let responder = history.responder
        if isByClient {
            return [
                Check(
                    on: history.initiator.address.description,
                    "tcpconnect-bpfcc -P \(responder.port)",
                    "Names the process that connects. Health checks and probes of load balancers end like this; they are no fault."
                )
            ]
        }
        let server = responder.address.description
        if story.form == .active {
            return [
                Check(
                    on: server,
                    "ss -ltnp sport = :\(responder.port)",
                    "Names the program that closed the connection: does its log say why, at the time of the RST?"
                ),
                Check(
                    on: server,
                    "nstat -az TcpExtTCPAbortOnData TcpExtTCPAbortOnClose",
                    "TCPAbortOnData rises: the program closed with SO_LINGER 0. TCPAbortOnClose rises: it closed with bytes unread."
                ),
            ]
        }
        return [
            Check(
                on: server,
                "nstat -az TcpExtListenOverflows TcpExtSyncookiesFailed",
                "ListenOverflows rises: the accept queue is full. SyncookiesFailed rises: a SYN cookie was not accepted."
            ),
            Check(
                on: server,
                "sysctl net.ipv4.tcp_abort_on_overflow; ss -lnt sport = :\(responder.port)",
                "With 1, the kernel resets as soon as the accept queue is full: Recv-Q above Send-Q."
            ),
        ]
    }

    package static func summary(of many: Finding) -> String {
        guard let (own, other) = many.sharedParties else {
            return
                "\(many.flows) connections from \(many.source) to \(many.destination) were reset right after the handshake."
        }
        return "\(own) reset \(many.flows) connections with \(other) right after the handshake."
    }

    private func severity(of story: Story, isByClient: Bool) -> Severity {
        switch story.kind {
        // After a single SYN the initiator may have had no need any more: another connection won
        // the race, or a health check saw what it came for.
        case .clientGone: story.incarnation.attempts[0].sendings.count > 1 ? .error : .note
        case .postACK, .postPSH: isByClient ? .note : .warning
        }
    }

    /// Whether a client of SMB gives up the slower of two connections, at ports 139 and 445, before
    /// any data.
    private func isLoserOfRace(_ story: Story, in history: History) -> Bool {
        ConnectOutcomes.rival(of: history.responder.port) != nil && story.kind != .postPSH
            && history.isFromInitiator(history.events[story.reset])
    }

    private func story(of incarnation: Incarnation, in history: History) -> Story? {
        guard let completion = incarnation.completion else {
            return clientGone(incarnation, in: history)
        }
        // Of a TLS handshake more is to be said.
        if TLSCut(incarnation, in: history) != nil { return nil }
        if history.isOver(before: completion, in: incarnation) { return nil }
        for index in incarnation.events.suffix(from: completion + 1) {
            let event = history.events[index]
            switch history.interpretations[index] {
            case .reset(let reset):
                guard history.delay(from: completion, to: index) <= Self.soon else { return nil }
                switch reset.rule {
                case .rejects(let subject) where subject < completion: continue
                case .refusesSyn, .answersSecondSyn: continue
                case .rejects, .aborts: break
                }
                guard history.isBeforeAnswers(event, in: incarnation),
                    !history.isWithoutEffect(reset: index)
                else { return nil }
                let hasData = incarnation.events[completion..<index].contains {
                    history.events[$0].payloadLength > 0
                }
                return Story(
                    incarnation: incarnation,
                    reset: index,
                    cause: completion,
                    kind: hasData ? .postPSH : .postACK,
                    form: reset.form
                )
            case .duplicate: continue
            default:
                let isOfResponder = !history.isFromInitiator(event)
                if event.kind == .fin || isOfResponder && event.kind != .synAck { return nil }
            }
        }
        return nil
    }

    /// A RST of the initiator to the right answer, of a stack that had sent a usual SYN.
    private func clientGone(_ incarnation: Incarnation, in history: History) -> Story? {
        let resets = incarnation.events.filter { index in
            guard case .reset(let reset) = history.interpretations[index],
                case .rejects(let subject) = reset.rule,
                case .answer(let answer) = history.interpretations[subject],
                case .current = answer.subject
            else { return false }
            return history.isFromInitiator(history.events[index])
        }
        guard resets.count == 1, incarnation.attempts.count == 1, let reset = resets.first,
            case .reset(let interpretation) = history.interpretations[reset],
            case .rejects(let subject) = interpretation.rule,
            history.events[incarnation.attempts[0].first].options.usualCount > 1,
            !isWronglyEchoed(subject, in: history),
            history.delay(from: subject, to: reset) < TimingTolerance.shortestHandshakeTimer,
            !history.hasSentData(before: reset, in: incarnation)
        else { return nil }
        return Story(
            incarnation: incarnation,
            reset: reset,
            cause: subject,
            kind: .clientGone,
            form: interpretation.form
        )
    }

    /// Whether a SYN-ACK echoes a timestamp of no SYN: then that is what the initiator rejects.
    private func isWronglyEchoed(_ answer: Int, in history: History) -> Bool {
        guard case .answer(let interpretation) = history.interpretations[answer] else {
            return false
        }
        let event = history.events[answer]
        return event.hasTimestamps && event.timestampEcho != 0 && interpretation.linked.isEmpty
    }

    private func note(on story: Story, in history: History) -> String {
        let delay = Wording.duration(history.delay(from: story.cause, to: story.reset))
        return "RST \(delay) after packet \(history.events[story.cause].packet)"
    }

    private func summary(
        of story: Story,
        by sender: Address,
        after delay: Int64,
        in history: History
    ) -> String {
        let time = Wording.duration(delay)
        let ends = "the connection from \(history.initiator) to \(history.responder)"
        switch story.kind {
        case .postACK:
            return "\(sender) reset \(ends) \(time) after the handshake, before any data."
        case .postPSH:
            return
                "\(sender) reset \(ends) \(time) after the handshake, without answering any data."
        case .clientGone:
            return
                "\(sender) rejected the correct SYN-ACK from \(history.responder) \(time) later: no socket was waiting for it any more."
        }
    }

    private func causes(of story: Story, isByClient: Bool) -> [String] {
        if story.kind == .clientGone { return ["connect-given-up", "answer-translated-wrongly"] }
        if isByClient { return ["health-check", "connect-race", "linger-0"] }
        return story.form == .passive
            ? ["accept-queue-full", "syn-cookie-failed", "other-backend"]
            : ["turned-away-by-the-application", "unread-data", "linger-0"]
    }

    private func explanation(of story: Story, isByClient: Bool, in history: History) -> String {
        let event = history.events[story.reset]
        switch story.form {
        case .passive, .passiveToSYN:
            let whose =
                isByClient
                ? "had no socket for it, as after an abandoned connect()"
                : "no longer had state for the connection: its half-open entry was lost or never promoted"
            return "The RST is bare (no ACK, no window, no options): the stack \(whose)."
        case .active:
            return """
                The RST comes from a live socket (Win=\(event.window)\(event.hasTimestamps ? ", with timestamps" : "")): \
                the application, or the kernel on its behalf, ended the connection.
                """
        case .other:
            return "The segment that the RST answers was not captured."
        }
    }

    /// When the RST came.
    private enum Kind: String {
        case postACK = "post-ack"
        case postPSH = "post-psh"
        case clientGone = "client-gone"
    }

    private struct Story {
        let incarnation: Incarnation
        let reset: Int
        /// The ACK that completed the handshake, or the SYN-ACK that was rejected.
        let cause: Int
        let kind: Kind
        let form: Reset.Form
    }
}

extension Reset.Form {
    fileprivate var name: String {
        switch self {
        case .passive: "passive"
        case .passiveToSYN: "passive-to-syn"
        case .active: "active"
        case .other: "other"
        }
    }
}
