import Tracking

/// Speaks when TCP ends before a TLS session has come to work.
package struct TLSHandshakeReset: Detector {
    package static let manual = Manual(
        id: "tls-handshake-reset",
        title: "TLS handshake failure",
        group: .tls,
        sees: """
            A FIN or RST after a ClientHello, or any later message of a TLS handshake, before the server's first \
            application data. Neither end had sent an alert. The reason names what stands out: packet-of-death, \
            clienthello-oversize, sni-block, no-tls-answer, or only reset or close. Also a ClientHello of \
            several segments that is sent again and never answered.
            """,
        means: """
            An end that closes TCP without an alert did not end TLS: its process died, something in front of it \
            gave up, or a middlebox acted in its name. packet-of-death: the server reset two or more connections \
            after the same client message, or three or more within 100 ms; the message kills the process, or is \
            refused silently. After nothing but a ClientHello with a name it may be a device that filters names: \
            then the reason is reset. clienthello-oversize: only the first part of a ClientHello of several segments \
            arrived (post-quantum key shares make it long). sni-block: the RST came right after the ClientHello \
            and does not look like the server's other packets. no-tls-answer: the server answered in another \
            protocol.
            """,
        unless: """
            An alert before the end says why: that is tls-alert. A client that closes as soon as the handshake \
            is complete checked the service, or no longer needed it: a note. So is a client that used another \
            session within 2 s, left before the server had sent all, or closed three within 100 ms. If records were missed by the \
            capture, nothing is reported.
            """,
        check: """
            The log of the server's process, or of the kernel, at the instant of the RST (abort, signal, core); then \
            the same ClientHello again: openssl s_client -connect … -servername … -msg.
            """,
        sources: [
            .rfc(8446, section: "4"), .rfc(5246, section: "7.3"), .rfc(9293, section: "3.5.2"),
        ],
        followsFrom: [
            "rst-injected", "bad-checksum", "listener-crash", "mtu-blackhole", "protocol-mismatch",
            "certificate-rejected", "port-scan",
        ],
        example: Exchange {
            ScriptOpening.tcp
            client.tls(.clientHello(serverName: "example.org"))
            server.tls(.serverHello(), .certificate, .serverHelloDone)
            client.tls(.clientKeyExchange, .changeCipherSpec, .finished).flagged
            server.ack()
            server.reset().after(.milliseconds(15)).flagged
        },
        nearMiss: Exchange {
            ScriptOpening.tls12
            client.tls(.applicationData(60))
            server.tls(.applicationData(300), .encryptedAlert(26))
            client.tls(.encryptedAlert(26))
            client.reset()
        }
    )

    package static let needs: Signals? = [.tls]

    package static let yieldsTo: [any Detector.Type] = [MTUBlackHole.self]

    package static func blame(for finding: Finding) -> [FaultSide] {
        switch TLSCut.Reason(rawValue: finding.reason ?? "") {
        case .packetOfDeath: [.server]
        case .oversizeHello, .nameBlock: [.network]
        case .noTLSAnswer: [.server, .client]
        case .reset where finding.causes.contains(TLSCut.nameFilter): [.server, .network]
        case .reset: finding.party("closed_by").map { [$0] } ?? []
        case .close, nil:
            // Who leaves because nothing more comes is not to blame.
            finding[metric: "server_said"] == .text("nothing")
                ? [.server, .client] : finding.party("closed_by").map { [$0] } ?? []
        }
    }

    package init() {}

    package func examine(_ history: History) -> Finding? {
        let cuts = history.incarnations.compactMap { TLSCut($0, in: history) }
        guard let last = cuts.last else { return nil }
        let words = TLSCutWording(cut: last)
        var found = finding(
            in: history,
            incarnation: last.closing.incarnation,
            reason: last.reason.rawValue,
            severity: last.severity,
            confidence: last.confidence,
            status: last.status,
            count: cuts.count,
            events: cuts.flatMap(\.events),
            note: { index in
                let event = cuts.flatMap(\.events)[index]
                return words.note(on: event)
            },
            metrics: last.metrics,
            causes: last.causes,
            checks: words.checks,
            summary: words.summary,
            explanation: words.explanation
        )
        found.shared = last.isLeftWaiting ? Self.leftWaiting : words.stage
        return found
    }

    /// What all share whose ClientHello was acknowledged and never answered.
    private static let leftWaiting = "left waiting"

    package static func summary(of many: Finding) -> String {
        if many.shared == leftWaiting {
            return """
                \(many.destination) acknowledged the ClientHello of \(many.flows) connections from \(many.source) and never \
                answered it; the client gave up each time.
                """
        }
        return many.reason == TLSCut.Reason.packetOfDeath.rawValue
            ? """
            \(many.destination) reset \(many.flows) TLS handshakes from \(many.source)\
            \(many.shared.map { ", all \($0)" } ?? "").
            """
            : """
            \(many.flows) TLS handshakes between \(many.source) and \(many.destination) were cut off\
            \(many.shared.map { ", all \($0)" } ?? "").
            """
    }
}
