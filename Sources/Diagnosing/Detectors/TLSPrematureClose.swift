import Tracking

/// Speaks when an end of a TLS session closes TCP without a close_notify.
package struct TLSPrematureClose: Detector {
    package static let manual = Manual(
        id: "tls-premature-close",
        title: "TLS closed without close_notify",
        group: .tls,
        sees: """
            The end that closes TCP first, after application data, sent no close_notify before its FIN or RST, \
            and neither did the other end. The reason states how that is known. truncated-record: its last \
            record is incomplete. no-close-notify: up to TLS 1.2 an alert has its own record type, and there was \
            none. no-alert-sized-record: in TLS 1.3 the last record does not have the length of an alert.
            """,
        means: """
            The other end cannot distinguish the end of the data from an attack that cuts it short, and many \
            libraries report an unexpected EOF. A truncated record is a real loss: the process died or was \
            stopped in the middle of its answer, or something closed the connection in its name. The other forms \
            are a habit of many programs, harmless if the protocol itself states the length of an answer.
            """,
        unless: """
            If records or the end of the stream were not captured, nothing is reported; neither is a RST from a \
            stack that no longer has a socket. In TLS 1.3 padding may hide an alert. If one end did send its \
            close_notify, it is tls-one-sided-close; before the server's first data it is tls-handshake-reset.
            """,
        check: """
            Whether the application received the whole answer (Content-Length, chunks, its own length field); \
            the log of the end that closed; in clients with OpenSSL 3, SSL_OP_IGNORE_UNEXPECTED_EOF for \
            protocols that state lengths.
            """,
        sources: [
            .rfc(5246, section: "7.2.1"), .rfc(8446, section: "6.1"), .rfc(9112, section: "9.8"),
        ],
        followsFrom: [
            "rst-injected", "listener-crash", "retransmission-timeout", "certificate-rejected",
        ],
        example: Exchange {
            ScriptOpening.tls12
            client.tls(.applicationData(60))
            server.tls(.applicationData(300))
            client.ack()
            server.fin().flagged
            client.fin()
            server.ack()
        },
        nearMiss: Exchange {
            ScriptOpening.tls12
            client.tls(.applicationData(60))
            server.tls(.applicationData(300))
            server.tls(.encryptedAlert(26))
            server.fin()
            client.tls(.encryptedAlert(26))
            client.fin()
            server.ack()
        }
    )

    /// Who closes after so long a pause closes an idle connection, in nanoseconds.
    private static let longSilence: Int64 = 5_000_000_000

    package static let needs: Signals? = [.tls]

    package static func blame(for finding: Finding) -> [FaultSide] {
        finding.party("closed_by").map { [$0] } ?? []
    }

    package init() {}

    package func examine(_ history: History) -> Finding? {
        let cases = history.tlsClosings.compactMap { found(in: $0) }
        guard let last = cases.last else { return nil }
        let closing = last.closing
        let isCertain = last.reason != .noAlertSized
        return finding(
            in: history,
            incarnation: closing.incarnation,
            reason: last.reason.rawValue,
            severity: severity(of: last),
            confidence: isCertain && history.capture.lossSigns == 0 ? .high : .medium,
            status: isCertain ? .confirmed : .likely,
            count: cases.count,
            events: cases.map(\.end),
            note: { note(on: cases[$0]) },
            metrics: closing.metrics + [
                Metric("closed_by", closing.role(of: last.closer)),
                Metric("by_rst", last.isReset),
                Metric("missing_octets", last.missing),
                Metric("quiet_us", nanoseconds: last.quiet),
                Metric("last_record_octets", Int(closing.session[last.closer].lastLength)),
            ],
            causes: last.reason == .truncated
                ? ["process-died", "closed-in-its-name", "aborted"]
                : ["close-without-shutdown", "process-died"],
            checks: checks(of: last),
            summary: summary(of: last),
            explanation: explanation(of: last)
        )
    }

    package static func summary(of many: Finding) -> String {
        "\(many.flows) TLS sessions between \(many.source) and \(many.destination) were closed without close_notify."
    }

    private func found(in closing: TLSClosing) -> Case? {
        guard closing.story == .premature, let end = closing.end, let closer = closing.closer
        else { return nil }
        let history = closing.history
        let isReset = history.events[end].kind == .rst
        if isReset {
            guard case .reset(let reset) = history.interpretations[end], reset.form == .active
            else {
                return nil
            }
        }
        let missing = closing.missingOctets(of: closer)
        return Case(
            closing: closing,
            end: end,
            closer: closer,
            isReset: isReset,
            missing: missing,
            quiet: closing.stream.quietBeforeEnd ?? 0,
            reason: missing > 0 ? .truncated : closing.session.isVersion13 ? .noAlertSized : .none
        )
    }

    private func severity(of found: Case) -> Severity {
        // Without a record that was cut off, nobody knows that anything is missing.
        found.reason == .truncated ? .warning : .note
    }

    private func note(on found: Case) -> String {
        let kind = found.isReset ? "RST" : "FIN"
        return found.missing > 0
            ? "\(kind) inside a record that lacks \(Wording.count(found.missing, "byte"))"
            : "\(kind) without a close_notify before it"
    }

    private func summary(of found: Case) -> String {
        let closing = found.closing
        let (own, other) = (
            closing.endpoint(of: found.closer), closing.endpoint(of: found.closer.other)
        )
        let verb = found.isReset ? "reset" : "closed"
        let with = "its \(closing.session.versionName) session with \(other)\(closing.forName)"
        switch found.reason {
        case .truncated:
            let sent = Int(closing.session[found.closer].lastLength) - found.missing
            return """
                \(own) \(verb) \(with) in the middle of a record: \(max(0, sent)) of \
                \(closing.session[found.closer].lastLength) bytes were sent.
                """
        case .none, .noAlertSized:
            let likely = found.reason == .noAlertSized ? ", it seems" : ""
            return "\(own) \(verb) \(with) without a close_notify\(likely)."
        }
    }

    private func explanation(of found: Case) -> String {
        let stream = found.closing.session[found.closer]
        var sentences: [String] = []
        switch found.reason {
        case .truncated:
            sentences.append(
                "The content of the record is lost, because it cannot be decrypted without its end."
            )
        case .none:
            sentences.append("None of its records after the handshake was an alert.")
        case .noAlertSized:
            sentences.append(
                """
                Its last TLS record, of \(stream.lastLength) bytes, is too long for an alert, which has \
                \(found.closing.session.cipherSuite == 0x1305 ? 11 : 19) bytes unless it is padded.
                """
            )
        }
        if found.quiet >= Self.longSilence {
            sentences.append(
                "The connection had been idle for \(Wording.duration(found.quiet))."
            )
        }
        return sentences.joined(separator: " ")
    }

    private func checks(of found: Case) -> [Check] {
        let closer = found.closing.endpoint(of: found.closer).address.description
        let kind = found.isReset ? "RST" : "FIN"
        return [
            Check(
                on: closer,
                "",
                "Does the log of the process on \(closer) name an error or a timeout at the time of the \(kind)?"
            )
        ]
    }

    /// How it is known.
    private enum Reason: String {
        case truncated = "truncated-record"
        case none = "no-close-notify"
        case noAlertSized = "no-alert-sized-record"
    }

    private struct Case {
        let closing: TLSClosing
        let end: Int
        let closer: Side
        let isReset: Bool
        let missing: Int
        let quiet: Int64
        let reason: Reason
    }
}
