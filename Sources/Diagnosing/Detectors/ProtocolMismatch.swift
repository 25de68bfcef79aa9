import Tracking

/// Speaks when the two ends of a connection speak different protocols.
package struct ProtocolMismatch: Detector {
    package static let manual = Manual(
        id: "protocol-mismatch",
        title: "protocol mismatch",
        group: .tls,
        sees: """
            The server answers a ClientHello with something other than a TLS record (tls-to-plain). Or it \
            answers a request in the clear with a TLS alert. At a port assigned to TLS, the HTTP status 400 or a \
            close counts too (plain-to-tls). An HTTP/2 preface is answered in HTTP/1, or the reverse \
            (http2-to-http1, http1-to-http2). A PROXY protocol header is answered by a TLS alert, status 400 or \
            an SSH banner (proxy-header). Or an HTTP request or ClientHello follows the banner of another \
            service (other-service).
            """,
        means: """
            TCP works, but the two programs are configured for different protocols. Examples: https:// for a \
            plain port, http:// for a TLS port, or a proxy without TLS in front of a server that requires it. \
            gRPC through an HTTP/1.1 proxy, or a PROXY header to a server that does not expect one, look the same.
            """,
        unless: """
            Protocols that begin in the clear and switch to TLS (STARTTLS), and a PROXY protocol header before \
            the ClientHello, are not mismatches. Only the first bytes of each direction are examined, so a \
            malformed request that is answered with status 400 looks the same.
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

    package static let needs: Signals? = [.data]

    package static let needsClock = false

    package static let saysToo: [any Detector.Type] = [TLSHandshakeReset.self]

    /// Where the port's own protocol met another, who spoke the other one is likelier wrong.
    package static func blame(for finding: Finding) -> [FaultSide] {
        guard let port = finding.subject.responderPort else { return [.client, .server] }
        let isForTLS = TLSSession.ports.contains(port)
        switch Reason(rawValue: finding.reason ?? "") {
        case .tlsToPlain: return isForTLS ? [.server, .client] : [.client, .server]
        case .plainToTLS, .http2ToHTTP1, .http1ToHTTP2, .proxyHeader, .otherService, nil:
            return [.client, .server]
        }
    }

    package init() {}

    package func examine(_ history: History) -> Finding? {
        let cuts = history.incarnations.compactMap { TLSCut($0, in: history) }
            .filter { $0.reason == .noTLSAnswer }
        if let cut = cuts.last { return finding(on: cut, of: cuts.count, in: history) }
        for ending in history.allEndings.reversed() {
            if let reason = reason(of: ending, in: history) {
                return finding(on: ending, reason, in: history)
            }
        }
        return nil
    }

    package static func summary(of many: Finding) -> String {
        "On \(many.flows) connections from \(many.source) to \(many.destination) the two ends used different protocols."
    }

    /// What met what; `nil` where both may speak the same.
    private func reason(of ending: Ending, in history: History) -> Reason? {
        let side = ending.incarnation.initiator
        let (request, answer) = (ending.stream[side], ending.stream[side.other])
        if Self.isGreeted(ending), history.responder.port != Self.newsPort {
            return .otherService
        }
        guard ending.stream.tls == nil else { return nil }
        switch (request.opening, answer.opening) {
        case (.httpRequest, .tlsAlert), (.text, .tlsAlert): return .plainToTLS
        case (.http2, .httpBadRequest), (.http2, .httpError), (.http2, .httpResponse):
            return .http2ToHTTP1
        case (.httpRequest, .http2Frame): return .http1ToHTTP2
        case (.proxyHeader, .tlsAlert), (.proxyHeader, .ssh): return .proxyHeader
        case (.proxyHeader, .httpBadRequest):
            return isClosedByServer(ending, in: history) ? .proxyHeader : nil
        case (.httpRequest, .httpBadRequest):
            return TLSSession.ports.contains(history.responder.port) ? .plainToTLS : nil
        case (.httpRequest, .unknown):
            return TLSSession.ports.contains(history.responder.port)
                && isClosedByServer(ending, in: history) ? .plainToTLS : nil
        default: return nil
        }
    }

    /// Commands of NNTP look like requests of HTTP, and its server speaks first (RFC 3977 §6.2).
    private static let newsPort: UInt16 = 119

    /// Whether a server had greeted its client as SSH, mail or FTP do, and the client began with
    /// HTTP or TLS.
    private static func isGreeted(_ ending: Ending) -> Bool {
        let side = ending.incarnation.initiator
        let (request, answer) = (ending.stream[side], ending.stream[side.other])
        guard answer.opening == .ssh || answer.opening == .reply,
            request.opening == .httpRequest || request.opening == .tls,
            ending.stream.hasBeginning
        else { return false }
        // Who goes on in TLS was asked to, in a packet that the capture may miss.
        let speaksTLS = ending.stream.tls.map { $0[side.other].lastMessage != nil } ?? false
        return answer.begin < request.begin && !speaksTLS
    }

    private func isClosedByServer(_ ending: Ending, in history: History) -> Bool {
        ending.first.map { history.events[$0].side != ending.incarnation.initiator } ?? false
    }

    private func finding(on cut: TLSCut, of count: Int, in history: History) -> Finding {
        let closing = cut.closing
        let (client, server) = (
            closing.endpoint(of: closing.client), closing.endpoint(of: closing.server)
        )
        let opening = closing.stream[closing.server].opening
        // What looks like a record and is none.
        let answer = opening == .tls ? "bytes that are not a TLS record" : opening.words
        return finding(
            in: history,
            incarnation: closing.incarnation,
            reason: .tlsToPlain,
            quote: closing.stream.words,
            count: count,
            events: cut.events,
            client: client,
            server: server,
            summary: """
                \(client.address) began TLS with \(server), and the server answered with \(answer).
                """
        )
    }

    private func finding(on ending: Ending, _ reason: Reason, in history: History) -> Finding {
        let side = ending.incarnation.initiator
        let (client, server) = (history.initiator, history.responder)
        let answer = ending.stream[side.other].opening
        let events = [
            history.lastData(of: side, in: ending), history.lastData(of: side.other, in: ending),
        ].compactMap(\.self)
        return finding(
            in: history,
            incarnation: ending.incarnation,
            reason: reason,
            quote: ending.stream.words,
            count: 1,
            events: events.isEmpty ? [ending.first].compactMap(\.self) : events.sorted(),
            client: client,
            server: server,
            summary: reason == .otherService
                ? """
                \(server) greeted \(client.address) with \(answer.words), and \(client.address) sent \
                \(ending.stream[side].opening.words).
                """
                : """
                \(client.address) sent \(ending.stream[side].opening.words) in the clear to \(server), and the server \
                \(answer == .unknown ? "closed without an answer" : "answered with \(answer.words)").
                """
        )
    }

    private func finding(
        in history: History,
        incarnation: Incarnation,
        reason: Reason,
        quote: ShownText?,
        count: Int,
        events: [Int],
        client: Endpoint,
        server: Endpoint,
        summary: String
    ) -> Finding {
        var found = finding(
            in: history,
            incarnation: incarnation,
            reason: reason.rawValue,
            severity: .error,
            confidence: reason == .proxyHeader ? .medium : .high,
            status: reason == .proxyHeader ? .likely : .confirmed,
            count: count,
            events: events,
            note: {
                history.endpoint(of: history.events[events[$0]]) == client
                    ? "the client's protocol" : "the server's protocol"
            },
            metrics: [
                Metric("direction", reason.rawValue),
                Metric("source_port", Int(client.port)),
                Metric("destination_port", Int(server.port)),
            ],
            causes: reason.causes,
            checks: [reason.check(from: client.address.description, to: server)],
            summary: summary,
            explanation: "TCP worked; the two programs are configured for different protocols."
        )
        found.quote = quote
        return found
    }

    /// What met what.
    private enum Reason: String {
        case tlsToPlain = "tls-to-plain"
        case plainToTLS = "plain-to-tls"
        case http2ToHTTP1 = "http2-to-http1"
        case http1ToHTTP2 = "http1-to-http2"
        case proxyHeader = "proxy-header"
        case otherService = "other-service"

        var causes: [String] {
            switch self {
            case .tlsToPlain, .plainToTLS: ["wrong-scheme-or-port", "tls-missing-on-one-side"]
            case .http2ToHTTP1, .http1ToHTTP2: ["http-version-of-a-proxy", "wrong-port"]
            case .proxyHeader: ["proxy-protocol-not-expected"]
            case .otherService: ["wrong-port", "probe"]
            }
        }

        func check(from client: String, to server: Endpoint) -> Check {
            switch self {
            case .tlsToPlain, .plainToTLS:
                Check(
                    on: client,
                    "openssl s_client -connect \(server)",
                    "A certificate means that the port expects TLS; an error about the version means that it does not."
                )
            case .http2ToHTTP1, .http1ToHTTP2:
                Check(
                    on: client,
                    "curl -v --http2-prior-knowledge http://\(server)/",
                    "An answer means that the server supports HTTP/2 without TLS."
                )
            case .proxyHeader:
                Check(
                    on: server.address.description,
                    "",
                    "Is its listener configured to expect a PROXY header (proxy_protocol, accept-proxy)?"
                )
            case .otherService:
                Check(
                    on: server.address.description,
                    "ss -ltnp sport = :\(server.port)",
                    "Names the program that listens there."
                )
            }
        }
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
        case .http2: "the preface of HTTP/2"
        case .http2Frame: "a frame of HTTP/2"
        case .httpGatewayTimeout: "the HTTP status 504"
        case .httpBadRequest: "the HTTP status of a malformed request"
        case .tlsDeclined: "a refusal of TLS"
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
