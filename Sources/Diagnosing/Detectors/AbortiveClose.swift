import Tracking

/// Speaks when a RST ended a connection that was in use.
package struct AbortiveClose: Detector {
    package static let manual = Manual(
        id: "abortive-close",
        title: "connection reset",
        group: .ending,
        sees: """
            A RST on a connection that had carried data, before both ends had closed. It answers data sent after \
            the sender's own FIN (data-after-close), or data of a connection unknown to the sender \
            (connection-unknown). It answers a keep-alive probe of a connection that its sender no longer knows \
            (no-longer-known). Or it is the application's own doing: while the peer was still sending \
            (unread-data), or when everything had been sent (linger-zero).
            """,
        means: """
            Data in flight or unread is lost at both ends. Applications cause this when they close with data in \
            their receive buffer, with SO_LINGER 0, or when they are killed. Stacks cause it when a socket is \
            gone.
            """,
        unless: """
            A RST after the other end's FIN with all acknowledged is a note. A RST after both FINs, or after both ends of TLS have said goodbye, is harmless. Clients that cancel \
            a download reset it. If a third party sent the RST, the finding is rst-injected.
            """,
        check: """
            On the host that sent the RST: nstat -az TcpExtTCPAbortOnClose TcpExtTCPAbortOnData \
            TcpExtTCPAbortOnLinger. The counter that rises shows what the application did.
            """,
        elsewhere: """
            Wireshark: Connection reset (RST). Zeek: conn_state RSTO or RSTR.
            """,
        sources: [.rfc(9293, section: "3.6.1"), .rfc(2525, section: "2.17")],
        followsFrom: [
            "rst-injected", "listener-crash", "unanswered-request", "timestamp-regression",
            "retransmission-timeout", "half-close-stall", "idle-timeout-close",
            "accept-queue-overflow", "turned-away", "protocol-mismatch",
            "rst-after-handshake", "challenge-ack", "time-wait-collision", "port-reuse",
            "zero-window-stall", "ack-loop", "acks-not-received", "idle-state-lost",
            "host-restart", "service-restart", "duplicate-address",
        ],
        example: Exchange(to: "198.51.100.20:8000") {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
            client.data(seq: 1001, ack: 5001, length: 1400)
            server.data(seq: 5001, ack: 2401, length: 60)
            pause(.milliseconds(1200))
            client.data(seq: 2401, ack: 5061, length: 1400)
            server.ack(seq: 5061, ack: 3801)
            server.reset(seq: 5061, ack: 3801).flagged
        },
        nearMiss: Exchange(to: "198.51.100.20:8000") {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
            client.data(seq: 1001, ack: 5001, length: 1400)
            server.data(seq: 5001, ack: 2401, length: 60)
            client.fin(seq: 2401, ack: 5061)
            server.fin(seq: 5061, ack: 2402)
            client.ack(seq: 2402, ack: 5062)
            server.rst(seq: 5062)
        }
    )

    /// Data so long before the RST had its answer in it, in nanoseconds.
    private static let recent: Int64 = 1_000_000_000

    /// Whoever sent something so often after the first time gives up.
    private static let manySendings: UInt16 = 5

    /// What is sent behind the other end's FIN is a goodbye up to this length, in bytes.
    private static let goodbye: Int32 = 64

    /// And up to this length, in bytes, where the FIN follows it within such a time, in
    /// nanoseconds: nobody waits for an answer then.
    private static let farewell: UInt32 = 128
    private static let immediate: Int64 = 10_000_000

    /// No more is on its way at a time, in octets.
    private static let mostInFlight: Int32 = 1 << 26

    package static let needs: Signals? = [.data, .reset]

    // They say who reset it, or why so soon.
    package static let yieldsTo: [any Detector.Type] = [
        ResetAfterHandshake.self, InjectedReset.self,
    ]

    package static func blame(for finding: Finding) -> [FaultSide] {
        guard let sender = finding.party("sent_by") else { return [] }
        // A device on the way that lost its state sends the same RST.
        return finding.reason == Kind.noLongerKnown.rawValue ? [sender, .network] : [sender]
    }

    package init() {}

    package func examine(_ history: History) -> Finding? {
        let aborts = history.allEndings.compactMap { abort(in: $0, history) }
        guard let last = aborts.last else { return nil }
        let event = history.events[last.resets[0]]
        let sender = history.endpoint(of: event)
        let isByClient = history.isFromInitiator(event)
        var found = finding(
            in: history,
            incarnation: last.incarnation,
            reason: last.kind.rawValue,
            severity: severity(of: last, isByClient: isByClient),
            confidence: last.kind == .unreadData ? .medium : .high,
            status: last.kind == .unreadData ? .likely : .confirmed,
            count: aborts.count,
            events: aborts.flatMap(\.resets),
            note: { _ in note(of: last) },
            metrics: [
                Metric("lost_octets", last.lost),
                Metric("sent_by", isByClient ? "client" : "server"),
                Metric("window", Int(event.window)),
                Metric("source_port", Int(history.initiator.port)),
                Metric("destination_port", Int(history.responder.port)),
            ],
            causes: last.kind.causes,
            checks: [
                Check(
                    on: sender.address.description,
                    "nstat -az TcpExtTCPAbortOnClose TcpExtTCPAbortOnData TcpExtTCPAbortOnLinger",
                    "OnClose: unread data. OnData: data after the close. OnLinger: SO_LINGER 0."
                )
            ],
            summary: summary(of: last, by: sender, in: history),
            explanation: explanation(of: last, in: history)
        )
        found.shared = isByClient ? "client" : "server"
        return found
    }

    package static func summary(of many: Finding) -> String {
        guard let (own, other) = many.sharedParties else {
            return
                "\(many.flows) connections from \(many.source) to \(many.destination) were reset before both ends had closed."
        }
        return "\(own) reset \(many.flows) connections with \(other) before both ends had closed."
    }

    private func severity(of abort: Abort, isByClient: Bool) -> Severity {
        // A client may well not care for the rest, and one that left without waiting for its answer
        // does not.
        guard abort.hasBeginning, !isByClient, !abort.isAfterFIN, !abort.isDone else {
            return .note
        }
        return abort.kind == .lingerZero || abort.kind == .noLongerKnown ? .note : .warning
    }

    private func abort(in ending: Ending, _ history: History) -> Abort? {
        let stream = ending.stream
        guard stream.hasData, let first = ending.resets.first, !saidGoodbye(ending, history)
        else { return nil }
        if history.isWithoutEffect(reset: first) { return nil }
        let event = history.events[first]
        let side = event.side
        let (own, other) = (stream.progress(of: side), stream.progress(of: side.other))
        let unacknowledged = max(0, other.acknowledged.distance(to: stream[side].end))
        let unread = max(0, own.acknowledged.distance(to: stream[side.other].end))
        // Numbers of another connection on the same ports tell nothing of this one, and whoever
        // sent in vain gave up.
        guard max(unread, unacknowledged) < Self.mostInFlight, !gaveUpProbing(event, stream),
            stream[side].repetitions < Self.manySendings || unacknowledged <= 0
        else { return nil }
        let peerClosed = ending.fins.first { history.events[$0].side != side && $0 < first }
        if max(unread, unacknowledged) <= 1, isNothingLeft(of: stream, event, peerClosed, history) {
            return nil
        }
        let closed = ending.fins.first { history.events[$0].side == side && $0 < first }
        let hadClosed = closed != nil
        let kind: Kind
        if let closed, stream[side.other].last.time > history.events[closed].time {
            kind = .dataAfterClose
            if unread <= Self.goodbye { return nil }
        } else if event.flags.contains(.ack) {
            let data = stream[side.other].last
            let isReceiving =
                stream.lastDataSender == side.other && event.time - data.time <= Self.recent
                && stream[side].hasSentData
            kind = isReceiving || unread > 0 ? .unreadData : .lingerZero
        } else {
            let isToProbe = !hadClosed && rejectsProbe(event, on: stream, history)
            if !hadClosed, !isToProbe, answersNothing(event, stream, unread) { return nil }
            kind = hadClosed ? .dataAfterClose : isToProbe ? .noLongerKnown : .connectionUnknown
            // A RST to an ACK of what both have closed destroys nothing.
            let hasOnlyFin = ending.fins.contains { history.events[$0].side != side } && unread <= 1
            // What its sender had said before, and whether it had closed, was not captured.
            if stream.hasUncapturedData(of: side) { return nil }
            guard !hasOnlyFin, isToProbe || unread > 0 || stream.lastDataSender == side.other
            else { return nil }
            // A close_notify or a QUIT is all that is lost.
            if hadClosed, unread <= Self.goodbye { return nil }
        }
        return Abort(
            incarnation: ending.incarnation,
            resets: ending.resets.filter { history.events[$0].side == side },
            kind: kind,
            lost: ending.stream.hasBeginning ? Int(unread) + Int(unacknowledged) : 0,
            isUnread: unread > 0,
            mayHaveUnread: stream[side.other].hasSentData,
            isUnused: side == ending.incarnation.initiator
                && stream.tls.map { $0.isComplete && $0[side].dataRecords == 0 } ?? false,
            isDone: kind == .dataAfterClose && peerClosed != nil && stream.isAcknowledged(side)
                && closed.map { !hasNewData(after: $0, in: ending, history) } ?? false,
            isAfterFIN: peerClosed != nil && closed == nil && max(unread, unacknowledged) <= 1,
            hasBeginning: ending.stream.hasBeginning
        )
    }

    /// Whether a bare RST came when its sender had spoken last: an open socket was closed with it.
    private func answersNothing(_ reset: Event, _ stream: StreamSummary, _ unread: Int32) -> Bool {
        stream.lastDataSender == reset.side && unread <= 0
            && stream.progress(of: reset.side.other).lastSent <= stream[reset.side].last.time
    }

    /// Whether a RST's sender had asked in vain whether the other end lives: that is a timeout.
    private func gaveUpProbing(_ reset: Event, _ stream: StreamSummary) -> Bool {
        guard let prober = stream.stall?[reset.side], prober.probes > 0 else { return false }
        return prober.lastProbe > stream.progress(of: reset.side.other).lastSent
            && reset.time >= prober.lastProbe
    }

    /// Whether the other end sent anything for the first time after a FIN.
    private func hasNewData(after fin: Int, in ending: Ending, _ history: History) -> Bool {
        let side = history.events[fin].side.other
        let data = ending.incarnation.events.filter {
            history.events[$0].side == side && history.events[$0].payloadLength > 0
        }
        let ends = data.filter { $0 < fin }.map { history.events[$0].sequenceEnd }
        let known = ends.max { $0.distance(to: $1) > 0 }
        let sent = ending.stream[side]
        return data.contains { index in
            let event = history.events[index]
            let isRepeated = sent.repetitions > 0 && event.sequence == sent.repeated
            let isBeyond = known.map { $0.distance(to: event.sequenceEnd) > 0 } ?? true
            return index > fin && isBeyond && !isRepeated
        }
    }

    /// Whether a RST came when all was acknowledged and the other end had closed, or had said its
    /// last word.
    private func isNothingLeft(
        of stream: StreamSummary,
        _ reset: Event,
        _ peerClosed: Int?,
        _ history: History
    ) -> Bool {
        let peer = stream[reset.side.other]
        if let peerClosed,
            stream.lastDataSender == reset.side || history.isFromInitiator(reset)
                || isGoodbye(peer, at: peerClosed, history)
        {
            return true
        }
        return PortProfile.isReleased(peer.last.payloadLength, history.responder.port)
    }

    /// Whether a RST answers a keep-alive probe, and not one of a closed window.
    private func rejectsProbe(
        _ reset: Event,
        on stream: StreamSummary,
        _ history: History
    ) -> Bool {
        guard history.signals.contains(.probe), let stall = stream.stall,
            stall[reset.side].closure == nil
        else { return false }
        let prober = stall[reset.side.other]
        return prober.probes > 0 && prober.lastProbe >= stream[reset.side.other].last.time
            && reset.time - prober.lastProbe <= Self.recent
    }

    /// Whether what an end sent last is short and comes with its FIN: an unbind, a Terminate, a
    /// close_notify.
    private func isGoodbye(
        _ end: StreamSummary.End,
        at fin: Int,
        _ history: History
    ) -> Bool {
        let delay = history.events[fin].time - end.last.time
        return end.last.payloadLength <= UInt32(Self.goodbye) && delay <= Self.recent
            || end.last.payloadLength <= Self.farewell && delay <= Self.immediate
    }

    /// Whether TLS had not come up, which has a finding of its own, or an end had said goodbye in
    /// it.
    private func saidGoodbye(_ ending: Ending, _ history: History) -> Bool {
        guard let session = ending.stream.tls else { return false }
        if !session.isComplete || session.low.alert != nil || session.high.alert != nil {
            return true
        }
        return TLSClosing(ending.incarnation, in: history)?.story == .cut
    }

    private func note(of abort: Abort) -> String {
        switch abort.kind {
        case .dataAfterClose: "rejects data that arrived after its FIN"
        case .connectionUnknown: "has no state for this connection"
        case .noLongerKnown: "answers a probe of a connection that it no longer knows"
        case .unreadData:
            abort.isUnread ? "aborts while the peer is sending" : "aborts after data of the peer"
        case .lingerZero: "aborts instead of closing"
        }
    }

    private func summary(of abort: Abort, by closer: Endpoint, in history: History) -> String {
        let isByClient = closer == history.initiator
        let other = isByClient ? history.responder : history.initiator
        let sender = Wording.end(closer, beside: other)
        let peer =
            isByClient ? other.description : Wording.end(other, beside: closer)
        let lost =
            abort.lost > 0
            ? "; \(Wording.count(abort.lost, "byte")) \(abort.lost == 1 ? "was" : "were") discarded"
            : ""
        switch abort.kind {
        case .dataAfterClose:
            return
                "\(sender) closed its connection with \(peer)\(abort.isUnused ? " without a request" : "") and then reset it, because more data arrived\(lost)."
        case .connectionUnknown:
            return
                "\(sender) reset an established connection with \(peer) that it no longer had any state for\(lost)."
        case .noLongerKnown:
            return
                "\(sender) no longer knew its connection with \(peer): it answered a probe with a RST\(lost)."
        case .unreadData:
            return
                abort.isUnread
                ? "\(sender) aborted its connection with \(peer) while \(peer) was still sending\(lost)."
                : "\(sender) aborted its connection with \(peer) just after it had received data\(lost)."
        case .lingerZero:
            return "\(sender) ended its connection with \(peer) with a RST instead of a FIN\(lost)."
        }
    }

    private func explanation(of abort: Abort, in history: History) -> String {
        // What its sender says is better than what its form suggests.
        if history.statedReason(of: abort.resets[0]) != nil { return "" }
        let packet = history.events[abort.resets[0]].packet
        switch abort.kind {
        case .dataAfterClose:
            let form =
                history.events[abort.resets[0]].flags.contains(.ack)
                ? "." : ": the RST in packet \(packet) has no ACK, so the socket was already gone."
            return """
                The bytes sent after the close were discarded\(form)\
                \(abort.isUnused ? " They are probably session tickets." : " The sender cannot tell how much of its data the application read.")
                """
        case .connectionUnknown:
            if let proof = history.proofOfOtherCard(abort.resets[0]) {
                return """
                    The RST in packet \(packet) has no ACK, so there was no socket for it. \(proof)
                    """
            }
            return """
                The RST in packet \(packet) has no ACK and takes its number from the segment it rejects, so there was no \
                socket for it. The host restarted, the application died, or a device lost its state.
                """
        case .noLongerKnown:
            return """
                The RST in packet \(packet) has no ACK and takes its number from the probe, so there was no socket for it. \
                Nothing had said so while the connection was idle.
                """
        case .unreadData:
            return """
                The RST in packet \(packet) was sent while the socket still existed. A stack does this when the application closes with \
                unread data in the receive buffer (RFC 2525 §2.17).
                """
        case .lingerZero:
            let unread =
                abort.mayHaveUnread
                ? ", or unread data was still in the receive buffer; or the socket"
                : "; or the socket"
            return """
                The RST in packet \(packet) was sent by an open socket: its process closed it with SO_LINGER 0\(unread) was \
                destroyed from outside (ss -K).
                """
        }
    }

    private enum Kind: String {
        case dataAfterClose = "data-after-close"
        case connectionUnknown = "connection-unknown"
        case noLongerKnown = "no-longer-known"
        case unreadData = "unread-data"
        case lingerZero = "linger-zero"

        var causes: [String] {
            switch self {
            case .dataAfterClose: ["closed-before-end-of-data"]
            case .connectionUnknown, .noLongerKnown:
                ["host-restarted", "process-died", "state-lost-on-the-way"]
            case .unreadData: ["closed-with-unread-data", "upload-refused-early", "process-killed"]
            case .lingerZero: ["so-linger-zero", "closed-with-unread-data"]
            }
        }
    }

    private struct Abort {
        let incarnation: Incarnation
        /// Of its sender; never empty.
        let resets: [Int]
        let kind: Kind
        let lost: Int
        /// Whether bytes of the other end were on their way.
        let isUnread: Bool
        /// Whether the other end had sent any.
        let mayHaveUnread: Bool
        /// Whether a TLS session came about and its client never said anything in it.
        let isUnused: Bool
        /// Whether all that its sender had said was acknowledged, and the other end said nothing
        /// new before it closed, too.
        let isDone: Bool
        /// Whether the other end had closed, and all was acknowledged.
        let isAfterFIN: Bool
        let hasBeginning: Bool
    }
}
