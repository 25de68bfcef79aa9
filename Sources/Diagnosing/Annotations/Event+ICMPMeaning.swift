import Tracking

extension Event {
    /// Whether it is an ICMP error by which a filter says that it filters.
    package var isProhibition: Bool {
        guard isUnreachable else { return false }
        return icmpSender.isIPv4 ? [9, 10, 13].contains(icmpCode) : [1, 5, 6].contains(icmpCode)
    }

    /// Whether it is an ICMP error that tells that a segment cannot arrive, and not for a filter's
    /// sake; nor is it path-MTU discovery (RFC 792; RFC 4443 §3.1, §3.3).
    package var isUnreachability: Bool {
        if isTimeExceeded { return true }
        guard isUnreachable else { return false }
        return icmpSender.isIPv4
            ? (0...3).contains(icmpCode) || (5...8).contains(icmpCode)
                || (11...12).contains(icmpCode)
            : icmpCode == 0 || (2...4).contains(icmpCode)
    }

    /// What the protocol of an ICMP error is called.
    package var icmpName: String { icmpSender.isIPv4 ? "ICMP" : "ICMPv6" }

    /// The meaning of an ICMP error, in the words of its RFC.
    package var icmpMeaning: String {
        Self.icmpMeaning(type: icmpType, code: icmpCode, isIPv4: icmpSender.isIPv4)
    }

    /// The meaning of an ICMP or ICMPv6 error, in the words of its RFC.
    package static func icmpMeaning(type: UInt8, code: UInt8, isIPv4: Bool) -> String {
        guard isIPv4 else {
            switch (type, code) {
            case (1, 0): return "no route to destination"
            case (1, 1): return "administratively prohibited"
            case (1, 2): return "beyond scope of source address"
            case (1, 3): return "address unreachable"
            case (1, 4): return "port unreachable"
            case (1, 5): return "source address failed ingress/egress policy"
            case (1, 6): return "reject route to destination"
            case (2, _): return "packet too big"
            case (3, 0): return "hop limit exceeded in transit"
            default: return "type \(type) code \(code)"
            }
        }
        switch (type, code) {
        case (3, 0): return "network unreachable"
        case (3, 1): return "host unreachable"
        case (3, 2): return "protocol unreachable"
        case (3, 3): return "port unreachable"
        case (3, 4): return "fragmentation needed"
        case (3, 5): return "source route failed"
        case (3, 6): return "destination network unknown"
        case (3, 7): return "destination host unknown"
        case (3, 8): return "source host isolated"
        case (3, 9): return "network administratively prohibited"
        case (3, 10): return "host administratively prohibited"
        case (3, 11): return "network unreachable for type of service"
        case (3, 12): return "host unreachable for type of service"
        case (3, 13): return "communication administratively filtered"
        case (11, 0): return "time to live exceeded in transit"
        default: return "type \(type) code \(code)"
        }
    }
}
