import Tracking

extension History {
    /// A flow that begins so soon after the capture may have begun before it, in nanoseconds.
    private static let captureStartSlack: Int64 = 5_000_000_000
    /// No single frame on a usual wire is longer, in octets: what is was put together by a network
    /// card.
    private static let longestFrame: UInt32 = 9234

    /// The guards that apply to every finding about an incarnation.
    func guards(for incarnation: Incarnation, isPending: Bool) -> [Guard] {
        var guards: [Guard] = []
        if let first = incarnation.attempts.first?.first, incarnation.number == 0,
            events[first].time - capture.begin < Self.captureStartSlack
        {
            guards.append(.captureBeganMidFlow)
        }
        if isPending { guards.append(.captureEnded) }
        if omitted > 0 { guards.append(.eventLogFull) }
        let hasDuplicates = interpretations[incarnation.events].contains {
            if case .duplicate = $0 { true } else { false }
        }
        if hasDuplicates { guards.append(.duplicates) }
        if incarnation.attempts.contains(where: { $0.rewritten != nil }) {
            guards.append(.bothSidesOfRewriter)
        }
        if capture.oneWayInitiators.contains(initiator.address) { guards.append(.oneDirection) }
        if capture.lossSigns > 0 || hasDrops(during: incarnation) { guards.append(.captureLoss) }
        if capture.isFiltered { guards.append(.filteredCapture) }
        let isMissingPackets = allEndings.contains {
            $0.incarnation.number == incarnation.number && isCut($0)
        }
        if isMissingPackets { guards.append(.cutFlow) }
        if incarnation.events.contains(where: { isDamaged($0) }) {
            guards.append(.damagedCapture)
        }
        if isReordered(incarnation) { guards.append(.reordered) }
        let own = events[incarnation.events]
        if own.contains(where: { $0.options.contains(.cut) }) { guards.append(.cutPackets) }
        let isOffloaded = own.contains {
            $0.linkFacts.checksum == .unfilled || $0.linkFacts.outerChecksum == .unfilled
                || $0.frameLength > Self.longestFrame
        }
        if isOffloaded { guards.append(.offload) }
        return guards
    }

    /// Whether packets were dropped while the connection was tried, or was alive.
    private func hasDrops(during incarnation: Incarnation) -> Bool {
        guard !capture.drops.isEmpty, let first = incarnation.events.first else { return false }
        let isLast = incarnation.number == incarnations.last?.number
        let end = isLast ? lastTime : events[incarnation.events.upperBound - 1].time
        let begin = events[first].time
        return capture.drops.contains { $0.lowerBound <= max(begin, end) && $0.upperBound >= begin }
    }

    /// Whether a SYN or SYN-ACK with a wrong checksum was accepted: it had another content then,
    /// and was damaged in the capture.
    func isDamaged(_ index: Int) -> Bool {
        guard events[index].linkFacts.checksum == .wrong, !capture.hasEditedChecksums,
            !capture.localHosts.contains(endpoint(of: events[index]).address)
        else { return false }
        switch interpretations[index] {
        case .syn(let ordinal, _):
            let attempt = incarnation(of: index).attempt(ordinal)
            // One of several sendings may have been another one.
            guard let answer = attempt.answers.first else { return false }
            return attempt.sendings.filter { $0 < answer } == [index]
        case .answer:
            guard let completion = incarnation(of: index).completion, completion > index else {
                return false
            }
            let sequence = events[index].sequence
            return !events.indices.contains {
                $0 != index && $0 < completion && events[$0].kind == .synAck
                    && events[$0].sequence == sequence
            }
        default: return false
        }
    }

    /// Whether an answer stands before its question, or a packet before an earlier one.
    private func isReordered(_ incarnation: Incarnation) -> Bool {
        let own = events[incarnation.events]
        if zip(own, own.dropFirst()).contains(where: { $0.time > $1.time }) { return true }
        return incarnation.attempts.contains { attempt in
            attempt.answers.contains { $0 < attempt.first }
        }
    }
}

extension Survey {
    /// The guards that apply to every finding about the whole capture.
    var guards: [Guard] {
        var guards: [Guard] = []
        if !capture.oneWayInitiators.isEmpty { guards.append(.oneDirection) }
        if capture.lossSigns > 0 { guards.append(.captureLoss) }
        if capture.isFiltered { guards.append(.filteredCapture) }
        return guards
    }
}
