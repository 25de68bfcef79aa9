/// Which connections that came up may be worth a diagnosis: a coarse sieve, since the detectors decide.
extension StreamTracker {
    /// An end that waited so long for an answer, or for the other end's FIN, may have waited in vain, in nanoseconds.
    private static let answerTimeout: Int64 = 5_000_000_000
    /// A connection that nobody used for so long before its end was perhaps closed for that, in nanoseconds.
    private static let idleTimeout: Int64 = 10_000_000_000
    /// Segments sent so often again did not get through.
    private static let manyRepetitions: UInt16 = 2
    /// Sessions of fewer records were perhaps shut down early.
    private static let fewRecords: UInt32 = 3

    /// Whether an end said that it would say no more, and nobody closed.
    private static func isLeftOpen(_ streams: [RecordStream], at time: Int64) -> Bool {
        streams.contains { $0.alert.map { time - $0.time >= answerTimeout } ?? false }
    }

    /// - Parameters:
    ///   - flow: whose connection it is.
    ///   - index: its record.
    ///   - time: now, in nanoseconds since 1970.
    /// - Returns: whether its stream is to be kept for a diagnosis.
    borrowing func isSuspicious(_ flow: Flow, at index: Int, _ time: Int64) -> Bool {
        guard flow.marks.contains(.alive), !flow.marks.contains(.oneWay) else { return false }
        if !stalls.isEmpty, stalls[index]?.isNotable(at: time) ?? false { return true }
        let number = Int(flow.streamState)
        guard number != 0 else { return isIdleTooLong(flow, at: time) }
        if flow.phase == .reset { return true }
        let begin = states[number].endBegin
        // One end had closed, and the other had not for long.
        if begin != 0, time - begin >= Self.answerTimeout { return true }
        let quiet =
            begin != 0
            ? states[number].quietBeforeEnd
            : time
                - states[number][flow.lastDataSender].last.time
        let isUnanswered =
            flow.lastDataSender == flow.initiator
            || begin != 0 && states[number][flow.initiator.other].turn > begin
        if quiet >= Self.answerTimeout, isUnanswered { return true }
        if quiet >= Self.idleTimeout, begin != 0 { return true }
        if begin != 0, isRefusal(flow, states[number][flow.initiator].opening) { return true }
        if !repetitions.isEmpty, isRepeating(flow) { return true }
        return flow.isTLS
            && isIrregular(sessions[Int(states[number].session)], of: flow, at: time)
    }

    /// A server that turns a client away ends the connection so soon after its words, in nanoseconds.
    private static let promptEnd: Int64 = 1_000_000_000

    /// Why the initiator of a connection that ends now was not served, where the first words say it.
    borrowing func reasonOfRefusal(
        on flow: Flow,
        endedBy side: Side,
        at time: Int64
    ) -> EmptyConnections.Reason? {
        let number = Int(flow.streamState)
        let answer = states[number][flow.initiator.other]
        switch answer.opening {
        case .refusal:
            let request = states[number][flow.initiator]
            let isAnswer =
                answer.refusal.isGreeting && request.segments > 0
                && request.beginTime < answer.beginTime
            return side != flow.initiator && !isAnswer
                && time - answer.beginTime <= Self.promptEnd ? .turnedAway : nil
        case .tlsAlert, .httpBadRequest, .httpError, .ssh, .reply, .text:
            let request = states[number][flow.initiator].opening
            let isMet =
                answer.opening == .tlsAlert
                ? request == .httpRequest || request == .text : request == .tls
            return isMet ? .protocolMismatch : nil
        default: return nil
        }
    }

    /// Whether a server begins with a refusal, or answers a request in the clear where TLS is spoken.
    private borrowing func isRefusal(_ flow: Flow, _ request: PayloadClass) -> Bool {
        let answer = states[Int(flow.streamState)][flow.initiator.other].opening
        if answer == .refusal || answer == .httpGatewayTimeout { return true }
        switch (request, answer) {
        case (.http2, .httpBadRequest), (.http2, .httpError), (.http2, .httpResponse),
            (.httpRequest, .http2Frame), (.httpRequest, .ssh), (.httpRequest, .reply),
            (.httpRequest, .tlsAlert), (.text, .tlsAlert), (.proxyHeader, .httpBadRequest),
            (.proxyHeader, .tlsAlert), (.proxyHeader, .ssh):
            return true
        case (.httpRequest, .httpBadRequest), (.httpRequest, .unknown):
            return TLSSession.ports.contains(flow.responder.port)
        default: return false
        }
    }

    private borrowing func isRepeating(_ flow: Flow) -> Bool {
        [Side.low, .high].contains {
            repetitions[Repetition.key(of: $0, in: flow.streamState)]?.count ?? 0
                >= Self.manyRepetitions
        }
    }

    /// Whether nobody spoke for long, or until the responder closed.
    private borrowing func isIdleTooLong(_ flow: Flow, at time: Int64) -> Bool {
        guard flow.marks.contains(.completed),
            flow.low.marks.union(flow.high.marks).isDisjoint(with: .sentData)
        else { return false }
        switch flow.phase {
        case .established: return time - flow.begin >= Self.answerTimeout
        case .closing, .closed, .reset:
            return flow.closer != flow.initiator || time - flow.begin >= Self.answerTimeout
        case .halfOpen, .answered, .settled, .doubtful, .stalled: return false
        }
    }

    /// Whether the session did not go through its handshake, its data, and an alert of each end before its FIN.
    private borrowing func isIrregular(_ session: TLSSession, of flow: Flow, at time: Int64) -> Bool
    {
        let isEnding = flow.phase == .closing || flow.phase == .closed
        let streams = [session.low, session.high]
        if streams.contains(where: { $0.marks.contains(.endsInPlaintext) }) { return true }
        if streams.contains(where: { $0.alert?.isFatal == true }) { return true }
        guard isEnding else { return Self.isLeftOpen(streams, at: time) }
        if !session.isComplete || !session.isUsed { return true }
        if streams.contains(where: { $0.alert == nil }) { return true }
        return TLSSession.handBackPorts.contains(flow.responder.port)
            && streams.allSatisfy { $0.dataRecords < Self.fewRecords }
    }
}
