import Tracking

/// Speaks when a client leaves a TLS session politely as soon as it has seen the certificate.
package struct CertificateRejected: Detector {
    package static let manual = Manual(
        id: "certificate-rejected",
        title: "certificate rejected, or only checked",
        group: .tls,
        sees: """
            Within half a second after the server's certificate, or 100 ms after its own Finished, the client \
            ended a TLS session without a request. Its last record had at most the length of an alert. It is an \
            error if the client left two sessions within 10 s. None of its sessions with the service, or for the \
            same name, carried a request.
            """,
        means: """
            The client did not accept the certificate: it is for another name, has expired, or its authority is \
            unknown to the client. Libraries that check the name after the handshake leave like this, without a \
            readable alert. Or the client wanted only the certificate.
            """,
        unless: """
            A readable alert says more: that is tls-alert. A client that waits for the server's close_notify \
            before it closes TCP only checked the service. Monitors and health checks complete a handshake and \
            leave regularly. Browsers open spare connections and close them when another is in use, so this is \
            then silent. A resumed session shows no certificate.
            """,
        check: """
            The client's log, which names the reason; openssl s_client -connect … -servername … shows the names, \
            the dates and the chain of the certificate.
            """,
        sources: [
            .rfc(9525, section: "6"), .rfc(8446, section: "4.4.2.4"), .rfc(8446, section: "6.1"),
        ],
        example: Exchange {
            ScriptOpening.tls13
            client.tls(.applicationData(19)).flagged
            client.fin().flagged
            server.tls(.applicationData(19))
            server.fin()
            client.ack()
        },
        nearMiss: Exchange {
            ScriptOpening.tls13
            client.tls(.applicationData(60))
            server.tls(.applicationData(300))
            client.tls(.applicationData(19))
            client.fin()
            server.tls(.applicationData(19))
            server.fin()
            client.ack()
        }
    )

    /// Sessions that are left so close to each other are tries, and no checks, in nanoseconds.
    private static let retryWindow: Int64 = 10_000_000_000
    /// Sessions that are left within such a time ran side by side, in nanoseconds.
    private static let together: Int64 = 1_000_000
    /// A monitor waits at least so long between two checks, in nanoseconds.
    private static let leastInterval: Int64 = 1_000_000_000
    /// So many departures at regular intervals are checks.
    private static let leastRegular = 3

    package static let needs: Signals? = [.tls]

    package static let saysToo: [any Detector.Type] = [TLSHandshakeReset.self, AbortiveClose.self]

    package static func blame(for finding: Finding) -> [FaultSide] { [.server, .client] }

    package init() {}

    package func examine(_ history: History) -> Finding? {
        let closings = history.tlsClosings.filter { isLeft($0) }
        guard let last = closings.last, let end = last.end else { return nil }
        let habits = history.capture.unusedSessions.habits(
            of: last.endpoint(of: last.client).address,
            at: last.endpoint(of: last.server),
            in: last.session
        )
        if habits.isUser { return nil }
        let isRetry = Self.isRetry(habits.departures)
        let farewell = last.session[last.client].alert.flatMap { last.event(of: $0.packet) }
        let events = [farewell, end].compactMap(\.self)
        return finding(
            in: history,
            incarnation: last.incarnation,
            reason: isRetry ? "retried" : "once",
            severity: isRetry ? .error : .warning,
            confidence: isRetry ? .medium : .low,
            status: isRetry ? .likely : .possible,
            count: closings.count,
            events: Array(Set(events)).sorted(),
            note: {
                history.events[events.sorted()[$0]].kind == .data
                    ? "a record of the length of an alert" : "leaves without a request"
            },
            metrics: last.metrics + [
                Metric("delay_us", nanoseconds: delay(of: last, until: end)),
                Metric("said_farewell", farewell != nil),
                Metric("departures", habits.departures.count),
            ],
            causes: ["name-mismatch", "expired", "unknown-authority", "certificate-check"],
            checks: checks(of: last),
            summary: summary(of: last, until: end),
            explanation: explanation(of: last, isRetry, habits.departures.count)
        )
    }

    package static func summary(of many: Finding) -> String {
        """
        \(many.source) left \(many.flows) TLS sessions with \(many.destination) as soon as it had the certificate, \
        without a request.
        """
    }

    private func isLeft(_ closing: TLSClosing) -> Bool {
        guard let end = closing.end, let closer = closing.closer, closing.isWhole(closing.client),
            closing.stream.hasBothDirections,
            closing.session.isVersion13 || hasWholeHandshake(closing, at: end)
        else { return false }
        return closing.session.isLeftUnused(
            port: closing.endpoint(of: closing.server).port,
            closedBy: closer,
            at: closing.history.events[end].time
        )
    }

    /// Whether a client that leaves had the server's last message.
    ///
    /// Without it, it left for another reason; in TLS 1.3 tickets may cross its close.
    private func hasWholeHandshake(_ closing: TLSClosing, at end: Int) -> Bool {
        let leaving = closing.history.events[end]
        guard leaving.flags.contains(.ack),
            let last = closing.event(of: closing.session[closing.server].messagePacket)
        else { return true }
        return closing.history.events[last].sequenceEnd.distance(to: leaving.acknowledgment) >= 0
    }

    /// Whether the client tried again soon, and not at the regular intervals of a monitor.
    private static func isRetry(_ times: [Int64]) -> Bool {
        let pauses = zip(times, times.dropFirst()).map { $1 - $0 }.filter { $0 > together }.sorted()
        guard let least = pauses.first, let most = pauses.last, least <= retryWindow else {
            return false
        }
        let isRegular =
            times.count >= leastRegular && least >= leastInterval && most - least <= most / 10
        return !isRegular
    }

    /// From the last message of the handshake, in nanoseconds.
    private func delay(of closing: TLSClosing, until end: Int) -> Int64 {
        let session = closing.session
        let last = max(session[.low].messageTime, session[.high].messageTime)
        let left = session[closing.client].alert?.time ?? closing.history.events[end].time
        return max(0, min(left, closing.history.events[end].time) - last)
    }

    private func summary(of closing: TLSClosing, until end: Int) -> String {
        let (client, server) = (
            closing.endpoint(of: closing.client).address, closing.endpoint(of: closing.server)
        )
        let time = Wording.duration(delay(of: closing, until: end))
        let message =
            closing.session.hasFinished(closing.client)
            ? "the end of the TLS handshake" : "the certificate"
        return """
            \(client) left its \(closing.session.versionName) session with \(server)\(closing.forName) \(time) after \
            \(message), without a request: it rejected the certificate, or only checked it.
            """
    }

    private func explanation(
        of closing: TLSClosing,
        _ isRetry: Bool,
        _ departures: Int
    ) -> String {
        let form =
            closing.session[closing.client].alert.map {
                "Its last record has \($0.length) bytes, the length of an alert: what it says is encrypted."
            } ?? "It closed TCP without an alert."
        let again =
            isRetry
            ? """
            It opened \(departures == 8 ? "8 or more" : "\(departures)") sessions like this, one soon after another, and sent a request on none.
            """
            : ""
        return [form, again].filter { !$0.isEmpty }.joined(separator: " ")
    }

    private func checks(of closing: TLSClosing) -> [Check] {
        let client = closing.endpoint(of: closing.client).address.description
        let server = closing.endpoint(of: closing.server)
        return [
            Check(
                on: client,
                "openssl s_client -connect \(server)\(closing.serverNameOption) -showcerts",
                "Shows whether the certificate has this name, is valid today, and has a complete chain."
            ),
            Check(
                on: client,
                "",
                "Does the client's log name a certificate at that time, or is the client a monitor?"
            ),
        ]
    }
}
