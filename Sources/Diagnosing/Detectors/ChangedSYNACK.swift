import Tracking

/// Speaks when SYN-ACKs to one SYN carry different ISNs of the responder.
package struct ChangedSYNACK: Detector {
    package static let manual = Manual(
        id: "syn-ack-changed",
        title: "conflicting SYN-ACKs",
        group: .network,
        sees: """
            Two or more SYN-ACKs acknowledge the same client ISN but carry different server ISNs, and no RST in \
            between could have cleared the first. If the SYN was not sent again in between, two machines answer \
            (two-responders). If it was, and time to live, network card or options differ, it reached another \
            machine (rebalanced). Otherwise the server made a new answer (regenerated).
            """,
        means: """
            Two machines hold the address: a duplicate address or virtual IP, a SYN that the path delivers \
            twice, or a load balancer that sends the retransmitted SYN to another backend. The client takes the \
            first SYN-ACK; what it sends next may reach the other machine, which resets it. A single server \
            changes its ISN only if it keeps no state, as with SYN cookies.
            """,
        unless: """
            Each SYN of a burst may have its own answer with its own ISN. After a RST, or a minute without a \
            SYN-ACK, a new entry has a new ISN. One SYN-ACK captured on both sides of a device that rewrites \
            sequence numbers counts once.
            """,
        check: """
            Whether two machines answer for the address (arping -b, or the MAC addresses of the SYN-ACKs), how \
            the load balancer keeps a connection on its backend, and nstat -az TcpExtSyncookiesSent.
            """,
        elsewhere: """
            Suricata: stream-event:3whs_synack_resend_with_diff_seq.
            """,
        sources: [
            .rfc(9293, section: "3.4.1"), .rfc(9293, section: "3.10.7.4"),
            .rfc(4987, section: "3.6"),
        ],
        followsFrom: ["duplicate-address", "syn-cookie", "syn-flood"],
        example: Exchange(to: "198.51.100.20:80") {
            client.syn(seq: 1000)
            pause(.milliseconds(6))
            server.synAck(seq: 5000, ack: 1001).flagged
            server.synAck(seq: 3_905_000_000, ack: 1001).ttl(61).flagged
            client.ack(seq: 1001, ack: 5001)
            client.data(seq: 1001, ack: 5001, length: 48)
            server.ack(seq: 5001, ack: 1049)
        },
        nearMiss: Exchange(to: "198.51.100.20:80") {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.syn(seq: 71_000).after(.milliseconds(700))
            server.synAck(seq: 905_000, ack: 71_001)
            client.ack(seq: 71_001, ack: 905_001)
        }
    )

    /// A half-open entry lives no longer without a SYN-ACK, in nanoseconds: Linux sends its last 31
    /// s after the first and waits as long again.
    private static let entryLifetime: Int64 = 60_000_000_000
    /// Two captures of one packet lie within this time, in nanoseconds.
    private static let duplicateWindow: Int64 = 5_000_000
    /// What stacks begin to count hops from.
    private static let initialTimesToLive: Set<UInt8> = [64, 128, 255]

    package static let needs: Signals? = [.severalAnswers]

    package static func blame(for finding: Finding) -> [FaultSide] {
        [.server, .network]
    }

    package init() {}

    package func examine(_ history: History) -> Finding? {
        let stories = history.incarnations.flatMap { incarnation in
            incarnation.attempts.compactMap { story(of: $0, in: incarnation, history) }
        }
        guard let story = stories.first(where: { $0.kind != .regenerated }) ?? stories.first else {
            return nil
        }
        let resets = resets(of: story, in: history)
        return finding(
            in: history,
            incarnation: story.incarnation,
            reason: story.kind.rawValue,
            severity: severity(of: story, in: history),
            confidence: story.marks.isEmpty ? .medium : .high,
            count: stories.count,
            events: story.answers,
            note: { note(on: story.answers[$0], of: story, in: history) },
            metrics: [
                Metric("synacks", story.answers.count),
                Metric("server_isns", story.isns.count),
                Metric("syns", story.attempt.sendings.count),
                Metric("gap_us", nanoseconds: history.delay(from: story.former, to: story.changed)),
                Metric("differs_in", story.marks.joined(separator: ",")),
                Metric("client_resets", resets.count),
                Metric("source_port", Int(history.initiator.port)),
                Metric("destination_port", Int(history.responder.port)),
                Metric("established", history.isEverEstablished),
            ],
            causes: story.kind.causes,
            checks: checks(of: story, in: history),
            summary: summary(of: story, in: history),
            explanation: explanation(of: story, resets, in: history)
        )
    }

    package static func summary(of many: Finding) -> String {
        "\(many.destination) answered single SYNs of \(many.flows) connections from \(many.source) with different SYN-ACKs."
    }

    private func story(
        of attempt: Attempt,
        in incarnation: Incarnation,
        _ history: History
    ) -> Story? {
        let answers = attempt.answers.filter { history.events[$0].kind == .synAck }
        // A device that rewrites ISNs, captured on both its sides, changes those of the answers
        // too.
        guard attempt.rewritten == nil,
            let (former, changed) = change(among: answers, in: incarnation, history)
        else { return nil }
        let marks = differences(former, changed, in: history)
        let isAskedAgain = isAskedAgain(answers, changed, by: attempt, in: history)
        // So much later, the capture may have missed a sending of the SYN.
        let mayBeAsked =
            isAskedAgain
            || history.delay(from: former, to: changed) >= TimingTolerance.shortestHandshakeTimer
        let kind: Kind =
            mayBeAsked && marks.isEmpty
            ? .regenerated : isAskedAgain ? .rebalanced : .twoResponders
        return Story(
            incarnation: incarnation,
            attempt: attempt,
            answers: answers,
            isns: Set(answers.map { history.events[$0].sequence }),
            former: former,
            changed: changed,
            marks: marks,
            isAskedAgain: isAskedAgain,
            kind: kind
        )
    }

    /// Whether there were as many sendings of the SYN as there are different answers up to
    /// `changed`.
    private func isAskedAgain(
        _ answers: [Int],
        _ changed: Int,
        by attempt: Attempt,
        in history: History
    ) -> Bool {
        let isns = Set(answers.prefix { $0 <= changed }.map { history.events[$0].sequence })
        let sendings = attempt.sendings.count {
            history.delay(from: changed, to: $0) <= TimingTolerance.reordering
        }
        return sendings >= isns.count
    }

    /// Two neighbours of different ISN: the first change that nothing else explains.
    private func change(
        among answers: [Int],
        in incarnation: Incarnation,
        _ history: History
    ) -> (former: Int, changed: Int)? {
        for (former, changed) in zip(answers, answers.dropFirst()) {
            let (first, second) = (history.events[former], history.events[changed])
            guard first.sequence != second.sequence,
                !isSamePacket(first, second),
                second.time - history.events[answers[0]].time < Self.entryLifetime
            else { continue }
            // Once either end is done, a late copy of the SYN begins anew.
            let isCleared = (former..<changed).contains { index in
                [.rst, .fin].contains(history.events[index].kind)
            }
            if !isCleared { return (former, changed) }
        }
        return nil
    }

    /// Whether two SYN-ACKs are one on both sides of a device that rewrites sequence numbers.
    private func isSamePacket(_ first: Event, _ second: Event) -> Bool {
        (second.time - first.time).magnitude <= UInt64(Self.duplicateWindow)
            && first.identification == second.identification && first.identification != 0
            && first.timestampValue == second.timestampValue
            && first.options == second.options && first.window == second.window
    }

    /// What two machines differ in, and one does not.
    private func differences(_ former: Int, _ changed: Int, in history: History) -> [String] {
        let (first, second) = (history.events[former], history.events[changed])
        var marks: [String] = []
        if first.timeToLive != second.timeToLive { marks.append("ttl") }
        // What comes through routers may come through another router without being of another
        // machine.
        let isNear = [first, second].allSatisfy { Self.initialTimesToLive.contains($0.timeToLive) }
        if isNear, first.linkFacts.source != second.linkFacts.source { marks.append("mac") }
        let isOther =
            first.options != second.options || first.optionOrder != second.optionOrder
            || first.windowScale != second.windowScale
            || first.maximumSegmentSize != second.maximumSegmentSize
        if isOther, !isCookie(first), !isCookie(second) { marks.append("options") }
        return marks
    }

    /// Whether a SYN-ACK has so few options that a SYN cookie of the same machine may have them.
    private func isCookie(_ event: Event) -> Bool { event.options.usualCount <= 1 }

    private func resets(of story: Story, in history: History) -> [Int] {
        story.incarnation.events.suffix(from: story.changed).filter {
            history.events[$0].kind == .rst && history.isFromInitiator(history.events[$0])
        }
    }

    private func severity(of story: Story, in history: History) -> Severity {
        guard story.incarnation.isEstablished else {
            return story.kind == .regenerated ? .warning : .error
        }
        return story.kind == .regenerated ? .note : .warning
    }

    private func note(on answer: Int, of story: Story, in history: History) -> String {
        let isFirst = history.events[answer].sequence == history.events[story.answers[0]].sequence
        let delay = Wording.duration(history.delay(from: story.answers[0], to: answer))
        if answer == story.answers[0] { return "the first answer to the SYN" }
        return isFirst
            ? "the first answer again, \(delay) later"
            : "another ISN for the same SYN, \(delay) after the first answer"
    }

    private func summary(of story: Story, in history: History) -> String {
        let time = history.delay(from: story.answers[0], to: story.changed)
        let who =
            switch story.kind {
            case .twoResponders where story.marks.isEmpty:
                "it answered two copies of the SYN, or two machines answer for that address"
            case .twoResponders: "at least two machines answer for that address"
            case .rebalanced: "the retransmitted SYN reached another machine"
            case .regenerated: "it keeps no state between them, or another machine answered"
            }
        return """
            \(history.responder) answered one SYN from \(history.initiator) with SYN-ACKs of \(story.isns.count) different \
            ISNs within \(Wording.duration(time)): \(who).
            """
    }

    private func explanation(of story: Story, _ resets: [Int], in history: History) -> String {
        let (first, second) = (history.events[story.former], history.events[story.changed])
        var sentences = [
            "Packets \(first.packet) (Seq=\(first.sequence)) and \(second.packet) (Seq=\(second.sequence)) both acknowledge \(second.acknowledgment)."
        ]
        let differ = [
            story.marks.contains("ttl")
                ? "in time to live (\(first.timeToLive) and \(second.timeToLive))" : nil,
            story.marks.contains("mac") ? "in source MAC address" : nil,
            story.marks.contains("options") ? "in options" : nil,
        ].compactMap(\.self)
        let alike = "Their time to live and options are the same."
        sentences.append(differ.isEmpty ? alike : "They differ \(Wording.list(differ)).")
        sentences.append(
            "The SYN was \(story.isAskedAgain ? "" : "not ")sent again before the second\(story.isAskedAgain ? "" : ", as far as was captured")."
        )
        if !resets.isEmpty {
            sentences.append("The client answered with \(Wording.count(resets.count, "RST")).")
        }
        return sentences.joined(separator: " ")
    }

    private func checks(of story: Story, in history: History) -> [Check] {
        let arping = Check(
            on: history.initiator.address.description,
            "arping -b -c 3 \(history.responder.address)",
            "Two MAC addresses that answer mean a duplicate address. (Run it on the server's own network)"
        )
        let cookies = Check(
            on: history.responder.address.description,
            "nstat -az TcpExtSyncookiesSent TcpExtSyncookiesFailed TcpExtEmbryonicRsts",
            "If SyncookiesSent rises, the server answers with SYN cookies."
        )
        return story.kind == .regenerated ? [cookies, arping] : [arping, cookies]
    }

    /// Who made the second answer.
    private enum Kind: String {
        case regenerated, rebalanced
        case twoResponders = "two-responders"

        var causes: [String] {
            switch self {
            case .regenerated: ["syn-cookie", "load-balancer-without-persistence"]
            case .rebalanced: ["load-balancer-without-persistence", "duplicate-address"]
            case .twoResponders: ["duplicate-address", "syn-duplicated-on-the-way"]
            }
        }
    }

    private struct Story {
        let incarnation: Incarnation
        let attempt: Attempt
        /// All SYN-ACKs to the attempt, in order.
        let answers: [Int]
        let isns: Set<SequenceNumber>
        /// Two neighbours of different ISN.
        let former: Int
        let changed: Int
        /// What they differ in besides.
        let marks: [String]
        /// Whether the SYN was sent often enough for each ISN to answer a sending of its own.
        let isAskedAgain: Bool
        let kind: Kind
    }
}
