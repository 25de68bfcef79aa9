import Tracking

/// Speaks when TCP options say what they must not say, or change on the way.
package struct OptionViolation: Detector {
    package static let manual = Manual(
        id: "option-violation",
        title: "invalid TCP options",
        group: .options,
        sees: """
            A SYN-ACK with a window scale, timestamps or SACK permitted that no SYN of the client offered; a \
            window scale above 14; a maximum segment size below 64 bytes; an option of impossible length; a \
            SYN-only option in another segment; an established connection that loses the timestamps both ends \
            had agreed on; or one SYN captured at two points with fewer options at the second (stripped).
            """,
        means: """
            A faulty stack, or a device on the path that rewrites options in one direction only: firewalls that \
            normalise TCP, WAN optimisers, SYN proxies. Two ends that disagree on the window scale misread each \
            other's windows by that factor, and the connection stalls or crawls.
            """,
        unless: """
            Options that the SYN-ACK leaves out are not a violation: SYN cookies do this, and any host may. A \
            smaller maximum segment size at the second point is a normal correction for tunnels. If the snap \
            length cuts the options off, nothing is reported.
            """,
        check: """
            Capture before and behind each firewall on the path: where do the options change? On both hosts: \
            sysctl net.ipv4.tcp_window_scaling, tcp_timestamps and tcp_sack, and ss -ti for what they agreed on.
            """,
        elsewhere: """
            Suricata: decode-event:tcp.opt_invalid_len.
            """,
        sources: [
            .rfc(7323, section: "2.2"), .rfc(7323, section: "2.3"), .rfc(7323, section: "3.2"),
            .rfc(2018, section: "2"), .rfc(9293, section: "3.7.1"),
        ],
        example: Exchange {
            client.syn(seq: 1000).options(
                .maximumSegmentSize(1460),
                .selectiveAcknowledgment,
                .windowScale(7)
            )
            client.syn(seq: 1000).options(.maximumSegmentSize(1460)).ttl(63).flagged
            server.synAck(seq: 5000, ack: 1001).options(.maximumSegmentSize(1460))
            client.ack(seq: 1001, ack: 5001)
        },
        nearMiss: Exchange {
            client.syn(seq: 1000).options(.maximumSegmentSize(1460), .windowScale(7))
            client.syn(seq: 1000).options(.maximumSegmentSize(1380), .windowScale(7)).ttl(63)
            server.synAck(seq: 5000, ack: 1001).options(.maximumSegmentSize(1380))
            client.ack(seq: 1001, ack: 5001)
        }
    )

    package static let needs: Signals? = [.oddOptions]

    package static let needsClock = false

    package static func blame(for finding: Finding) -> [FaultSide] {
        finding.party("sent_by").map { [.network, $0] } ?? [.network]
    }

    package init() {}

    package func examine(_ history: History) -> Finding? {
        let faults = history.incarnations.flatMap { incarnation in
            incarnation.events.flatMap { self.faults(at: $0, of: incarnation, in: history) }
        }
        guard let gravest = faults.min(by: { $0.kind.rank < $1.kind.rank }),
            let last = faults.last
        else { return nil }
        let event = history.events[gravest.event]
        return finding(
            in: history,
            incarnation: history.incarnation(of: last.event),
            reason: gravest.kind.name,
            severity: faults.map { severity(of: $0, in: history) }.max() ?? .note,
            confidence: gravest.kind.isByItself ? .high : .medium,
            count: faults.count,
            events: faults.map(\.event),
            note: { faults[$0].kind.phrase(of: history.events[faults[$0].event]) },
            metrics: [
                Metric("faults", faults.count),
                Metric("sent_by", history.isFromInitiator(event) ? "client" : "server"),
                Metric("window_scale", Int(event.windowScale)),
                Metric("mss", Int(event.maximumSegmentSize)),
                Metric("source_port", Int(history.initiator.port)),
                Metric("destination_port", Int(history.responder.port)),
                Metric("established", history.isEverEstablished),
            ],
            causes: gravest.kind.isStripped
                ? ["middlebox-strips-options"] : ["faulty-stack", "middlebox-rewrites-options"],
            checks: checks(in: history),
            summary: summary(of: gravest, among: faults, in: history),
            explanation: gravest.kind.rule
        )
    }

    /// A segment whose checksum is not known may be damaged: its options alone are no alarm.
    private func severity(of fault: Fault, in history: History) -> Severity {
        if case .option(.malformed) = fault.kind,
            history.events[fault.event].linkFacts.checksum == .unchecked
        {
            return .note
        }
        return fault.kind.severity
    }

    package static func summary(of many: Finding) -> String {
        """
        Options were invalid or changed on the path in \(many.flows) connections from \(many.source) to \
        \(many.destination).
        """
    }

    private func faults(at index: Int, of incarnation: Incarnation, in history: History) -> [Fault]
    {
        let event = history.events[index]
        // What was damaged after its sender had summed it up is not its sender's.
        if event.linkFacts.checksum == .wrong { return [] }
        if case .duplicate(let original) = history.interpretations[index] {
            let missing = stripped(from: history.events[original], in: event)
            return missing.isEmpty ? [] : [Fault(event: index, kind: .stripped(missing))]
        }
        var kinds = event.optionFaults.map(Fault.Kind.option)
        if event.kind == .synAck, isOffered(to: index, in: history) {
            let offers = incarnation.events.filter {
                history.events[$0].kind == .syn && history.events[$0].side != event.side
            }
            let offered = offers.reduce(into: TCPOptions.Presence()) {
                $0.formUnion(history.events[$1].options)
            }
            if !offers.isEmpty {
                kinds += event.optionFaults(inAnswerTo: offered).map(Fault.Kind.option)
            }
        }
        if losesTimestamps(index, of: incarnation, in: history) { kinds.append(.timestampsMissing) }
        return kinds.map { Fault(event: index, kind: $0) }
    }

    /// Whether the SYN that a SYN-ACK answers was captured.
    private func isOffered(to index: Int, in history: History) -> Bool {
        guard case .answer(let answer) = history.interpretations[index] else { return true }
        switch answer.subject {
        case .current, .stale: return true
        case .former, .unseen, .unsolicited: return false
        }
    }

    /// The options that the farther of two captures of a SYN lacks; the first of them is the nearer
    /// to its sender if its time to live is higher.
    private func stripped(from first: Event, in second: Event) -> TCPOptions.Presence {
        guard first.kind == .syn, first.timeToLive > second.timeToLive,
            first.options.union(second.options).isDisjoint(with: [.cut, .malformed])
        else { return [] }
        return first.options.subtracting(second.options)
    }

    /// Whether a segment lacks the timestamps that the handshake agreed on; a RST needs none.
    private func losesTimestamps(_ index: Int, of incarnation: Incarnation, in history: History)
        -> Bool
    {
        let event = history.events[index]
        guard let completion = incarnation.completion, index > completion,
            [.data, .ack, .fin].contains(event.kind), !event.hasTimestamps,
            event.options.isDisjoint(with: [.cut, .malformed])
        else { return false }
        let end = incarnation.attempts.first { $0.end == .completed(completion) }
        guard let attempt = end, let answer = attempt.answers.last(where: { $0 < completion })
        else {
            return false
        }
        return history.events[answer].kind == .synAck && history.events[answer].hasTimestamps
            && attempt.sendings.allSatisfy { history.events[$0].hasTimestamps }
            && history.events[completion].hasTimestamps
    }

    private func summary(of gravest: Fault, among faults: [Fault], in history: History) -> String {
        let event = history.events[gravest.event]
        let sender = history.endpoint(of: event)
        let others = faults.count - 1
        let more = others > 0 ? "; \(Wording.count(others, "more fault"))" : ""
        if case .stripped(let missing) = gravest.kind {
            return """
                A device on the path removed \(missing.names) from the SYN that \(sender.address) sent to \
                \(history.responder)\(more).
                """
        }
        let segment = event.kind == .synAck ? "SYN-ACK" : event.kind == .syn ? "SYN" : "segment"
        return "\(sender) sent a \(segment) \(gravest.kind.phrase(of: event))\(more)."
    }

    private func checks(in history: History) -> [Check] {
        let command: Command = """
            tcpdump -nvi any host \(history.initiator.address) and tcp port \(history.responder.port) and \
            'tcp[tcpflags] & tcp-syn != 0'
            """
        return [
            Check(
                on: history.responder.address.description,
                command,
                "If the options differ from those here, a device in between changes them."
            )
        ]
    }

    fileprivate struct Fault {
        let event: Int
        let kind: Kind

        enum Kind {
            case option(OptionFault)
            /// Captured again without these.
            case stripped(TCPOptions.Presence)
            case timestampsMissing
        }
    }
}

extension OptionViolation.Fault.Kind {
    fileprivate var name: String {
        switch self {
        case .option(let fault): fault.rawValue
        case .stripped: "stripped"
        case .timestampsMissing: "timestamps-missing"
        }
    }

    /// The gravest first.
    fileprivate var rank: Int {
        switch self {
        case .option(let fault): OptionFault.allCases.firstIndex(of: fault) ?? 0
        case .stripped: OptionFault.allCases.count
        case .timestampsMissing: OptionFault.allCases.count + 1
        }
    }

    fileprivate var severity: Severity {
        switch self {
        case .option(.selectiveAcknowledgmentNotOffered), .option(.outsideSyn), .stripped,
            .timestampsMissing:
            .note
        case .option: .warning
        }
    }

    /// Whether the segment alone proves it.
    fileprivate var isByItself: Bool {
        switch self {
        case .option(.windowScaleTooLarge), .option(.segmentSizeTooSmall), .option(.malformed),
            .option(.outsideSyn), .stripped:
            true
        case .option, .timestampsMissing: false
        }
    }

    fileprivate var isStripped: Bool {
        if case .stripped = self { true } else { false }
    }

    fileprivate func phrase(of event: Event) -> String {
        switch self {
        case .option(.windowScaleTooLarge):
            "with a window scale of \(event.windowScale); the maximum is 14"
        case .option(.segmentSizeTooSmall):
            "with a maximum segment size of \(event.maximumSegmentSize) bytes"
        case .option(.windowScaleNotOffered):
            "with a window scale of \(event.windowScale), which no SYN had offered"
        case .option(.timestampsNotOffered): "with timestamps, which no SYN had offered"
        case .option(.selectiveAcknowledgmentNotOffered):
            "with SACK permitted, which no SYN had offered"
        case .option(.malformed): "with an option of impossible length"
        case .option(.outsideSyn): "without SYN, with options that only a SYN carries"
        case .stripped(let missing): "the same SYN further on, without \(missing.names)"
        case .timestampsMissing: "without the timestamps that both ends had agreed on"
        }
    }

    /// What the rule says, and what follows where it is broken.
    fileprivate var rule: String {
        switch self {
        case .option(.windowScaleTooLarge):
            "A receiver treats it as 14 (RFC 7323 §2.3). If the sender does not, all its windows are misread."
        case .option(.segmentSizeTooSmall):
            "A sender that obeys has no room for data; Linux uses at least 88 bytes, other stacks 536."
        case .option(.windowScaleNotOffered):
            """
            An end that did not offer it does not scale (RFC 7323 §2.2). If the other end does, every window is \
            misread by that factor.
            """
        case .option(.timestampsNotOffered):
            """
            An end that did not offer them sends none (RFC 7323 §3.2). If the other end insists, it drops every \
            segment.
            """
        case .option(.selectiveAcknowledgmentNotOffered):
            "Harmless: each end says for itself that it understands selective acknowledgments (RFC 2018 §2)."
        case .option(.malformed):
            "A receiver stops parsing there, so all options after it are lost."
        case .option(.outsideSyn):
            "A receiver ignores them there (RFC 7323 §2.2, RFC 2018 §2)."
        case .stripped:
            "The server never sees them, so the connection does without."
        case .timestampsMissing:
            "Every segment but a RST must carry them then, and a receiver may drop those without (RFC 7323 §3.2)."
        }
    }
}

extension TCPOptions.Presence {
    /// `window scale and timestamps`.
    fileprivate var names: String {
        let all: [(TCPOptions.Presence, String)] = [
            (.maximumSegmentSize, "maximum segment size"), (.windowScale, "window scale"),
            (.selectiveAcknowledgment, "SACK permitted"), (.timestamps, "timestamps"),
            (.fastOpen, "Fast Open"),
        ]
        return Wording.list(all.filter { contains($0.0) }.map(\.1))
    }
}
