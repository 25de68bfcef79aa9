import Tracking

/// Speaks when what the initiator sent was received by the responder's stack, and its application
/// never answered.
package struct UnansweredRequest: Detector {
    package static let manual = Manual(
        id: "unanswered-request",
        title: "unanswered request",
        group: .standstill,
        sees: """
            The client's data was the last, and the server sent none for 10 s, or for 5 s until the client \
            closed. If the service often takes more than 2 s, it is five times its usual time. The server's \
            stack acknowledged the data; if it did not, the reason is not-acknowledged. Or the first answer was \
            the HTTP status 504, a second or more after the request (gateway-timeout).
            """,
        means: """
            An acknowledgment comes from the TCP stack. The application behind it did not read the request, is \
            waiting for the rest of it, or is itself waiting for something. The network delivered it. With \
            status 504 a proxy reports that the server behind it did not answer; the wait is the proxy's timeout.
            """,
        unless: """
            Senders of logs and metrics expect no answer: several messages over time that were never answered do \
            not count. A long poll is answered late, or as soon as the client closes. A proxy in between may have \
            sent the acknowledgment.
            """,
        check: """
            On the server: ss -tnpi; data in Recv-Q was not read by the application. A thread dump (pstack, \
            jstack) shows what it waits for.
            """,
        sources: [.rfc(9293, section: "3.8")],
        followsFrom: [
            "accept-queue-overflow", "timestamp-regression", "mtu-blackhole",
            "retransmission-timeout", "zero-window-stall", "idle-state-lost", "host-restart",
            "service-restart",
            "rst-injected", "port-scan",
        ],
        example: Exchange(to: "198.51.100.20:8080") {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
            client.data(seq: 1001, ack: 5001, length: 200).flagged
            server.ack(seq: 5001, ack: 1201)
            pause(.seconds(30))
            client.fin(seq: 1201, ack: 5001).flagged
            server.fin(seq: 5001, ack: 1202)
            client.ack(seq: 1202, ack: 5002)
        },
        nearMiss: Exchange(to: "198.51.100.20:8080") {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
            client.data(seq: 1001, ack: 5001, length: 200)
            server.ack(seq: 5001, ack: 1201)
            pause(.seconds(12))
            server.data(seq: 5001, ack: 1201, length: 300)
            client.ack(seq: 1201, ack: 5301)
            client.fin(seq: 1201, ack: 5301)
            server.fin(seq: 5301, ack: 1202)
            client.ack(seq: 1202, ack: 5302)
        }
    )

    /// A service that answers late is given so many times what it usually takes.
    private static let slownessFactor: Int64 = 5
    /// A request is sent within such a time, in nanoseconds; what takes longer is a stream of
    /// messages.
    private static let oneRequest: Int64 = 1_000_000_000

    package static let needs: Signals? = [.data]

    package static func blame(for finding: Finding) -> [FaultSide] {
        finding.reason == "not-acknowledged" ? [.network, .server] : [.server]
    }

    package init() {}

    package func examine(_ history: History) -> Finding? {
        let requests = history.endings.compactMap { request(in: $0, history) }
        guard let last = requests.last else {
            return gatewayTimeout(in: history.allEndings, of: history)
        }
        let event = history.events[last.data]
        let isOpen = last.end == nil
        return finding(
            in: history,
            incarnation: last.incarnation,
            reason: last.isAcknowledged ? "not-answered" : "not-acknowledged",
            severity: isOpen || !last.isExpected ? .note : .warning,
            confidence: isOpen || !last.isAcknowledged ? .medium : .high,
            status: isOpen ? .pending : .confirmed,
            count: requests.count,
            events: requests.flatMap(\.events),
            note: { note(on: requests.flatMap(\.events)[$0], last, in: history) },
            metrics: [
                Metric("waited_us", nanoseconds: last.waited),
                Metric("octets", Int(event.payloadLength)),
                Metric("acknowledged", last.isAcknowledged),
                Metric("closed_by", closer(of: last, in: history)),
                Metric("source_port", Int(history.initiator.port)),
                Metric("destination_port", Int(history.responder.port)),
            ],
            causes: last.isAcknowledged
                ? ["application-stuck", "request-incomplete", "backend-slow"]
                : ["path-lost", "connection-unknown-to-responder"],
            checks: [
                Check(
                    on: history.responder.address.description,
                    "ss -tnpi sport = :\(history.responder.port)",
                    "A request that is still in Recv-Q was not read by the application."
                )
            ],
            summary: summary(of: last, in: history),
            explanation: explanation(of: last, in: history)
        )
    }

    package static func summary(of many: Finding) -> String {
        if many.reason == gatewayTimeout {
            return """
                \(many.destination) answered requests from \(many.source) on \(many.flows) connections with the HTTP status 504: \
                the server behind it did not answer in time.
                """
        }
        return
            "\(many.destination) did not answer requests from \(many.source) on \(many.flows) connections."
    }

    fileprivate static let gatewayTimeout = "gateway-timeout"
    /// A proxy waits at least so long, in nanoseconds.
    private static let leastWait: Int64 = 1_000_000_000

    /// A proxy that answered in place of the server behind it, which did not.
    private func gatewayTimeout(in all: [Ending], of history: History) -> Finding? {
        let endings = all.filter {
            let side = $0.incarnation.initiator
            let (request, answer) = ($0.stream[side], $0.stream[side.other])
            return answer.opening == .httpGatewayTimeout && request.hasSentData
                && answer.begin - request.begin >= Self.leastWait
        }
        guard let last = endings.last else { return nil }
        let side = last.incarnation.initiator
        let wait = last.stream[side.other].begin - last.stream[side].begin
        let events = [side, side.other].compactMap { history.lastData(of: $0, in: last) }
        var found = finding(
            in: history,
            incarnation: last.incarnation,
            reason: Self.gatewayTimeout,
            severity: .warning,
            confidence: .high,
            status: .confirmed,
            count: endings.count,
            events: events,
            note: {
                history.isFromInitiator(history.events[events[$0]])
                    ? "the request" : "the proxy answers with the status 504"
            },
            metrics: [
                Metric("waited_us", nanoseconds: wait),
                Metric("closed_by", "server"),
                Metric("source_port", Int(history.initiator.port)),
                Metric("destination_port", Int(history.responder.port)),
            ],
            causes: ["backend-slow", "backend-stuck"],
            checks: [
                Check(
                    on: history.responder.address.description,
                    "",
                    "Which upstream server does the log of the proxy name at that time, and what was that waiting for?"
                )
            ],
            summary: """
                \(history.responder) answered the request from \(history.initiator.address) with the HTTP status 504 after \
                \(Wording.duration(wait)): the server behind it did not answer in time.
                """,
            explanation: """
                The wait is the proxy's own timeout; \(history.responder.address) itself was reached.
                """
        )
        found.headline =
            "Gateway timeout (HTTP 504): \(history.initiator.address) to \(history.responder)"
        return found
    }

    private func request(in ending: Ending, _ history: History) -> Request? {
        let side = ending.incarnation.initiator
        let (own, other) = (ending.stream[side], ending.stream[side.other])
        let lateAnswer = lateAnswer(in: ending, to: side, history)
        guard ending.stream.lastDataSender == side || lateAnswer != nil, own.hasSentData,
            !isSayingGoodbye(ending, side),
            let data = history.lastData(of: side, in: ending)
        else { return nil }
        // Nobody failed to answer, or to acknowledge, what lies outside the capture.
        guard ending.stream.isAcknowledged(side) || ending.stream.isRetransmitting(side),
            !isProbe(ending, side), !isControlRecord(ending, side),
            !PortProfile.isPing(own.last.payloadLength, to: history.responder.port)
        else { return nil }
        // Whoever sends message after message and never gets an answer does not wait for one.
        let isStream =
            !other.hasSentData && !ending.stream.isRetransmitting(side)
            && own.last.time - own.begin > Self.oneRequest
        guard !isStream, !PortProfile.isListening(history.responder.port) else { return nil }
        // Which of them was the last request, nobody can tell.
        if PortProfile.isSymmetric(history.responder.port), other.hasSentData { return nil }
        let waited = history.endTime(of: ending) - own.last.time
        let isByRequester = ending.first.map { history.events[$0].side == side } ?? false
        let usual = history.capture.slowAnswers.usual(of: history.responder) ?? 0
        let thresholds = history.capture.thresholds
        let answerTimeout =
            isByRequester ? thresholds.abandonedRequest : thresholds.unansweredRequest
        guard waited >= max(answerTimeout, Self.slownessFactor &* usual) else {
            return nil
        }
        return Request(
            incarnation: ending.incarnation,
            data: data,
            end: ending.first,
            waited: waited,
            isAcknowledged: ending.stream.isAcknowledged(side),
            isExpected: isExpected(from: side, in: ending, history),
            lateAnswer: lateAnswer
        )
    }

    /// Shorter records on a TLS session with answers may be control messages of a protocol inside,
    /// in bytes.
    private static let shortRecord: UInt32 = 100

    /// Whether what the requester sent last wants an answer, as far as its protocol is known.
    private func isExpected(from side: Side, in ending: Ending, _ history: History) -> Bool {
        let (own, isAnswered) = (ending.stream[side], ending.stream[side.other].hasSentData)
        let port = history.responder.port
        // Where the responder asked first, what the initiator says are answers, unless it was a
        // greeting.
        if isAnswered, ending.stream[side.other].begin < own.begin,
            WellKnownService.name(port) == nil,
            own.opening != .httpRequest
        {
            return false
        }
        guard let session = ending.stream.tls else {
            // What is not TLS where TLS is assigned is known to nobody.
            return !TLSSession.ports.contains(port) && isAnswered
                || WellKnownService.name(port) != nil && !TLSSession.ports.contains(port)
                || own.opening == .httpRequest
        }
        guard session[side.other].dataRecords > 0 else { return true }
        let name = ending.stream.applicationProtocol ?? ""
        return own.last.payloadLength >= Self.shortRecord
            && (TLSSession.ports.contains(port) || name.hasPrefix("h2") || name.hasPrefix("http"))
    }

    /// A server that waits on a connection reacts to its end within such a time, in nanoseconds.
    private static let reaction: Int64 = 5_000_000

    /// How long after the requester had closed its answer came, in nanoseconds, if nobody took it
    /// any more.
    private func lateAnswer(in ending: Ending, to side: Side, _ history: History) -> Int64? {
        guard let end = ending.first, history.events[end].side == side,
            ending.resets.contains(where: { history.events[$0].side == side })
        else { return nil }
        let delay = ending.stream[side.other].turn - history.events[end].time
        // A server that answers the close at once was reading the connection: it held the request
        // on purpose.
        let usual = history.capture.handshakeTimes.usual(of: history.responder.address)?.median
        let roundTrip = history.leastAnswerDelay ?? usual ?? 0
        let awakening = roundTrip + roundTrip / 2 + Self.reaction
        return delay > awakening && ending.stream[side].last.time < history.events[end].time
            ? delay : nil
    }

    /// Whether what was said last is part of a TLS handshake or its end, and no request.
    private func isSayingGoodbye(_ ending: Ending, _ side: Side) -> Bool {
        guard let session = ending.stream.tls else { return false }
        let stream = session[side]
        return stream.alert != nil || stream.dataRecords == 0 || !session.isComplete
    }

    /// Whether what came last is a keep-alive: a byte that had been sent before (RFC 9293 §3.8.4).
    private func isProbe(_ ending: Ending, _ side: Side) -> Bool {
        ending.stream[side].last.payloadLength <= 1
            && (ending.stream[side].segments > 1 || !ending.stream.hasBeginning)
    }

    /// A TLS record of an HTTP/2 PING, or of an acknowledgment of SETTINGS, is no longer, in bytes:
    /// a header of 5, 17 of plaintext (RFC 9113 §6.7), and 24 of what TLS 1.2 adds.
    private static let controlRecord: UInt32 = 46

    /// Whether what came last on a session with answered requests is a control frame (RFC 9113 §6),
    /// and no request.
    private func isControlRecord(_ ending: Ending, _ side: Side) -> Bool {
        guard let session = ending.stream.tls else { return false }
        return ending.stream[side].last.payloadLength <= Self.controlRecord
            && session[side.other].dataRecords > 0
    }

    private func closer(of request: Request, in history: History) -> String {
        guard let end = request.end else { return "nobody" }
        return history.isFromInitiator(history.events[end]) ? "client" : "server"
    }

    private func note(on index: Int, _ request: Request, in history: History) -> String {
        switch history.events[index].kind {
        case .fin, .rst: "gives up"
        default:
            request.isAcknowledged
                ? "the stack acknowledges it, no answer follows" : "it is not acknowledged"
        }
    }

    private func summary(of request: Request, in history: History) -> String {
        let what = Wording.count(Int(history.events[request.data].payloadLength), "byte")
        let outcome =
            request.isAcknowledged
            ? "acknowledged \(what) from \(history.initiator.address) but sent no answer"
            : "neither acknowledged nor answered \(what) from \(history.initiator.address)"
        return "\(history.responder) \(outcome) within \(Wording.duration(request.waited))."
    }

    private func explanation(of request: Request, in history: History) -> String {
        let packet = history.events[request.data].packet
        let end =
            switch closer(of: request, in: history) {
            case "client":
                request.lateAnswer.map {
                    "Then \(history.initiator.address) gave up; the answer came \(Wording.duration($0)) after it had left."
                } ?? "Then \(history.initiator.address) gave up."
            case "server": "Then \(history.responder.address) closed without an answer."
            default: "The capture ends while the client is still waiting."
            }
        let delivery =
            request.isAcknowledged
            ? "Packet \(packet) reached the TCP stack of \(history.responder.address), or of a proxy in front of it."
            : "Packet \(packet) may never have arrived."
        return "\(delivery) \(end)"
    }

    private struct Request {
        let incarnation: Incarnation
        let data: Int
        let end: Int?
        let waited: Int64
        let isAcknowledged: Bool
        /// Whether such a service answers at all: it did before, or is known to.
        let isExpected: Bool
        let lateAnswer: Int64?

        var events: [Int] { [data] + [end].compactMap(\.self) }
    }
}

extension Finding {
    /// Whether the responder is a proxy that did its part.
    var isOfServerBehind: Bool {
        pathology == UnansweredRequest.manual.id && reason == UnansweredRequest.gatewayTimeout
    }
}
