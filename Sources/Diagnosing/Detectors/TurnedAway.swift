import Tracking

/// Speaks when a server turns a client away with a few words instead of serving it.
package struct TurnedAway: Detector {
    package static let manual = Manual(
        id: "turned-away",
        title: "turned away by the server",
        group: .refusal,
        sees: """
            The server's first data is a refusal: a 4xx or 5xx reply of mail or FTP, -ERR, -DENIED, * BYE, an \
            error packet of MySQL or PostgreSQL, "Exceeded MaxStartups" of sshd. It closes or resets the \
            connection within a second. The reason is read from the protocol's own code: connection-limit, \
            access-rule, starting-or-stopping, or only refusal.
            """,
        means: """
            The application accepted the connection and refused to serve this client: a connection limit, an \
            access rule, a missing database or user, or a service that is shutting down. The reason is in its \
            log, and in the client's.
            """,
        unless: """
            An HTTP error answers a request and leaves the connection in order. Services that answer one request \
            and close (finger, daytime, HTTP/1.0) do not begin with a refusal.
            """,
        check: """
            The text, which --quote shows; the server's log at that instant; its connection limit and how many \
            connections it holds (ss -tn); its access rules for the client's address.
            """,
        sources: [
            .rfc(5321, section: "3.1"), .rfc(1939, section: "3"), .rfc(3501, section: "7.1.5"),
        ],
        followsFrom: ["port-reuse"],
        example: Exchange(to: "198.51.100.20:6379") {
            ScriptOpening.tcp
            server.data(Array("-ERR max number of clients reached\r\n".utf8)).flagged
            server.fin().flagged
            client.fin()
            server.ack()
        },
        nearMiss: Exchange(to: "198.51.100.20:25") {
            ScriptOpening.tcp
            server.data(Array("220 mail.example.org ESMTP\r\n".utf8))
            client.data(Array("QUIT\r\n".utf8))
            server.data(Array("221 Bye\r\n".utf8))
            server.fin()
            client.fin()
            server.ack()
        }
    )

    /// The end comes so soon after the refusal, in nanoseconds.
    private static let promptEnd: Int64 = 1_000_000_000
    /// A refusal takes no more segments.
    private static let fewSegments: UInt32 = 2

    package static let needs: Signals? = [.data, .refusal]

    package static let saysToo: [any Detector.Type] = [ReconnectLoop.self, AbortiveClose.self]

    package static func blame(for finding: Finding) -> [FaultSide] { [.server, .client] }

    package init() {}

    package func examine(_ history: History) -> Finding? {
        let refusals = history.endings.filter { isRefusal($0, in: history) }
        guard let last = refusals.last, let end = last.first else { return nil }
        let side = last.incarnation.initiator.other
        let (initiator, responder) = (history.initiator.address, history.responder)
        let words = last.stream[side]
        let refusal = words.refusal
        let events = [history.lastData(of: side, in: last), end].compactMap(\.self)
        var found = finding(
            in: history,
            incarnation: last.incarnation,
            reason: refusal.kind.rawValue,
            severity: .error,
            confidence: .high,
            status: .confirmed,
            count: refusals.count,
            events: events,
            note: { events[$0] == end ? "ends the connection" : "begins with a refusal" },
            metrics: [
                Metric("protocol", refusal.protocolName),
                Metric("refusal_octets", Int(words.last.payloadLength)),
                Metric("source_port", Int(history.initiator.port)),
                Metric("destination_port", Int(responder.port)),
            ],
            causes: refusal.kind.causes,
            checks: checks(of: refusal.kind, at: responder, for: initiator),
            summary: """
                \(responder) accepted the connection from \(initiator) and turned it away: the server's last \
                \(words.last.payloadLength) bytes are \(refusal.form) that begins with a refusal.
                """,
            explanation: refusal.kind.explanation
        )
        found.quote = last.stream.words
        return found
    }

    private func checks(
        of kind: ServerRefusal.Kind,
        at responder: Endpoint,
        for initiator: Address
    ) -> [Check] {
        let host = responder.address.description
        let log = Check(
            on: host,
            "",
            "What does the service's log say about \(initiator) at that time?"
        )
        guard kind != .access else { return [log] }
        let count = Check(
            on: host,
            "ss -tn state established sport = :\(responder.port)",
            "Counts the connections that the service holds; at its limit it accepts no more."
        )
        return [count, log]
    }

    package static func summary(of many: Finding) -> String {
        "\(many.destination) accepted \(many.flows) connections from \(many.source) and turned each away with a refusal."
    }

    private func isRefusal(_ ending: Ending, in history: History) -> Bool {
        let server = ending.incarnation.initiator.other
        let words = ending.stream[server]
        guard words.opening == .refusal, words.segments <= Self.fewSegments,
            let end = ending.first, history.events[end].side == server
        else { return false }
        let request = ending.stream[server.other]
        if words.refusal.isGreeting, request.hasSentData, request.begin < words.begin {
            return false
        }
        return history.events[end].time - words.begin <= Self.promptEnd
    }
}

extension ServerRefusal {
    /// What its bytes are, as part of a sentence.
    fileprivate var form: String {
        switch self {
        case .mysqlLimit, .mysqlAccess, .mysql, .postgresLimit, .postgresAccess,
            .postgresShutdown, .postgres:
            "a packet"
        default: "text"
        }
    }
}

extension ServerRefusal.Kind {
    fileprivate var causes: [String] {
        switch self {
        case .limit: ["connection-limit"]
        case .access: ["access-rule", "missing-account-or-database"]
        case .shutdown: ["service-starting", "service-shutting-down"]
        case .other: ["connection-limit", "access-rule", "service-shutting-down"]
        }
    }

    fileprivate var explanation: String {
        let reason =
            switch self {
            case .limit:
                "Its code means that a connection limit was reached."
            case .access:
                """
                Its code means an access rule: the service does not serve this client, user or database.
                """
            case .shutdown: "Its code means that the service is starting or stopping."
            case .other: "The text is in the client's log, and the reason in the server's."
            }
        return "The application refused the client; the network worked. \(reason)"
    }
}
