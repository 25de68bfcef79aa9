import Tracking

/// Speaks when an ICMP error says that a segment of the flow cannot arrive, for other reasons than
/// a filter's.
package struct Unreachable: Detector {
    package static let manual = Manual(
        id: "icmp-unreachable",
        title: "ICMP destination unreachable",
        group: .refusal,
        sees: """
            An ICMP error quotes a segment of the flow: the four-tuple and the sequence number match. It is a \
            destination unreachable (code 0 to 3, 5 to 8, 11 or 12; for ICMPv6 code 0, 2, 3 or 4) or a time \
            exceeded. An error that quotes a SYN of which nothing was captured is reported too (not-captured).
            """,
        means: """
            The sender of the error determines its meaning. The destination itself: a REJECT rule, because a \
            closed port answers a SYN with a RST; port unreachable is the default of such rules. The sender of \
            the segment itself: its ARP or neighbour discovery got no reply. A router: it has no route, the last \
            hop found no such neighbour, or the path is a loop. A Linux client in SYN-SENT gives up immediately. \
            In SYN-RECEIVED and in an established connection the error is only recorded, and retransmissions \
            continue.
            """,
        unless: """
            Path-MTU discovery (fragmentation needed, packet too big) and errors about UDP are not failures of a \
            handshake. A SYN sent with a time to live of 32 or less is a probe of the path; it wants a time \
            exceeded. A quote that matches no segment of the flow is old or forged.
            """,
        check: """
            On the host that sent the error: its filter rules if it is the destination, its neighbour table (ip \
            neigh) for host or address unreachable, its routes (ip route get) for network unreachable or no \
            route. If time is exceeded: traceroute -T to the port.
            """,
        elsewhere: """
            Wireshark: ICMP Destination unreachable.
            """,
        sources: [
            .rfc(1122, section: "4.2.3.9"), .rfc(9293, section: "3.9.2.2"),
            .rfc(4443, section: "3.1"), .rfc(5461, section: "3"), .rfc(5927, section: "4.1"),
        ],
        followsFrom: ["syn-ack-stale", "syn-ack-unseen", "syn-burst", "port-scan"],
        example: Exchange(to: "198.51.100.20:5432") {
            client.syn(seq: 1000)
            server.refuses(.portUnreachable).flagged
        },
        nearMiss: Exchange {
            for hop: UInt8 in 1...3 {
                client.syn(seq: 1000 + UInt32(hop) * 70_000).ttl(hop)
                router.refuses(.timeExceeded, about: .client)
                pause(.milliseconds(100))
            }
        }
    )

    /// A SYN with no more hops to go than this, as captured, is a probe of the path.
    private static let probeTimeToLive: UInt8 = 32

    package static let needs: Signals? = [.icmpError]

    package static let needsClock = false

    package static func blame(for finding: Finding) -> [FaultSide] {
        guard let sender = finding.party("sent_by") else { return [.network] }
        // A host whose neighbour does not answer says so itself.
        let isUnresolved =
            finding.reason == "own-host" && finding.causes.contains("neighbour-does-not-answer")
        return isUnresolved ? [.server, .network] : [sender]
    }

    package init() {}

    package func examine(_ history: History) -> Finding? {
        let refusals = RefusedSegments(of: history) { error, subject in
            error.isUnreachability && isPart(of: history, error, subject)
        }
        guard let refusals else { return nil }
        let incarnation = refusals.incarnation
        let isOnlyNoted =
            incarnation.isEstablished && refusals.kinds.isSubset(of: [.data, .ack, .fin])
        var found = finding(
            in: history,
            incarnation: incarnation,
            reason: reason(of: refusals.first),
            severity: isOnlyNoted ? .note : history.severity(of: incarnation),
            confidence: .high,
            count: refusals.all.count,
            events: refusals.events,
            note: { refusals.note(at: $0) },
            metrics: refusals.metrics,
            causes: [cause(of: refusals, in: history)],
            checks: checks(of: refusals, in: history),
            summary: summary(of: refusals),
            explanation: explanation(of: refusals, in: history)
        )
        if cause(of: refusals, in: history) == Self.missingRoute, refusals.senders.count == 1 {
            found.obstacle = refusals.first.sender
        }
        if refusals.first.origin == .router { found.shared = refusals.first.sender.description }
        return found
    }

    package func examine(_ survey: Survey) -> [Finding] {
        UncapturedRefusals.all(in: survey) { $0.isUnreachability && !$0.isTimeExceeded }.map {
            finding(
                on: $0,
                in: survey,
                causes: ["neighbour-does-not-answer", Self.missingRoute, "reject-rule"],
                check: Check(
                    on: $0.first.icmpSender.description,
                    "ip route get \($0.responder.address); ip neigh show to \($0.responder.address)",
                    "No route, or a neighbour in state FAILED or INCOMPLETE; otherwise a filter rejects it."
                )
            )
        }
    }

    /// The cause for which a router fails everybody alike.
    private static let missingRoute = "no-route"

    package static func summary(of many: Finding) -> String {
        let error = many.evidence.first?.event
        let code = error.map { "\($0.icmpName) \($0.icmpMeaning)" } ?? "ICMP unreachable"
        return """
            Segments of \(many.flows) connections from \(many.source) to \(many.destination) were answered with \
            \(code), \(Wording.times(many.count))\(many.shared.map { ", by \($0)" } ?? "").
            """
    }

    private func isPart(of history: History, _ error: Event, _ subject: Event?) -> Bool {
        guard let subject else { return history.wasRunning(at: error) }
        return !error.isTimeExceeded || subject.kind != .syn
            || subject.timeToLive > Self.probeTimeToLive
    }

    private func reason(of refusal: RefusedSegment) -> String {
        switch refusal.origin {
        case .receiver: "destination-host"
        case .sender: "own-host"
        case .router: "router"
        }
    }

    private func cause(of refusals: RefusedSegments, in history: History) -> String {
        let error = history.events[refusals.first.event]
        switch (refusals.first.origin, error.isTimeExceeded) {
        case (.receiver, _) where isLate(refusals): return "backend-gone"
        case (.receiver, _): return "reject-rule"
        case (.sender, _) where error.isOfFilter: return "reject-rule"
        case (.sender, _): return "neighbour-does-not-answer"
        case (.router, true): return "routing-loop"
        case (.router, false):
            return isByResolution(refusals) ? "neighbour-does-not-answer" : Self.missingRoute
        }
    }

    /// A filter or a route is decided upon at once; whoever asks for a neighbour waits that long,
    /// in nanoseconds.
    private static let resolutionTime: Int64 = 1_000_000_000

    /// Whether address resolution failed before a host unreachable was sent: it came a second or
    /// more after the SYN.
    private func isLate(_ refusals: RefusedSegments) -> Bool {
        let least = refusals.delays.min() ?? 0
        return refusals.history.events[refusals.first.event].isHostUnreachable
            && least >= Self.resolutionTime
    }

    /// Whether a router asked for the neighbour first: a packet that came while it did was answered
    /// later than a route is decided upon.
    private func isByResolution(_ refusals: RefusedSegments) -> Bool {
        refusals.history.events[refusals.first.event].isHostUnreachable
            && (refusals.delays.max() ?? 0) >= Self.resolutionTime
    }

    private func summary(of refusals: RefusedSegments) -> String {
        let first = refusals.first
        let who =
            switch first.origin {
            case .receiver: "\(first.sender) itself"
            case .sender: "\(first.sender)'s own stack"
            case .router: "\(first.sender), a router on the path,"
            }
        let often = refusals.all.count > 1 ? " \(Wording.times(refusals.all.count))" : ""
        let isDropped = refusals.history.events[first.event].isTimeExceeded
        let error = refusals.history.events[first.event]
        if first.origin == .sender, !error.isOfFilter, error.isHostUnreachable {
            return """
                \(first.sender)'s own stack could not send \(refusals.target)\(often) (\(refusals.code)): it got no \
                \(first.sender.isIPv4 ? "ARP" : "neighbour discovery") reply, or has a rule against it.
                """
        }
        let verb = isDropped ? "dropped" : "refused"
        return "\(who) \(verb) \(refusals.target)\(often) (\(refusals.code))."
    }

    private func explanation(of refusals: RefusedSegments, in history: History) -> String {
        [rule(of: refusals, in: history), effect(of: refusals, in: history)]
            .compactMap(\.self).joined(separator: " ")
    }

    /// Why such a sender sends such an error.
    private func rule(of refusals: RefusedSegments, in history: History) -> String {
        let first = refusals.first
        let error = history.events[first.event]
        let destination = history.destination(ofQuoteIn: error)
        switch first.origin {
        case .receiver where error.isPortUnreachable && refusals.kinds == [.syn]:
            return """
                A closed port would answer the SYN with a RST; this is what the REJECT rule of a firewall sends \
                by default.
                """
        case .receiver where isLate(refusals):
            return """
                It came \(Wording.duration(refusals.delays.min() ?? 0)) after the SYN, as long as address resolution takes to \
                fail. So \(first.sender) is translated to another address, and nothing answers there.
                """
        case .receiver:
            return "The segment reached \(first.sender), whose packet filter rejected it."
        case .sender where error.isOfFilter:
            return
                "The packet filter of \(first.sender) rejects what the host itself is about to send."
        case .sender:
            return "\(first.sender) found no neighbour that accepts packets to \(destination)."
        case .router where error.isTimeExceeded:
            return
                "The segment had no hops left at \(first.sender): packets to \(destination) are in a routing loop."
        case .router where isByResolution(refusals) && destination.isStranger(to: first.sender):
            return """
                It came \(Wording.duration(refusals.delays.min() ?? 0)) after the segment, as long as address resolution takes to \
                fail: a router behind \(first.sender) got no reply for \(destination), and \(first.sender) passed that on.
                """
        case .router where isByResolution(refusals):
            return
                "\(first.sender) got no \(first.sender.isIPv4 ? "ARP" : "neighbour discovery") reply for \(destination)."
        case .router:
            let time = Wording.duration(refusals.delays.max() ?? 0)
            return """
                \(first.sender) answered within \(time), so it asked no neighbour: it has no route to \(destination), or \
                a rule against it.
                """
        }
    }

    /// What it does to the stack that receives it.
    private func effect(of refusals: RefusedSegments, in history: History) -> String? {
        let later = history.sendings(after: refusals.first.event)
        switch refusals.kinds {
        case [.syn] where later == 0:
            return "A client in SYN-SENT gives up at such an error, and no further SYN followed."
        case [.syn]:
            return """
                \(history.initiator.address) still sent \(Wording.count(later, "more SYN")) after the first error.
                """
        case [.synAck]:
            return "A host in SYN-RECEIVED only records it and retransmits its SYN-ACK."
        default:
            return "An established connection only records it and retransmits the segment."
        }
    }

    private func checks(of refusals: RefusedSegments, in history: History) -> [Check] {
        let (first, error) = (refusals.first, history.events[refusals.first.event])
        let host = first.sender.description
        let destination = history.destination(ofQuoteIn: error)
        switch first.origin {
        case .sender where error.isOfFilter:
            return [.rejectCounter(on: first.sender, chain: "OUTPUT")]
        case .receiver where isLate(refusals):
            return [
                Check(
                    on: nil,
                    "",
                    """
                    To which back end does the load balancer or router translate \(first.sender), and is that host up?
                    """
                )
            ]
        case .receiver:
            return [
                .rejectCounter(on: first.sender, chain: "INPUT"),
                Check(
                    on: host,
                    "ss -ltn sport = :\(history.responder.port)",
                    "An empty list means that nothing listens on port \(history.responder.port)."
                ),
            ]
        case .sender, .router:
            if error.isTimeExceeded {
                return [
                    Check(
                        on: history.endpoint(of: error).address.description,
                        "traceroute -T -p \(history.responder.port) \(destination)",
                        "Hops that repeat show the loop."
                    )
                ]
            }
            let isNeighbour = first.origin == .sender || isByResolution(refusals)
            return [
                isNeighbour
                    ? Check(
                        on: host,
                        "ip neigh show to \(destination)",
                        "FAILED or INCOMPLETE: the neighbour does not answer."
                    )
                    : Check(
                        on: host,
                        "ip route get \(destination)",
                        "An error means that there is no route."
                    )
            ]
        }
    }
}

extension Event {
    /// Whether no stack sends it about its own packet for want of a neighbour or a route: the
    /// REJECT rule of a packet filter does, about protocol or port.
    fileprivate var isOfFilter: Bool {
        isPortUnreachable || icmpSender.isIPv4 && icmpType == 3 && icmpCode == 2
    }

    fileprivate var isPortUnreachable: Bool {
        icmpSender.isIPv4 ? icmpType == 3 && icmpCode == 3 : icmpType == 1 && icmpCode == 4
    }

    fileprivate var isHostUnreachable: Bool {
        icmpSender.isIPv4 ? icmpType == 3 && icmpCode == 1 : icmpType == 1 && icmpCode == 3
    }
}

extension History {
    /// Where the segment that an ICMP error quotes was sent to.
    fileprivate func destination(ofQuoteIn error: Event) -> Address {
        isFromInitiator(error) ? responder.address : initiator.address
    }

    /// How many SYNs the initiator sent after the event at `index`.
    fileprivate func sendings(after index: Int) -> Int {
        incarnations.flatMap(\.attempts).flatMap(\.sendings).count { $0 > index }
    }

    /// Whether a connection was up when the error came: a segment that is not kept is one of that.
    fileprivate func wasRunning(at error: Event) -> Bool {
        guard let incarnation = incarnations.first(where: { $0.number == Int(error.incarnation) })
        else {
            return false
        }
        guard let completion = incarnation.completion else { return incarnation.attempts.isEmpty }
        return events[completion].packet < error.packet
    }
}
