import Tracking

/// Speaks when an end of a TLS session says by an alert that it cannot go on.
package struct TLSFatalAlert: Detector {
    package static let manual = Manual(
        id: "tls-alert",
        title: "fatal TLS alert",
        group: .tls,
        sees: """
            A TLS alert record in the clear that is fatal, or a warning other than close_notify, user_canceled, \
            no_renegotiation and unrecognized_name (reason fatal). Or an encrypted alert before the handshake is \
            complete, or as the server's whole answer to the client's Finished (reason encrypted). In TLS 1.2 \
            its record type identifies it, in TLS 1.3 its length. Or a close_notify in the clear before the \
            handshake is complete (reason close-notify).
            """,
        means: """
            The sender refuses what the other end had sent, and the name of the alert says what: an untrusted \
            certificate, no common version or cipher suite, a missing client certificate. The close after it is \
            a consequence. A RST behind the alert may destroy it before it is read; the other end then reports a \
            reset instead.
            """,
        unless: """
            An alert in answer to a FIN or RST that came without one is a complaint about that close. An \
            encrypted alert after application data is taken for close_notify. Without keys the content of an \
            encrypted alert is unknown.
            """,
        check: """
            The TLS log of the end that received the alert names it too; openssl s_client -connect … -msg shows \
            it. For TLS 1.3 set SSLKEYLOGFILE at the client and open the capture with the keys.
            """,
        elsewhere: """
            Wireshark: Alert (Level: Fatal). Zeek: ssl.log last_alert.
            """,
        sources: [
            .rfc(8446, section: "6.2"), .rfc(5246, section: "7.2.2"), .rfc(8446, section: "5.1"),
        ],
        example: Exchange {
            ScriptOpening.tcp
            client.tls(.clientHello(serverName: "example.org"))
            server.tls(.serverHello(), .certificate, .serverHelloDone)
            client.tls(.alert(level: 2, code: 48)).flagged
            client.fin()
            server.fin()
            client.ack()
        },
        nearMiss: Exchange {
            ScriptOpening.tcp
            client.tls(.clientHello(serverName: "example.org"))
            server.tls(
                .alert(level: 1, code: 112),
                .serverHello(),
                .certificate,
                .serverHelloDone
            )
            client.tls(.clientKeyExchange, .changeCipherSpec, .finished)
            server.tls(.changeCipherSpec, .finished)
            client.tls(.applicationData(60))
            server.tls(.applicationData(300), .encryptedAlert(26))
            client.tls(.encryptedAlert(26))
            client.fin()
            server.fin()
            client.ack()
        }
    )

    package static let needs: Signals? = [.tls]

    package static let needsClock = false

    package static func blame(for finding: Finding) -> [FaultSide] {
        if finding[metric: "empty_client_certificate"] == .flag(true) { return [.client] }
        return finding.party("sent_by") == .client ? [.server, .client] : [.client, .server]
    }

    package init() {}

    package func examine(_ history: History) -> Finding? {
        let alerts = history.tlsClosings.compactMap { alert(of: $0) }
        guard let last = alerts.last else { return nil }
        let isClear = last.alert.isInTheClear
        let hasGap = last.closing.session[last.sender].hasGap
        var found = finding(
            in: history,
            incarnation: last.closing.incarnation,
            reason: last.alert.isFatal ? "fatal" : isClear ? "close-notify" : "encrypted",
            severity: severity(of: last),
            confidence: isClear && !hasGap ? .high : .medium,
            status: isClear ? .confirmed : .likely,
            count: alerts.count,
            events: alerts.map(\.event),
            note: { note(on: alerts[$0]) },
            metrics: metrics(of: last),
            causes: isClear ? last.alert.causes : ["certificate-refused", "refused"],
            checks: checks(of: last),
            summary: summary(of: last),
            explanation: explanation(of: last)
        )
        let sender = last.closing.role(of: last.sender)
        found.shared =
            isForEmptyCertificate(last)
            ? "an alert of the server after an empty client certificate"
            : isClear
                ? "the alert \(last.alert.name) of the \(sender)"
                : "an encrypted alert of the \(sender)"
        return found
    }

    package static func summary(of many: Finding) -> String {
        let alert = many.shared.map { ", all with \($0)" } ?? " with an alert"
        return """
            \(many.flows) TLS sessions between \(many.source) and \(many.destination) ended\(alert).
            """
    }

    private func alert(of closing: TLSClosing) -> Case? {
        let end = closing.end.map { closing.history.events[$0].packet } ?? .max
        let alerts = [Side.low, .high]
            .compactMap { side in closing.session[side].alert.map { (side, $0) } }
            .filter { $0.1.packet <= end }
            .sorted { $0.1.packet < $1.1.packet }
        let isAlerted = closing.story == .alerted
        // Up to TLS 1.2 a warning ends nothing by itself.
        let isWarned = closing.session.isComplete && !closing.session.isVersion13
        let clear = alerts.first { $0.1.isFatal && !(isWarned && $0.1.level == 1) }
        guard let (sender, alert) = clear ?? (isAlerted ? alerts.first : nil),
            let event = closing.event(of: alert.packet)
        else { return nil }
        return Case(closing: closing, sender: sender, alert: alert, event: event)
    }

    private func severity(of found: Case) -> Severity {
        if found.closing.session.isComplete, found.alert.isInTheClear { return .warning }
        if found.alert.isInTheClear, !found.alert.isFatal {
            // A client may change its mind.
            return found.sender == found.closing.client ? .note : .warning
        }
        return .error
    }

    private func note(on found: Case) -> String {
        guard found.alert.isInTheClear else {
            return "a record of the length of an encrypted alert (\(found.alert.length))"
        }
        let level = found.alert.level == 2 ? "fatal" : "warning"
        return "Alert (\(level), \(found.alert.name))"
    }

    private func metrics(of found: Case) -> [Metric] {
        var metrics = found.closing.metrics
        metrics.append(Metric("sent_by", found.closing.role(of: found.sender)))
        if let refusal = refusal(of: found) {
            metrics.append(Metric("refused_for", refusal.rawValue))
        }
        if found.closing.emptyCertificateNote != nil {
            metrics.append(Metric("empty_client_certificate", true))
        }
        metrics.append(Metric("handshake_complete", found.closing.session.isComplete))
        if found.alert.isInTheClear {
            metrics.append(Metric("alert", found.alert.name))
            metrics.append(Metric("alert_code", Int(found.alert.code)))
            metrics.append(Metric("alert_level", Int(found.alert.level)))
        } else {
            metrics.append(Metric("record_octets", Int(found.alert.length)))
        }
        return metrics
    }

    private func refusal(of found: Case) -> TLSRefusal? {
        let isFromClient = found.sender == found.closing.client
        if isForEmptyCertificate(found) { return .clientCertificate }
        return TLSRefusal(found.alert, isFromClient: isFromClient)
    }

    /// Whether the server sent the alert, and the client had no certificate for it.
    private func isForEmptyCertificate(_ found: Case) -> Bool {
        found.sender == found.closing.server && found.closing.emptyCertificateNote != nil
    }

    private func summary(of found: Case) -> String {
        let closing = found.closing
        let sender = closing.endpoint(of: found.sender).address
        let what =
            closing.session.isComplete && found.alert.isInTheClear ? "session" : "handshake"
        if isForEmptyCertificate(found) {
            let alert =
                found.alert.isInTheClear
                ? "the alert \(found.alert.name) (\(found.alert.code))"
                : "a record of the length of an encrypted alert"
            return """
                \(closing.endpoint(of: closing.server)) asked for a client certificate, \
                \(closing.endpoint(of: closing.client).address) sent an empty one, and the server ended the TLS \(what)\
                \(closing.forName) with \(alert).
                """
        }
        let whose =
            found.sender == closing.server
            ? "the TLS \(what) of \(closing.endpoint(of: closing.client).address)\(closing.forName)"
            : "its TLS \(what) with \(closing.endpoint(of: closing.server))\(closing.forName)"
        guard found.alert.isInTheClear else {
            return """
                \(sender) ended \(whose) with a record of \(found.alert.length) bytes, which is the length of an \
                encrypted alert.
                """
        }
        return "\(sender) ended \(whose) with the alert \(found.alert.name) (\(found.alert.code))."
    }

    private func explanation(of found: Case) -> String {
        let closing = found.closing
        let before = closing.lastWords(of: found.sender.other).map {
            "The other end had last sent \($0)."
        }
        guard found.alert.isInTheClear else {
            let form =
                found.alert.isPresumed
                ? "In TLS 1.3 an alert looks like application data; only its length and position identify it."
                : "The record type is alert; its content is encrypted."
            return [form, before, closing.emptyCertificateNote].compactMap(\.self)
                .joined(separator: " ")
        }
        let reset = closing.end.flatMap { end -> String? in
            let event = closing.history.events[end]
            guard event.kind == .rst, event.side == found.sender else { return nil }
            return """
                The RST behind it may have destroyed it before it was read, so that the other end reports a reset.
                """
        }
        // What was seen says more than all that the alert may mean.
        if isForEmptyCertificate(found) {
            return [closing.emptyCertificateNote, reset].compactMap(\.self).joined(separator: " ")
        }
        let unknown = "The standard has no alert \(found.alert.code)."
        return [
            found.alert.meaning ?? unknown, before, closing.emptyCertificateNote, reset,
        ].compactMap(\.self).joined(separator: " ")
    }

    private func checks(of found: Case) -> [Check] {
        let closing = found.closing
        let server = closing.endpoint(of: closing.server)
        let name = closing.serverNameOption
        if isForEmptyCertificate(found) {
            return [
                Check(
                    on: closing.endpoint(of: closing.client).address.description,
                    "openssl s_client -connect \(server)\(name) -cert FILE -key FILE",
                    "If this succeeds, the program has no certificate configured, or none that the server's authorities signed."
                )
            ]
        }
        return [
            Check(
                on: closing.endpoint(of: closing.client).address.description,
                "openssl s_client -connect \(server)\(name) -showcerts -msg",
                "Shows the certificate and versions that the server offers, and who sends the alert."
            ),
            Check(
                on: closing.endpoint(of: found.sender.other).address.description,
                "",
                """
                Does the TLS log of \(closing.endpoint(of: found.sender.other).address) name the alert that it received?
                """
            ),
        ]
    }

    private struct Case {
        let closing: TLSClosing
        let sender: Side
        let alert: TLSAlert
        let event: Int
    }
}
