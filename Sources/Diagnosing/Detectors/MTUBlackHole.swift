import Tracking

/// Speaks when large segments are sent again and again and small ones arrive.
package struct MTUBlackHole: Detector {
    package static let manual = Manual(
        id: "mtu-blackhole",
        title: "path-MTU black hole",
        group: .standstill,
        sees: """
            A segment of at least 1200 bytes was sent four times or more and never acknowledged. Smaller ones \
            were, and the peer was still sending. Seen from the receiver: a bare ACK or FIN whose sequence \
            number is at least 1200 bytes ahead of everything that arrived (at-receiver). Or a router sent \
            fragmentation needed (ICMPv6 packet too big), and the sender repeated the same segment four times or \
            more (not-obeyed).
            """,
        means: """
            A link on the path takes only smaller packets, and the ICMP message that should report this is \
            filtered or never sent. Tunnels and VPNs are the usual place. The handshake is small and succeeds; \
            the first full-sized segment, often a TLS certificate or a directory listing, never arrives.
            """,
        unless: """
            Random loss hits small segments too. On the sending host segments look larger than they are on the \
            wire, because the network card splits them.
            """,
        check: """
            Find the largest size that passes: ping -M do -s 1472 to the peer, then smaller sizes. Clamp the MSS \
            on the tunnel, or let ICMP type 3 code 4 (ICMPv6 type 2) through.
            """,
        elsewhere: """
            Wireshark: TCP Retransmission of the same full-sized segment.
            """,
        sources: [
            .rfc(2923, section: "2.1"), .rfc(4821, section: "1"), .rfc(1191, section: "6.3"),
        ],
        followsFrom: ["accept-queue-overflow", "timestamp-regression"],
        example: Exchange(to: "198.51.100.20:443") {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
            client.data(seq: 1001, ack: 5001, length: 300)
            server.ack(seq: 5001, ack: 1301)
            server.data(seq: 5001, ack: 1301, length: 1448)
            pause(.milliseconds(300))
            server.data(seq: 5001, ack: 1301, length: 1448)
            pause(.milliseconds(600))
            server.data(seq: 5001, ack: 1301, length: 1448).flagged
            client.data(seq: 1301, ack: 5001, length: 40)
            pause(.milliseconds(1200))
            server.data(seq: 5001, ack: 1301, length: 1448).flagged
        },
        nearMiss: Exchange(to: "198.51.100.20:443") {
            client.syn(seq: 1000)
            server.synAck(seq: 5000, ack: 1001)
            client.ack(seq: 1001, ack: 5001)
            client.data(seq: 1001, ack: 5001, length: 300)
            server.ack(seq: 5001, ack: 1301)
            server.data(seq: 5001, ack: 1301, length: 1448)
            pause(.milliseconds(300))
            server.data(seq: 5001, ack: 1301, length: 1448)
            pause(.milliseconds(600))
            server.data(seq: 5001, ack: 1301, length: 1448)
            client.ack(seq: 1301, ack: 6449)
        }
    )

    /// What is this long is as long as a path takes, in octets.
    private static let large: UInt32 = 1200
    /// Sent so often after the first time.
    private static let leastRepetitions: UInt16 = 3

    package static let needs: Signals? = [.data]

    package static func blame(for finding: Finding) -> [FaultSide] {
        finding.reason == "not-obeyed"
            ? finding.party("sender").map { [$0, .network] } ?? [.network] : [.network]
    }

    package init() {}

    package func examine(_ history: History) -> Finding? {
        for ending in history.allEndings.reversed() {
            for side in [Side.low, .high] {
                let sent = ending.stream[side]
                if let found = disobedience(of: side, ending, in: history) { return found }
                guard sent.repetitions >= Self.leastRepetitions, sent.repeatedLength >= Self.large,
                    // Where what follows arrived, its size does.
                    sent.heldBeyond < Self.large,
                    history.isUnacknowledged(side, in: ending),
                    ending.stream[side.other].hasSentData
                        || sent.segments > UInt32(sent.repetitions) + 1,
                    !hadPassed(side, in: ending), !hadEnded(side, in: ending, history),
                    ending.stream.progress(of: side.other).lastSent > sent.repeatedFrom
                else { continue }
                return finding(for: side, ending, in: history)
            }
        }
        return findingAtReceiver(in: history)
    }

    package static func summary(of many: Finding) -> String {
        "Large segments were lost on \(many.flows) connections from \(many.source) to \(many.destination)."
    }

    /// An end that goes on with a size of which a router said that it does not pass.
    private func disobedience(of side: Side, _ ending: Ending, in history: History) -> Finding? {
        let sent = ending.stream[side]
        let errors = ending.incarnation.events.filter {
            history.events[$0].isOfPathMTU && history.events[$0].side == side
        }
        guard let first = errors.first, sent.repetitions >= Self.leastRepetitions,
            sent.repeatedLength > Self.leastMTU, history.isUnacknowledged(side, in: ending),
            sent.last.time > history.events[first].time, !hadEnded(side, in: ending, history)
        else { return nil }
        let (role, sender, receiver) = history.direction(from: side)
        let router = history.events[first].icmpSender
        let events = Set(errors + history.repetitions(of: side, in: ending)).sorted()
        return finding(
            in: history,
            incarnation: ending.incarnation,
            reason: "not-obeyed",
            severity: .warning,
            confidence: .high,
            count: Int(sent.repetitions) + 1,
            events: events,
            note: {
                history.events[events[$0]].kind == .icmp
                    ? "says that such a packet does not pass"
                    : "the same \(sent.repeatedLength) bytes again"
            },
            metrics: [
                Metric("segment_octets", Int(sent.repeatedLength)),
                Metric("sendings", Int(sent.repetitions) + 1),
                Metric("icmp_errors", errors.count),
                Metric("sender", role),
                Metric("source_port", Int(history.initiator.port)),
                Metric("destination_port", Int(history.responder.port)),
            ],
            causes: ["icmp-filtered", "path-mtu-discovery-off"],
            checks: [
                Check(
                    on: sender.description,
                    "ip route get \(receiver); sysctl net.ipv4.ip_no_pmtu_disc",
                    "A route with an mtu shows that the ICMP message was taken; without it a filter drops it."
                ),
                ping(from: sender, to: receiver),
            ],
            summary: """
                \(router) reported \(Wording.times(errors.count)) that packets from \(sender) to \(receiver) are too large, and \
                \(sender) sent the same \(sent.repeatedLength) bytes \(Wording.times(Int(sent.repetitions) + 1)).
                """,
            explanation: """
                \(sender) did not send smaller segments: its packet filter drops the ICMP message, or path-MTU discovery is \
                switched off.
                """
        )
    }

    /// No path takes less, in octets (RFC 791 §3.2).
    private static let leastMTU: UInt32 = 576

    /// Whether as much was acknowledged of what an end sent that a segment as large may have been
    /// among it.
    private func hadPassed(_ side: Side, in ending: Ending) -> Bool {
        guard side == ending.incarnation.initiator, let attempt = ending.incarnation.attempts.last
        else { return false }
        return attempt.sequenceEnd.distance(to: ending.stream[side].repeated) >= Int32(Self.large)
    }

    /// What the receiver's side shows of it: a bare ACK or FIN far ahead of all that arrived.
    private func findingAtReceiver(in history: History) -> Finding? {
        guard history.capture.lossSigns == 0 else { return nil }
        // Ends out of step with each other are ahead of what arrived, too.
        for ending in history.allEndings.reversed()
        where ending.stream.hasBeginning
            && ending.stream.stall?.longestTurns ?? 0 < Stall.leastTurns
        {
            for side in [Side.low, .high] {
                let missing = missing(of: side, in: ending)
                guard missing >= Int32(Self.large) else { continue }
                let ahead = ending.incarnation.events.first {
                    let event = history.events[$0]
                    return event.side == side && event.kind != .rst && event.isOfConnection
                        && ending.stream[side].end.distance(to: event.sequence) >= missing
                }
                let shown = ahead ?? unansweredClose(of: side.other, missing, ending, in: history)
                guard let shown else { continue }
                return finding(missing: missing, of: side, shown, ending, in: history)
            }
        }
        return nil
    }

    /// How exactly it is known when an end sent last, in nanoseconds.
    private static let clockStep: Int64 = 1_000_000
    /// A server's first flight is no longer, in bytes.
    private static let firstFlight: Int32 = 65_536

    /// The FIN of a client that had asked, got an ACK and not one byte, and left: the bare ACK to
    /// that FIN is not kept, but the numbers of the server are.
    private func unansweredClose(
        of side: Side,
        _ missing: Int32,
        _ ending: Ending,
        in history: History
    ) -> Int? {
        let (stream, incarnation) = (ending.stream, ending.incarnation)
        // Another SYN-ACK would have other numbers; one that was accepted at once is not kept.
        let starts = Set(incarnation.answers.map { history.events[$0].sequenceEnd })
        guard side == incarnation.initiator, missing <= Self.firstFlight, ending.resets.isEmpty,
            stream[side].hasSentData, stream.isAcknowledged(side), !stream[side.other].hasSentData,
            starts.isSubset(of: [stream[side.other].end]),
            let fin = ending.fins.first, history.events[fin].side == side,
            stream.progress(of: side.other).lastSent > history.events[fin].time - Self.clockStep
        else { return nil }
        return fin
    }

    /// How many bytes an end had sent by its own numbers beyond what arrived and what the other end
    /// acknowledged.
    private func missing(of side: Side, in ending: Ending) -> Int32 {
        let (stream, receiver) = (ending.stream, ending.stream.progress(of: side.other))
        let arrived = stream[side].end
        guard arrived.distance(to: receiver.acknowledged) <= 1 else { return 0 }
        return arrived.distance(to: stream.progress(of: side).next)
    }

    private func finding(
        missing: Int32,
        of side: Side,
        _ shown: Int,
        _ ending: Ending,
        in history: History
    ) -> Finding {
        let (role, sender, receiver) = history.direction(from: side)
        let isAhead = history.events[shown].side == side
        return finding(
            in: history,
            incarnation: ending.incarnation,
            reason: "at-receiver",
            // Whoever got nothing and left was not served.
            severity: isAhead ? .warning : .error,
            confidence: .medium,
            status: .likely,
            count: 1,
            events: [shown],
            note: { _ in
                isAhead
                    ? "is \(missing) bytes ahead of all that arrived"
                    : "is acknowledged \(missing) bytes ahead of all that arrived"
            },
            metrics: [
                Metric("missing_octets", Int(missing)),
                Metric("sender", role),
                Metric("source_port", Int(history.initiator.port)),
                Metric("destination_port", Int(history.responder.port)),
            ],
            causes: ["path-mtu-too-small", "icmp-filtered"],
            checks: [ping(from: sender, to: receiver)],
            summary: """
                \(sender) had sent \(missing) bytes to \(receiver), by its own sequence numbers, and none of them \
                arrived here, while its small packets did.
                """,
            explanation: """
                \(isAhead ? "Packet" : "The answer to packet") \(history.events[shown].packet) has \
                Seq=\(ending.stream.progress(of: side).next), and \(receiver) had everything up to \
                \(ending.stream[side].end): full-sized segments are lost on the way here.
                """
        )
    }

    private func ping(from sender: Address, to receiver: Address) -> Check {
        Check(
            on: sender.description,
            "\(receiver.isIPv4 ? "ping -M do -s 1472" : "ping -6 -M do -s 1452") \(receiver)",
            "Lower the size until it passes: the path MTU is that size plus \(receiver.isIPv4 ? 28 : 48)."
        )
    }

    /// Whether the other end had closed or reset before anything was sent again.
    private func hadEnded(_ side: Side, in ending: Ending, _ history: History) -> Bool {
        (ending.fins + ending.resets).contains {
            history.events[$0].side != side
                && history.events[$0].time < ending.stream[side].repeatedFrom
        }
    }

    private func finding(for side: Side, _ ending: Ending, in history: History) -> Finding {
        let sent = ending.stream[side]
        let events = history.repetitions(of: side, in: ending)
        let (role, sender, receiver) = history.direction(from: side)
        return finding(
            in: history,
            incarnation: ending.incarnation,
            severity: .warning,
            confidence: .medium,
            status: ending.resets.isEmpty ? .pending : .likely,
            count: Int(sent.repetitions) + 1,
            events: events,
            note: { _ in "the same \(sent.repeatedLength) bytes again" },
            metrics: [
                Metric("segment_octets", Int(sent.repeatedLength)),
                Metric("sendings", Int(sent.repetitions) + 1),
                Metric("sender", role),
                Metric("source_port", Int(history.initiator.port)),
                Metric("destination_port", Int(history.responder.port)),
            ],
            causes: ["path-mtu-too-small", "icmp-filtered"],
            checks: [ping(from: sender, to: receiver)],
            summary: """
                \(sender) sent a segment of \(sent.repeatedLength) bytes to \(receiver) \
                \(Wording.times(Int(sent.repetitions) + 1)). It was never acknowledged, while smaller ones were.
                """,
            explanation: """
                The handshake and small segments were acknowledged; the segment at Seq=\(sent.repeated) was not, and no \
                ICMP "fragmentation needed" was captured: segments above some size vanish on the way.
                """
        )
    }
}

extension Event {
    /// Whether an ICMP error says that a packet is too large for a link (RFC 1191 §4, RFC 4443
    /// §3.2).
    fileprivate var isOfPathMTU: Bool {
        kind == .icmp
            && (icmpSender.isIPv4 ? icmpType == 3 && icmpCode == 4 : icmpType == 2)
    }
}

extension History {
    /// Which end sends on a side, and the addresses of sender and receiver.
    func direction(from side: Side) -> (role: String, sender: Address, receiver: Address) {
        side == initiatorSide
            ? ("client", initiator.address, responder.address)
            : ("server", responder.address, initiator.address)
    }

    /// Whether the other end never acknowledged what an end sent again and again.
    func isUnacknowledged(_ side: Side, in ending: Ending) -> Bool {
        let acknowledged = ending.stream.progress(of: side.other).acknowledged
        return acknowledged.distance(to: ending.stream[side].repeated) >= 0
    }

    /// The sendings of it that were kept.
    func repetitions(of side: Side, in ending: Ending) -> [Int] {
        let start = ending.stream[side].repeated
        return ending.incarnation.events.filter {
            events[$0].side == side && events[$0].sequence == start && events[$0].payloadLength > 0
        }
    }
}
