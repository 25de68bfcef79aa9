import Tracking

/// Speaks when a connection was forgotten on the way while it was idle.
package struct IdleStateLost: Detector {
    package static let manual = Manual(
        id: "idle-state-lost",
        title: "idle connection forgotten on the path",
        group: .staleState,
        sees: """
            The other end had sent nothing for 30 s or more. Then data or keep-alive probes got no answer at all, although \
            it answered a new connection. Or a RST that comes from nearer than all its other packets answered the first \
            segment after a silence.
            """,
        means: """
            A firewall, NAT gateway or load balancer on the way has a time limit for idle connections and forgot this one. \
            It drops what it does not know, or resets it in the other end's name. Both ends believe that the connection \
            is open.
            """,
        unless: """
            A RST from the other end's own distance says that its host or process forgot the connection. If nothing new is \
            answered either, the host or the path is down. What was captured in the network of the silent end had \
            passed every device on the way.
            """,
        check: """
            Compare the idle limit of every device on the way with the idle time given here. Keep-alives of one \
            end must be more frequent than that (tcp_keepalive_time).
            """,
        sources: [
            .rfc(5382, section: "5"), .rfc(1122, section: "4.2.3.6"),
            .page("Linux, nf_conntrack-sysctl: nf_conntrack_tcp_timeout_established"),
        ],
        example: Exchange(to: "198.51.100.20:5432") {
            ScriptOpening.tcp
            client.data([UInt8](repeating: 46, count: 80))
            server.data([UInt8](repeating: 46, count: 80))
            client.ack()
            pause(.seconds(360))
            client.data(seq: 1081, ack: 5081, length: 80)
            client.data(seq: 1081, ack: 5081, length: 80).after(.milliseconds(200))
            client.data(seq: 1081, ack: 5081, length: 80).after(.milliseconds(400)).flagged
            client.data(seq: 1081, ack: 5081, length: 80).after(.milliseconds(800)).flagged
            client.syn(seq: 7000).between(clientPort: 50_001).after(.seconds(2))
            server.synAck(seq: 9000, ack: 7001).between(clientPort: 50_001)
            client.ack(seq: 7001, ack: 9001).between(clientPort: 50_001)
            client.data(seq: 7001, ack: 9001, length: 80).between(clientPort: 50_001)
            server.data(seq: 9001, ack: 7081, length: 80).between(clientPort: 50_001)
        },
        nearMiss: Exchange(to: "198.51.100.20:5432") {
            ScriptOpening.tcp
            client.data([UInt8](repeating: 46, count: 80))
            server.data([UInt8](repeating: 46, count: 80))
            client.ack()
            pause(.seconds(360))
            client.data(seq: 1081, ack: 5081, length: 80)
            client.data(seq: 1081, ack: 5081, length: 80).after(.milliseconds(200))
            client.data(seq: 1081, ack: 5081, length: 80).after(.milliseconds(400))
            client.data(seq: 1081, ack: 5081, length: 80).after(.milliseconds(800))
            client.syn(seq: 7000).between(clientPort: 50_001).after(.seconds(2))
            client.syn(seq: 7000).between(clientPort: 50_001).after(.seconds(1))
        }
    )

    /// No device forgets a connection sooner, in nanoseconds.
    private static let leastIdle: Int64 = 30_000_000_000
    /// Unless a RST from nearer than the other end tells so.
    private static let leastIdleBeforeReset: Int64 = 1_000_000_000
    /// Whoever makes a new connection so soon after the last sending was there before, in
    /// nanoseconds.
    private static let soon: Int64 = 60_000_000_000
    /// Sent so often after the first time.
    private static let leastRepetitions: UInt16 = 3

    package static let needs: Signals? = [.stream]

    package static let saysToo: [any Detector.Type] = [
        InjectedReset.self, RetransmissionTimeout.self,
    ]

    package static func blame(for finding: Finding) -> [FaultSide] { [.network] }

    package init() {}

    package func examine(_ history: History) -> Finding? {
        for ending in history.endings.reversed() {
            for side in [Side.low, .high] {
                if let loss = loss(for: side, in: ending, history) {
                    return finding(for: loss, ending, in: history)
                }
            }
        }
        return nil
    }

    package static func summary(of many: Finding) -> String {
        "\(many.flows) idle connections from \(many.source) to \(many.destination) were forgotten on the path."
    }

    private func loss(for side: Side, in ending: Ending, _ history: History) -> Loss? {
        reset(to: side, in: ending, history) ?? silence(to: side, in: ending, history)
    }

    /// A RST in the other end's name, from nearer than that, right after an end broke the silence.
    private func reset(to side: Side, in ending: Ending, _ history: History) -> Loss? {
        let sent = ending.stream[side]
        guard let reset = ending.first, history.events[reset].kind == .rst,
            history.events[reset].side != side, sent.hasSentData,
            ending.stream.lastDataSender == side, let hops = history.hopsNearer(reset)
        else { return nil }
        let idle = sent.turn - ending.stream[side.other].last.time
        guard ending.stream[side.other].hasSentData, idle >= Self.leastIdleBeforeReset,
            history.events[reset].time - sent.turn < idle
        else { return nil }
        return Loss(side: side, idle: idle, events: [reset], hops: hops, begin: sent.turn)
    }

    /// Data or probes after a silence that nothing answers, while the other end lives.
    private func silence(to side: Side, in ending: Ending, _ history: History) -> Loss? {
        let (sent, other) = (ending.stream[side], ending.stream.progress(of: side.other))
        let probes = ending.stream.stall?[side]
        let isData =
            sent.repetitions >= Self.leastRepetitions && history.isUnacknowledged(side, in: ending)
        let isProbe = probes.map { $0.probes >= Stall.leastProbes } ?? false
        // Whoever spoke last before the silence, too, is known to begin again by what is sent
        // again.
        let isTurn = sent.turn - other.lastSent >= Self.leastIdle
        let turn = isTurn ? sent.turn : sent.repeatedFrom
        let begin = isData ? turn : isProbe ? probes?.probedFrom ?? 0 : 0
        let idle = begin - other.lastSent
        guard begin != 0, idle >= Self.leastIdle,
            !history.isCaptured(at: side.other),
            history.isAlive(
                side.other,
                during: begin...max(begin, sent.last.time, probes?.lastProbe ?? 0) + Self.soon
            )
        else { return nil }
        let events = ending.incarnation.events.filter { index in
            let event = history.events[index]
            return event.side == side && event.time >= begin && event.isOfConnection
        }
        return Loss(
            side: side,
            idle: idle,
            events: isData ? history.repetitions(of: side, in: ending) : events,
            hops: nil,
            begin: begin
        )
    }

    private func finding(for loss: Loss, _ ending: Ending, in history: History) -> Finding {
        let (role, sender, receiver) = history.direction(from: loss.side)
        let idle = Wording.duration(loss.idle)
        let isReset = loss.hops != nil
        return finding(
            in: history,
            incarnation: ending.incarnation,
            reason: isReset ? "reset" : "dropped",
            severity: .warning,
            confidence: isReset ? .high : .medium,
            status: .likely,
            count: loss.events.count,
            events: loss.events,
            note: { _ in
                isReset ? "comes from nearer than \(receiver)" : "gets no answer after the silence"
            },
            metrics: [
                Metric("idle_us", nanoseconds: loss.idle),
                Metric("sender", role),
                Metric("source_port", Int(history.initiator.port)),
                Metric("destination_port", Int(history.responder.port)),
            ] + (loss.hops.map { [Metric("hops_nearer", $0)] } ?? []),
            causes: ["idle-timeout-on-the-way", "firewall-restarted", "failover-without-state"],
            checks: [
                Check(
                    on: nil,
                    "sysctl net.netfilter.nf_conntrack_tcp_timeout_established",
                    "On each firewall and gateway: less than \(idle) would explain it."
                ),
                Check(
                    on: sender.description,
                    "ss -tno dst \(receiver)",
                    "Does a keep-alive timer run on such connections, and how often?"
                ),
            ],
            summary: """
                A device between \(sender) and \(receiver) forgot their connection after \(idle) without traffic: \
                \(isReset ? "it reset" : "nothing answered") what \(sender) sent next.
                """,
            explanation: explanation(of: loss, receiver)
        )
    }

    private func explanation(of loss: Loss, _ receiver: Address) -> String {
        guard let hops = loss.hops else {
            return "\(receiver) is alive: it served a new connection after that."
        }
        return """
            The RST comes in the name of \(receiver) from \(Wording.count(hops, "hop")) nearer than all its other packets.
            """
    }

    private struct Loss {
        /// Who broke the silence.
        let side: Side
        /// In nanoseconds.
        let idle: Int64
        let events: [Int]
        /// By how many hops the RST comes from nearer; `nil` where nothing came.
        let hops: Int?
        let begin: Int64
    }
}
