import Tracking

/// Speaks when a connection that nobody used was closed after a round time.
package struct IdleTimeoutClose: Detector {
    package static let manual = Manual(
        id: "idle-timeout-close",
        title: "idle timeout",
        group: .ending,
        sees: """
            A FIN or RST after at least 10 s without a single packet, at a round number of seconds, while no \
            answer was outstanding. Or the same end closed three connections of a service after the same silence \
            of at least 1 s (within 2 %), at different times.
            """,
        means: """
            A timer closed the connection: that of the application at one end, or of a device between them if \
            the peer goes on as if nothing had happened. This is harmless by itself. If the next connection \
            fails, it is where the trouble began.
            """,
        unless: """
            A user who leaves after a round number of seconds looks the same. Packets that the capture missed \
            make a busy connection look idle.
            """,
        check: """
            Which end has a keep-alive or idle timeout of this length, and whether the other end can send \
            keep-alives more often.
            """,
        sources: [.rfc(5382, section: "5"), .rfc(1122, section: "4.2.3.6")],
        example: Exchange(to: "198.51.100.20:2049") {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
            client.data(seq: 1001, ack: 5001, length: 100)
            server.data(seq: 5001, ack: 1101, length: 100)
            client.ack(seq: 1101, ack: 5101)
            pause(.seconds(300))
            client.fin(seq: 1101, ack: 5101).flagged
            server.fin(seq: 5101, ack: 1102)
            client.ack(seq: 1102, ack: 5102)
        },
        nearMiss: Exchange(to: "198.51.100.20:2049") {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
            client.data(seq: 1001, ack: 5001, length: 100)
            server.data(seq: 5001, ack: 1101, length: 100)
            client.ack(seq: 1101, ack: 5101)
            pause(.milliseconds(287_400))
            client.fin(seq: 1101, ack: 5101)
            server.fin(seq: 5101, ack: 1102)
            client.ack(seq: 1102, ack: 5102)
        }
    )

    /// Timers are set in such steps, in nanoseconds.
    private static let step: Int64 = 5_000_000_000
    /// A timer runs out that late at most, in nanoseconds, or this part of its time.
    private static let lateness: Int64 = 250_000_000
    private static let latenessDivisor: Int64 = 200
    /// And that early, where it began with a packet that was captured later: a round trip and a
    /// tick, in nanoseconds.
    private static let earliness: Int64 = 100_000_000
    private static let earlinessDivisor: Int64 = 1000
    /// So many closes after the same silence are a timer's, of whatever length.
    private static let leastAlike = 3
    /// The same within 2 %.
    private static let alikeDivisor: Int64 = 50
    /// The silences began so many times further apart than they differ: else one act ended all
    /// connections.
    private static let leastSpread: Int64 = 10
    /// Idle timers that come as a default, by their seconds.
    private static let known: [Int64: String] = [
        60: "AWS load balancers (60 s)", 75: "nginx keep-alive (75 s)",
        240: "Azure load balancers (240 s)", 300: "NFS clients and F5 (300 s)",
        350: "AWS network load balancers (350 s)", 360: "the Linux NFS server (360 s)",
        600: "Google Cloud (600 s)", 3600: "many firewalls (3600 s)",
        7200: "TCP keep-alive (7200 s)",
    ]

    package static let needs: Signals? = [.data, .idleEnd]

    package static func blame(for finding: Finding) -> [FaultSide] {
        guard let closer = finding.party("closed_by") else { return [] }
        return finding.reason == "reset" ? [closer, .network] : [closer]
    }

    package init() {}

    package func examine(_ history: History) -> Finding? {
        let closes = history.endings.compactMap { close(in: $0, history) }
        guard let last = closes.last else { return nil }
        let event = history.events[last.event]
        let closer = history.endpoint(of: event).address
        let seconds = (last.idle + Self.step / 2) / Self.step * (Self.step / 1_000_000_000)
        let known = Self.known[seconds]
        return finding(
            in: history,
            incarnation: last.incarnation,
            reason: event.kind == .rst ? "reset" : "closed",
            severity: .note,
            confidence: known == nil ? .low : .medium,
            status: .likely,
            count: closes.count,
            events: closes.map(\.event),
            note: { "after \(Wording.duration(closes[$0].idle)) without a packet" },
            metrics: [
                Metric("idle_us", nanoseconds: last.idle),
                Metric("closed_by", history.isFromInitiator(event) ? "client" : "server"),
                Metric("source_port", Int(history.initiator.port)),
                Metric("destination_port", Int(history.responder.port)),
            ],
            causes: ["idle-timeout"],
            checks: [
                Check(
                    on: closer.description,
                    "ss -tno dst \(closer == history.initiator.address ? history.responder.address : history.initiator.address)",
                    "Shows which timer runs on the idle connections."
                )
            ],
            summary: """
                \(closer) \(event.kind == .rst ? "reset" : "closed") its connection after \(seconds) s of inactivity.
                """,
            explanation: known.map { "This is the idle timeout of \($0)." } ?? ""
        )
    }

    package static func summary(of many: Finding) -> String {
        "\(many.flows) connections from \(many.source) to \(many.destination) were closed after inactivity."
    }

    package func examine(_ survey: Survey) -> [Finding] {
        // What goes down with its process was not idle.
        let crashed = Set(survey.aggregates.massResets.all.map(\.service))
        return survey.aggregates.idleCloses.services.flatMap { service, closes in
            [true, false].compactMap { isByResponder in
                finding(
                    on: service,
                    alike(
                        closes.filter { $0.isByResponder == isByResponder },
                        mayCount: !crashed.contains(service)
                    ),
                    in: survey
                )
            }
        }
    }

    /// Whether an application's timer of whole seconds ran out: it counts from the last data, and
    /// wakes a little late.
    private static func isWholeSeconds(_ unused: Int64) -> Bool {
        let late = unused % second
        return unused >= second && late <= max(tick, unused / latenessDivisor)
    }

    private static let second: Int64 = 1_000_000_000
    /// A timer wakes that late at most where it is idle otherwise, in nanoseconds.
    private static let tick: Int64 = 10_000_000

    /// The most closes after the same silence, within two percent, if they were more than one act
    /// that ended connections of different ages at once.
    /// - Parameters:
    ///   - closes: those of one end.
    ///   - mayCount: whether a timer of whole seconds may have run out, and no process died.
    /// - Returns: those, oldest first; none where they are too few.
    private func alike(_ closes: [IdleCloses.Close], mayCount: Bool) -> [IdleCloses.Close] {
        let sorted = closes.sorted { $0.quiet < $1.quiet }
        var best: ArraySlice<IdleCloses.Close> = []
        var start = 0
        for end in sorted.indices {
            while sorted[end].quiet - sorted[start].quiet > sorted[start].quiet / Self.alikeDivisor
            {
                start += 1
            }
            if end - start + 1 > best.count { best = sorted[start...end] }
        }
        guard best.count >= Self.leastAlike, let shortest = best.first, let longest = best.last
        else { return [] }
        if mayCount, best.allSatisfy({ Self.isWholeSeconds($0.unused) }) {
            return best.sorted { $0.event.packet < $1.event.packet }
        }
        let lastPackets = best.map { $0.event.time - $0.quiet }
        let span = (lastPackets.max() ?? 0) - (lastPackets.min() ?? 0)
        guard span > Self.leastSpread * (longest.quiet - shortest.quiet) else { return [] }
        return best.sorted { $0.event.packet < $1.event.packet }
    }

    private func finding(
        on service: Endpoint,
        _ closes: [IdleCloses.Close],
        in survey: Survey
    ) -> Finding? {
        guard let first = closes.first, let last = closes.last else { return nil }
        let initiators = Set(closes.map(\.initiator.address))
        let initiator = initiators.count == 1 ? initiators.first : nil
        let quiet = closes.map(\.quiet).sorted()[closes.count / 2]
        let closer = first.isByResponder ? service.address.description : initiator?.description
        let who = closer ?? "Each client"
        let time = Wording.duration(quiet)
        return finding(
            in: survey,
            reason: first.event.kind == .rst ? "reset" : "closed",
            severity: .note,
            confidence: .high,
            status: .likely,
            subject: Subject(
                initiator: initiator,
                responder: service.address,
                responderPort: service.port,
                encapsulation: first.event.encapsulation
            ),
            summary: """
                \(who) closed \(closes.count) idle connections of \(service) after \(time) without a packet.
                """,
            explanation: """
                The idle times agree within 2 % and did not begin together, so a timer of \(time) expired.
                """,
            count: closes.count,
            flows: closes.count,
            metrics: [
                Metric("idle_us", nanoseconds: quiet),
                Metric("closed_by", first.isByResponder ? "server" : "client"),
                Metric("destination_port", Int(service.port)),
            ],
            evidence: closes.map { evidence(of: $0, on: service) },
            causes: ["idle-timeout"],
            checks: [
                Check(
                    on: closer,
                    first.isByResponder
                        ? "ss -tno sport = :\(service.port)" : "ss -tno dport = :\(service.port)",
                    "Shows which timer runs on the idle connections."
                )
            ],
            firstSeen: first.event.time,
            lastSeen: last.event.time,
            isEstablished: true
        )
    }

    private func close(in ending: Ending, _ history: History) -> Close? {
        guard let first = ending.first, let idle = ending.stream.quietBeforeEnd,
            ending.stream.hasData, idle >= Signal.idleTimeout,
            ending.stream.isAcknowledged(.low), ending.stream.isAcknowledged(.high),
            ending.stream.lastDataSender != ending.incarnation.initiator
        else { return nil }
        return isRound(idle)
            ? Close(incarnation: ending.incarnation, event: first, idle: idle) : nil
    }

    private func evidence(of close: IdleCloses.Close, on service: Endpoint) -> Evidence {
        Evidence(
            event: close.event,
            isFromInitiator: !close.isByResponder,
            ends: Evidence.Ends(
                source: close.isByResponder ? service : close.initiator,
                destination: close.isByResponder ? close.initiator : service
            ),
            errorSender: .other,
            note: "after \(Wording.duration(close.quiet)) without a packet"
        )
    }

    /// Whether a timer of a round length may have run out: it began with what its owner sent or
    /// received last, a way earlier or later than that was captured, and ticks.
    private func isRound(_ idle: Int64) -> Bool {
        let late = idle % Self.step
        return late <= max(Self.lateness, idle / Self.latenessDivisor)
            || Self.step - late <= max(Self.earliness, idle / Self.earlinessDivisor)
    }

    private struct Close {
        let incarnation: Incarnation
        let event: Int
        let idle: Int64
    }
}
