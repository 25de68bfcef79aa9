import Tracking

/// Speaks when one end of a TLS session says goodbye and the other does not.
package struct TLSOneSidedClose: Detector {
    package static let manual = Manual(
        id: "tls-one-sided-close",
        title: "one-sided TLS close",
        group: .tls,
        sees: """
            One end sent a close_notify (an alert record up to TLS 1.2; in TLS 1.3 a last record of the length \
            of an alert), and the other closed TCP without one: by FIN (fin-without-close-notify) or by RST \
            (rst-on-close-notify). Or, up to TLS 1.2, the other has left the connection open for 5 s \
            (left-open).
            """,
        means: """
            The end that answered with FIN or RST did not read the close_notify, or its program closes the \
            socket without ending TLS. Up to TLS 1.2 it must answer with its own; in TLS 1.3 each end closes its \
            own direction. Mostly harmless: all data up to the close_notify arrived. With a RST, data on its way \
            to the end that sent it is lost.
            """,
        unless: """
            A close_notify in answer to the other's, late or early, is an orderly close, and a RST after both is \
            harmless. An alert after a FIN that came without one is a complaint. A FIN that crossed the \
            close_notify does not count. If the end of a stream was not captured, nothing is reported.
            """,
        check: """
            Whether the program calls SSL_shutdown (or its equivalent) before close(), and reads until it has \
            the other's close_notify. Harmless if the protocol itself states the length of an answer.
            """,
        sources: [.rfc(5246, section: "7.2.1"), .rfc(8446, section: "6.1")],
        followsFrom: ["tls-early-shutdown", "rst-injected", "certificate-rejected"],
        example: Exchange {
            ScriptOpening.tls12
            client.tls(.applicationData(60))
            server.tls(.applicationData(300))
            client.tls(.encryptedAlert(26)).flagged
            client.fin()
            server.fin().flagged
            client.ack()
        },
        nearMiss: Exchange {
            ScriptOpening.tls12
            client.tls(.applicationData(60))
            server.tls(.applicationData(300))
            client.tls(.encryptedAlert(26))
            client.fin()
            server.ack()
            server.tls(.encryptedAlert(26)).after(.milliseconds(40))
            client.rst(seq: 1400)
        }
    )

    /// Who has not closed for so long after a close_notify does not mean to, in nanoseconds.
    private static let closeTimeout: Int64 = 5_000_000_000

    package static let needs: Signals? = [.tls]

    /// The end that closed may have been rash, or the other one deaf.
    package static func blame(for finding: Finding) -> [FaultSide] { [] }

    /// What is lost of an end that was closing anyway is no longer, in bytes.
    private static let farewell: UInt32 = 64

    package init() {}

    package func examine(_ history: History) -> Finding? {
        let cases = history.tlsClosings.compactMap { found(in: $0) }
        guard let last = cases.last else { return nil }
        let closing = last.closing
        let isPending = last.reason == .leftOpen
        let isBreach = last.saysMore && !closing.session.isVersion13
        return finding(
            in: history,
            incarnation: closing.incarnation,
            reason: last.reason.rawValue,
            severity: isBreach ? .warning : .note,
            confidence: last.alert.isPresumed ? .medium : .high,
            status: isPending ? .pending : last.alert.isPresumed ? .likely : .confirmed,
            count: cases.count,
            events: cases.flatMap(\.events),
            note: { note(on: cases.flatMap(\.events)[$0], in: history) },
            metrics: closing.metrics + [
                Metric("close_notify_by", closing.role(of: last.notifier)),
                Metric("delay_us", nanoseconds: last.delay),
                Metric("data_after_close_notify", last.saysMore),
                Metric("client_records", Int(closing.session[closing.client].dataRecords)),
                Metric("server_records", Int(closing.session[closing.server].dataRecords)),
            ],
            causes: ["close-without-shutdown", "close-notify-not-read"],
            checks: [
                Check(
                    on: closing.endpoint(of: last.notifier.other).address.description,
                    "",
                    """
                    Does the program on \(closing.endpoint(of: last.notifier.other).address) end TLS (SSL_shutdown) before \
                    it closes the socket?
                    """
                )
            ],
            summary: summary(of: last),
            explanation: explanation(of: last)
        )
    }

    package static func summary(of many: Finding) -> String {
        "In \(many.flows) TLS sessions between \(many.source) and \(many.destination) only one end sent a close_notify."
    }

    private func found(in closing: TLSClosing) -> Case? {
        guard let end = closing.end else { return leftOpen(closing) }
        guard case .oneSided(let notifier) = closing.story,
            let alert = closing.farewell(of: notifier),
            let answer = closing.firstEnd(of: notifier.other)
        else { return nil }
        let history = closing.history
        let isReset = history.events[answer].kind == .rst
        let notice = closing.event(of: alert.packet)
        return Case(
            closing: closing,
            notifier: notifier,
            alert: alert,
            events: [notice, answer].compactMap(\.self),
            delay: history.events[max(end, answer)].time - alert.time,
            saysMore: saysMore(notifier.other, after: alert, in: closing),
            reason: isReset ? .reset : .fin
        )
    }

    private func leftOpen(_ closing: TLSClosing) -> Case? {
        let session = closing.session
        for notifier in [Side.low, .high] {
            guard let alert = closing.farewell(of: notifier), !alert.isInTheClear,
                !alert.isPresumed, session.isComplete, session[notifier.other].alert == nil,
                session[notifier].marks.isDisjoint(with: .endsInPlaintext),
                session[notifier.other].marks.isDisjoint(with: .endsInPlaintext),
                closing.isWhole(.low), closing.isWhole(.high),
                closing.stream.time - alert.time >= Self.closeTimeout,
                let notice = closing.event(of: alert.packet)
            else { continue }
            return Case(
                closing: closing,
                notifier: notifier,
                alert: alert,
                events: [notice],
                delay: closing.stream.time - alert.time,
                saysMore: saysMore(notifier.other, after: alert, in: closing),
                reason: .leftOpen
            )
        }
        return nil
    }

    /// Whether an end sent application data although it had the other's close_notify.
    private func saysMore(_ side: Side, after alert: TLSAlert, in closing: TLSClosing) -> Bool {
        let last = closing.stream[side].last
        let reach = closing.stream[side.other].end
        return last.packet > alert.packet && last.payloadLength > Self.farewell
            && closing.session[side].lastType == .applicationData
            && !isInFlight(last.time, to: side.other, in: closing)
            && reach.distance(to: last.acknowledgment) >= 0
    }

    /// Whether the end that ended TLS had closed TCP, too, before data came: who closes both right
    /// after a request does not want the answer.
    private func isInFlight(_ time: Int64, to notifier: Side, in closing: TLSClosing) -> Bool {
        closing.firstEnd(of: notifier).map { closing.history.events[$0].time < time } ?? false
    }

    private func note(on index: Int, in history: History) -> String {
        switch history.events[index].kind {
        case .fin: "FIN without a close_notify"
        case .rst: "RST instead of a close_notify"
        default: "close_notify, or an alert of its length"
        }
    }

    private func summary(of found: Case) -> String {
        let closing = found.closing
        let own = closing.endpoint(of: found.notifier)
        let other = closing.endpoint(of: found.notifier.other)
        let time = Wording.duration(found.delay)
        let start =
            "\(own) ended its \(closing.session.versionName) session with \(other)\(closing.forName)"
        switch found.reason {
        case .fin:
            return "\(start) with a close_notify, and the peer closed without one \(time) later."
        case .reset:
            return
                "\(start) with a close_notify, and the peer reset the connection \(time) later."
        case .leftOpen:
            return "\(start) with a close_notify, and the peer has not closed for \(time)."
        }
    }

    private func explanation(of found: Case) -> String {
        let isNew = found.closing.session.isVersion13
        var sentences: [String] = []
        if found.alert.isPresumed {
            sentences.append(
                """
                The close_notify is inferred from the length of the last record (\(found.alert.length) bytes); \
                two bytes of data would look the same.
                """
            )
        }
        sentences.append(
            isNew
                ? "TLS 1.3 lets each end close its own direction (RFC 8446 §6.1)."
                : "Up to TLS 1.2 the other end must answer with its own close_notify (RFC 5246 §7.2.1)."
        )
        if found.saysMore {
            sentences.append(
                "The peer sent application data after the close_notify, which was not read."
            )
        }
        return sentences.joined(separator: " ")
    }

    /// What the other end did.
    private enum Reason: String {
        case fin = "fin-without-close-notify"
        case reset = "rst-on-close-notify"
        case leftOpen = "left-open"
    }

    private struct Case {
        let closing: TLSClosing
        let notifier: Side
        let alert: TLSAlert
        let events: [Int]
        let delay: Int64
        let saysMore: Bool
        let reason: Reason
    }
}
