import Tracking

/// Speaks when a RST was probably not sent by the host whose address it carries.
package struct InjectedReset: Detector {
    package static let manual = Manual(
        id: "rst-injected",
        title: "RST injected by a third party",
        group: .ending,
        sees: """
            A RST that does not look like the other packets of its sender. Points are added: another TTL while \
            the sender's own is stable, 3; another source MAC address, 3; the sender goes on with data as if \
            there were no RST, 4; several RSTs with different sequence numbers within 1 ms, 3; an IPv4 \
            identification out of the sender's series, 1; no timestamps on a RST with ACK although the \
            connection uses them, 1. It is reported from 4 points on, with the sum.
            """,
        means: """
            A firewall, intrusion prevention system, load balancer or censor ended the connection in the name of \
            one end. Or a forged RST hit the window. The host named as its source did not send it.
            """,
        unless: """
            A stack without a socket sends its RST without timestamps, and with its usual TTL. If the path \
            changes during the connection, the TTL of data changes too. Packets that a mirror port delivers \
            twice differ in TTL or MAC address by nature.
            """,
        check: """
            Capture on the host that the RST claims to come from. If the RST never left that host, a device on \
            the path sent it. The difference of the TTLs shows how many hops away.
            """,
        elsewhere: """
            Suricata: stream-event:suspected_rst_inject. Zeek: conn_state RSTR or RSTO.
            """,
        sources: [
            .rfc(5961, section: "3"), .rfc(4953, section: "3.1"), .rfc(3360, section: "2.1"),
        ],
        example: Exchange(to: "198.51.100.20:8443") {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001).ttl(57)
            client.ack(seq: 1001, ack: 5001)
            client.data(seq: 1001, ack: 5001, length: 200)
            server.ack(seq: 5001, ack: 1201).ttl(57)
            server.reset(seq: 5001, ack: 1201).ttl(63).mac(9).flagged
            pause(.milliseconds(20))
            server.data(seq: 5001, ack: 1201, length: 500).ttl(57)
        },
        nearMiss: Exchange(to: "198.51.100.20:8443") {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001).ttl(57)
            client.ack(seq: 1001, ack: 5001)
            client.data(seq: 1001, ack: 5001, length: 200)
            server.ack(seq: 5001, ack: 1201).ttl(57)
            server.reset(seq: 5001, ack: 1201).ttl(57)
        }
    )

    private static let leastPoints = 4
    /// Two RSTs so close are one volley, in nanoseconds.
    private static let burstWindow: Int64 = 1_000_000
    /// How far from the RST the sequence number of data of the same connection lies at most, in
    /// octets.
    private static let windowReach: UInt32 = 1 << 24

    package static let needs: Signals? = [.reset]

    package static func blame(for finding: Finding) -> [FaultSide] {
        [.network]
    }

    package init() {}

    package func examine(_ history: History) -> Finding? {
        let suspects = history.incarnations.flatMap { incarnation in
            [incarnation.initiator, incarnation.initiator.other].flatMap {
                self.suspects(of: $0, in: incarnation, history)
            }
        }
        guard let worst = suspects.max(by: { $0.points < $1.points }) else { return nil }
        let event = history.events[worst.event]
        let claimed = history.endpoint(of: event)
        let incarnation = history.incarnation(of: worst.event)
        return finding(
            in: history,
            incarnation: incarnation,
            severity: isIgnored(worst, in: history)
                ? .note : history.severity(of: incarnation),
            confidence: worst.points > Self.leastPoints ? .high : .medium,
            status: .likely,
            count: suspects.count,
            events: suspects.map(\.event),
            note: {
                suspects[$0].reasons.map(\.text).joined(separator: "; ")
            },
            metrics: [
                Metric("points", worst.points),
                Metric("ttl", Int(event.timeToLive)),
                Metric("usual_ttl", Int(worst.usualTimeToLive ?? event.timeToLive)),
                Metric("claimed_sender", history.isFromInitiator(event) ? "client" : "server"),
                Metric("destination_port", Int(history.responder.port)),
            ] + worst.reasons.map { Metric("points_\($0.name)", $0.points) },
            causes: ["middlebox-reset", "forged-reset"],
            checks: [
                Check(
                    on: claimed.address.description,
                    "tcpdump -ni any 'tcp[tcpflags] & tcp-rst != 0 and src host \(claimed.address)'",
                    "If the RST does not leave this host, a device on the path sent it."
                )
            ],
            summary: summary(of: worst, by: claimed.address, in: history),
            explanation:
                "\(worst.reasons.map(\.text).joined(separator: "; ").capitalizedFirst)."
        )
    }

    package static func summary(of many: Finding) -> String {
        "\(many.flows) connections from \(many.source) to \(many.destination) were ended by RSTs that a third party sent."
    }

    private func summary(
        of suspect: Suspect,
        by claimed: Address,
        in history: History
    ) -> String {
        let ends = "the connection from \(history.initiator.address) to \(history.responder)"
        if isStale(suspect.event, in: history) {
            return """
                A RST on \(ends) was ignored: its sequence number lies below what had arrived, and its receiver went on. \
                \(claimed) probably did not send it.
                """
        }
        if isIgnored(suspect, in: history) {
            return """
                A RST on \(ends) was ignored: \(claimed), which it names as its sender, went on, and what it sent was \
                acknowledged.
                """
        }
        return """
            The RST that ended \(ends) was probably not sent by \(claimed).
            """
    }

    /// Whether the receiver of a RST acknowledged what its alleged sender sent after it.
    private func isIgnored(_ suspect: Suspect, in history: History) -> Bool {
        if isStale(suspect.event, in: history) { return true }
        guard let packet = suspect.goingOn,
            let later = history.events.lastIndex(where: { $0.packet == packet })
        else { return false }
        let end = history.events[later].sequenceEnd
        return history.events.suffix(from: later + 1).contains {
            $0.side != history.events[later].side && [.ack, .data, .fin].contains($0.kind)
                && end.distance(to: $0.acknowledgment) >= 0
        }
    }

    /// Whether a RST lies below what its receiver had by then, and that goes on: it answers such a
    /// RST with nothing, or with an ACK (RFC 5961 §3).
    private func isStale(_ reset: Int, in history: History) -> Bool {
        let event = history.events[reset]
        let had = history.events[..<reset].contains {
            $0.side == event.side && $0.isOfConnection
                && event.sequence.distance(to: $0.sequenceEnd) > 0
        }
        return had
            && history.events.suffix(from: reset + 1).contains {
                $0.side != event.side && [.ack, .data, .fin].contains($0.kind)
                    && event.sequence.distance(to: $0.acknowledgment) > 0
            }
    }

    /// No stack and no firewall makes a RST with these: the packet is damaged.
    private static let foreignFlags: TCPFlags = [.syn, .fin, .urg]

    private func suspects(of side: Side, in incarnation: Incarnation, _ history: History)
        -> [Suspect]
    {
        let resets = incarnation.events.filter { index in
            history.events[index].side == side && history.isReset(index)
                && index < history.gap ?? .max
                && history.events[index].flags.isDisjoint(with: Self.foreignFlags)
        }
        // What comes after the end has not ended it.
        .filter {
            !isAfterEnd($0, of: incarnation, history) && !isByTimer($0, of: incarnation, history)
        }
        guard !resets.isEmpty else { return [] }
        let own = OwnPackets(of: side, in: incarnation, history)
        let suspects = resets.compactMap { suspect(at: $0, own, in: history) }
        // What a device adds once the host itself has reset the connection did not end it.
        guard let first = suspects.first, first.isNearer || first.hasOtherTimeToLive,
            let usual = own.usualTimeToLive,
            resets.contains(where: {
                $0 < first.event && history.events[$0].timeToLive == usual
            })
        else { return suspects }
        return []
    }

    /// Whether a connection was over before a RST: both ends had closed, or another RST had come
    /// well before.
    private func isAfterEnd(
        _ index: Int,
        of incarnation: Incarnation,
        _ history: History
    ) -> Bool {
        let event = history.events[index]
        let earlier = incarnation.events.prefix { $0 < index }.map { history.events[$0] }
        if earlier.contains(where: {
            $0.kind == .rst && event.time - $0.time > Self.burstWindow
        }) {
            return true
        }
        let closers = earlier.filter { $0.kind == .fin }
        return closers.contains { $0.side == .low } && closers.contains { $0.side == .high }
    }

    /// A timer that gives up runs at least so long, in nanoseconds.
    private static let leastTimer: Int64 = 1_000_000_000

    /// Whether a RST ends a wait of its sender, which had closed before: what stands for that host
    /// gave up.
    private func isByTimer(_ index: Int, of incarnation: Incarnation, _ history: History) -> Bool {
        let event = history.events[index]
        let earlier = incarnation.events.prefix { $0 < index }.map { history.events[$0] }
        guard earlier.contains(where: { $0.side == event.side && $0.kind == .fin }),
            let last = earlier.last
        else { return false }
        return event.time - last.time >= Self.leastTimer
    }

    private func suspect(at index: Int, _ own: OwnPackets, in history: History) -> Suspect? {
        let event = history.events[index]
        let usual = own.usualTimeToLive ?? (own.packets.isEmpty ? event.formerTimeToLive : nil)
        var reasons: [Reason] = []
        if let hops = history.hopsNearer(index) {
            reasons.append(.nearer(event.timeToLive, hops: hops))
        } else if let usual, Hops.passed(usual) != Hops.passed(event.timeToLive),
            !history.capture.sightings.isVarying(history.endpoint(of: event).address),
            !hadSent(event.timeToLive, before: index, in: history)
        {
            reasons.append(.timeToLive(event.timeToLive, usual: usual))
        }
        if let reason = card(at: index, against: own, in: history) { reasons.append(reason) }
        if let reason = unawareness(after: index, among: own.data, in: history) {
            reasons.append(reason)
        }
        if let reason = burstWindow(around: index, in: history) { reasons.append(reason) }
        if let reason = identification(of: event, against: own, in: history) {
            reasons.append(reason)
        }
        if let reason = timestamps(of: event, against: own) { reasons.append(reason) }
        let points = reasons.reduce(0) { $0 + $1.points }
        guard points >= Self.leastPoints else { return nil }
        return Suspect(event: index, points: points, reasons: reasons, usualTimeToLive: usual)
    }

    /// Whether the host that a RST names had sent earlier packets with the same time to live, in
    /// any flow.
    private func hadSent(_ timeToLive: UInt8, before index: Int, in history: History) -> Bool {
        let event = history.events[index]
        return history.capture.sightings.hasSent(
            history.endpoint(of: event).address,
            timeToLive,
            before: event.time
        )
            || history.events[..<index].contains {
                $0.side == event.side && $0.isOfConnection && $0.timeToLive == timeToLive
            }
    }

    /// What the network card of a RST tells, if the host that it names had sent nothing from it.
    private func card(
        at index: Int,
        against own: OwnPackets,
        in history: History
    ) -> Reason? {
        let event = history.events[index]
        guard let usual = own.usualCard, let source = event.linkFacts.source, source != usual,
            !history.capture.sightings.hasSent(
                history.endpoint(of: event).address,
                from: source,
                before: event.time
            ),
            !history.events[..<index].contains(where: {
                $0.side == event.side && $0.isOfConnection && $0.linkFacts.source == source
            })
        else { return nil }
        return .card(source, usual: usual)
    }

    private func unawareness(after index: Int, among data: [Int], in history: History) -> Reason? {
        let event = history.events[index]
        guard isInRunningConnection(index, in: history) else { return nil }
        // Data from elsewhere is not its sender's either.
        let before = history.events[..<index].last { $0.side == event.side && $0.isOfConnection }
        let usual = before?.timeToLive ?? event.formerTimeToLive ?? event.timeToLive
        let later = data.first { other in
            let sent = history.events[other]
            return other > index && sent.time - event.time > TimingTolerance.reordering
                && event.sequence.distance(to: sent.sequence).magnitude < Self.windowReach
                && isNewer(other, than: index, in: history) && sent.timeToLive == usual
        }
        guard let later else { return nil }
        return .unaware(history.events[later].packet)
    }

    /// Whether data was sent after the RST, and not before it and overtaken: it lies behind the RST
    /// or behind all that was sent before by its numbers, or comes so late that a timer sent it.
    private func isNewer(
        _ data: Int,
        than reset: Int,
        in history: History
    ) -> Bool {
        let (sent, event) = (history.events[data], history.events[reset])
        if sent.time - event.time >= TimingTolerance.shortestTimer { return true }
        if event.sequence.distance(to: sent.sequence) >= 0 { return true }
        guard let newest = event.newestTimestamp, sent.hasTimestamps else { return false }
        return Int32(bitPattern: sent.timestampValue &- newest) > 0
    }

    /// Whether the RST stands in a connection that was up, and is not the answer to a late SYN-ACK
    /// or ACK.
    private func isInRunningConnection(_ index: Int, in history: History) -> Bool {
        let incarnation = history.incarnation(of: index)
        guard incarnation.attempts.isEmpty || incarnation.completion.map({ $0 < index }) ?? false
        else {
            return false
        }
        guard case .reset(let reset) = history.interpretations[index] else { return false }
        switch reset.rule {
        case .refusesSyn, .answersSecondSyn:
            return false
        case .rejects(let subject):
            let isLate = incarnation.completion.map { subject < $0 } ?? false
            if case .challenge = history.interpretations[subject] { return false }
            return !isLate && history.events[subject].kind != .synAck
        case .aborts:
            return true
        }
    }

    private func burstWindow(around index: Int, in history: History) -> Reason? {
        let event = history.events[index]
        let incarnation = history.incarnation(of: index).events
        func isNear(_ other: Int) -> Bool {
            (history.events[other].time - event.time).magnitude <= UInt64(Self.burstWindow)
        }
        // A host that sends RSTs to segment after segment numbers them by what it rejects.
        func isAlike(_ other: Int) -> Bool {
            let sent = history.events[other]
            return sent.side == event.side && sent.sequence != event.sequence
                && sent.flags == event.flags && history.isAbort(other)
        }
        var others = 0
        var position = index - 1
        while position >= incarnation.lowerBound, isNear(position) {
            if isAlike(position) { others += 1 }
            position -= 1
        }
        position = index + 1
        while position < incarnation.upperBound, isNear(position) {
            if isAlike(position) { others += 1 }
            position += 1
        }
        return others > 0 ? .burstWindow(others + 1) : nil
    }

    private func identification(
        of event: Event,
        against own: OwnPackets,
        in history: History
    ) -> Reason? {
        // A stack that counts sends its socketless RSTs with 0, which tells nothing.
        guard history.initiator.address.isIPv4, event.identification != 0,
            own.isOutOfSeries(event.identification), let nearest = own.newestIdentification
        else { return nil }
        return .identification(event.identification, nearest: nearest)
    }

    private func timestamps(of event: Event, against own: OwnPackets) -> Reason? {
        guard event.flags.contains(.ack), event.sequence.rawValue != 0, !event.hasTimestamps,
            own.allHaveTimestamps
        else { return nil }
        return .timestampsMissing
    }

    /// What speaks against its sender.
    private enum Reason {
        case nearer(UInt8, hops: Int)
        case timeToLive(UInt8, usual: UInt8)
        case card(MACAddress, usual: MACAddress)
        /// The packet with which its sender goes on.
        case unaware(UInt64)
        case burstWindow(Int)
        case identification(UInt16, nearest: UInt16)
        case timestampsMissing

        var name: String {
            switch self {
            case .nearer, .timeToLive: "ttl"
            case .card: "mac"
            case .unaware: "unaware"
            case .burstWindow: "volley"
            case .identification: "ip_id"
            case .timestampsMissing: "no_timestamps"
            }
        }

        var points: Int {
            switch self {
            case .timeToLive, .card, .burstWindow: 3
            case .nearer, .unaware: 4
            case .identification, .timestampsMissing: 1
            }
        }

        var text: String {
            switch self {
            case .nearer(let value, let hops):
                "TTL \(value), \(Wording.count(hops, "hop")) nearer than the other packets of its source"
            case .timeToLive(let value, let usual):
                "TTL \(value), while other packets of its source have \(usual)"
            case .card(let source, let usual): "source MAC address \(source) instead of \(usual)"
            case .unaware(let packet): "its source goes on with data in packet \(packet)"
            case .burstWindow(let count):
                "\(count) RSTs with different sequence numbers within 1 ms"
            case .identification(let value, let nearest):
                "IPv4 identification \(value) next to \(nearest)"
            case .timestampsMissing: "no timestamps although the connection uses them"
            }
        }
    }

    /// One RST that is not its sender's.
    private struct Suspect {
        let event: Int
        let points: Int
        let reasons: [Reason]
        let usualTimeToLive: UInt8?

        /// The packet with which its sender goes on.
        var goingOn: UInt64? {
            reasons.compactMap { if case .unaware(let packet) = $0 { packet } else { nil } }.first
        }
        var isNearer: Bool { reasons.contains { if case .nearer = $0 { true } else { false } } }
        var hasOtherTimeToLive: Bool {
            reasons.contains { if case .timeToLive = $0 { true } else { false } }
        }
    }
}
