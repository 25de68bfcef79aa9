import Tracking

/// Speaks when the two ends of a connection speak different protocols.
package struct ProtocolMismatch: Detector {
    package static let manual = Manual(
        id: "protocol-mismatch",
        title: "protocol mismatch",
        group: .tls,
        sees: """
            The server answers a ClientHello with something other than a TLS record. Or the client sends a \
            request in the clear, and the server answers with a TLS alert. At a port assigned to TLS, an HTTP \
            error or a close counts too.
            """,
        means: """
            TCP works, but the two programs are configured for different protocols: https:// for a plain port, \
            http:// for a TLS port, or a health check without TLS in front of a server that requires it.
            """,
        unless: """
            Protocols that begin in the clear and switch to TLS (STARTTLS), and a PROXY protocol header before \
            the ClientHello, are not mismatches. Only the first bytes of each direction are examined.
            """,
        check: """
            Connect by hand with the protocol that the server should speak (openssl s_client -connect, curl -v), \
            and compare the scheme and port in the client's configuration with the server's listener.
            """,
        elsewhere: """
            Suricata: app-layer-event:tls.invalid_record_type.
            """,
        sources: [.rfc(8446, section: "5.1"), .rfc(9110, section: "4.2.2")],
        followsFrom: ["port-reuse"],
        example: Exchange(to: "198.51.100.20:443") {
            ScriptOpening.tcp
            client.data(Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8)).flagged
            server.data(Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8)).flagged
            server.fin()
            client.fin()
            server.ack()
        },
        nearMiss: Exchange(to: "198.51.100.20:80") {
            ScriptOpening.tcp
            client.data(Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
            server.data(Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8))
            server.fin()
            client.fin()
            server.ack()
        }
    )

    package static let needs: History.Traits? = .data

    package static func blame(for finding: Finding) -> [FaultSide] { [.client, .server] }

    package init() {}

    package func examine(_ history: History) -> Finding? {
        let cuts = history.incarnations.compactMap { TLSCut($0, in: history) }
            .filter { $0.reason == .noTLSAnswer }
        if let cut = cuts.last { return finding(on: cut, of: cuts.count, in: history) }
        guard let ending = history.endings.last(where: { isMismatch($0, in: history) }) else {
            return nil
        }
        return finding(on: ending, in: history)
    }

    package static func summary(of many: Finding) -> String {
        "On \(many.flows) connections from \(many.source) to \(many.destination) the two ends used different protocols."
    }

    /// Whether a request in the clear met TLS.
    private func isMismatch(_ ending: Ending, in history: History) -> Bool {
        let side = ending.incarnation.initiator
        let (request, answer) = (
            ending.stream[side].opening, ending.stream[side.other].opening
        )
        guard request == .httpRequest || request == .text, ending.stream.tls == nil else {
            return false
        }
        if answer == .tlsAlert { return true }
        guard TLSSession.ports.contains(history.responder.port), request == .httpRequest else {
            return false
        }
        let isClosedByServer = ending.first.map { history.events[$0].side != side } ?? false
        return answer == .httpError || answer == .unknown && isClosedByServer
    }

    private func finding(on cut: TLSCut, of count: Int, in history: History) -> Finding {
        let closing = cut.closing
        let (client, server) = (
            closing.endpoint(of: closing.client), closing.endpoint(of: closing.server)
        )
        let answer = closing.stream[closing.server].opening.words
        return finding(
            in: history,
            incarnation: closing.incarnation,
            reason: "tls-to-plain",
            count: count,
            events: cut.events,
            client: client,
            server: server,
            summary: """
                \(client.address) began TLS with \(server), and the server answered with \(answer).
                """
        )
    }

    private func finding(on ending: Ending, in history: History) -> Finding {
        let side = ending.incarnation.initiator
        let (client, server) = (history.initiator, history.responder)
        let answer = ending.stream[side.other].opening
        let events = [
            history.lastData(of: side, in: ending), history.lastData(of: side.other, in: ending),
        ].compactMap(\.self)
        return finding(
            in: history,
            incarnation: ending.incarnation,
            reason: "plain-to-tls",
            count: 1,
            events: events.isEmpty ? [ending.first].compactMap(\.self) : events.sorted(),
            client: client,
            server: server,
            summary: """
                \(client.address) sent \(ending.stream[side].opening.words) in the clear to \(server), and the server \
                \(answer == .unknown ? "closed without an answer" : "answered with \(answer.words)").
                """
        )
    }

    private func finding(
        in history: History,
        incarnation: Incarnation,
        reason: String,
        count: Int,
        events: [Int],
        client: Endpoint,
        server: Endpoint,
        summary: String
    ) -> Finding {
        finding(
            in: history,
            incarnation: incarnation,
            reason: reason,
            severity: .error,
            confidence: .high,
            status: .confirmed,
            count: count,
            events: events,
            note: {
                history.endpoint(of: history.events[events[$0]]) == client
                    ? "the client's protocol" : "the server's protocol"
            },
            metrics: [
                Metric("direction", reason),
                Metric("source_port", Int(client.port)),
                Metric("destination_port", Int(server.port)),
            ],
            causes: ["wrong-scheme-or-port", "tls-missing-on-one-side"],
            checks: [
                Check(
                    on: client.address.description,
                    "openssl s_client -connect \(server)",
                    "A certificate means that the port expects TLS; an error about the version means that it does not."
                )
            ],
            summary: summary,
            explanation: "TCP worked; the two programs are configured for different protocols."
        )
    }
}

extension PayloadClass {
    /// As part of a sentence.
    var words: String {
        switch self {
        case .unknown: "nothing"
        case .tls: "a TLS record"
        case .tlsAlert: "a TLS alert"
        case .httpRequest: "an HTTP request"
        case .httpResponse: "an HTTP response"
        case .httpError: "an HTTP error"
        case .ssh: "an SSH banner"
        case .reply: "a reply code of the kind that mail and FTP servers send"
        case .refusal: "a refusal in the clear"
        case .proxyHeader: "a PROXY protocol header"
        case .text: "text"
        case .binary: "another binary protocol"
        }
    }
}
