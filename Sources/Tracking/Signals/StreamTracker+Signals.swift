/// What established connections show: a coarse prefilter, since the detectors decide.
extension StreamTracker {
    /// Whether an end said that it would say no more, and the connection stayed open.
    private static func isLeftOpen(_ streams: [RecordStream], at time: Int64) -> Bool {
        streams.contains { $0.alert.map { time - $0.time >= Signal.answerTimeout } ?? false }
    }

    /// Whether the present connection of a flow is worth a diagnosis.
    ///
    /// - Parameters:
    ///   - flow: whose connection it is.
    ///   - index: its record.
    ///   - time: now, in nanoseconds since 1970.
    /// - Returns: whether it shows anything for which connections are kept.
    borrowing func isSuspicious(_ flow: Flow, at index: Int, _ time: Int64) -> Bool {
        !signals(of: flow, at: index, time).isDisjoint(with: kept)
    }

    /// All that the present connection of a flow shows.
    ///
    /// - Parameters:
    ///   - flow: whose connection it is.
    ///   - index: its record.
    ///   - time: now, in nanoseconds since 1970.
    /// - Returns: nothing for one that was not alive, or of which one direction was not captured.
    borrowing func signals(of flow: Flow, at index: Int, _ time: Int64) -> Signals {
        var signals = Signals()
        guard flow.marks.contains(.alive), !flow.marks.contains(.oneWay) else { return signals }
        signals.insert(.stream)
        if !stalls.isEmpty, let stall = stalls[index] { signals.take(stall, at: time) }
        let number = Int(flow.streamState)
        guard number != 0 else {
            signals.insert(.silence)
            if isIdleTooLong(flow, at: time) { signals.insert(.longSilence) }
            return signals
        }
        signals.insert(.data)
        if flow.phase == .reset { signals.insert(.reset) }
        let begin = states[number].endBegin
        takeTimes(of: flow, endingFrom: begin, at: time, into: &signals)
        if begin != 0, isRefusal(flow, states[number][flow.initiator].opening) {
            signals.insert(.refusal)
        }
        if !repetitions.isEmpty, isRepeating(flow) { signals.insert(.repetition) }
        if flow.isTLS {
            signals.insert(.tls)
            let session = Int(states[number].session)
            if isIrregular(sessions[session], of: flow, at: time) { signals.insert(.tlsFault) }
        }
        return signals
    }

    /// How long the ends of a connection waited for each other.
    @inline(always)
    private borrowing func takeTimes(
        of flow: Flow,
        endingFrom begin: Int64,
        at time: Int64,
        into signals: inout Signals
    ) {
        let number = Int(flow.streamState)
        let isEnding = begin != 0
        let quiet = isEnding ? states[number].quietBeforeEnd : 0
        if isEnding, time - begin >= Signal.answerTimeout { signals.insert(.halfClose) }
        if quiet >= Signal.idleTimeout { signals.insert(.idleEnd) }
        let isUnanswered =
            flow.lastDataSender == flow.initiator
            || isEnding && states[number][flow.initiator.other].turn > begin
        guard isUnanswered else { return }
        // Acknowledgments are no answer.
        let waited = (isEnding ? begin : time) - states[number][flow.lastDataSender].last.time
        if max(quiet, waited) >= Signal.answerTimeout { signals.insert(.unansweredData) }
    }

    /// A server that turns a client away ends the connection so soon after its words, in
    /// nanoseconds.
    private static let promptEnd: Int64 = 1_000_000_000

    /// Why the initiator of a connection that ends now was not served, where the first words say
    /// it.
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

    /// Whether a server begins with a refusal, or answers a request in the clear where TLS is
    /// spoken.
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
                >= Signal.manyRepetitions
        }
    }

    /// Whether nobody spoke for long, or until the responder closed.
    private borrowing func isIdleTooLong(_ flow: Flow, at time: Int64) -> Bool {
        guard flow.marks.contains(.completed),
            flow.low.marks.union(flow.high.marks).isDisjoint(with: .sentData)
        else { return false }
        switch flow.phase {
        case .established: return time - flow.begin >= Signal.answerTimeout
        case .closing, .closed, .reset:
            return flow.closer != flow.initiator || time - flow.begin >= Signal.answerTimeout
        case .halfOpen, .answered, .settled, .doubtful, .stalled: return false
        }
    }

    /// Whether the session did not go through its handshake, its data, and an alert of each end
    /// before its FIN.
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
            && streams.allSatisfy { $0.dataRecords < Signal.fewRecords }
    }
}

extension Signals {
    fileprivate mutating func take(_ stall: Stall, at time: Int64) {
        if stall.isNotable(at: time) { insert(.stall) }
        if max(stall.low.probes, stall.high.probes) >= Stall.leastProbes { insert(.repetition) }
        if max(stall.low.lastProbe, stall.high.lastProbe) != 0 { insert(.probe) }
    }
}
