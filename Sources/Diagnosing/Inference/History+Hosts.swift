import Tracking

/// What other flows tell of the hosts and the service of this one.
extension History {
    /// Sessions of BGP set the time to live of their own packets, and not of their RSTs (RFC 5082
    /// §3).
    private static let portOfBGP: UInt16 = 179
    /// Whoever is served within this time after a failure lost nothing by it, in nanoseconds.
    private static let promptSuccess: Int64 = 1_000_000_000

    /// By how many routers a RST comes from nearer than all other packets of its sender, before it
    /// and after it, in any flow; `nil` where it does not, or where they come from afar and near.
    ///
    /// Then a device between them sent it. Of an initiator that never was connected, programs of
    /// its own send SYNs by other rules than its stack sends RSTs.
    func hopsNearer(_ index: Int) -> Int? {
        let event = events[index]
        let sender = endpoint(of: event).address
        let sightings = capture.sightings
        guard responder.port != Self.portOfBGP, initiator.port != Self.portOfBGP,
            !sightings.hasSent(sender, event.timeToLive, before: event.time),
            !isFromInitiator(event) || incarnation(of: index).isEstablished,
            let usual = sightings.hops(of: sender, before: event.time), usual <= Hops.most,
            steadyHops(of: event.side) ?? usual == usual
        else { return nil }
        let nearer = Int(usual) - Int(Hops.passed(event.timeToLive))
        return nearer > 0 ? nearer : nil
    }

    /// What says that another host sent a packet in a host's name, by its network card; `nil` where
    /// nothing does.
    func proofOfOtherCard(_ index: Int) -> String? {
        let host = endpoint(of: events[index]).address
        guard capture.answerCards.isElsewhere(events[index], of: host),
            let card = events[index].linkFacts.source
        else { return nil }
        let own = capture.answerCards.of(host).map(\.description)
        return """
            It came from \(card), the SYN-ACKs of \(host) from \(Wording.list(own)): another host uses that address, or the \
            way back changed.
            """
    }

    /// Why a failure matters less than it seems: the initiator was served soon after it, or never
    /// meant to connect.
    func comfort(of incarnation: Incarnation, after time: Int64) -> Comfort? {
        if incarnation.isEstablished { return comfortOfSession(incarnation, after: time) }
        if isByScanner(incarnation) {
            return Comfort(
                mostSeverity: .note,
                sentence: "Its SYN is a port scanner's: no operating system makes one like it."
            )
        }
        if let delay = delayUntilOtherEndConnects(after: time) {
            return Comfort(
                mostSeverity: .note,
                sentence:
                    "\(responder.address) itself connected \(Wording.duration(delay)) after that."
            )
        }
        if let port = portOfRival(of: incarnation, after: time) {
            return Comfort(
                mostSeverity: .note,
                sentence:
                    "\(initiator.address) was served at port \(port): clients of SMB try ports 139 and 445 together."
            )
        }
        guard let served = servedSoon(after: time) else {
            return isServedBeside(incarnation)
                ? Comfort(
                    mostSeverity: .warning,
                    sentence:
                        "Another connection of \(initiator.address) to \(responder) was served meanwhile."
                ) : nil
        }
        let family =
            served.responder.address.isIPv4 == responder.address.isIPv4
            ? "" : served.responder.address.isIPv4 ? " over IPv4" : " over IPv6"
        return Comfort(
            mostSeverity: .warning,
            sentence: "\(initiator.address) was served\(family) within a second after that."
        )
    }

    /// Why a finding matters less whose packets were damaged in the capture; `nil` where none was.
    func damage(among indices: [Int]) -> Comfort? {
        guard let index = indices.first(where: { isDamaged($0) }) else { return nil }
        return Comfort(
            mostSeverity: .note,
            sentence: """
                The capture is damaged: packet \(events[index].packet) has a wrong checksum, and its receiver accepted it, so \
                it was sent with another content.
                """
        )
    }

    /// Why a TLS session that was never used matters less: its client used another one soon.
    private func comfortOfSession(_ incarnation: Incarnation, after time: Int64) -> Comfort? {
        guard let closing = TLSClosing(incarnation, in: self),
            closing.session[closing.client].dataRecords == 0,
            let use = closing.useBeside(time - Self.recentUse...time + Self.promptSuccess)
        else { return nil }
        let delay = Wording.duration(max(use - time, time - use))
        return Comfort(
            mostSeverity: .warning,
            sentence: """
                \(closing.endpoint(of: closing.client).address) was served in another TLS session for the same name or service \
                \(delay) \(use < time ? "before" : "after") that.
                """
        )
    }

    /// Whether another connection between the same two, which had come up before, went on while
    /// nothing answered the SYNs of this one: a spare one.
    private func isServedBeside(_ incarnation: Incarnation) -> Bool {
        guard incarnation.attempts.allSatisfy({ $0.answers.isEmpty && $0.end == nil }),
            let first = incarnation.attempts.first, let last = incarnation.attempts.last
        else { return false }
        let (begin, end) = (events[first.first].time, events[last.last].time)
        let own = capture.outcomes.attempts(at: responder).filter {
            $0.initiator == initiator.address
        }
        // Several that nothing answers meet a limit or a filter, and are no spare ones.
        guard own.count(where: { $0.outcome == .unanswered }) == 1 else { return false }
        return own.contains {
            $0.outcome == .served && $0.isAnswered && $0.begin < begin && $0.end > end
        }
    }

    /// A session that was used so shortly before another failed served its client, in nanoseconds.
    private static let recentUse: Int64 = 2_000_000_000

    /// What a zmap or masscan probe looks like (no option, a time to live that began at 255), or
    /// one of nmap -sS.
    private func isByScanner(_ incarnation: Incarnation) -> Bool {
        guard incarnation.attempts.count == 1, incarnation.attempts[0].sendings.count == 1 else {
            return false
        }
        let syn = events[incarnation.attempts[0].first]
        guard syn.payloadLength == 0, !syn.options.contains(.cut) else { return false }
        let isForeign =
            syn.timeToLive > Self.longestUsualLife
            || initiator.address.isStranger(to: responder.address)
        return syn.options.isEmpty && isForeign
            || syn.options.usualCount == 1 && syn.maximumSegmentSize == Self.segmentOfNmap
                && syn.window == Self.windowOfNmap
    }

    /// Kernels that connect begin to count hops from this at most.
    private static let longestUsualLife: UInt8 = 128
    private static let segmentOfNmap: UInt16 = 1460
    private static let windowOfNmap: UInt16 = 1024

    /// Speakers of BGP try again within such a time, in nanoseconds (RFC 4271 §10).
    private static let retryOfBGP: Int64 = 120_000_000_000

    /// How long after a failure between BGP speakers the other one's connection came up, in
    /// nanoseconds.
    private func delayUntilOtherEndConnects(after time: Int64) -> Int64? {
        guard responder.port == Self.portOfBGP else { return nil }
        return capture.outcomes.served(on: Self.portOfBGP, during: time...time + Self.retryOfBGP)
            .first {
                $0.initiator == responder.address && $0.responder.address == initiator.address
            }.map { $0.begin - time }
    }

    /// The port of the same host at which SMB was served instead; `nil` where it was not.
    private func portOfRival(of incarnation: Incarnation, after time: Int64) -> UInt16? {
        guard let port = ConnectOutcomes.rival(of: responder.port) else { return nil }
        let begin = incarnation.attempts.first.map { events[$0.first].time } ?? time
        let period = begin - Self.promptSuccess...max(begin, time) + Self.promptSuccess
        let isServed = capture.outcomes.served(on: port, during: period).contains {
            $0.initiator == initiator.address && $0.responder.address == responder.address
        }
        return isServed ? port : nil
    }

    /// The connection that served the initiator within a second after something failed: at another
    /// address of the same service, as clients with several try (RFC 8305 §5), on another port of
    /// its own, or as the other end asked for it meanwhile, as between BGP speakers.
    private func servedSoon(after time: Int64) -> ConnectOutcomes.Entry? {
        let period = time...time + Self.promptSuccess
        let own = initiator.address
        let served = capture.outcomes.served(on: responder.port, during: period).first {
            // All programs of a host share one address there, and their services have others.
            $0.initiator == own && (!own.isLoopback || $0.responder.address == responder.address)
                || $0.initiator.isIPv4 != own.isIPv4 && capture.isOneHost($0.initiator, own)
                || $0.initiator == responder.address && $0.responder.address == own
                || $0.responder.address.isIPv4 != own.isIPv4
                    && capture.isOneHost($0.responder.address, responder.address)
        }
        return served
            ?? capture.outcomes.served(on: initiator.port, during: period).first {
                $0.initiator == responder.address && $0.responder == initiator
            }
    }

    /// Whether an end took part in a new connection of the two hosts within a time.
    func isAlive(_ side: Side, during time: ClosedRange<Int64>) -> Bool {
        capture.outcomes.attempts(at: responder).contains {
            $0.outcome == .served && time.contains($0.begin)
                && (side != initiatorSide || $0.initiator == initiator.address)
        }
    }

    /// Whether the service was served to anybody in this capture.
    var isServiceAlive: Bool {
        isEverEstablished || capture.outcomes.isServed(by: responder)
    }
}

extension Survey {
    /// Whether a packet in a host's name came from another network card than all its SYN-ACKs.
    func isElsewhere(_ event: Event, of host: Address) -> Bool {
        capture.answerCards.isElsewhere(event, of: host)
    }

    /// All attempts to reach a service, oldest first, but those that another host refused in its
    /// name.
    func ownAttempts(at service: Endpoint) -> [ConnectOutcomes.Entry] {
        aggregates.outcomes.attempts(at: service).filter { entry in
            entry.refusal.map { !isElsewhere($0, of: service.address) } ?? true
        }
    }
}

/// What takes the edge off a failure.
struct Comfort {
    let mostSeverity: Severity
    let sentence: String
}
