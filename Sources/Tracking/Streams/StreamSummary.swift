/// A connection that was established and did not end well, as the tracker hands it over with the
/// events of its flow: what both ends sent last, and how it ended.
package struct StreamSummary: Hashable, Sendable {
    /// Which incarnation of the four-tuple it was.
    package let incarnation: UInt16
    /// All that it shows.
    package let signals: Signals
    /// What is flat of it, so that a copy is one move.
    private let flat: Flat

    /// `nil` for a connection that is no TLS session.
    package let tls: TLSSession?
    /// The host that the ClientHello names.
    package internal(set) var serverName: String?
    /// The first application protocol that the ClientHello offers.
    package internal(set) var applicationProtocol: String?
    /// What the responder said first, where that turned the initiator away and somebody asked for
    /// it.
    package let words: ShownText?
    /// Whether its handshake was captured: otherwise it is a guess who began it.
    package let hasBeginning: Bool
    /// When it was looked at last: at its end, or at the end of the capture, in nanoseconds since
    /// 1970.
    package let time: Int64
    /// Whether both FINs were acknowledged.
    package let isClosed: Bool
    /// For a TLS session that the responder reset before it had sent application data: how many
    /// connections of the service it reset after the same last message of the initiator, this one
    /// among them.
    package internal(set) var resetsAlike = 0
    /// How many connections of the service the responder reset within 100 ms of this one, this one
    /// among them.
    package internal(set) var resetsAtOnce = 0
    /// For a TLS session that its client closed before it had come up: how many such sessions with
    /// any server the same host closed within 100 ms of this one, this one among them.
    package internal(set) var closesAtOnce = 0

    /// How far one end had come.
    package struct Progress: BitwiseCopyable, Hashable, Sendable {
        /// One past the highest sequence number that it sent.
        package let next: SequenceNumber
        /// The highest acknowledgment that it sent.
        package let acknowledged: SequenceNumber
        /// Whether any segment of it was captured.
        package let isCaptured: Bool
        /// When it sent anything last, in nanoseconds since 1970, to a millisecond.
        package let lastSent: Int64

        init(_ endpoint: EndpointState, before time: Int64) {
            lastSent = endpoint.timeSent(before: time)
            next = endpoint.next
            acknowledged = endpoint.acknowledged
            isCaptured = endpoint.marks.contains(.seen)
        }
    }

    /// - Parameters:
    ///   - state: what was held of the stream.
    ///   - signals: what it shows.
    ///   - flow: the flow whose present connection it is.
    ///   - repetitions: what each end sent again and again.
    ///   - holes: what the other end of each received behind a hole.
    ///   - tls: its TLS session, with the names that its ClientHello gives.
    ///   - stall: what made no progress on it.
    ///   - words: what the responder said first, if that is to be quoted.
    ///   - time: now, in nanoseconds since 1970.
    init(
        _ state: StreamState,
        showing signals: Signals,
        of flow: Flow,
        repeating repetitions: (low: Repetition?, high: Repetition?),
        behindHoles holes: (low: SelectiveAcknowledgment?, high: SelectiveAcknowledgment?),
        tls: (session: TLSSession?, serverName: String?, applicationProtocol: String?),
        stall: Stall?,
        words: ShownText?,
        at time: Int64
    ) {
        incarnation = flow.incarnation
        self.signals = signals
        flat = Flat(
            low: End(state[.low], from: flow.low.firstData, repetitions.low, holes.low),
            high: End(state[.high], from: flow.high.firstData, repetitions.high, holes.high),
            quietBeforeEnd: state.quietBeforeEnd,
            endBegin: state.endBegin,
            lastDataSender: flow.lastDataSender,
            lowSent: Progress(flow.low, before: flow.lastTime),
            highSent: Progress(flow.high, before: flow.lastTime),
            isStalled: stall != nil,
            stall: stall ?? Stall()
        )
        self.tls = tls.session
        self.words = words
        serverName = tls.serverName
        applicationProtocol = tls.applicationProtocol
        hasBeginning = !flow.marks.contains(.midstream)
        self.time = time
        isClosed = flow.phase == .closed
    }

    private struct Flat: BitwiseCopyable, Hashable, Sendable {
        let low: End
        let high: End
        let quietBeforeEnd: Int64
        /// 0 before any FIN or RST.
        let endBegin: Int64
        let lastDataSender: Side
        let lowSent: Progress
        let highSent: Progress
        let isStalled: Bool
        let stall: Stall
    }

    /// What made no progress on it; `nil` where all went on.
    package var stall: Stall? { flat.isStalled ? flat.stall : nil }

    package var low: End { flat.low }
    package var high: End { flat.high }

    /// How long no packet had come before the first FIN or the RST, in nanoseconds; `nil` before
    /// that.
    package var quietBeforeEnd: Int64? { flat.endBegin == 0 ? nil : flat.quietBeforeEnd }

    /// When the first FIN or the RST was captured, in nanoseconds since 1970; `nil` before that.
    package var endBegin: Int64? { flat.endBegin == 0 ? nil : flat.endBegin }

    /// Whose data came last.
    package var lastDataSender: Side { flat.lastDataSender }

    package subscript(side: Side) -> End { side == .low ? low : high }

    /// How far one end had come when the connection ended, or the capture.
    package func progress(of side: Side) -> Progress { side == .low ? flat.lowSent : flat.highSent }

    /// Whether the other end has acknowledged all data of one.
    package func isAcknowledged(_ side: Side) -> Bool {
        self[side].end.distance(to: progress(of: side.other).acknowledged) >= 0
    }

    /// Whether both ends were captured.
    package var hasBothDirections: Bool { flat.lowSent.isCaptured && flat.highSent.isCaptured }

    /// Whether either end sent data.
    package var hasData: Bool { low.hasSentData || high.hasSentData }
}
