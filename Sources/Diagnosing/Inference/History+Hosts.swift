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

    /// Whether the initiator was served within a second after something failed: at another address
    /// of the same service, as clients with several try (RFC 8305 §5), on another port of its own,
    /// or by the connection that the other end asked for meanwhile, as between BGP speakers.
    func isServedSoon(after time: Int64) -> Bool {
        let period = time...time + Self.promptSuccess
        let own = initiator.address
        let isServed = capture.outcomes.served(on: responder.port, during: period).contains {
            $0.initiator == own
                || $0.initiator == responder.address && $0.responder.address == own
                || $0.responder.address.isIPv4 != own.isIPv4
                    && capture.isOneHost($0.responder.address, responder.address)
        }
        return isServed
            || capture.outcomes.served(on: initiator.port, during: period).contains {
                $0.initiator == responder.address && $0.responder == initiator
            }
    }

    /// Whether the service was served to anybody in this capture.
    var isServiceAlive: Bool {
        isEverEstablished || capture.outcomes.isServed(by: responder)
    }
}
