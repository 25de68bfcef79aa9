import Tracking

/// Speaks when a responder goes on with its SYN-ACK although the handshake was completed.
package struct AcceptQueueOverflow: Detector {
    package static let manual = Manual(
        id: "accept-queue-overflow",
        title: "accept queue overflow",
        group: .slowness,
        sees: """
            The client completed the handshake and sent data. The server acknowledges none of it and repeats the \
            SYN-ACK, at least 0.9 s after the previous one and after the ACK must have arrived. With a bare ACK \
            and no data it is a note.
            """,
        means: """
            The server's accept queue is full: the application does not accept fast enough, so the kernel drops \
            the ACK and the data and keeps the half-open entry. The client sees an established connection that \
            never answers.
            """,
        unless: """
            With TCP_DEFER_ACCEPT a Linux listener ignores the bare ACK on purpose and wakes at the first data; its \
            repeated SYN-ACK echoes the timestamp of that ACK. \
            A lost ACK looks the same until the client sends data, which completes the handshake. On a path \
            slower than the timer the SYN-ACK and the ACK merely cross.
            """,
        check: """
            On the server: ss -lnt (Recv-Q at or above Send-Q), nstat -az TcpExtListenOverflows \
            TcpExtListenDrops, net.core.somaxconn and the listener's backlog. Then find out what keeps the \
            application from calling accept().
            """,
        elsewhere: """
            Wireshark: TCP Retransmission of the SYN-ACK. Linux: TcpExtListenOverflows.
            """,
        sources: [
            .rfc(9293, section: "3.10.7.4"),
            .page("listen(2), tcp(7): tcp_abort_on_overflow, TCP_DEFER_ACCEPT"),
        ],
        followsFrom: ["syn-flood"],
        example: Exchange(to: "198.51.100.20:8080") {
            client.syn(seq: 1000, tsval: 70)
            server.synAck(seq: 5000, ack: 1001, tsecr: 70)
            client.ack(seq: 1001, ack: 5001)
            client.data(seq: 1001, ack: 5001, length: 29).after(.milliseconds(200)).flagged
            client.data(seq: 1001, ack: 5001, length: 29).after(.milliseconds(300)).flagged
            server.synAck(seq: 5000, ack: 1001, tsecr: 70).after(.milliseconds(500)).flagged
            client.ack(seq: 1030, ack: 5001)
            client.data(seq: 1001, ack: 5001, length: 29).after(.milliseconds(500)).flagged
            server.synAck(seq: 5000, ack: 1001, tsecr: 70).after(.milliseconds(1500)).flagged
            client.ack(seq: 1030, ack: 5001)
        },
        nearMiss: Exchange(to: "198.51.100.20:8080") {
            client.syn(seq: 1000, tsval: 70)
            server.synAck(seq: 5000, ack: 1001, tsecr: 70).after(.milliseconds(900))
            client.ack(seq: 1001, ack: 5001)
            client.data(seq: 1001, ack: 5001, length: 29)
            server.synAck(seq: 5000, ack: 1001, tsecr: 70).after(.milliseconds(150))
            client.ack(seq: 1030, ack: 5001)
            server.ack(seq: 5001, ack: 1030).after(.milliseconds(750))
        }
    )

    /// Data that was sent so much longer ago than a round trip has arrived, in nanoseconds.
    private static let acknowledgmentDelay: Int64 = 200_000_000
    /// Data sent so often was not taken.
    private static let manySendings = 3

    package static let needs: Signals? = [.severalAnswers, .completion]

    package static let saysToo: [any Detector.Type] = [RetransmittedSYNACK.self]

    package static func blame(for finding: Finding) -> [FaultSide] {
        finding.viewpoint.vantage == .server ? [.server] : [.server, .network]
    }

    package init() {}

    package func examine(_ history: History) -> Finding? {
        let stories = history.incarnations.compactMap { story(of: $0, in: history) }
        guard let story = stories.last(where: { !$0.data.isEmpty }) ?? stories.last else {
            return nil
        }
        let hasData = !story.data.isEmpty
        let (initiator, responder) = (history.initiator.address, history.responder)
        let times = Wording.times(story.copies.count)
        return finding(
            in: history,
            incarnation: story.incarnation,
            reason: hasData ? "data-ignored" : "ack-ignored",
            severity: !story.isIgnored ? .note : story.ending == .recovered ? .warning : .error,
            // Elsewhere the data may have been lost behind the capture.
            confidence: hasData ? history.vantage == .server ? .high : .medium : .low,
            status: hasData ? .likely : .possible,
            count: 1,
            events: (story.copies + story.data).sorted(),
            note: { note(on: (story.copies + story.data).sorted()[$0], of: story, in: history) },
            metrics: [
                Metric("synack_retransmissions", story.copies.count),
                Metric("ignored_data_segments", story.data.count),
                Metric("ending", story.ending.rawValue),
                Metric("at_server", history.vantage == .server),
                Metric("span_us", nanoseconds: span(of: story, in: history)),
                Metric("source_port", Int(history.initiator.port)),
                Metric("destination_port", Int(responder.port)),
            ],
            causes: hasData
                ? ["accept-queue-full"]
                : ["accept-queue-full", "deferred-accept", "ack-lost-behind-the-capture"],
            checks: [
                Check(
                    on: responder.address.description,
                    "ss -lnt sport = :\(responder.port)",
                    "Recv-Q at or above Send-Q: the accept queue is full."
                ),
                Check(
                    on: responder.address.description,
                    "nstat -az TcpExtListenOverflows TcpExtListenDrops",
                    "If they rise with every connection, the accept queue overflows."
                ),
            ],
            summary: hasData
                ? """
                \(responder) ignored the completed handshake and the data from \(initiator), and repeated its SYN-ACK \
                \(times)\(history.vantage == .server ? "" : ": its accept queue is full, or the ACKs were lost on the way").
                """
                : "\(responder) repeated its SYN-ACK \(times) although \(initiator) had completed the handshake.",
            explanation: explanation(of: story, in: history)
        )
    }

    package static func summary(of many: Finding) -> String {
        let isAtServer = many[metric: "at_server"] == .flag(true)
        return """
            \(many.destination) ignored the completed handshakes of \(many.flows) connections from \(many.source): its accept \
            queue is full\(isAtServer ? "" : ", or their ACKs do not reach it").
            """
    }

    private func story(of incarnation: Incarnation, in history: History) -> Story? {
        guard let completion = incarnation.completion,
            let first = incarnation.answers.first(where: { $0 < completion })
        else { return nil }
        let answer = history.events[first]
        let attempt = incarnation.attempts.last { $0.answers.contains(first) }
        let roundTrip = attempt.map {
            history.delay(from: history.sending(of: $0, answeredBy: first), to: first)
        }
        var before = incarnation.answers.last { $0 < completion } ?? first
        var copies: [Int] = []
        for copy in incarnation.answers where copy > completion {
            defer { before = copy }
            let isTimely =
                history.delay(from: before, to: copy) >= TimingTolerance.shortestHandshakeTimer
                && history.delay(from: completion, to: copy) > roundTrip ?? 0
            if history.events[copy].sequence == answer.sequence, isTimely { copies.append(copy) }
        }
        // A client that was established sends no SYN: what it completed is in the capture twice.
        let isDoubled = incarnation.events.suffix(from: completion).contains { index in
            history.isFromInitiator(history.events[index]) && history.events[index].kind == .syn
        }
        guard let firstCopy = copies.first, !isDoubled else { return nil }
        let later = incarnation.events.suffix(from: completion + 1)
        let data = later.filter {
            history.isFromInitiator(history.events[$0]) && history.events[$0].payloadLength > 0
        }
        // What was acknowledged before the SYN-ACK came again was not ignored.
        if isTaken(after: completion, before: firstCopy, in: incarnation, history) { return nil }
        let last = copies[copies.count - 1]
        let isReset = later.contains {
            $0 > firstCopy && history.events[$0].kind == .rst
                && !history.isFromInitiator(history.events[$0])
        }
        let isRecovered =
            isTaken(after: last, before: .max, in: incarnation, history)
            || isServed(incarnation, answer, history)
        return Story(
            incarnation: incarnation,
            completion: completion,
            copies: copies,
            data: data.filter { $0 < last || !isRecovered },
            isIgnored: isIgnored(data, beside: copies, roundTrip ?? 0, history)
                && !isEchoed(copies, in: incarnation, history)
                && !(isRecovered && isSentOnce(data, history)),
            isEchoed: isEchoed(copies, in: incarnation, history),
            ending: isReset ? .reset : isRecovered ? .recovered : .open
        )
    }

    /// Whether data was ignored, and not only late on a long way: the SYN-ACK came again more than
    /// a round trip after it, or it was sent three times.
    private func isIgnored(
        _ data: [Int],
        beside copies: [Int],
        _ roundTrip: Int64,
        _ history: History
    ) -> Bool {
        guard let first = data.first, let last = copies.last else { return false }
        return history.delay(from: first, to: last) > roundTrip + Self.acknowledgmentDelay
            || data.count >= Self.manySendings
    }

    /// Whether a repeated SYN-ACK echoes a timestamp of the client's that no SYN carried.
    ///
    /// Then the ACK had arrived: a full queue drops it unread.
    private func isEchoed(
        _ copies: [Int],
        in incarnation: Incarnation,
        _ history: History
    ) -> Bool {
        let sent = incarnation.events.map { history.events[$0] }.filter {
            history.isFromInitiator($0) && $0.hasTimestamps
        }
        let ofSYNs = Set(sent.filter { $0.kind == .syn }.map(\.timestampValue))
        let others = Set(sent.filter { $0.isOfConnection }.map(\.timestampValue))
        return !ofSYNs.isEmpty
            && copies.contains {
                let event = history.events[$0]
                return event.hasTimestamps && !ofSYNs.contains(event.timestampEcho)
                    && others.contains(event.timestampEcho)
            }
    }

    /// Whether the first data was sent but once: what a full queue drops must be sent again before
    /// anything acknowledges it.
    private func isSentOnce(_ data: [Int], _ history: History) -> Bool {
        guard let first = data.first else { return false }
        let sequence = history.events[first].sequence
        return data.count { history.events[$0].sequence == sequence } == 1
    }

    /// Whether the connection served somebody in the end: the responder sent data of its own.
    private func isServed(_ incarnation: Incarnation, _ answer: Event, _ history: History) -> Bool {
        history.allEndings.contains { ending in
            guard ending.incarnation.number == incarnation.number else { return false }
            let next = ending.stream.progress(of: answer.side).next
            // A SYN and a FIN take one number each.
            return answer.sequence.distance(to: next) > 2
        }
    }

    /// Whether the responder said or acknowledged anything in between.
    private func isTaken(
        after start: Int,
        before end: Int,
        in incarnation: Incarnation,
        _ history: History
    ) -> Bool {
        incarnation.events.contains { index in
            let event = history.events[index]
            return index > start && index < end && !history.isFromInitiator(event)
                && [.data, .ack, .fin].contains(event.kind)
        }
    }

    private func span(of story: Story, in history: History) -> Int64 {
        history.delay(from: story.completion, to: story.copies[story.copies.count - 1])
    }

    private func note(on event: Int, of story: Story, in history: History) -> String {
        let delay = Wording.duration(history.delay(from: story.completion, to: event))
        return story.copies.contains(event)
            ? "the SYN-ACK again, \(delay) after the handshake was completed"
            : "data that is not acknowledged, \(delay) after the handshake"
    }

    private func explanation(of story: Story, in history: History) -> String {
        let ack = history.events[story.completion].packet
        let end =
            switch story.ending {
            case .recovered: "In the end the server accepted the connection."
            case .reset: "In the end the server reset the connection."
            case .open: "The server had not accepted the connection when the capture ended."
            }
        let data =
            story.data.isEmpty
            ? "No data was sent, so a lost ACK or TCP_DEFER_ACCEPT would look the same."
            : story.ending == .recovered
                ? "\(segments(of: story, in: history)) had to wait for that."
                : "\(segments(of: story, in: history)) went unacknowledged."
        let echo =
            story.isEchoed
            ? " The repeated SYN-ACK echoes the timestamp of that ACK, which had arrived, as with TCP_DEFER_ACCEPT."
            : ""
        return "Packet \(ack) completed the handshake.\(echo) \(data) \(end)"
    }

    /// `2 data segments, sent 6 times in all,`.
    private func segments(of story: Story, in history: History) -> String {
        let distinct = Set(story.data.map { history.events[$0].sequence }).count
        let segments = Wording.count(distinct, "data segment")
        guard story.data.count > distinct else { return segments }
        let often = Wording.times(story.data.count)
        return distinct == 1 ? "\(segments), sent \(often)," : "\(segments), sent \(often) in all,"
    }

    /// How the story ended.
    private enum Ending: String {
        case recovered, reset, open
    }

    private struct Story {
        let incarnation: Incarnation
        let completion: Int
        /// Never empty.
        let copies: [Int]
        let data: [Int]
        let isIgnored: Bool
        let isEchoed: Bool
        let ending: Ending
    }
}
