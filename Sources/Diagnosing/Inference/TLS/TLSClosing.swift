import Tracking

/// How a TLS session came to its end: who said close_notify, who closed TCP, and in which order.
///
/// Every detector of TLS asks it for the one story of the connection, so that no two of them tell
/// another one.
struct TLSClosing {
    let history: History
    let incarnation: Incarnation
    let stream: StreamSummary
    let session: TLSSession
    /// The first FIN or RST, whoever sent it.
    let end: Int?

    /// What the end of a session was.
    enum Story: Hashable {
        /// An alert says what was wrong: all that follows it is as it should be.
        case alerted
        /// TCP ended before the server's first application data.
        case cut
        /// The first to close TCP had sent no close_notify, and neither had the other end.
        case premature
        /// One end sent a close_notify, and the other closed without one.
        case oneSided(by: Side)
        case orderly
    }

    /// An upload begins with more records than a request has.
    private static let mostRequestRecords: UInt32 = 3

    /// A server that refuses what it has just read does so within this time, in nanoseconds.
    private static let promptReaction: Int64 = 1_000_000_000

    init?(_ incarnation: Incarnation, in history: History) {
        guard let stream = history.stream(of: incarnation), let session = stream.tls
        else { return nil }
        self.history = history
        self.incarnation = incarnation
        self.stream = stream
        self.session = session
        end = incarnation.events.first { index in
            let kind = history.events[index].kind
            return (kind == .fin || kind == .rst) && !history.isDuplicate(index)
        }
    }

    var client: Side { session.client }
    var server: Side { session.client.other }
    /// Who sent the first FIN or RST.
    var closer: Side? { end.map { history.events[$0].side } }

    /// What the end of the session was; `nil` before its end, or where the capture shows too little
    /// to tell.
    var story: Story? {
        guard let end, let closer, isSeenFromBothEnds else { return nil }
        let packet = history.events[end].packet
        let alerts = [session.low.alert, session.high.alert].compactMap(\.self)
        if alerts.contains(where: { $0.isFatal && $0.packet <= packet }) { return .alerted }
        let own = farewell(of: closer)
        let other = farewell(of: closer.other).flatMap { $0.packet <= packet ? $0 : nil }
        if own == nil, other == nil {
            guard isWhole(closer) else { return nil }
            if isCut { return isWhole(closer.other) ? .cut : nil }
            return isKnown ? .premature : nil
        }
        if !session.isComplete || isRefused {
            return isWhole(.low) && isWhole(.high) ? .alerted : nil
        }
        guard isKnown else { return nil }
        guard own != nil else {
            return isWhole(closer) && isAware(end) ? .oneSided(by: closer.other) : nil
        }
        if farewell(of: closer.other) != nil { return .orderly }
        let hasEnded = firstEnd(of: closer.other) != nil
        return hasEnded && isWhole(closer.other) ? .oneSided(by: closer) : nil
    }

    /// Whether it is known how alerts look in it, and TLS did not make room for another protocol.
    private var isKnown: Bool {
        session.version != 0
            && [session.low, session.high].allSatisfy { !$0.marks.contains(.endsInPlaintext) }
    }

    /// Whether the sender of the FIN or RST at `index` had all that the other end had said.
    private func isAware(_ index: Int) -> Bool {
        let event = history.events[index]
        guard event.flags.contains(.ack) else { return true }
        return stream[event.side.other].end.distance(to: event.acknowledgment) >= 0
    }

    /// Whether the server has said nothing yet that an application would have said.
    private var isCut: Bool {
        if !session.isComplete { return true }
        return session[server].dataRecords == 0
            && session[client].dataRecords <= Self.mostRequestRecords
    }

    /// Whether an encrypted alert is the server's whole answer to the client's Finished, as when it
    /// refuses the client's certificate in TLS 1.3.
    private var isRefused: Bool {
        guard let alert = session[server].alert, alert.isPresumed,
            session[server].dataRecords == 0,
            alert.time - session[client].messageTime <= Self.promptReaction
        else { return false }
        return session[client].alert.map { $0.packet > alert.packet } ?? true
    }

    /// An alert of an end that may be its close_notify: before its own FIN, and not in answer to a
    /// FIN of the other end that had sent none.
    func farewell(of side: Side) -> TLSAlert? {
        guard let alert = session[side].alert, alert.mayClose, isBeforeEnd(alert, of: side),
            session[side].messagePacket <= alert.packet
        else { return nil }
        guard let theirs = firstEnd(of: side.other),
            history.events[theirs].packet < alert.packet
        else { return alert }
        let answer = session[side.other].alert
        return answer.map { $0.mayClose && isBeforeEnd($0, of: side.other) } == true ? alert : nil
    }

    private func isBeforeEnd(_ alert: TLSAlert, of side: Side) -> Bool {
        firstEnd(of: side).map { alert.packet <= history.events[$0].packet } ?? true
    }

    /// The first FIN or RST of an end.
    func firstEnd(of side: Side) -> Int? {
        incarnation.events.first { index in
            let event = history.events[index]
            return event.side == side && (event.kind == .fin || event.kind == .rst)
                && !history.isDuplicate(index)
        }
    }

    /// Whether packets of both ends were captured.
    private var isSeenFromBothEnds: Bool {
        [Side.low, .high].allSatisfy {
            let progress = stream.progress(of: $0)
            return progress.next.rawValue != 0 || progress.acknowledged.rawValue != 0
        }
    }

    /// Whether all records of an end were seen, up to its last octet.
    func isWhole(_ side: Side) -> Bool {
        if session[side].hasGap { return false }
        guard stream[side].hasSentData else { return true }
        let isFinished = incarnation.events.contains {
            history.events[$0].side == side && history.events[$0].kind == .fin
        }
        let unseen = stream[side].end.distance(to: stream.progress(of: side).next)
        let reset = end.map { history.events[$0] }
        // What an end aborts with lies behind all that it sent.
        if let reset, reset.kind == .rst, reset.side == side, reset.flags.contains(.ack),
            stream[side].end.distance(to: reset.sequence) > 0
        {
            return false
        }
        return unseen <= (isFinished ? 1 : 0)
    }

    /// Octets of its last record that an end did not send; 0 where the record is whole.
    func missingOctets(of side: Side) -> Int {
        guard isWhole(side), session[side].isTruncated(at: stream[side].end) else { return 0 }
        return Int(max(0, stream[side].end.distance(to: session[side].recordEnd)))
    }

    func endpoint(of side: Side) -> Endpoint {
        side == history.initiatorSide ? history.initiator : history.responder
    }

    /// `client` or `server`, of the TLS session.
    func role(of side: Side) -> String { side == client ? "client" : "server" }

    /// When another session of the client for the same name was answered within a time; `nil` where
    /// none was.
    func useBeside(_ time: ClosedRange<Int64>) -> Int64? {
        history.capture.unusedSessions.use(
            by: endpoint(of: client).address,
            at: endpoint(of: server),
            in: session,
            during: time
        )
    }

    /// The event of a packet, if it was kept.
    func event(of packet: UInt64) -> Int? {
        incarnation.events.first { history.events[$0].packet == packet }
    }

    /// The last that an end said, in the words of the standard; `nil` for nothing.
    func lastWords(of side: Side) -> String? {
        let stream = session[side]
        if stream.dataRecords > 0 { return "application data" }
        return stream.lastMessage?.name
    }

    /// The event of the last that an end said.
    func lastEvent(of side: Side) -> Int? {
        stream[side].hasSentData ? event(of: stream[side].last.packet) : nil
    }

    /// The option by which `openssl s_client` asks for the same host; empty where the ClientHello
    /// names none.
    var serverNameOption: Command {
        guard let name = stream.serverName.flatMap(HostName.init) else { return "" }
        return " -servername \(name)"
    }

    /// ` for example.org`, where the ClientHello names a host.
    var forName: String { stream.serverName.map { " for \($0)" } ?? "" }

    /// What every finding about a session says in numbers.
    var metrics: [Metric] {
        var metrics = [
            Metric("tls_version", session.versionName),
            Metric("source_port", Int(history.initiator.port)),
            Metric("destination_port", Int(history.responder.port)),
        ]
        if let name = stream.serverName { metrics.append(Metric("server_name", name)) }
        if let name = stream.applicationProtocol { metrics.append(Metric("alpn", name)) }
        return metrics
    }
}

extension History {
    /// Whether an event is another capture of a packet.
    func isDuplicate(_ index: Int) -> Bool {
        if case .duplicate = interpretations[index] { true } else { false }
    }

    /// The ends of all TLS sessions on the four-tuple.
    var tlsClosings: [TLSClosing] { incarnations.compactMap { TLSClosing($0, in: self) } }
}
