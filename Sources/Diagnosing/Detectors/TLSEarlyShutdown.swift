import Tracking

/// Speaks when TLS is shut down right after its handshake so that TCP may go on in the clear, and
/// TCP is closed instead.
package struct TLSEarlyShutdown: Detector {
    package static let manual = Manual(
        id: "tls-early-shutdown",
        title: "TLS shut down during connection set-up",
        group: .tls,
        sees: """
            Within 5 s after the TLS handshake, and before any application data, one end sent a close_notify and \
            left TCP open. The other end closed TCP without its own close_notify (closed-on-close-notify). On \
            ports whose service takes the connection back from TLS by design (1556 and 13724, NetBackup), two \
            small records may come first. There it also counts if both sent their close_notify and no plaintext \
            followed (closed-before-hand-back). On any port it counts if one end continued in the clear while \
            the other closed, or reset the first plaintext (plaintext-refused). The order in which the two \
            crossed does not matter.
            """,
        means: """
            The end that sent the close_notify wanted TCP to continue and waited for the answer. Programs that \
            use TLS only for authentication hand the connection back in the clear. The end that closed failed in \
            its own shutdown: with OpenSSL, an error left in the queue, or "shutdown while in init", makes it \
            give up.
            """,
        unless: """
            A check of the service closes TCP together with its close_notify, and two close_notify alerts are an \
            orderly close of any other service. If plaintext goes both ways after the close_notify, the \
            hand-back worked: that is plaintext-after-tls.
            """,
        check: """
            The logs of both ends at that instant, at full debug level: which one logs an error of SSL_shutdown? \
            For NetBackup: nbpxyhelper (OID 486) on both hosts.
            """,
        sources: [
            .rfc(8446, section: "6.1"), .rfc(5246, section: "7.2.1"),
            .page("Veritas article 100047973"),
        ],
        example: Exchange(to: "198.51.100.20:1556") {
            ScriptOpening.tls12
            client.tls(.encryptedAlert(26)).after(.milliseconds(50)).flagged
            server.fin().flagged
            client.ack()
            client.fin()
            server.ack()
        },
        nearMiss: Exchange(to: "198.51.100.20:1556") {
            ScriptOpening.tls12
            client.tls(.encryptedAlert(26)).after(.milliseconds(50))
            server.tls(.encryptedAlert(26))
            client.data([UInt8]("VXSS".utf8))
            server.data([UInt8]("OK".utf8))
            client.fin()
            server.fin()
            client.ack()
        }
    )

    /// A later shutdown is none right after the handshake, in nanoseconds.
    private static let soon: Int64 = 5_000_000_000
    /// Who closes TCP so soon after its close_notify meant to, in nanoseconds.
    private static let immediate: Int64 = 1_000_000_000
    /// So many small records prove who one is.
    private static let mostRecords: UInt32 = 2
    private static let mostOctets: UInt32 = 1024
    /// Session tickets that a server of TLS 1.3 sends by itself.
    private static let mostTickets: UInt32 = 2

    package static let needs: Signals? = [.tls]

    package static func blame(for finding: Finding) -> [FaultSide] {
        finding.party("closed_by").map { [$0] } ?? [.server]
    }

    package init() {}

    package func examine(_ history: History) -> Finding? {
        let cases = history.tlsClosings.compactMap { found(in: $0) ?? refusal(in: $0) }
        guard let last = cases.last else { return nil }
        let closing = last.closing
        return finding(
            in: history,
            incarnation: closing.incarnation,
            reason: last.reason.rawValue,
            severity: severity(of: last),
            confidence: last.alert.isPresumed ? .low : .medium,
            status: .likely,
            count: cases.count,
            events: cases.flatMap(\.events),
            note: { note(on: cases.flatMap(\.events)[$0], in: history) },
            metrics: closing.metrics + [
                Metric("close_notify_by", closing.role(of: last.notifier)),
                Metric("closed_by", closing.role(of: last.closer)),
                Metric("after_handshake_us", nanoseconds: last.wait),
                Metric("delay_us", nanoseconds: last.delay),
                Metric("client_records", Int(closing.session[closing.client].dataRecords)),
                Metric("server_records", Int(closing.session[closing.server].dataRecords)),
                Metric("plaintext_octets", last.plaintext),
            ],
            causes: ["shutdown-failed", "closed-before-hand-back"],
            checks: [
                Check(
                    on: closing.endpoint(of: last.closer).address.description,
                    "",
                    """
                    Does the log of the process on \(closing.endpoint(of: last.closer).address) name an error of \
                    SSL_shutdown (shutdown while in init) at that instant?
                    """
                )
            ],
            summary: summary(of: last),
            explanation: explanation(of: last)
        )
    }

    package static func summary(of many: Finding) -> String {
        """
        \(many.flows) connections from \(many.source) to \(many.destination) were closed as soon as TLS was shut down on \
        them.
        """
    }

    private func severity(of found: Case) -> Severity {
        if found.isHandBack { return .error }
        return found.reason == .plaintextRefused ? .warning : .note
    }

    /// The case that one end goes on in the clear and the other one closes TCP, before that or
    /// after, or resets what it gets.
    private func refusal(in closing: TLSClosing) -> Case? {
        let (session, history) = (closing.session, closing.history)
        let senders = [Side.low, .high].filter { session[$0].marks.contains(.endsInPlaintext) }
        guard session.isComplete, senders.count == 1, let sender = senders.first,
            !session.low.hasGap, !session.high.hasGap,
            let answer = closing.firstEnd(of: sender.other)
        else { return nil }
        let alerts = [Side.low, .high].compactMap { side in
            session[side].alert.flatMap { $0.mayClose ? (side, $0) : nil }
        }.sorted { $0.1.packet < $1.1.packet }
        guard let (notifier, alert) = alerts.first, let last = alerts.last?.1,
            let first = closing.event(of: session[sender].plaintextPacket)
        else { return nil }
        let end = history.events[answer]
        let isFirst = closing.firstEnd(of: sender).map { answer < $0 } ?? true
        let delay = end.time - last.time
        let wait = alert.time - handshakeEnd(of: closing)
        let isHandBack = TLSSession.handBackPorts.contains(history.responder.port)
        // Whoever closed with the plaintext in hand may have read it.
        let isUnread =
            end.acknowledgment.distance(to: session[sender].recordEnd) >= 0
            || closing.incarnation.events.contains {
                history.events[$0].kind == .rst && history.events[$0].side != sender
            }
        guard isFirst || end.kind == .rst, end.packet > alert.packet, isUnread, wait <= Self.soon,
            isShort(closing, isHandBack: isHandBack),
            min(delay, end.time - session[sender].plaintextTime) <= Self.immediate
        else { return nil }
        let refused = session[sender].recordEnd.distance(to: closing.stream[sender].end)
        let events = alerts.map { closing.event(of: $0.1.packet) } + [first, answer]
        return Case(
            closing: closing,
            notifier: notifier,
            closer: sender.other,
            alert: alert,
            events: Set(events.compactMap(\.self)).sorted(),
            wait: wait,
            delay: max(0, delay),
            isHandBack: isHandBack,
            reason: .plaintextRefused,
            plaintext: Int(max(0, refused))
        )
    }

    private func found(in closing: TLSClosing) -> Case? {
        guard closing.session.isComplete, let end = closing.end, let closer = closing.closer,
            [.low, .high].allSatisfy({
                !closing.session[$0].marks.contains(.endsInPlaintext) && closing.isWhole($0)
            })
        else { return nil }
        let farewells = [Side.low, .high]
            .compactMap { side in closing.farewell(of: side).map { (side, $0) } }
            .sorted { $0.1.packet < $1.1.packet }
        guard let (notifier, alert) = farewells.first else { return nil }
        let isHandBack = TLSSession.handBackPorts.contains(closing.history.responder.port)
        let isAnswered = farewells.count > 1
        let last = closing.history.events[end]
        let wait = alert.time - handshakeEnd(of: closing)
        guard last.packet > alert.packet, wait <= Self.soon,
            isShort(closing, isHandBack: isHandBack),
            isAnswered ? isHandBack : !closesItself(notifier, after: alert, in: closing)
        else { return nil }
        let answer = isAnswered ? end : closing.firstEnd(of: notifier.other)
        guard let answer else { return nil }
        let delay = closing.history.events[answer].time - (farewells.last?.1.time ?? alert.time)
        guard delay <= Self.immediate else { return nil }
        return Case(
            closing: closing,
            notifier: notifier,
            closer: isAnswered ? closer : notifier.other,
            alert: alert,
            events: (farewells.map { closing.event(of: $0.1.packet) } + [answer])
                .compactMap(\.self),
            wait: wait,
            delay: delay,
            isHandBack: isHandBack,
            reason: isHandBack && isAnswered ? .beforeHandBack : .onCloseNotify
        )
    }

    /// When both ends had finished the handshake.
    private func handshakeEnd(of closing: TLSClosing) -> Int64 {
        max(closing.session.low.messageTime, closing.session.high.messageTime)
    }

    private func isShort(_ closing: TLSClosing, isHandBack: Bool) -> Bool {
        [Side.low, .high].allSatisfy { side in
            let stream = closing.session[side]
            let isWithTickets = closing.session.isVersion13 && side == closing.server
            let tickets = isWithTickets ? Self.mostTickets : 0
            let records = isHandBack ? Self.mostRecords : 0
            return stream.dataRecords <= records + tickets && stream.dataOctets <= Self.mostOctets
        }
    }

    /// Whether the sender of a close_notify closes TCP itself, before the other end reacts.
    private func closesItself(
        _ side: Side,
        after alert: TLSAlert,
        in closing: TLSClosing
    ) -> Bool {
        guard let own = closing.firstEnd(of: side) else { return false }
        guard let other = closing.firstEnd(of: side.other) else { return true }
        return own < other
    }

    private func note(on index: Int, in history: History) -> String {
        switch history.events[index].kind {
        case .fin: "FIN, although the connection should go on in the clear"
        case .rst: "RST, although the connection should go on in the clear"
        case _ where !history.events[index].contents.contains(.alert): "goes on in the clear"
        default: "close_notify right after the handshake"
        }
    }

    private func summary(of found: Case) -> String {
        let closing = found.closing
        let own = closing.endpoint(of: found.notifier)
        let closer = closing.endpoint(of: found.closer)
        let (wait, delay) = (Wording.duration(found.wait), Wording.duration(found.delay))
        switch found.reason {
        case .onCloseNotify:
            return """
                \(own) shut TLS down \(wait) after the handshake and left TCP open; \(closer) closed it \(delay) later \
                without a close_notify.
                """
        case .beforeHandBack:
            return """
                \(own) shut TLS down \(wait) after the handshake, both ends agreed, and \(closer) closed TCP \(delay) later \
                instead of going on in the clear.
                """
        case .plaintextRefused:
            let other = closing.endpoint(of: found.closer.other)
            let close = own == closer ? " and closed" : ", \(closer) closed"
            return """
                \(own) shut TLS down \(wait) after the handshake\(close) TCP \(delay) later, and \
                \(Wording.count(found.plaintext, "byte")) that \(other) sent in the clear were refused.
                """
        }
    }

    private func explanation(of found: Case) -> String {
        let base =
            found.reason == .plaintextRefused
            ? """
            \(found.closing.endpoint(of: found.closer.other)) handed the connection back to go on in the clear; \
            \(found.closing.endpoint(of: found.closer)) closed it instead.
            """
            : "No plaintext followed, so the program that had asked for the connection never got it back."
        guard found.isHandBack else { return base }
        return """
            Port \(found.closing.history.responder.port) uses TLS only for authentication, and continues without it. \
            \(base)
            """
    }

    /// How far the shutdown came.
    private enum Reason: String {
        case onCloseNotify = "closed-on-close-notify"
        case beforeHandBack = "closed-before-hand-back"
        case plaintextRefused = "plaintext-refused"
    }

    private struct Case {
        let closing: TLSClosing
        let notifier: Side
        let closer: Side
        let alert: TLSAlert
        let events: [Int]
        let wait: Int64
        let delay: Int64
        let isHandBack: Bool
        let reason: Reason
        /// Bytes in the clear that were refused.
        var plaintext = 0
    }
}
