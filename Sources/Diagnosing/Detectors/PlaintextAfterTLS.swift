import Tracking

/// Speaks when a connection goes on without TLS after a TLS session.
package struct PlaintextAfterTLS: Detector {
    package static let manual = Manual(
        id: "plaintext-after-tls",
        title: "plaintext after TLS",
        group: .tls,
        sees: """
            Bytes after the records of a TLS session that do not begin a record: the type is not 20 to 24, the \
            version is unknown, or the length is impossible. After a close_notify from both ends it is \
            intended-handback; after one from one end only, desync; without any, not-a-record.
            """,
        means: """
            intended-handback: the program ends TLS and continues in the clear, as NetBackup and FTP (CCC) do by \
            design. Everything from there on is readable on the path. desync: the ends disagree on whether TLS \
            is over, and the one that still expects TLS will fail. not-a-record: something wrote into the \
            connection that is not TLS, or a proxy lost its position in the stream.
            """,
        unless: """
            After a gap in the capture the start of a record is unknown, so nothing is reported. Plaintext that \
            happens to begin like a record is not detected. Plaintext before TLS (STARTTLS) is not meant here.
            """,
        check: """
            Whether the service is meant to continue in the clear (NetBackup, FTP with CCC). If not, compare the \
            logs of both ends at the packets named here.
            """,
        sources: [
            .rfc(8446, section: "6.1"), .rfc(4217, section: "12.3"),
            .page("Veritas article 100047973"),
        ],
        followsFrom: ["tls-early-shutdown"],
        example: Exchange(to: "198.51.100.20:1556") {
            ScriptOpening.tls12
            client.tls(.encryptedAlert(26)).flagged
            server.tls(.encryptedAlert(26)).flagged
            client.data([UInt8]("VXSS".utf8)).flagged
            server.data([UInt8]("READY".utf8)).flagged
            client.fin()
            server.fin()
            client.ack()
        },
        nearMiss: Exchange {
            ScriptOpening.tcp
            server.data([UInt8]("220 mail.example ready\r\n".utf8))
            client.data([UInt8]("STARTTLS\r\n".utf8))
            server.data([UInt8]("220 go ahead\r\n".utf8))
            client.tls(.clientHello(serverName: "mail.example"))
            server.tls(.serverHello(), .certificate, .serverHelloDone)
            client.tls(.clientKeyExchange, .changeCipherSpec, .finished)
            server.tls(.changeCipherSpec, .finished)
            client.tls(.applicationData(60))
            server.tls(.applicationData(300))
            client.tls(.encryptedAlert(26))
            server.tls(.encryptedAlert(26))
            client.fin()
            server.fin()
            client.ack()
        }
    )

    package static let needs: Signals? = [.tls]

    package static func blame(for finding: Finding) -> [FaultSide] {
        finding[metric: "plaintext_by_client"] == .flag(true) ? [.client] : [.server]
    }

    package init() {}

    package func examine(_ history: History) -> Finding? {
        let cases = history.tlsClosings.compactMap { found(in: $0) }
        guard let last = cases.last else { return nil }
        let closing = last.closing
        return finding(
            in: history,
            incarnation: closing.incarnation,
            reason: last.reason.rawValue,
            severity: last.reason == .desync ? .warning : .note,
            confidence: last.reason == .notARecord ? .low : .high,
            status: last.reason == .notARecord ? .possible : .confirmed,
            count: cases.count,
            events: cases.flatMap(\.events),
            note: { note(on: cases.flatMap(\.events)[$0], in: history) },
            metrics: closing.metrics + [
                Metric("plaintext_by_client", last.lastDataSenders.contains(closing.client)),
                Metric("plaintext_by_server", last.lastDataSenders.contains(closing.server)),
                Metric("handshake_complete", closing.session.isComplete),
            ],
            causes: last.reason == .handBack
                ? ["intended-handback"] : ["desync", "written-by-another"],
            checks: [
                Check(
                    on: closing.endpoint(of: closing.server).address.description,
                    "",
                    "Is the service on port \(closing.endpoint(of: closing.server).port) meant to continue without TLS?"
                )
            ],
            summary: summary(of: last),
            explanation: explanation(of: last)
        )
    }

    package static func summary(of many: Finding) -> String {
        "\(many.flows) connections from \(many.source) to \(many.destination) continued in the clear after TLS."
    }

    private func found(in closing: TLSClosing) -> Case? {
        let session = closing.session
        let sides = [closing.client, closing.server]
        let lastDataSenders = sides.filter { session[$0].marks.contains(.endsInPlaintext) }
        guard session.isComplete, !lastDataSenders.isEmpty, !session.low.hasGap,
            !session.high.hasGap
        else { return nil }
        let first = lastDataSenders.map { session[$0].plaintextPacket }.min() ?? 0
        let alerts = sides.compactMap { session[$0].alert?.packet }
        let events = (alerts + lastDataSenders.map { session[$0].plaintextPacket })
            .compactMap { closing.event(of: $0) }
        let reason: Reason =
            switch alerts.count {
            case 2: .handBack
            case 1: .desync
            default: .notARecord
            }
        return Case(
            closing: closing,
            lastDataSenders: lastDataSenders,
            events: Array(Set(events)).sorted(),
            firstPacket: first,
            reason: reason
        )
    }

    private func note(on index: Int, in history: History) -> String {
        let contents = history.events[index].contents
        return contents.contains(.alert) ? "close_notify, the end of TLS" : "not a TLS record"
    }

    private func summary(of found: Case) -> String {
        let closing = found.closing
        let ends =
            "\(closing.endpoint(of: closing.client)) and \(closing.endpoint(of: closing.server))"
        let who = found.lastDataSenders.map { closing.role(of: $0) }
        switch found.reason {
        case .handBack:
            return """
                \(ends) both sent a close_notify and continued in the clear on the same connection, from \
                packet \(found.firstPacket).
                """
        case .desync:
            return """
                Between \(ends), the \(Wording.list(who)) continued in the clear from packet \
                \(found.firstPacket), although only one end had ended TLS.
                """
        case .notARecord:
            return """
                Between \(ends), the \(Wording.list(who)) sent bytes that are not a TLS record, from packet \
                \(found.firstPacket).
                """
        }
    }

    private func explanation(of found: Case) -> String {
        switch found.reason {
        case .handBack where found.lastDataSenders.count == 1:
            "What follows is not protected, and only one end went on: the other sent nothing more."
        case .handBack:
            "What follows is not encrypted; some services do this by design, for example NetBackup."
        case .desync:
            "An end that still expects TLS must ignore it or fail (RFC 8446 §6.1)."
        case .notARecord:
            "No alert preceded it: something wrote into the session, or a proxy lost its position in the stream."
        }
    }

    /// What the ends had agreed upon before.
    private enum Reason: String {
        case handBack = "intended-handback"
        case desync
        case notARecord = "not-a-record"
    }

    private struct Case {
        let closing: TLSClosing
        let lastDataSenders: [Side]
        let events: [Int]
        let firstPacket: UInt64
        let reason: Reason
    }
}
