import Tracking

/// A TLS handshake that was cut off: by whom, after what, and what stands out.
struct TLSCut {
    /// A close later than this is a timeout that ran out, in nanoseconds.
    private static let promptReaction: Int64 = 1_000_000_000
    /// Without an answer for so long a ClientHello was lost, in nanoseconds.
    private static let handshakeTimeout: Int64 = 5_000_000_000
    /// So many connections that the server resets alike are no accident.
    private static let manyAlike = 2
    /// So many connections that are reset at once go down with their process.
    private static let manyAtOnce = 3
    /// Another session that is used this long before or after is the one that its client wanted, in
    /// nanoseconds.
    private static let rivalTime: Int64 = 2_000_000_000
    /// Whoever dislikes a message leaves within this time, in nanoseconds.
    private static let reaction: Int64 = 100_000_000
    /// No segment of a usual wire carries more, in octets.
    private static let longestSegment = 1460

    /// The cause that a device on the path filters names.
    static let nameFilter = "middlebox-blocks-server-name"

    let closing: TLSClosing
    /// The FIN or RST; `nil` where a ClientHello was never answered.
    let end: Int?
    let reason: Reason

    /// What stands out.
    enum Reason: String {
        case packetOfDeath = "packet-of-death"
        case oversizeHello = "clienthello-oversize"
        case nameBlock = "sni-block"
        case noTLSAnswer = "no-tls-answer"
        case reset
        case close

        var causes: [String] {
            switch self {
            case .packetOfDeath: ["process-died", "refused-without-alert"]
            case .oversizeHello: ["middlebox-drops-split-clienthello", "path-mtu"]
            case .nameBlock: [nameFilter]
            case .noTLSAnswer: ["service-without-tls", "wrong-port"]
            case .reset: ["process-died", "refused-without-alert", "middlebox"]
            case .close: ["refused-without-alert", "timeout", "client-cancelled"]
            }
        }
    }

    init?(_ incarnation: Incarnation, in history: History) {
        guard let closing = TLSClosing(incarnation, in: history) else { return nil }
        self.closing = closing
        end = closing.end
        if closing.end == nil {
            // What was not sent again may have been answered outside of the capture.
            guard Self.isUnanswered(closing), Self.isOversize(closing),
                closing.stream.isRetransmitting(closing.client)
            else { return nil }
            reason = .oversizeHello
            return
        }
        // After both Finished nothing is a handshake any more (RFC 8446 §2, RFC 5246 §7.3).
        guard closing.story == .cut, !closing.session.isComplete, !Self.gaveUp(closing) else {
            return nil
        }
        reason = Self.reason(of: closing)
        // What a server sends as application data may be all of its handshake, and more (RFC 8446
        // §5.2).
        if reason == .close, closing.session[closing.server].dataRecords > 0 { return nil }
        // What crosses a FIN had not arrived when its sender closed: nobody knows after which
        // message it did.
        if reason == .close, delay < 0 { return nil }
    }

    /// Whoever sent something so often after the first time gives up.
    private static let manySendings: UInt16 = 5

    /// Whether the end that closed had sent its last message again and again in vain: TCP gave up
    /// then, and not TLS.
    private static func gaveUp(_ closing: TLSClosing) -> Bool {
        guard let closer = closing.closer else { return false }
        return closing.stream[closer].repetitions >= manySendings
            && !closing.stream.isAcknowledged(closer) && !isOversize(closing)
    }

    private static func isUnanswered(_ closing: TLSClosing) -> Bool {
        let client = closing.stream[closing.client]
        return closing.stream.time - client.begin >= handshakeTimeout
    }

    /// Whether the ClientHello took several segments and the server did not have all of it.
    private static func isOversize(_ closing: TLSClosing) -> Bool {
        let stream = closing.session[closing.client]
        guard stream.lastMessage == .clientHello, !closing.stream[closing.server].hasSentData else {
            return false
        }
        let length = helloLength(of: closing)
        let isSplit =
            length > longestSegment
            || length > Int(closing.stream[closing.client].last.payloadLength)
        return isSplit && !closing.stream.isAcknowledged(closing.client)
    }

    private static func helloLength(of closing: TLSClosing) -> Int {
        Int(closing.session[closing.client].lastLength) + 5
    }

    private static func reason(of closing: TLSClosing) -> Reason {
        let isReset = closing.end.map { closing.history.events[$0].kind == .rst } ?? false
        let isByServer = closing.closer == closing.server
        if isOversize(closing) { return .oversizeHello }
        if isAnsweredOtherwise(closing) { return .noTLSAnswer }
        guard isReset, isByServer else { return isReset ? .reset : .close }
        if isForeign(closing) { return .nameBlock }
        let (alike, atOnce) = (closing.stream.resetsAlike, closing.stream.resetsAtOnce)
        let isOften =
            mayFilterName(closing)
            ? atOnce >= manyAtOnce && atOnce > alike
            : atOnce >= manyAtOnce || alike >= manyAlike
        return isOften ? .packetOfDeath : .reset
    }

    /// Whether a RST came before the server said anything, and after a name by which a device may
    /// have chosen.
    private static func mayFilterName(_ closing: TLSClosing) -> Bool {
        closing.stream.serverName != nil && !closing.stream[closing.server].hasSentData
            && closing.session[closing.client].lastMessage == .clientHello
    }

    /// Whether what the server said after the ClientHello is no TLS.
    private static func isAnsweredOtherwise(_ closing: TLSClosing) -> Bool {
        let words = closing.stream[closing.server]
        return words.hasSentData && closing.session[closing.server].messages.isEmpty
            && closing.session[closing.server].lastType == nil
            && words.last.packet > closing.session[closing.client].messagePacket
    }

    /// Whether a RST right after a ClientHello that names a host is not of the server's make.
    private static func isForeign(_ closing: TLSClosing) -> Bool {
        guard let end = closing.end, closing.stream.serverName != nil,
            !closing.stream[closing.server].hasSentData
        else { return false }
        let event = closing.history.events[end]
        return event.formerTimeToLive.map { $0 != event.timeToLive } ?? false
    }

    /// Whether the server cut it.
    var isByServer: Bool { closing.closer == closing.server }

    /// From the last that was said to the end, or to where the capture gives up, in nanoseconds.
    var delay: Int64 {
        let stream = closing.stream
        let last = max(stream.low.last.time, stream.high.last.time)
        let delay = (end.map { closing.history.events[$0].time } ?? closing.stream.time) - last
        // What comes after the end is not the last message before it.
        return delay < 0 ? delayBeforeEnd ?? (reason == .close ? delay : 0) : delay
    }

    /// From the newest data that was captured before the end; `nil` where none was kept.
    private var delayBeforeEnd: Int64? {
        guard let end else { return nil }
        let events = closing.history.events
        let last = closing.incarnation.events.last {
            $0 < end && events[$0].kind == .data && events[$0].payloadLength > 0
        }
        return last.map { closing.history.delay(from: $0, to: end) }
    }

    /// The last that was said, and the end.
    var events: [Int] {
        let last = closing.lastEvent(of: closing.stream.lastDataSender)
        return [last, end].compactMap(\.self).filter { end == nil || $0 <= end ?? 0 }
    }

    /// Whether whoever cut it had acknowledged all that the other end had said.
    var isAcknowledged: Bool {
        guard let closer = closing.closer else { return false }
        return closing.stream.isAcknowledged(closer.other)
    }

    /// Whether the server reset it after nothing but a ClientHello with a name, which devices
    /// filter, too.
    var mayBeFilter: Bool { reason == .reset && isByServer && Self.mayFilterName(closing) }

    /// Whether the client left a server that had acknowledged its ClientHello and sent nothing, as
    /// a program that does not speak TLS waits for more.
    var isLeftWaiting: Bool {
        reason == .close && !isByServer && !closing.stream[closing.server].hasSentData
            && closing.session[closing.client].lastMessage == .clientHello
            && closing.stream.isAcknowledged(closing.client)
    }

    /// Whether the server reset several connections together.
    var isAtOnce: Bool { closing.stream.resetsAtOnce >= Self.manyAtOnce }

    var causes: [String] { reason.causes + (mayBeFilter ? [Self.nameFilter] : []) }

    /// Whether the client closed one connection too many: it used another one, left before the
    /// server had sent all, or stopped several at once.
    private var isSpare: Bool {
        guard let end else { return false }
        let time = closing.history.events[end].time
        if closing.useBeside(time - Self.rivalTime...time + Self.rivalTime) != nil { return true }
        let isLate = delay > Self.reaction
        if isLate, closing.stream.closesAtOnce >= Self.manyAtOnce { return true }
        let hello = closing.session.hello.time
        return hello != 0 && time - hello < Self.handshakeTimeout && !hasAllOfFlight
    }

    /// Whether the client had acknowledged all that the server had said, to the end of a record.
    private var hasAllOfFlight: Bool {
        let (server, stream) = (closing.server, closing.stream)
        guard stream[server].hasSentData, !closing.session[server].hasGap else { return true }
        return stream.isAcknowledged(server)
            && !closing.session[server].isTruncated(at: stream[server].end)
    }

    var severity: Severity {
        if reason == .oversizeHello || reason == .noTLSAnswer || reason == .nameBlock {
            return .error
        }
        if isByServer { return .error }
        if isSpare { return .note }
        let hasAnswer = closing.session[closing.server].lastMessage != nil
        // A client that leaves soon may have opened one connection too many, as browsers do.
        if hasAnswer { return reason == .close && delay < Self.promptReaction ? .note : .warning }
        return delay < Self.promptReaction ? .note : .error
    }

    var confidence: Confidence {
        switch reason {
        case .oversizeHello, .nameBlock: .medium
        case .packetOfDeath, .noTLSAnswer: .high
        case .reset, .close: closing.session.isComplete ? .medium : .high
        }
    }

    var status: Status {
        switch reason {
        case .oversizeHello, .nameBlock: .likely
        case .packetOfDeath, .noTLSAnswer: .confirmed
        case .reset, .close: closing.session.isComplete ? .likely : .confirmed
        }
    }

    var metrics: [Metric] {
        let session = closing.session
        var metrics = closing.metrics
        metrics.append(Metric("delay_us", nanoseconds: delay))
        if let closer = closing.closer {
            metrics.append(Metric("closed_by", closing.role(of: closer)))
            metrics.append(Metric("acknowledged", isAcknowledged))
        }
        if let form { metrics.append(Metric("form", form)) }
        metrics += [
            Metric("client_said", closing.lastWords(of: closing.client) ?? "nothing"),
            Metric("server_said", closing.lastWords(of: closing.server) ?? "nothing"),
            Metric("handshake_complete", session.isComplete),
            Metric("resets_alike", closing.stream.resetsAlike),
            Metric("resets_at_once", closing.stream.resetsAtOnce),
        ]
        if session[closing.client].lastMessage == .clientHello {
            metrics.append(Metric("client_hello_octets", Self.helloLength(of: closing)))
        }
        if reason == .reset || reason == .close, let refusal = TLSRefusal(withoutAlert: closing) {
            metrics.append(Metric("refused_for", refusal.rawValue))
        }
        let missing = closing.missingOctets(of: closing.closer ?? closing.server)
        if missing > 0 { metrics.append(Metric("missing_octets", missing)) }
        return metrics
    }

    /// The form of the RST.
    private var form: String? {
        guard let end, case .reset(let reset) = closing.history.interpretations[end] else {
            return nil
        }
        return switch reset.form {
        case .passive: "passive"
        case .passiveToSYN: "passive-to-syn"
        case .active: "active"
        case .other: "other"
        }
    }
}
