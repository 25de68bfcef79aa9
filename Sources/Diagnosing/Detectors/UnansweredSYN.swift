import Tracking

/// Speaks when a SYN was sent again and nothing ever answered.
package struct UnansweredSYN: Detector {
    package static let manual = Manual(
        id: "syn-unanswered",
        title: "SYN unanswered",
        group: .refusal,
        sees: """
            A SYN was sent at least twice, two attempts were made half a second apart, or three connections sent \
            one SYN each (single-syns). No SYN-ACK, RST, ICMP error or bare ACK answered them in half a second. Before \
            3 s have passed the finding is pending. The reason names the case where only SYNs with Fast Open, only SYNs \
            with ECN, or only the SYN of a reconnect went unanswered.
            """,
        means: """
            Something drops the SYN or its answer silently: a firewall's DROP rule, a host that is down, a full \
            listen queue, or a return path that leads elsewhere. After another connection on the same port, it \
            may be a middlebox or host that still remembers that one.
            """,
        unless: """
            A capture of one direction proves nothing: if the client goes on as if it had been answered, nothing \
            is reported for that host. A single SYN without a retransmission is not yet a failure. Attempts that \
            were answered or refused are left to other findings.
            """,
        check: """
            Capture on the server: does the SYN arrive? There, nstat -az for ListenDrops, ListenOverflows and \
            IPReversePathFilter, and the counters of its firewall.
            """,
        elsewhere: """
            Wireshark: TCP Retransmission of the SYN. Zeek: conn_state S0.
            """,
        sources: [.rfc(9293, section: "3.8.3"), .rfc(6298, section: "2")],
        followsFrom: [
            "time-wait-collision", "bad-checksum", "timestamp-regression", "accept-queue-overflow",
            "syn-flood", "port-scan", "duplicate-address", "tcp-authentication-mismatch",
        ],
        example: Exchange(to: "198.51.100.20:5432") {
            client.syn(seq: 1000).flagged
            pause(.seconds(1))
            client.syn(seq: 1000).flagged
            pause(.seconds(2))
            client.syn(seq: 1000).flagged
            pause(.seconds(4))
            client.syn(seq: 1000).flagged
        },
        nearMiss: Exchange(to: "198.51.100.20:5432") {
            client.syn(seq: 1000)
            pause(.seconds(1))
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
        }
    )

    /// An answer may take so long, in nanoseconds.
    private static let answerTimeout: Int64 = 3_000_000_000
    /// Nothing is said of less silence, in nanoseconds.
    private static let leastSilence: Int64 = 500_000_000
    /// Two attempts so far apart are a retry, in nanoseconds.
    private static let retryGap: Int64 = 500_000_000
    /// So many single SYNs to one service are its failure.
    private static let leastSingles = 3
    /// Who asks more services than these looks around.
    private static let fewTargets = 16

    package static let needs: Signals? = [.unansweredAttempt, .repeatedSYN]

    package static func blame(for finding: Finding) -> [FaultSide] {
        if finding.reason == Reason.onlyWithECN.rawValue
            || finding.reason == Reason.onlyWithFastOpen.rawValue
        {
            return [.network]
        }
        if finding.reason == Reason.noWayOut.rawValue { return [.network, .client] }
        guard finding.viewpoint.vantage == .server else { return [.network, .server] }
        return finding.viewpoint.confidence == .high ? [.server] : [.server, .network]
    }

    package init() {}

    package func examine(_ history: History) -> Finding? {
        guard !history.capture.oneWayInitiators.contains(history.initiator.address) else {
            return nil
        }
        let timeout = history.refusalTimeout
        let silences = history.incarnations.map {
            ($0, unanswered(in: $0, of: history, timeout))
        }
        guard let (incarnation, attempts) = silences.last(where: { !$0.1.isEmpty }) else {
            return nil
        }
        let sendings = attempts.flatMap(\.sendings).sorted()
        guard let first = sendings.first, let last = sendings.last else { return nil }
        let end = endOfWaiting(of: incarnation, after: last, in: history)
        let waited = min(
            end - history.events[first].time,
            history.delay(from: first, to: last) + Self.answerTimeout(after: sendings, in: history)
        )
        guard waited >= Self.leastSilence else { return nil }
        let isPending = waited < Self.answerTimeout || history.capture.holdsSYNsAlone
        let cameUpLater = history.incarnations.contains {
            $0.number > incarnation.number && $0.isEstablished
        }
        let delay = delayUntilServed(after: sendings, in: history)
        let reason = reason(of: attempts, in: incarnation, of: history)
        let reset = attempts.compactMap { history.lateReset(endingOf: $0, after: timeout) }.last
        let events = (sendings + [reset].compactMap(\.self)).sorted()
        var found = finding(
            in: history,
            incarnation: incarnation,
            reason: reason.rawValue,
            severity: isPending || cameUpLater || delay != nil ? .warning : .error,
            confidence: isPending ? .medium : .high,
            status: isPending ? .pending : .confirmed,
            count: attempts.count,
            events: events,
            note: { note(on: events[$0], in: history) },
            metrics: [
                Metric("syns", sendings.count),
                Metric("attempts", attempts.count),
                Metric("answered_attempts", incarnation.attempts.count - attempts.count),
                Metric("span_us", nanoseconds: history.delay(from: first, to: last)),
                Metric("waited_us", nanoseconds: waited),
                Metric("source_port", Int(history.initiator.port)),
                Metric("destination_port", Int(history.responder.port)),
                Metric("established", history.isEverEstablished),
            ],
            causes: reason.causes,
            checks: checks(reason, in: history),
            summary: summary(of: attempts, sendings, in: incarnation, of: history),
            explanation: explanation(of: attempts, reason, in: incarnation, of: history)
                + success(after: delay, of: history)
        )
        if reason == .noWayOut { found.obstacle = history.initiator.address }
        return found
    }

    private func checks(_ reason: Reason, in history: History) -> [Check] {
        guard reason == .noWayOut else {
            return Self.checks(
                from: history.initiator.address,
                to: history.responder,
                arrived: history.vantage == .server
            )
        }
        return [
            Check(
                on: history.initiator.address.description,
                "ip route get \(history.responder.address)",
                "The gateway it names: is its address translated there, and does a firewall let it out?"
            )
        ]
    }

    private func success(after delay: Int64?, of history: History) -> String {
        guard let delay else { return "" }
        return """
             The next attempt by \(history.initiator.address) was served \(Wording.duration(delay)) after the last SYN, and none \
            failed since.
            """
    }

    /// How long after the last SYN the initiator was served by its next attempt, if that came when
    /// a stack gives up and none failed since, in nanoseconds.
    private func delayUntilServed(after sendings: [Int], in history: History) -> Int64? {
        guard sendings.count > 1, let last = sendings.last.map({ history.events[$0].time }) else {
            return nil
        }
        let later = history.capture.outcomes.attempts(at: history.responder).filter {
            $0.initiator == history.initiator.address && $0.begin > last
        }
        guard let next = later.first, later.allSatisfy({ $0.outcome == .served }),
            next.begin - last <= Self.answerTimeout(after: sendings, in: history)
        else { return nil }
        return next.begin - last
    }

    package static func summary(of many: Finding) -> String {
        let has = many.subject.initiatorAddress == nil ? "have" : "has"
        let verb = many.status == .pending ? "\(has) no answer yet" : "got no answer"
        return
            "\(many.source.capitalizedFirst) \(verb) from \(many.destination) to the SYNs of \(many.flows) connections."
    }

    /// What single SYNs tell together that no timer sent again: load balancers and pools give up
    /// that soon.
    package func examine(_ survey: Survey) -> [Finding] {
        survey.aggregates.scanCounters.flatMap { counter -> [Finding] in
            guard !survey.capture.oneWayInitiators.contains(counter.initiator) else { return [] }
            let targets = Dictionary(grouping: counter.probes, by: \.target)
            // Who asks around finds many that do not answer.
            guard targets.count <= Self.fewTargets else { return [] }
            return targets.sorted { $0.key < $1.key }.compactMap { target, probes in
                finding(on: probes, counter, to: target, in: survey)
            }
        }
    }

    /// Whether single SYNs are so many that nobody was served meanwhile.
    private func isFailure(
        _ probes: [ScanCounter.Probe],
        of initiator: Address,
        at service: Endpoint,
        in survey: Survey
    ) -> Bool {
        guard probes.count >= Self.leastSingles, let first = probes.first, let last = probes.last,
            probes.allSatisfy({ $0.outcome == .unanswered && !$0.isPersistent && !$0.isOdd }),
            last.time - first.time >= Self.retryGap
        else { return false }
        return !survey.capture.outcomes.attempts(at: service).contains {
            $0.initiator == initiator && $0.outcome == .served
                && (first.time...last.time).contains($0.begin)
        }
    }

    private func finding(
        on probes: [ScanCounter.Probe],
        _ counter: ScanCounter,
        to service: Endpoint,
        in survey: Survey
    ) -> Finding? {
        guard let first = probes.first, let last = probes.last,
            isFailure(probes, of: counter.initiator, at: service, in: survey)
        else { return nil }
        let time = last.time - first.time
        let isPending = time < Self.answerTimeout || survey.capture.holdsSYNsAlone
        let gaps = zip(probes, probes.dropFirst()).map { $1.time - $0.time }.sorted()
        let examples = counter.examples.filter { $0.target == service }
        return finding(
            in: survey,
            reason: "single-syns",
            severity: isPending ? .warning : .error,
            confidence: isPending ? .medium : .high,
            status: isPending ? .pending : .confirmed,
            subject: Subject(
                initiator: counter.initiator,
                responder: service.address,
                responderPort: service.port,
                encapsulation: examples.first?.event.encapsulation ?? .plain
            ),
            summary: """
                \(service) answered none of \(probes.count) connection attempts by \(counter.initiator) within \
                \(Wording.duration(time)), with one SYN each.
                """,
            explanation: rhythm(of: gaps),
            count: probes.count,
            flows: probes.count,
            metrics: [
                Metric("syns", probes.count),
                Metric("attempts", probes.count),
                Metric("span_us", nanoseconds: time),
                Metric("destination_port", Int(service.port)),
                Metric("established", false),
            ],
            evidence: evidence(in: examples, from: counter.initiator),
            proofCount: probes.count,
            causes: Reason.allToPort.causes,
            checks: Self.checks(from: counter.initiator, to: service),
            firstSeen: first.time,
            lastSeen: last.time,
            isEstablished: false
        )
    }

    /// Intervals that differ by less than a tenth are a timer's.
    private static let tolerance: Int64 = 10
    /// A stack sends a SYN again after so long (RFC 6298 §2), in nanoseconds.
    private static let retransmissionTimeout: Int64 = 1_000_000_000

    /// What the intervals between single SYNs tell, the shortest first.
    private func rhythm(of gaps: [Int64]) -> String {
        guard let least = gaps.first, let most = gaps.last else { return "" }
        let hasTimer = most - least <= most / Self.tolerance
        let interval =
            hasTimer
            ? "\(Wording.duration(gaps[gaps.count / 2])) after each SYN"
            : "after \(Wording.range(least, most))"
        let haste =
            most < Self.retransmissionTimeout ? ", before its stack would retransmit it" : ""
        return "The client gives up and tries again \(interval)\(haste)."
    }

    private func evidence(
        in examples: [(event: Event, sourcePort: UInt16, target: Endpoint)],
        from initiator: Address
    ) -> [Evidence] {
        examples.map { example in
            Evidence(
                event: example.event,
                isFromInitiator: true,
                ends: Evidence.Ends(
                    source: Endpoint(initiator, port: example.sourcePort),
                    destination: example.target
                ),
                errorSender: .other,
                note: "SYN, not answered"
            )
        }
    }

    /// No stack sends a SYN with these: it is a scanner's.
    private static let foreignFlags: TCPFlags = [.fin, .rst, .urg]

    /// The attempts of an incarnation that nothing answered, if nothing answered any SYN after the
    /// first of them.
    private func unanswered(
        in incarnation: Incarnation,
        of history: History,
        _ timeout: Int64
    ) -> [Attempt] {
        guard incarnation.completion == nil,
            !history.interpretations[incarnation.events].contains(.responderSyn)
        else {
            return []
        }
        let attempts = incarnation.attempts.filter {
            history.events[$0.first].flags.isDisjoint(with: Self.foreignFlags)
                && $0.answers.isEmpty
                && ($0.end == nil || history.lateReset(endingOf: $0, after: timeout) != nil)
                && history.unsolicitedSYNACKs(answering: $0).isEmpty
        }
        guard let first = attempts.first?.first, incarnation.answers.allSatisfy({ $0 < first })
        else {
            return []
        }
        let replies = incarnation.events.filter { !history.isFromInitiator(history.events[$0]) }
        let runs = attempts.split(where: { attempt, next in
            replies.contains { (attempt.first..<next.first).contains($0) }
        })
        return runs.filter { isFailure($0, in: history, timeout) }.flatMap(\.self)
    }

    /// Whether the initiator tried again, so that it had no answer either.
    private func isFailure(
        _ attempts: ArraySlice<Attempt>,
        in history: History,
        _ timeout: Int64
    ) -> Bool {
        let hasRetransmission = attempts.contains { $0.sendings.count > 1 }
        let hasRetry = zip(attempts, attempts.dropFirst()).contains {
            history.delay(from: $0.first, to: $1.first) >= Self.retryGap
        }
        return hasRetransmission || hasRetry
            || attempts.contains { history.lateReset(endingOf: $0, after: timeout) != nil }
    }

    /// How long after the last sending the next one was due, in nanoseconds: a client that was
    /// still waiting would have sent it (RFC 6298 §5.5).
    private static func answerTimeout(after sendings: [Int], in history: History) -> Int64 {
        guard sendings.count > 1 else { return answerTimeout }
        let last = sendings.suffix(2)
        return max(
            answerTimeout,
            2 * history.delay(from: last[last.startIndex], to: last[last.startIndex + 1])
        )
    }

    /// When another attempt was answered, the next incarnation of the four-tuple began, or the
    /// capture ended.
    private func endOfWaiting(of incarnation: Incarnation, after last: Int, in history: History)
        -> Int64
    {
        let answered = incarnation.attempts.first { $0.first > last }?.first
        let next = history.incarnations.first { $0.number > incarnation.number }?.attempts.first?
            .first
        return (answered ?? next).map { history.events[$0].time } ?? history.end
    }

    private func reason(
        of attempts: [Attempt],
        in incarnation: Incarnation,
        of history: History
    ) -> Reason {
        let silent = Set(attempts.map(\.ordinal))
        let syns = attempts.flatMap(\.sendings).map { history.events[$0] }
        let others = incarnation.attempts.filter { !silent.contains($0.ordinal) }.flatMap(
            \.sendings
        )
        .map { history.events[$0] }
        func isOnly(_ asks: (Event) -> Bool) -> Bool {
            syns.allSatisfy(asks) && !others.isEmpty && !others.contains(where: asks)
        }
        if isOnly(\.triesFastOpen) { return .onlyWithFastOpen }
        if isOnly(\.asksForECN) { return .onlyWithECN }
        if incarnation.former != nil { return .onlyAfterIdle }
        let isOutside = history.responder.address.isStranger(to: history.initiator.address)
        return isOutside && history.capture.outcomes.enclosed[history.initiator.address] != nil
            ? .noWayOut : .allToPort
    }

    private func note(on sending: Int, in history: History) -> String {
        guard case .syn(let ordinal, let number) = history.interpretations[sending] else {
            return "ends the attempt long after its last SYN"
        }
        return number == 1
            ? "SYN \(ordinal)" : "SYN \(ordinal), \(Wording.ordinal(number)) transmission"
    }

    private func summary(
        of unanswered: [Attempt],
        _ sendings: [Int],
        in incarnation: Incarnation,
        of history: History
    ) -> String {
        let attempts = unanswered.count > 1 ? " in \(unanswered.count) attempts" : ""
        let others = incarnation.attempts.count - unanswered.count
        let beside =
            others > 0
            ? "; \(Wording.count(others, "other attempt")) had \(others == 1 ? "an answer" : "answers")"
            : ""
        let span = history.delay(from: sendings[0], to: sendings[sendings.count - 1])
        let time = sendings.count > 1 ? ", sent over \(Wording.duration(span))" : ""
        return """
            \(history.initiator.address) got no answer from \(history.responder) to \
            \(Wording.count(sendings.count, "SYN"))\(attempts) from port \(history.initiator.port)\(time)\(beside).
            """
    }

    private func explanation(
        of attempts: [Attempt],
        _ reason: Reason,
        in incarnation: Incarnation,
        of history: History
    ) -> String {
        [
            schedule(of: attempts, in: history), lateEnd(of: attempts, in: history),
            arrival(in: history), otherPort(attempts, in: history),
            circumstance(reason, in: incarnation, of: history),
            refusalsInVain(in: incarnation, of: history),
        ].compactMap(\.self).joined(separator: " ")
    }

    /// What is to be said of a RST that came when nobody could mean the SYN any more.
    private func lateEnd(of attempts: [Attempt], in history: History) -> String? {
        let timeout = history.refusalTimeout
        for attempt in attempts.reversed() {
            guard let reset = history.lateReset(endingOf: attempt, after: timeout) else {
                continue
            }
            let syn = attempt.sendings.last { $0 < reset } ?? attempt.first
            let responder = history.responder.address
            return """
                \(Wording.duration(history.delay(from: syn, to: reset))) after the last SYN, a device in between ended the \
                attempt with a RST in the name of \(responder): a host that refuses does so immediately.
                """
        }
        return nil
    }

    /// What the place of the capture tells: a SYN that was captured at the responder did arrive.
    private func arrival(in history: History) -> String? {
        let responder = history.responder.address
        guard history.vantage == .server else { return nil }
        return """
            The capture was made at \(responder), so the SYN reached its interface: \(responder) itself dropped it, or \
            could not answer.
            """
    }

    /// What a host tells that answered elsewhere meanwhile: neither it nor the path is down.
    private func otherPort(_ attempts: [Attempt], in history: History) -> String? {
        guard let first = attempts.first?.first, let last = attempts.last?.last else { return nil }
        let responder = history.responder
        let answered = history.capture.outcomes.answeredPort(
            of: responder.address,
            to: history.initiator.address,
            during: history.events[first].time - Self.meanwhile...history.events[last].time
                + Self.meanwhile
        )
        guard let answered, answered != responder.port else { return nil }
        return """
            \(responder.address) answered on port \(answered) at that time, so the host is up and the path works: a \
            firewall that drops SYNs to port \(responder.port) is likelier than a loss.
            """
    }

    /// What happened so much earlier or later happened at the same time, in nanoseconds.
    private static let meanwhile: Int64 = 10_000_000_000

    /// More sendings are counted, and not listed.
    private static let fewSendings = 4

    private func schedule(of attempts: [Attempt], in history: History) -> String? {
        guard let attempt = attempts.max(by: { $0.sendings.count < $1.sendings.count }),
            attempt.sendings.count > 1
        else { return nil }
        let gaps = zip(attempt.sendings, attempt.sendings.dropFirst()).map {
            history.delay(from: $0, to: $1)
        }
        let times = gaps.reduce(into: [Int64(0)]) { $0.append(($0.last ?? 0) + $1) }.dropFirst()
        let later =
            times.count > Self.fewSendings
            ? "\(Wording.times(times.count)), the last \(Wording.duration(times.last ?? 0))"
            : Wording.list(times.map { Wording.duration($0) })
        let which = attempts.count == 1 ? "The SYN" : "SYN \(attempt.ordinal)"
        var text = "\(which) was sent again \(later) after the first time"
        let silence = history.capture.end - history.events[attempt.last].time
        let isGivenUp =
            silence > Self.answerTimeout(after: attempt.sendings, in: history)
            && history.incarnation(of: attempt.last).events.last == attempt.last
        text += isGivenUp ? ", and then no more." : "."
        if let before = history.elapsed(before: attempt) {
            text +=
                " Judging by the backoff, connect() began \(before) before the first captured SYN."
        }
        return text
    }

    private func circumstance(
        _ reason: Reason,
        in incarnation: Incarnation,
        of history: History
    ) -> String? {
        switch reason {
        case .allToPort: return nil
        case .noWayOut:
            let count = history.capture.outcomes.enclosed[history.initiator.address] ?? 0
            return """
                None of the \(count) hosts outside its network that \(history.initiator.address) asked answered: it has no \
                way out, and no server is at fault.
                """
        case .onlyWithFastOpen: return "SYNs without Fast Open were answered."
        case .onlyWithECN: return "SYNs without ECN were answered."
        case .onlyAfterIdle:
            guard let former = incarnation.former, let first = incarnation.attempts.first else {
                return nil
            }
            let idle = Wording.duration(history.delay(from: former, to: first.first))
            return """
                The previous connection on the same port had worked; its last packet came \(idle) earlier. Something may \
                still hold its state.
                """
        }
    }

    private func refusalsInVain(in incarnation: Incarnation, of history: History) -> String? {
        let packets = incarnation.events.filter { history.attemptRefusedInVain(at: $0) != nil }.map
        {
            String(history.events[$0].packet)
        }
        guard !packets.isEmpty else { return nil }
        let noun = packets.count == 1 ? "The RST of packet" : "The RSTs of packets"
        let verb = packets.count == 1 ? "acknowledges" : "acknowledge"
        return
            "\(noun) \(Wording.list(packets)) \(verb) the ISN instead of the SYN, which stacks ignore."
    }

    private static func checks(
        from initiator: Address,
        to responder: Endpoint,
        arrived: Bool = false
    ) -> [Check] {
        let checks = [
            Check(
                on: responder.address.description,
                "tcpdump -ni any host \(initiator) and tcp port \(responder.port)",
                "No SYN arrives: it is lost on the way. A SYN-ACK leaves: it is lost on the way back. Neither: this host drops the SYN."
            ),
            Check(
                on: responder.address.description,
                "nstat -az TcpExtListenDrops TcpExtListenOverflows TcpExtIPReversePathFilter",
                "A counter that rises with every SYN shows why this host drops it."
            ),
            .dropCounter(on: responder.address, chain: "INPUT"),
        ]
        return arrived ? Array(checks.dropFirst()) : checks
    }

    /// Which SYNs had no answer.
    private enum Reason: String {
        case allToPort = "all-to-port"
        case onlyAfterIdle = "only-after-idle"
        case onlyWithFastOpen = "only-with-fast-open"
        case onlyWithECN = "only-with-ecn"
        case noWayOut = "no-way-out"

        var causes: [String] {
            switch self {
            case .allToPort: ["dropped-on-the-way", "host-down", "listen-queue-full"]
            case .onlyAfterIdle: ["state-of-old-connection", "dropped-on-the-way", "host-down"]
            case .onlyWithFastOpen: ["middlebox-drops-fast-open"]
            case .onlyWithECN: ["middlebox-drops-ecn"]
            case .noWayOut: ["no-route-out", "egress-firewall", "dropped-on-the-way"]
            }
        }
    }
}

extension [Attempt] {
    /// The runs of attempts between which nothing `separates` one from the next.
    fileprivate func split(where separates: (Attempt, Attempt) -> Bool) -> [ArraySlice<Attempt>] {
        var runs: [ArraySlice<Attempt>] = []
        var start = 0
        for index in indices.dropFirst() where separates(self[index - 1], self[index]) {
            runs.append(self[start..<index])
            start = index
        }
        return runs + (isEmpty ? [] : [self[start...]])
    }
}
