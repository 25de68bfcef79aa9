import Tracking

/// Speaks when the two ends of a connection disagree about TCP's own signatures.
package struct AuthenticationMismatch: Detector {
    package static let manual = Manual(
        id: "tcp-authentication-mismatch",
        title: "TCP signature mismatch",
        group: .refusal,
        sees: """
            SYNs with a signature of TCP MD5 (option 19) or TCP-AO (option 29), and the connection is not \
            established. The answer has none, or another option (unsigned-answer). Or the client goes on as if \
            it had not seen the answer (ignored-answer). Or nothing answers, although the host sent other \
            packets (unanswered). Or SYNs without a signature get no answer from a host that signs its own SYNs \
            (missing-signature).
            """,
        means: """
            Both ends must have the same key for each other; BGP, LDP and MSDP use this. A segment whose \
            signature is missing, or does not match the key, is dropped silently. Different keys, a missing key \
            and an expired one look alike.
            """,
        unless: """
            A host that is down does not answer either, so this is a note if no packet of it was captured. \
            Devices that translate addresses or rewrite sequence numbers break signatures, and some firewalls \
            remove option 19.
            """,
        check: """
            The key for the peer's address on both ends, its identifiers and lifetime. The counters of dropped \
            segments (nstat TcpExtTCPMD5NotFound TcpExtTCPMD5Unexpected TcpExtTCPMD5Failure), or the router's \
            log.
            """,
        sources: [.rfc(2385, section: "2"), .rfc(5925, section: "7.2"), .rfc(4271, section: "8")],
        example: Exchange(to: "198.51.100.20:179") {
            client.syn(seq: 1000).options(.maximumSegmentSize(1460), .octets(signature)).flagged
            server.synAck(seq: 5000, ack: 1001).options(.maximumSegmentSize(1460)).flagged
            client.syn(seq: 1000).options(.maximumSegmentSize(1460), .octets(signature))
                .after(.seconds(1))
            server.synAck(seq: 5000, ack: 1001).options(.maximumSegmentSize(1460))
        },
        nearMiss: Exchange(to: "198.51.100.20:179") {
            client.syn(seq: 1000).options(.maximumSegmentSize(1460), .octets(signature))
            server.synAck(seq: 5000, ack: 1001)
                .options(.maximumSegmentSize(1460), .octets(signature))
            client.ack(seq: 1001, ack: 5001).options(.octets(signature))
        }
    )

    /// An MD5 signature, behind two octets that bring it to a multiple of four.
    private static let signature: [UInt8] = [1, 1, 19, 18] + [UInt8](repeating: 0xD5, count: 16)

    package static let needs: Signals? = [.signature]

    package static let needsClock = false

    package static func blame(for finding: Finding) -> [FaultSide] {
        finding.reason == Reason.missing.rawValue ? [.client, .server] : [.server, .client]
    }

    package init() {}

    package func examine(_ history: History) -> Finding? {
        let cases = history.incarnations.compactMap { found(in: $0, of: history) }
        guard let last = cases.last else { return nil }
        let isKnownAlive = last.reason != .unanswered || isHeard(in: history)
        return finding(
            in: history,
            incarnation: last.incarnation,
            reason: last.reason.rawValue,
            severity: isKnownAlive ? .error : .note,
            confidence: last.reason.isSeen ? .high : isKnownAlive ? .medium : .low,
            status: last.reason.isSeen ? .confirmed : isKnownAlive ? .likely : .possible,
            count: cases.count,
            events: last.events,
            note: { note(on: history.events[last.events[$0]]) },
            metrics: [
                Metric("signature", signature(in: last, of: history)),
                Metric("syns", last.sendings),
                Metric("source_port", Int(history.initiator.port)),
                Metric("destination_port", Int(history.responder.port)),
            ],
            causes: last.reason.causes,
            checks: [
                Check(
                    on: history.responder.address.description,
                    "nstat -az TcpExtTCPMD5NotFound TcpExtTCPMD5Unexpected TcpExtTCPMD5Failure",
                    "The counter that rises shows whether the signature is missing, unexpected or wrong."
                ),
                Check(
                    on: history.initiator.address.description,
                    "",
                    """
                    Is the key for \(history.responder.address) the one that \(history.responder.address) has for \
                    \(history.initiator.address), and is it valid now?
                    """
                ),
            ],
            summary: summary(of: last, in: history),
            explanation: explanation(of: last, isKnownAlive, in: history)
        )
    }

    package static func summary(of many: Finding) -> String {
        """
        \(many.flows) connections from \(many.source) to \(many.destination) failed: the two ends disagree about TCP \
        signatures.
        """
    }

    private func isHeard(in history: History) -> Bool {
        history.capture.signed.isHeard(history.responder.address)
            || history.events.contains {
                !history.isFromInitiator($0) && $0.kind != .icmp && $0.kind != .formerConnection
            }
    }

    private func found(in incarnation: Incarnation, of history: History) -> Case? {
        guard !incarnation.isEstablished, let attempt = incarnation.attempts.last else {
            return nil
        }
        let syn = history.events[attempt.first]
        // Options that were not captured are unknown.
        guard !syn.options.contains(.cut), attempt.answers.allSatisfy({ isWhole($0, history) })
        else { return nil }
        let sendings = incarnation.attempts.reduce(0) { $0 + $1.sendings.count }
        func found(_ reason: Reason, _ answer: Int?) -> Case {
            Case(
                incarnation: incarnation,
                reason: reason,
                events: [attempt.first, answer].compactMap(\.self),
                sendings: sendings
            )
        }
        let signature = syn.options.intersection(.signature)
        let answers = attempt.answers.filter { history.events[$0].kind == .synAck }
        if let answer = answers.first {
            let other = history.events[answer].options.intersection(.signature)
            return other == signature ? nil : found(.unsignedAnswer, answer)
        }
        if syn.isSigned, let refusal = ignoredRefusal(of: attempt, in: history) {
            let isSigned = history.events[refusal].isSigned
            return found(isSigned ? .ignoredAnswer : .unsignedAnswer, refusal)
        }
        guard attempt.answers.isEmpty, attempt.end == nil, sendings > 1 else { return nil }
        if syn.isSigned { return found(.unanswered, nil) }
        let isSigner = history.capture.signed.signs(
            history.responder.address,
            for: history.initiator.address
        )
        return isSigner ? found(.missing, nil) : nil
    }

    private func isWhole(_ answer: Int, _ history: History) -> Bool {
        !history.events[answer].options.contains(.cut)
    }

    /// A RST for the SYN of an attempt after which the same SYN came again: its sender did not take
    /// it.
    private func ignoredRefusal(of attempt: Attempt, in history: History) -> Int? {
        history.events.indices.last { index in
            let event = history.events[index]
            return event.kind == .rst && !history.isFromInitiator(event)
                && event.flags.contains(.ack) && attempt.isAnswered(by: event.acknowledgment)
                && index < attempt.last && index > attempt.first
        }
    }

    private func signature(in found: Case, of history: History) -> String {
        let all = found.events.reduce(into: TCPOptions.Presence()) {
            $0.formUnion(history.events[$1].options)
        }
        return all.contains(.authentication)
            ? "TCP-AO" : all.contains(.md5Signature) ? "TCP MD5" : "none"
    }

    private func note(on event: Event) -> String {
        event.options.contains(.authentication)
            ? "signed with TCP-AO"
            : event.options.contains(.md5Signature) ? "signed with TCP MD5" : "without a signature"
    }

    private func summary(of found: Case, in history: History) -> String {
        let (initiator, responder) = (history.initiator.address, history.responder)
        let option = signature(in: found, of: history)
        switch found.reason {
        case .unsignedAnswer:
            let first = history.events[found.events[0]]
            guard first.isSigned else {
                return """
                    \(initiator) asked \(responder) without a signature, and the answer is signed with \(option).
                    """
            }
            return """
                \(initiator) signs its SYNs to \(responder) with \(option), and the answers are not signed with it: \
                \(initiator) drops them.
                """
        case .ignoredAnswer:
            return """
                \(initiator) and \(responder) both sign with \(option), and \(initiator) does not accept the answers: \
                their keys differ.
                """
        case .unanswered:
            return """
                \(initiator) signs its SYNs to \(responder) with \(option), and none of \(found.sendings) was answered.
                """
        case .missing:
            return """
                \(responder.address) signs its own SYNs to \(initiator), and did not answer \(found.sendings) SYNs \
                without a signature.
                """
        }
    }

    private func explanation(of found: Case, _ isKnownAlive: Bool, in history: History) -> String {
        let responder = history.responder.address
        switch found.reason {
        case .unsignedAnswer:
            return """
                Only one end has a key for the other, or a device on the path removed the option.
                """
        case .ignoredAnswer:
            return "The same SYN came again after the signed answer."
        case .unanswered where isKnownAlive:
            return """
                \(responder) is alive: it sent other packets. A different key, a missing one and an expired one look alike, \
                and a filter does too.
                """
        case .unanswered:
            return """
                A host without the same key drops them silently; one that is down looks the same. No packet of \
                \(responder) was captured.
                """
        case .missing:
            return "A host that has a key for a peer drops what the peer does not sign."
        }
    }

    /// What was seen of the disagreement.
    private enum Reason: String {
        case unsignedAnswer = "unsigned-answer"
        case ignoredAnswer = "ignored-answer"
        case unanswered
        case missing = "missing-signature"

        /// Whether the packets of both ends show it.
        var isSeen: Bool { self == .unsignedAnswer || self == .ignoredAnswer }

        var causes: [String] {
            switch self {
            case .unsignedAnswer: ["key-missing-on-one-side", "option-removed-on-the-way"]
            case .ignoredAnswer: ["different-keys", "key-expired"]
            case .unanswered:
                ["different-keys", "key-missing-on-one-side", "key-expired", "filter"]
            case .missing: ["key-missing-on-one-side", "option-removed-on-the-way"]
            }
        }
    }

    private struct Case {
        let incarnation: Incarnation
        let reason: Reason
        let events: [Int]
        let sendings: Int
    }
}
