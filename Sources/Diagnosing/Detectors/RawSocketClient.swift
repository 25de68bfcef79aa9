import Tracking

/// Speaks when the initiator's own stack resets what another sender on the same host had asked for.
package struct RawSocketClient: Detector {
    package static let manual = Manual(
        id: "raw-socket-client",
        title: "host resets the answers to its own SYNs",
        group: .network,
        sees: """
            The client rejects every SYN-ACK for its newest SYN with an immediate RST, of the form that a stack \
            without a socket sends. Either the SYN had no options but the segment size and was answered within 1 \
            s (bare-syn). Or the same SYN was sent again after the RST, with its usual options and the RST's \
            time to live (goes-on).
            """,
        means: """
            A program that builds its own segments made the SYN: a port scanner, or a TCP stack in user space. \
            The kernel of the host has no socket for the answer and resets it. A scanner wants exactly that. For \
            a user-space stack it ends every connection before it begins.
            """,
        unless: """
            A kernel whose connect() was abandoned resets a late SYN-ACK and sends no further SYN. A SYN-ACK \
            with an unexplained timestamp echo, or one that acknowledges an older SYN, is rightly rejected. A \
            correct SYN-ACK is also rejected if address translation brings it back under another address.
            """,
        check: """
            On the client: which process holds a raw or packet socket (ss -0anp, ss -wanp), and whether a rule \
            drops the kernel's outgoing RSTs, as user-space stacks require.
            """,
        elsewhere: """
            nmap: half-open (SYN) scan.
            """,
        sources: [
            .rfc(9293, section: "3.10.7.1"),
            .page("nmap(1): TCP SYN scan"),
        ],
        followsFrom: ["port-scan", "syn-flood"],
        example: Exchange(from: "192.0.2.10:41337", to: "198.51.100.20:443") {
            client.syn(seq: 1000, win: 1024).options(.maximumSegmentSize(1460)).ttl(52)
            server.synAck(seq: 5000, ack: 1001).options(.maximumSegmentSize(1460))
            client.rst(seq: 1001).flagged
        },
        nearMiss: Exchange(from: "192.0.2.10:41337", to: "198.51.100.20:443") {
            client.syn(seq: 1000, win: 5840).options(.maximumSegmentSize(1460))
            client.syn(seq: 1000, win: 5840).options(.maximumSegmentSize(1460)).after(.seconds(3))
            server.synAck(seq: 5000, ack: 1001).options(.maximumSegmentSize(1460))
                .after(.seconds(6))
            client.rst(seq: 1001)
        }
    )

    /// Nobody gives up a connect() so soon after its SYN, and a RST comes no later, in nanoseconds.
    private static let soon: Int64 = 1_000_000_000

    package static let needs: Signals? = [.answer, .rejection]

    package static func blame(for finding: Finding) -> [FaultSide] {
        [.client]
    }

    package init() {}

    package func examine(_ history: History) -> Finding? {
        let stories = history.incarnations.compactMap { story(of: $0, in: history) }
        guard let story = stories.last, let first = story.rejections.first else { return nil }
        let syn = history.events[first.syn]
        let reset = history.events[first.reset]
        return finding(
            in: history,
            incarnation: story.incarnation,
            reason: story.kind.rawValue,
            severity: .note,
            confidence: story.kind == .bareSYN ? .medium : .low,
            status: story.kind == .bareSYN ? .likely : .possible,
            count: story.rejections.count,
            events: story.rejections.map(\.reset),
            note: { note(on: story.rejections[$0], in: history) },
            metrics: [
                Metric("resets", story.rejections.count),
                Metric("syns", story.incarnation.attempts.reduce(0) { $0 + $1.sendings.count }),
                Metric("syn_window", Int(syn.window)),
                Metric("syn_options", syn.options.usualCount),
                Metric("syn_ttl", Int(syn.timeToLive)),
                Metric("rst_ttl", Int(reset.timeToLive)),
                Metric(
                    "delay_us",
                    nanoseconds: history.delay(from: first.answer, to: first.reset)
                ),
                Metric("source_port", Int(history.initiator.port)),
                Metric("destination_port", Int(history.responder.port)),
            ],
            causes: story.kind == .bareSYN
                ? ["scanner", "user-space-stack"]
                : ["user-space-stack", "answer-translated-wrongly"],
            checks: checks(in: history),
            summary: summary(of: story, in: history),
            explanation: explanation(of: story, syn, reset, in: history)
        )
    }

    package static func summary(of many: Finding) -> String {
        "\(many.source) immediately reset the correct SYN-ACKs of \(many.flows) connections to \(many.destination), as a raw-socket tool does."
    }

    private func story(of incarnation: Incarnation, in history: History) -> Story? {
        guard incarnation.completion == nil, !incarnation.attempts.isEmpty else { return nil }
        let rejections = rejections(in: incarnation, of: history)
        guard !rejections.isEmpty,
            rejections.count == currentAnswers(in: incarnation, of: history).count
        else { return nil }
        let syns = incarnation.attempts.map { history.events[$0.first] }
        let isBare = syns.allSatisfy {
            $0.options.subtracting(.maximumSegmentSize).isEmpty
        }
        if isBare {
            let isPrompt = rejections.allSatisfy {
                history.delay(from: $0.syn, to: $0.answer) <= Self.soon
            }
            return isPrompt
                ? Story(incarnation: incarnation, rejections: rejections, kind: .bareSYN) : nil
        }
        let goesOn = rejections.contains { rejection in
            incarnation.attempt(rejection.attempt).last > rejection.reset
        }
        let isOwn = rejections.allSatisfy {
            history.events[$0.syn].timeToLive == history.events[$0.reset].timeToLive
        }
        return goesOn && isOwn && rejections.count > 1
            ? Story(incarnation: incarnation, rejections: rejections, kind: .goesOn) : nil
    }

    private func currentAnswers(in incarnation: Incarnation, of history: History) -> [(Int, Int)] {
        history.answers(in: incarnation.events).compactMap { event, answer in
            if case .current(let attempt) = answer.subject { (event, attempt) } else { nil }
        }
    }

    /// The right SYN-ACKs that the initiator rejects at once; one that echoes a timestamp of no SYN
    /// is not right.
    private func rejections(in incarnation: Incarnation, of history: History) -> [Rejection] {
        currentAnswers(in: incarnation, of: history).compactMap { answer, ordinal in
            guard ordinal <= incarnation.attempts.count,
                let syn = incarnation.attempt(ordinal).sendings.last(where: { $0 < answer }),
                case .answer(let interpretation) = history.interpretations[answer],
                let reset = incarnation.events.first(where: { index in
                    guard case .reset(let reset) = history.interpretations[index] else {
                        return false
                    }
                    return reset.rule == .rejects(answer)
                })
            else { return nil }
            let event = history.events[answer]
            let isForeign =
                interpretation.linked.isEmpty && event.timestampEcho != 0
                && history.events[syn].hasTimestamps
            let delay = history.delay(from: answer, to: reset)
            guard !isForeign, delay <= Self.soon, history.isFromInitiator(history.events[reset])
            else { return nil }
            return Rejection(attempt: ordinal, syn: syn, answer: answer, reset: reset)
        }
    }

    private func note(on rejection: Rejection, in history: History) -> String {
        "rejects packet \(history.events[rejection.answer].packet), the correct answer to packet \(history.events[rejection.syn].packet)"
    }

    private func summary(of story: Story, in history: History) -> String {
        let (initiator, responder) = (history.initiator, history.responder)
        let count = story.rejections.count
        let what = count == 1 ? "the correct SYN-ACK" : "each of \(count) correct SYN-ACKs"
        return switch story.kind {
        case .bareSYN:
            "\(initiator) sent a SYN without the usual options and reset \(what) from \(responder): a scanner or another raw-socket program."
        case .goesOn:
            "\(initiator) reset \(what) from \(responder) and went on sending SYNs: the program that sends them does not know of the RST."
        }
    }

    private func explanation(
        of story: Story,
        _ syn: Event,
        _ reset: Event,
        in history: History
    ) -> String {
        let (sent, left) = (syn.timeToLive, reset.timeToLive)
        let hops =
            sent == left
            ? "SYN and RST have the same time to live (\(sent)), so one host may have sent both."
            : "The SYN has a time to live of \(sent) and the RST \(left), so two programs made them."
        switch story.kind {
        case .bareSYN:
            return
                "The SYN had a window of \(syn.window) and \(Wording.count(syn.options.usualCount, "option")); the RST comes from a kernel without a socket on port \(history.initiator.port). \(hops)"
        case .goesOn:
            return
                "A kernel that rejects a SYN-ACK has no connection to send SYNs for. \(hops) Either a user-space stack sends the SYNs beside the kernel; or a device translates the SYN's address and not the answer's, which then comes from an address that the client never called."
        }
    }

    private func checks(in history: History) -> [Check] {
        let initiator = history.initiator
        return [
            Check(
                on: initiator.address.description,
                "ss -0anp; ss -wanp",
                "Names the process that holds a packet or raw socket."
            ),
            Check(
                on: initiator.address.description,
                "nft list ruleset | grep -i rst; iptables -S OUTPUT | grep -i rst",
                "User-space stacks need a rule that drops the kernel's RSTs from port \(initiator.port)."
            ),
            Check(
                on: history.responder.address.description,
                "ip route get \(initiator.address)",
                "If a device on the way translates addresses, the answer must return through it."
            ),
        ]
    }

    /// What gives the raw socket away.
    private enum Kind: String {
        case bareSYN = "bare-syn"
        case goesOn = "goes-on"
    }

    private struct Rejection {
        let attempt: Int
        let syn: Int
        let answer: Int
        let reset: Int
    }

    private struct Story {
        let incarnation: Incarnation
        /// Never empty.
        let rejections: [Rejection]
        let kind: Kind
    }
}
