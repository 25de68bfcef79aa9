import Tracking

/// Where on the path the capture was made, and how that is known.
package struct Viewpoint: Hashable, Sendable {
    package let vantage: Vantage
    package let confidence: Confidence
    /// What gives it away, as the rest of a sentence about the host that is near.
    package let sign: String

    package static let unknown = Viewpoint(vantage: .unknown, confidence: .low, sign: "")
}

extension History {
    /// Reactions faster than this may be those of the capturing host itself, in nanoseconds.
    private static let localReaction: Int64 = 50_000
    /// And then the other end must be that many times slower.
    private static let vantageRatio: Int64 = 2
    /// An end that reacts so many times faster than the other is the nearer one at any speed.
    private static let clearRatio: Int64 = 20
    /// What stacks begin to count hops from.
    private static let initialTimesToLive: Set<UInt8> = [64, 128, 255]

    /// Which end the capture was made at: by what only the sending host can have captured, by who
    /// reacts faster, then by whose packets have not passed any hop.
    package var viewpoint: Viewpoint {
        let locals = [initiator, responder].map { capture.localHosts.contains($0.address) }
        if locals[0] != locals[1] {
            return Viewpoint(
                vantage: locals[0] ? .client : .server,
                confidence: .high,
                sign: "its outgoing checksums show checksum offload"
            )
        }
        let (first, second) = fastestReactions
        if let first, let second {
            // Whose packets have passed a hop may be quick, and is not here.
            if isNear(first, than: second), isFresh(initiatorSide) { return quick(.client, first) }
            if isNear(second, than: first), isFresh(initiatorSide.other) {
                return quick(.server, second)
            }
        }
        return viewpointByHops
    }

    package var vantage: Vantage { viewpoint.vantage }

    /// Whether the capture was made at an end, or in its network: then what it shows has passed the
    /// devices on the way.
    func isCaptured(at side: Side) -> Bool {
        vantage == (side == initiatorSide ? .client : .server)
    }

    private func quick(_ vantage: Vantage, _ reaction: Int64) -> Viewpoint {
        Viewpoint(
            vantage: vantage,
            confidence: .high,
            sign: "it replies within \(Wording.duration(reaction))"
        )
    }

    private func isNear(_ reaction: Int64, than other: Int64) -> Bool {
        let (least, most) = (max(reaction, 1), max(other, 1))
        return least <= Self.localReaction && least <= most / Self.vantageRatio
            || least <= most / Self.clearRatio
    }

    /// A packet with a full time to live comes from the same network; RSTs and errors may come from
    /// elsewhere.
    private var viewpointByHops: Viewpoint {
        let first = timesToLive(initiatorSide)
        let second = timesToLive(initiatorSide.other)
        guard !first.isEmpty, !second.isEmpty else { return .unknown }
        let isNear = (
            first.isSubset(of: Self.initialTimesToLive),
            second.isSubset(of: Self.initialTimesToLive)
        )
        switch isNear {
        case (true, false): return isPadded(initiatorSide) ? .unknown : fresh(.client)
        case (false, true): return isPadded(initiatorSide.other) ? .unknown : fresh(.server)
        case (false, false)
        where first.isDisjoint(with: Self.initialTimesToLive)
            && second.isDisjoint(with: Self.initialTimesToLive):
            return Viewpoint(
                vantage: .middle,
                confidence: .medium,
                sign: "neither end's TTL is at its initial value"
            )
        default: return .unknown
        }
    }

    private func timesToLive(_ side: Side) -> Set<UInt8> {
        var all: Set<UInt8> = []
        var newest: UInt8?
        for event in events where event.side == side && event.timeToLive != newest {
            switch event.kind {
            case .rst, .icmp, .formerConnection: break
            default:
                all.insert(event.timeToLive)
                newest = event.timeToLive
            }
        }
        return all
    }

    /// Whether the packets of a side still have a time to live that stacks begin with; without any,
    /// nothing speaks against it.
    private func isFresh(_ side: Side) -> Bool {
        timesToLive(side).isSubset(of: Self.initialTimesToLive) && !isPadded(side)
    }

    /// The least length of a frame on a wire, without its checksum (IEEE 802.3 §3.2.8), in octets.
    private static let leastFrame: UInt32 = 60

    /// Whether a frame of a side was filled up to Ethernet's least length: then it came over a
    /// wire.
    private func isPadded(_ side: Side) -> Bool {
        initiator.address.isIPv4
            && events.contains {
                $0.side == side && $0.isOfConnection && $0.frameLength == Self.leastFrame
                    && $0.payloadLength == 0 && $0.options.isEmpty
            }
    }

    private func fresh(_ vantage: Vantage) -> Viewpoint {
        Viewpoint(
            vantage: vantage,
            confidence: .medium,
            sign: "its TTL is still at its initial value"
        )
    }

    /// How fast each end answered at best, in nanoseconds: the initiator a SYN-ACK, the responder a
    /// SYN.
    package var fastestReactions: (initiator: Int64?, responder: Int64?) {
        var best: (initiator: Int64?, responder: Int64?)
        for incarnation in incarnations {
            // The first SYN with each timestamp, and the newest of all: what the events after them
            // answer.
            var firstWithTimestamp: [UInt32: Int] = [:]
            for index in incarnation.events {
                if case .syn = interpretations[index] {
                    let value = events[index].timestampValue
                    if firstWithTimestamp[value] == nil { firstWithTimestamp[value] = index }
                }
                guard let question = question(before: index, in: incarnation, firstWithTimestamp)
                else {
                    continue
                }
                let delay = delay(from: question, to: index)
                guard delay >= 0 else { continue }
                if events[question].kind == .syn {
                    best.responder = min(best.responder ?? .max, delay)
                } else {
                    best.initiator = min(best.initiator ?? .max, delay)
                }
            }
        }
        return best
    }

    /// The SYN or SYN-ACK that the event at `index` answers.
    private func question(
        before index: Int,
        in incarnation: Incarnation,
        _ firstWithTimestamp: [UInt32: Int]
    ) -> Int? {
        func sending(of ordinal: Int) -> Int? {
            guard ordinal <= incarnation.attempts.count else { return nil }
            return incarnation.attempt(ordinal).sendings.last { $0 < index }
        }
        switch interpretations[index] {
        case .answer(let answer):
            if !answer.linked.isEmpty { return firstWithTimestamp[events[index].timestampEcho] }
            guard case .current(let ordinal) = answer.subject else { return nil }
            return sending(of: ordinal)
        case .reset(let reset):
            switch reset.rule {
            case .refusesSyn(let ordinal): return sending(of: ordinal)
            case .rejects(let event) where events[event].kind == .synAck: return event
            case .rejects, .answersSecondSyn, .aborts: return nil
            }
        case .icmp(let event?):
            let isOwn = isRefusedByReceiver(index)
            return isOwn && [.syn, .synAck].contains(events[event].kind) ? event : nil
        case .completion(let ordinal):
            guard ordinal <= incarnation.attempts.count, ordinal > 0 else { return nil }
            return incarnation.attempt(ordinal).answers.last { $0 < index }
        case .challenge(let ordinal, _):
            return sending(of: ordinal)
        case .syn, .responderSyn, .icmp, .duplicate, .former, .plain:
            return nil
        }
    }
}
