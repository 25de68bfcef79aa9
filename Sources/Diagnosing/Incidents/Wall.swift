import Tracking

/// A router or firewall on the path that lets nothing of one host pass, wherever it goes.
///
/// It has no route, or a rule: to how many services is no matter of theirs.
struct Wall: Hashable {
    let initiator: Address
    /// Who sends the ICMP errors.
    let router: Address

    /// The device that refused SYNs of a flow; `nil` where that was an end, or said that a neighbour does not answer.
    init?(_ findings: [Finding], in history: History) {
        let names = [Unreachable.manual.id, AdministrativelyProhibited.manual.id]
        guard findings.contains(where: { $0.severity > .note && names.contains($0.pathology) })
        else { return nil }
        let error = history.events.first {
            $0.kind == .icmp && history.isFromInitiator($0) && $0.isWithoutRoute
        }
        guard let router = error?.icmpSender, router != history.responder.address,
            router != history.initiator.address
        else { return nil }
        (initiator, self.router) = (history.initiator.address, router)
    }
}

extension Event {
    /// Whether an ICMP error is about more than one destination: no route, or a prohibition (RFC 792, RFC 1812 §5.2.7.1,
    /// RFC 4443 §3.1).
    fileprivate var isWithoutRoute: Bool {
        if isProhibition { return true }
        return icmpSender.isIPv4
            ? icmpType == 3 && [0, 6, 11].contains(icmpCode) : icmpType == 1 && icmpCode == 0
    }
}
